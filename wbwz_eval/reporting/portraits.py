"""Opening one entity's results: what it may know of itself, and of the others only the figures to compare."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from wbwz_eval.campaign.faults import CampaignError
from wbwz_eval.campaign.folder import open_campaign
from wbwz_eval.reporting.catalogue import check_place, find_report
from wbwz_eval.reporting.editions import in_edition
from wbwz_eval.reporting.errors import ReportError
from wbwz_eval.reporting.view import is_public
from wbwz_eval.review.history import history, up_to
from wbwz_eval.review.improvements import improvements
from wbwz_eval.scoring.explain import near
from wbwz_eval.scoring.results import open_results
from wbwz_eval.tracking.situation import open_situation

if TYPE_CHECKING:
    from wbwz_eval.campaign.folder import Campaign
    from wbwz_eval.campaign.periods import Period
    from wbwz_eval.scoring.scores import Scores
    from wbwz_eval.tracking.situation import Situation

TREND_PERIODS = 6
_OF_ONE = ("rows", "adjustments", "changes", "quality")


@dataclass(frozen=True, eq=False)
class Portrait:
    """One entity's results.

    Attributes:
        entity: Its id.
        scores: Everybody's totals and points, but evidence, adjustments and gaps of this entity alone.
        situation: The ledgers, of this entity alone; None in the public edition.
        trend: Up to six periods up to this one: ``period_name``, ``total``, ``rank``, ``group_size``,
            ``middle`` (the group's median total).
        gains: See :func:`wbwz_eval.review.improvements.improvements`; empty in the public edition.
    """

    entity: str
    scores: Scores
    situation: Situation | None
    trend: pd.DataFrame
    gains: pd.DataFrame

    @property
    def header(self) -> dict[str, Any]:
        """What it stands on."""
        return self.scores.header

    @property
    def own(self) -> pd.Series:
        """The entity's row of the scores."""
        table = self.scores.scores
        return table[table["entity_id"] == self.entity].iloc[0]

    @property
    def peers(self) -> pd.DataFrame:
        """The rows of its group, its own among them."""
        table = self.scores.scores
        return table[table["group"] == self.own["group"]]


def open_portrait(campaign: str, period: str, level: str, edition: str, entity: str) -> Portrait:
    """Open one entity's results of a period.

    Raises:
        ReportError: A parameter that the report or the campaign does not take, or no results.
    """
    entry = find_report("entity_profile")
    entry.check(
        {"campaign": campaign, "period": period, "level": level, "edition": edition, "entity": entity}
    )
    try:
        opened = open_campaign(campaign)
        span = check_place(entry, opened, period, level, edition)
        require_entity(opened, span, level, entity)
        scores = in_edition(open_results(opened, period, level), edition)
        situation, gains = None, pd.DataFrame()
        if not is_public(scores):
            whole = open_situation(opened, period, level)
            situation = replace(whole, entities=whole.entities.loc[[entity]], _rows={})
            gains = improvements(whole.campaign, span, level, entity)
        past = history(opened, up_to(opened, span)[-TREND_PERIODS:], level)
    except CampaignError as error:
        raise ReportError(str(error)) from None
    return replace(portrait_of(scores, past, entity), situation=situation, gains=gains)


def portrait_of(scores: Scores, past: pd.DataFrame, entity: str) -> Portrait:
    """Return one entity's results out of everybody's.

    Args:
        scores: A period's results, in an edition.
        past: See :func:`wbwz_eval.review.history.history`: the periods up to this one.
        entity: Its id.
    """
    own = scores.scores[scores.scores["entity_id"] == entity].iloc[0]
    heading = find_report("entity_profile").heading
    header = {"heading": heading, "subject": str(own["name"]), "compact": True}
    return Portrait(entity, _of_one(scores, entity, header), None, _trend(past, entity), pd.DataFrame())


def require_entity(campaign: Campaign, period: Period, level: str, entity: str) -> None:
    """See that an entity takes part in a period.

    Raises:
        CampaignError: It does not, or there is none of that id.
    """
    found = campaign.entities_at(level, period)
    if entity in found.index:
        return
    if entity in campaign.entities.index:
        message = f"{entity} 不是 {period.id} 参评的{campaign.levels[level]}"
    else:
        message = f"没有被评对象 “{entity}”{near(found, entity)}"
    raise CampaignError(message)


def _of_one(scores: Scores, entity: str, header: dict[str, Any]) -> Scores:
    own = {}
    for table in _OF_ONE:
        rows = getattr(scores, table)
        own[table] = rows[rows["entity_id"] == entity].reset_index(drop=True)
    return replace(scores, header=scores.header | header, **own)


def _trend(past: pd.DataFrame, entity: str) -> pd.DataFrame:
    middle = past.groupby(["period", "group"])["total"].transform("median")
    own = past.assign(middle=middle)[(past["entity_id"] == entity).to_numpy()]
    return own[["period_name", "total", "rank", "group_size", "middle"]].reset_index(drop=True)
