"""A period as its ledgers tell it, by what had come in at the cut-off."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from wbwz_eval.campaign.faults import CampaignError
from wbwz_eval.campaign.folder import Campaign, open_campaign
from wbwz_eval.campaign.frozen import standing
from wbwz_eval.campaign.ledgers import ENTITY, ROW_ID, STATUS, WITHDRAWN
from wbwz_eval.scoring.header import period_header
from wbwz_eval.scoring.methodology_file import load_methodology

if TYPE_CHECKING:
    from pathlib import Path

    from wbwz_eval.campaign.ledgers import LedgerSchema
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
        public: Whether it knows only what the codebook calls public.
    """

    header: dict[str, Any]
    campaign: Campaign
    period: Period
    methodology: Methodology
    entities: pd.DataFrame
    public: bool = False
    _rows: dict[str, pd.DataFrame] = field(default_factory=dict, repr=False)

    @property
    def end(self) -> np.datetime64:
        """The period's last day."""
        return np.datetime64(self.period.end, "s")

    def rows(self, ledger: str) -> pd.DataFrame:
        """Return a ledger's rows of these entities that came in by the cut-off and stand.

        What is not public is blank in a public situation, the file that a row came in among it. A ledger
        that the campaign does not keep has no rows and no columns but the common ones.
        """
        if ledger not in self._rows:
            self._rows[ledger] = self._read(ledger)
        return self._rows[ledger]

    def dated(self, ledger: str, day: str) -> pd.DataFrame:
        """Return the rows whose day in column ``day`` lies in the period."""
        rows = self.rows(ledger)
        if day not in rows:
            return rows.iloc[:0]
        start = np.datetime64(self.period.start, "s")
        return rows[rows[day].between(start, self.end)].reset_index(drop=True)

    def _read(self, ledger: str) -> pd.DataFrame:
        if ledger not in self.campaign.codebook.ledgers:
            return pd.DataFrame({ROW_ID: [], ENTITY: []}, dtype=object)
        rows = self.campaign.ledger_for(ledger, self.period).rows
        in_time = (rows["reported_on"] <= np.datetime64(self.campaign.cutoff(self.period), "s")).to_numpy()
        own = rows[ENTITY].isin(self.entities.index).to_numpy()
        rows = rows[in_time & own & (rows[STATUS] != WITHDRAWN).to_numpy()].reset_index(drop=True)
        return _disclosed(rows, self.campaign.codebook.ledgers[ledger]) if self.public else rows

    def names(self, ids: pd.Series) -> pd.Series:
        """Return what people call entities."""
        return ids.map(self.campaign.entities["name"]).fillna(ids)


def _disclosed(rows: pd.DataFrame, schema: LedgerSchema) -> pd.DataFrame:
    """Return the rows with everything blank that the codebook does not call public.

    A ledger that has nothing public past its common columns gives no row: that there is one would tell.
    """
    shown = {code for code, field in schema.fields.items() if field.disclosure == "public"}
    if shown <= {ROW_ID, ENTITY}:
        rows = rows.iloc[:0]
    kept = rows[[column for column in rows if column in shown]]
    return pd.DataFrame({column: kept.get(column, _blank(rows[column])) for column in rows})


def _blank(column: pd.Series) -> pd.Series:
    """Return a column of the same type without anything in it."""
    if column.dtype.kind in "OTU":
        return pd.Series([""] * len(column), index=column.index, dtype=column.dtype)
    none = pd.Series([None] * len(column), index=column.index)
    return none.astype("float64" if column.dtype.kind in "biu" else column.dtype)


def open_situation(
    campaign: Campaign | Path | str, period: str, level: str, *, public: bool = False
) -> Situation:
    """Open a period as its ledgers tell it; ``public`` leaves out what the codebook does not call public.

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
    header = period_header(fixed, span, methodology, level)
    return Situation(header, fixed, span, methodology, entities, public)
