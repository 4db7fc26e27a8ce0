"""Results of one period after the other, as they were published or stand now."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from wbwz_eval.campaign.faults import CampaignError
from wbwz_eval.campaign.frozen import read_freeze
from wbwz_eval.campaign.periods import label_zh
from wbwz_eval.scoring.freezing import corrections
from wbwz_eval.scoring.results import open_totals

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wbwz_eval.campaign.folder import Campaign
    from wbwz_eval.campaign.periods import Period

OF_SCORES = (
    "entity_id",
    "name",
    "group",
    "group_name",
    "group_size",
    "total",
    "rank",
    "rank_low",
    "rank_high",
    "grade",
    "movement",
)
COLUMNS = ("period", "period_name", *OF_SCORES)


def history(campaign: Campaign, periods: Sequence[Period], level: str) -> pd.DataFrame:
    """Return the results of a level in several periods, one below the other.

    A period without a method in force, without entities or without data is not there.

    Returns:
        One row per period and entity: ``period`` (id), ``period_name``, and of the scores
        ``OF_SCORES``.
    """
    parts = []
    for span in periods:
        try:
            table = open_totals(campaign, span.id, level)
        except CampaignError:
            # before the first methodology, or without data: nothing was published
            continue
        parts.append(table[list(OF_SCORES)].assign(period=span.id, period_name=label_zh(span)))
    if not parts:
        return pd.DataFrame(columns=list(COLUMNS))
    return pd.concat(parts, ignore_index=True)[list(COLUMNS)]


def up_to(campaign: Campaign, period: Period, kind: str | None = None) -> list[Period]:
    """Return the periods of a kind (the period's own if None) that end by the end of a period, in order."""
    spans = campaign.periods(period.kind if kind is None else kind)  # type: ignore[arg-type]
    return [span for span in spans if span.end <= period.end]


def restatements(campaign: Campaign, periods: Sequence[Period], level: str) -> pd.DataFrame:
    """Return what was corrected after publication.

    Returns:
        One row per corrected total, place or grade: ``period``, ``entity_id``, ``name``, ``item``,
        ``old``, ``new``, ``reason``.
    """
    parts = []
    for span in periods:
        record = read_freeze(campaign.path, span.id)
        for version in range(2, 1 if record is None else record.version + 1):
            table = corrections(campaign, span.id, version)
            parts.append(table[table["level"] == level].assign(period=span.id))
    columns = ["period", "entity_id", "name", "item", "old", "new", "reason"]
    filled = [part for part in parts if len(part)]
    return pd.concat(filled, ignore_index=True)[columns] if filled else pd.DataFrame(columns=columns)


def winners(table: pd.DataFrame) -> pd.DataFrame:
    """Return who was first of its group how often.

    Args:
        table: See :func:`history`.

    Returns:
        One row per entity that was first at least once, most often first: ``group_name``, ``name``,
        ``times``, ``of`` (periods in which it had a place in that group), ``running`` (times in a row up
        to the last period).
    """
    ranked = table[table["rank"].notna()]
    first = ranked.assign(won=ranked["rank"] == 1)
    order = {period: place for place, period in enumerate(dict.fromkeys(table["period"]))}
    first = first.assign(order=first["period"].map(order)).sort_values("order", kind="stable")
    keys = ["group", "entity_id"]
    lost_after = first[::-1].groupby(keys)["won"].cumprod()[::-1]
    found = (
        first.assign(running=lost_after)
        .groupby(keys, as_index=False)
        .agg(
            group_name=("group_name", "last"),
            name=("name", "last"),
            times=("won", "sum"),
            of=("won", "size"),
            running=("running", "sum"),
        )
    )
    found = found[found["times"] > 0]
    return found.sort_values(["times", "running"], ascending=False, kind="stable").reset_index(drop=True)


def climbers(table: pd.DataFrame) -> pd.DataFrame:
    """Return how far each entity's place moved from its first to its last period in its last group.

    Args:
        table: See :func:`history`.

    Returns:
        One row per entity with places in at least two periods: ``entity_id``, ``name``, ``group_name``,
        ``first``, ``last`` (places), ``moved`` (places up), ``clear`` (whether the intervals of the two
        places do not meet), ``gained`` (total points).
    """
    ranked = table[table["rank"].notna()]
    last_group = ranked.groupby("entity_id")["group"].transform("last")
    ranked = ranked[ranked["group"] == last_group]
    ends = ranked.groupby("entity_id").agg(
        name=("name", "last"),
        group_name=("group_name", "last"),
        first=("rank", "first"),
        last=("rank", "last"),
        first_low=("rank_low", "first"),
        first_high=("rank_high", "first"),
        last_low=("rank_low", "last"),
        last_high=("rank_high", "last"),
        before=("total", "first"),
        after=("total", "last"),
        n=("rank", "size"),
    )
    ends = ends[ends["n"] > 1].reset_index()
    apart = (ends["last_high"] < ends["first_low"]) | (ends["last_low"] > ends["first_high"])
    ends = ends.assign(moved=ends["first"] - ends["last"], clear=apart, gained=ends["after"] - ends["before"])
    shown = ["entity_id", "name", "group_name", "first", "last", "moved", "clear", "gained"]
    return ends[shown].sort_values(["moved", "gained"], ascending=False, kind="stable").reset_index(drop=True)
