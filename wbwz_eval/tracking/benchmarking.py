"""Benchmarks: how far they have come along 寻标→对标→达标→夺标, and the gap to each ring of leaders."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from wbwz_eval.campaign.ledgers import ENTITY

if TYPE_CHECKING:
    from wbwz_eval.tracking.situation import Situation

LEDGER, LEADERS = "benchmarks", "peers"
REACHED = "达标"
_DEEDS = ("benchmark_no", "as_of", "stage", "ring")


def benchmarks(situation: Situation) -> pd.DataFrame:
    """Return each benchmark as it was last told by the end of the period.

    Returns:
        The ledger's columns, one row per benchmark, with ``name`` (of the entity), ``closed`` (share of
        the gap at the start that is closed, NaN where there was none), ``due`` (whether it should have
        been reached by now) and ``reached`` (whether it is at 达标 or past it).
    """
    rows = situation.rows(LEDGER)
    if not set(_DEEDS) <= set(rows):
        return rows.iloc[:0]
    rows = rows[rows["as_of"] <= situation.end].sort_values("as_of", kind="stable")
    last = rows.groupby([ENTITY, "benchmark_no"], sort=True).tail(1).sort_values([ENTITY, "benchmark_no"])
    start, now = (last[code].to_numpy(np.float64) for code in ("gap_start", "gap_now"))
    closed = np.divide(start - now, start, out=np.full(len(last), np.nan), where=start != 0)
    stages = stage_order(situation)
    reached = last["stage"].map(stages.index).to_numpy() >= stages.index(REACHED)
    due = (last["due_on"] <= situation.end).to_numpy()
    more = {"name": situation.names(last[ENTITY]), "closed": closed, "due": due, "reached": reached}
    return last.assign(**more).reset_index(drop=True)


def stage_order(situation: Situation) -> list[str]:
    """Return the stages in the order of the codebook."""
    return list(situation.campaign.codebook.ledgers[LEDGER].fields["stage"].allowed)


def funnel(situation: Situation) -> pd.DataFrame:
    """Return how many benchmarks are at each stage, and how many have come at least that far.

    Returns:
        One row per stage, in order: ``stage``, ``at``, ``through`` (at it or past it), ``share``
        (through ÷ all).
    """
    table = benchmarks(situation)
    stages = stage_order(situation) if len(table) else []
    at = np.array([int((table["stage"] == stage).sum()) for stage in stages], dtype=np.int64)
    through = at[::-1].cumsum()[::-1]
    return pd.DataFrame(
        {"stage": stages, "at": at, "through": through, "share": through / max(len(table), 1)}
    )


def by_ring(situation: Situation) -> pd.DataFrame:
    """Return the standing of the benchmarks of each ring, rings in the order of the codebook.

    Returns:
        ``ring``; ``n``, ``due``, ``reached`` (of those due) as numbers; ``closed`` (median share of the
        gap closed), ``wider`` (number of those whose gap has grown), ``doubtful`` (told to be reached
        while a gap remains).
    """
    table = benchmarks(situation)
    if table.empty:
        return pd.DataFrame(columns=["ring", "n", "due", "reached", "closed", "wider", "doubtful"])
    order = situation.campaign.codebook.ledgers[LEDGER].fields["ring"].allowed
    table = table.assign(
        in_due=table["due"] & table["reached"],
        wider=table["gap_now"] > table["gap_start"],
        doubtful=table["reached"] & (table["gap_now"] > 0),
    )
    found = table.groupby("ring", sort=False).agg(
        n=("stage", "size"),
        due=("due", "sum"),
        reached=("in_due", "sum"),
        closed=("closed", "median"),
        wider=("wider", "sum"),
        doubtful=("doubtful", "sum"),
    )
    return found.reindex([ring for ring in order if ring in found.index]).reset_index()


def against_leaders(situation: Situation) -> pd.DataFrame:
    """Return each entity's own value beside the leaders' of each ring, item by item.

    Returns:
        One row per entity and item that both tell: ``entity_id``, ``name``, ``item``, ``own``, and one
        column per ring with the difference own − leader's (NaN where the ring tells none). Which way
        is better differs from item to item, and the ledger does not say it.
    """
    own, leaders = benchmarks(situation), situation.rows(LEADERS)
    if "value" in leaders:
        leaders = leaders[leaders["as_of"] <= situation.end].sort_values("as_of", kind="stable")
    if own.empty or leaders.empty:
        return pd.DataFrame(columns=["entity_id", "name", "item", "own"])
    last = leaders.pivot_table(index=[ENTITY, "item"], columns="ring", values="value", aggfunc="last")
    mine = own.dropna(subset=["own_value"]).groupby([ENTITY, "item"])["own_value"].last()
    both = last.join(mine.rename("own"), how="inner")
    order = [
        ring for ring in situation.campaign.codebook.ledgers[LEADERS].fields["ring"].allowed if ring in both
    ]
    table = pd.DataFrame({ring: both["own"] - both[ring] for ring in order}).reset_index()
    table.insert(1, "name", situation.names(table[ENTITY]))
    table.insert(3, "own", both["own"].to_numpy())
    return table
