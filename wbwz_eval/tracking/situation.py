"""A period as its ledgers tell it, by what had come in at the cut-off."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from wbwz_eval.campaign.faults import CampaignError
from wbwz_eval.campaign.folder import Campaign, open_campaign
from wbwz_eval.campaign.frozen import standing
from wbwz_eval.campaign.ledgers import ENTITY, STATUS, WITHDRAWN
from wbwz_eval.scoring.header import period_header
from wbwz_eval.scoring.methodology_file import load_methodology

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from wbwz_eval.campaign.periods import Period
    from wbwz_eval.scoring.methodology import Methodology


@dataclass(frozen=True, eq=False)
class Situation:
    """How the entities of one level stand at the end of a period.

    Attributes:
        header: What it stands on; see :func:`wbwz_eval.scoring.header.period_header`.
        campaign: The campaign as the period stands on it: as frozen, if it is.
        period: The period.
        methodology: As in force on the period's last day.
        entities: Those that take part, indexed by id.
    """

    header: dict[str, Any]
    campaign: Campaign
    period: Period
    methodology: Methodology
    entities: pd.DataFrame
    _rows: dict[str, pd.DataFrame] = field(default_factory=dict, repr=False)

    @property
    def end(self) -> np.datetime64:
        """The period's last day."""
        return np.datetime64(self.period.end, "s")

    def rows(self, ledger: str) -> pd.DataFrame:
        """Return a ledger's rows of these entities that came in by the cut-off and stand.

        None where the campaign has no such ledger.
        """
        if ledger not in self._rows:
            self._rows[ledger] = self._read(ledger)
        return self._rows[ledger]

    def _read(self, ledger: str) -> pd.DataFrame:
        rows = self.campaign.ledger_for(ledger, self.period).rows
        in_time = (rows["reported_on"] <= np.datetime64(self.campaign.cutoff(self.period), "s")).to_numpy()
        own = rows[ENTITY].isin(self.entities.index).to_numpy()
        return rows[in_time & own & (rows[STATUS] != WITHDRAWN).to_numpy()].reset_index(drop=True)

    def names(self, ids: pd.Series) -> pd.Series:
        """Return what people call entities."""
        return ids.map(self.campaign.entities["name"]).fillna(ids)


def open_situation(campaign: Campaign | Path | str, period: str, level: str) -> Situation:
    """Open a period as its ledgers tell it.

    Raises:
        CampaignError: An unknown period or level, one without entities, or damaged files.
    """
    opened = campaign if isinstance(campaign, Campaign) else open_campaign(campaign)
    span = opened.period(period)
    fixed = standing(opened, span.id)
    methodology = load_methodology(fixed.methodology_path(span), fixed).at(span)
    entities = fixed.entities_at(level, span)
    if entities.empty:
        message = f"{span.id} 没有“{fixed.levels[level]}”的被评对象"
        raise CampaignError(message)
    return Situation(period_header(fixed, span, methodology, level), fixed, span, methodology, entities)
