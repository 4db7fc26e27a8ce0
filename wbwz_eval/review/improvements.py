"""What would gain an entity most: the engine run forward, one indicator at a time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from wbwz_eval.scoring.points import SCORED
from wbwz_eval.scoring.scored import evaluate_given, score_period
from wbwz_eval.scoring.tree import leaves

if TYPE_CHECKING:
    from wbwz_eval.campaign.folder import Campaign
    from wbwz_eval.campaign.periods import Period
    from wbwz_eval.scoring.points import RawValues
    from wbwz_eval.scoring.scored import ScoredPeriod

COLUMNS = ("indicator", "name", "unit", "value", "best", "gain", "total", "rank", "items")
_LEAST_GAIN = 1e-9
_PERCENT = 100.0


def improvements(campaign: Campaign, period: Period, level: str, entity: str) -> pd.DataFrame:
    """Score the period again with one indicator of an entity as good as its peers' best, for each.

    Everything else stays: the others' values, the entity's own other indicators. The gain is what the
    whole engine gives then, with gates, caps, redistribution and relative rules.

    Returns:
        One row per indicator that would gain anything, most first: ``indicator``, ``name``, ``unit``,
        ``value`` (the entity's), ``best`` (the value of the peer with the most points), ``gain`` (in
        total points), ``total`` and ``rank`` then, ``items`` (for a rate: by how many of the
        entity's own cases it falls short of the best; else NaN).

    Raises:
        CampaignError: see :func:`wbwz_eval.scoring.scored.score_period`.
    """
    scored = score_period(campaign, period, level)
    own = scored.entities.index.tolist().index(entity)
    before = float(scored.evaluation.total_unrounded[own])
    lines = []
    for code in leaves(scored.level.tree):
        best = _best_peer(scored, code, own)
        if best is None:
            continue
        raws = {**scored.raws, code: _as(scored.raws[code], own, best)}
        same = {name: points for name, points in scored.evaluation.points.items() if name != code}
        then, _ = evaluate_given(scored.given, raws, same)
        gain = float(then.total_unrounded[own]) - before
        if not gain > _LEAST_GAIN:
            continue
        value, aim = (float(scored.raws[code].value[place]) for place in (own, best))
        indicator = scored.methodology.indicators[code]
        lines.append(
            (
                code,
                indicator.name,
                indicator.unit,
                value,
                aim,
                gain,
                float(then.total[own]),
                float(then.rank[own]),
                _items(scored.raws[code], own, value, aim) if indicator.unit == "%" else np.nan,
            )
        )
    table = pd.DataFrame(lines, columns=list(COLUMNS))
    return table.sort_values("gain", ascending=False, kind="stable").reset_index(drop=True)


def _best_peer(scored: ScoredPeriod, code: str, own: int) -> int | None:
    """Return the peer with the most points, where it has more than the entity, which has some."""
    result = scored.evaluation.points[code]
    if result.status[own] != SCORED:
        return None
    groups = scored.evaluation.groups.codes
    peers = np.flatnonzero((groups == groups[own]) & (result.status == SCORED))
    best = int(peers[np.argmax(result.points[peers])])
    return best if result.points[best] > result.points[own] else None


def _as(raw: RawValues, own: int, best: int) -> RawValues:
    """Return raw values in which one entity has what another has."""
    place = np.arange(len(raw.value))
    place[own] = best
    rows = raw.rows
    if rows is not None:
        lent = rows[(rows["code"] == best).to_numpy()].assign(code=own)
        rows = pd.concat([rows[(rows["code"] != own).to_numpy()], lent], ignore_index=True)
    return replace(
        raw,
        value=raw.value[place],
        n=raw.n[place],
        low=None if raw.low is None else raw.low[place],
        high=None if raw.high is None else raw.high[place],
        sides={name: values[place] for name, values in raw.sides.items()},
        rows=rows,
    )


def _items(raw: RawValues, own: int, value: float, aim: float) -> float:
    """Return how many of an entity's cases lie between its rate and the one aimed at, rounded up."""
    count = float(raw.n[own])
    if not count > 0 or abs(aim - value) > _PERCENT:
        return float("nan")
    return float(np.ceil(round(abs(aim - value) / _PERCENT * count, 9)))
