"""Opening the campaign as a whole: its results, period by period, and what was changed on the way."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from wbwz_eval.campaign.faults import CampaignError
from wbwz_eval.campaign.folder import open_campaign
from wbwz_eval.reporting.catalogue import PUBLIC, check_place, find_report
from wbwz_eval.reporting.editions import in_edition
from wbwz_eval.reporting.errors import ReportError
from wbwz_eval.review.history import history, restatements, up_to
from wbwz_eval.scoring.results import open_results
from wbwz_eval.tracking.situation import Situation, open_situation

if TYPE_CHECKING:
    from wbwz_eval.scoring.scores import Scores


@dataclass(frozen=True, eq=False)
class Term:
    """A campaign, or a year of it, looked back on.

    Attributes:
        scores: The results of the whole period.
        situation: Its ledgers.
        history: See :func:`wbwz_eval.review.history.history`: the quarters in it.
        restated: What was corrected after publication: ``period``, ``name``, ``item``, ``old``, ``new``,
            and ``reason`` (empty in the public edition).
    """

    scores: Scores
    situation: Situation
    history: pd.DataFrame
    restated: pd.DataFrame

    @property
    def header(self) -> dict[str, Any]:
        """What it stands on."""
        return self.scores.header


def open_term(campaign: str, period: str, level: str, edition: str) -> Term:
    """Open a campaign as a whole, or a year of it.

    Raises:
        ReportError: A parameter that the report or the campaign does not take, or no results.
    """
    entry = find_report("term_summary")
    entry.check({"campaign": campaign, "period": period, "level": level, "edition": edition})
    try:
        opened = open_campaign(campaign)
        span = check_place(entry, opened, period, level, edition)
        scores = in_edition(open_results(opened, period, level), edition)
        scores = replace(scores, header=scores.header | {"heading": entry.heading})
        situation = open_situation(opened, period, level, public=edition == PUBLIC)
        quarters = [quarter for quarter in up_to(opened, span, "quarter") if quarter.start >= span.start]
        restated = restatements(opened, quarters, level)
        if edition == PUBLIC:
            restated = restated.assign(reason="")
        return Term(scores, situation, history(opened, quarters, level), restated)
    except CampaignError as error:
        raise ReportError(str(error)) from None
