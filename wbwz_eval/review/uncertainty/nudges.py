"""What the smallest changes do: a weight moved until neighbours swap, an indicator left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from wbwz_eval.review.uncertainty.choices import as_written, nominal
from wbwz_eval.review.uncertainty.contest import contest_of
from wbwz_eval.review.uncertainty.robustness import in_order, places_as_written, ranks_of, shifts
from wbwz_eval.review.uncertainty.simulation import simulate
from wbwz_eval.scoring.tree import walk

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from wbwz_eval.review.uncertainty.climb import Contest
    from wbwz_eval.scoring.numbers import FloatArray
    from wbwz_eval.scoring.scored import ScoredPeriod

SWAP_COLUMNS = (
    "group_name",
    "ahead_id",
    "ahead",
    "behind_id",
    "behind",
    "node",
    "node_name",
    "weight",
    "needed",
    "change",
)
_STEPS, _HALVINGS = 400, 10


@dataclass(frozen=True)
class _Ways:
    """Ways to move one dimension's weight towards 0 or 1; arrays of shape (ways,).

    ``column`` is the dimension's place among the nodes, ``now`` its share of the total, ``end`` 0 or 1.
    """

    column: NDArray[np.int64]
    now: FloatArray
    end: FloatArray

    def take(self, which: NDArray[np.int64]) -> _Ways:
        return _Ways(self.column[which], self.now[which], self.end[which])

    def share(self, part: FloatArray) -> FloatArray:
        """Return the dimension's share after a part (0-1) of the way."""
        return self.now + (self.end - self.now) * part


def swaps(scored: ScoredPeriod) -> pd.DataFrame:
    """Return, for each two neighbours, the least change of one dimension's weight that swaps them.

    Neighbours are ranked together, one before the other. The dimension's share of the total moves up to
    100 % and down to 0, the others' keep their proportions. Each way is gone in 400 steps, the first step
    after which the one behind stands before is then halved ten times. Scored by the whole engine:
    rounding, gates, missing data and bonus count. Time grows with the square of the number of entities.

    Returns:
        One row per pair, columns ``SWAP_COLUMNS``; ``weight`` and ``needed`` are shares of the total in
        percent, ``change`` their difference in percentage points, NaN where no weight of a single
        dimension swaps them.
    """
    contest = contest_of(scored)
    base = places_as_written(contest)
    line = in_order(contest, base)
    pairs = np.stack([line[:-1], line[1:]], axis=1)
    together = contest.scope[pairs[:, 0]] == contest.scope[pairs[:, 1]]
    # those who share a place are not one before the other
    pairs = pairs[together & (base[pairs[:, 0]] < base[pairs[:, 1]])]
    ways = _ways(contest)
    steps = _first_steps(contest, ways, pairs)
    pair, way, least = _candidates(ways, steps)
    part = _halved(contest, ways.take(way), pairs[pair], least)
    needed = ways.take(way).share(part)
    change = np.abs(needed - ways.now[way])
    # the least change of each pair comes last, and stands
    order = np.lexsort((-change, pair))
    best = dict(zip(pair[order].tolist(), order.tolist(), strict=True))
    nodes = list(walk(scored.level.tree))
    ids, labels = scored.entities.index, scored.entities["name"].to_numpy()
    peers, groups = scored.evaluation.groups, scored.campaign.groups
    rows: list[tuple[object, ...]] = []
    for place, (ahead, behind) in enumerate(pairs):
        group = peers.names[peers.codes[ahead]]
        who = (str(getattr(groups.get(group), "name", group)), ids[ahead], labels[ahead], ids[behind])
        if place not in best:
            rows.append((*who, labels[behind], "", "", np.nan, np.nan, np.nan))
            continue
        at = best[place]
        path, _ = nodes[ways.column[way[at]]]
        now, then = 100 * ways.now[way[at]], 100 * needed[at]
        rows.append((*who, labels[behind], path[-1], _title(scored, path[-1]), now, then, then - now))
    return pd.DataFrame(rows, columns=list(SWAP_COLUMNS))


def _title(scored: ScoredPeriod, node: str) -> str:
    names = {path[-1]: each.name for path, each in walk(scored.level.tree)}
    return names[node] or scored.methodology.indicators[node].name


def _ways(contest: Contest) -> _Ways:
    """Return both ways of each dimension that has a part of the total, but not all."""
    nodes, weights = list(walk(contest.level.tree)), nominal(contest.level)
    tops = np.array([place for place, (path, _) in enumerate(nodes) if len(path) == 1])
    now = weights[tops] / (weights[tops].sum() or 1.0)
    tops, now = tops[(now > 0) & (now < 1)], now[(now > 0) & (now < 1)]
    ends = np.repeat([0.0, 1.0], len(tops))
    return _Ways(np.tile(tops, 2), np.tile(now, 2), ends)


def _weights(contest: Contest, ways: _Ways, part: FloatArray) -> FloatArray:
    """Return the weights of all nodes after a part of each way, shape (ways, nodes)."""
    tops = [place for place, (path, _) in enumerate(walk(contest.level.tree)) if len(path) == 1]
    weights = np.repeat(nominal(contest.level)[None, :], len(part), axis=0)
    share, line = ways.share(part), np.arange(len(part))
    own = weights[line, ways.column]
    rest = weights[:, tops].sum(axis=1) - own
    weights[:, tops] *= ((1 - share) / rest)[:, None]
    weights[line, ways.column] = share
    return weights


def _first_steps(contest: Contest, ways: _Ways, pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the first step of each way after which each pair is swapped, 0 = none; (ways, pairs)."""
    count = len(ways.column)
    part = np.tile(np.arange(1, _STEPS + 1) / _STEPS, count)
    weights = _weights(contest, ways.take(np.repeat(np.arange(count), _STEPS)), part)
    first = np.full((count, len(pairs)), _STEPS + 1)
    for block in simulate(contest, as_written(contest.level, weights), graded=False):
        swapped = block.rank[:, pairs[:, 1]] < block.rank[:, pairs[:, 0]]
        step = np.where(swapped, (block.at % _STEPS + 1)[:, None], _STEPS + 1)
        np.minimum.at(first, block.at // _STEPS, step)
    return np.where(first > _STEPS, 0, first)


def _candidates(
    ways: _Ways, steps: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the pairs and ways that may hold the least change, and the step of each."""
    width = (np.abs(ways.end - ways.now) / _STEPS)[:, None]
    at_most = np.where(steps > 0, steps * width, np.inf).min(axis=0, initial=np.inf)
    way, pair = np.nonzero((steps > 0) & ((steps - 1) * width <= at_most))
    return pair, way, steps[way, pair]


def _halved(contest: Contest, ways: _Ways, pairs: NDArray[np.int64], step: NDArray[np.int64]) -> FloatArray:
    """Return the part of each way that just swaps its pair: within the step, halved again and again."""
    low, high = (step - 1) / _STEPS, step / _STEPS
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        drawn = as_written(contest.level, _weights(contest, ways, middle))
        swapped = np.zeros(len(middle), dtype=bool)
        for block in simulate(contest, drawn, graded=False):
            line = np.arange(len(block.at))
            ahead, behind = pairs[block.at].T
            swapped[block.at] = block.rank[line, behind] < block.rank[line, ahead]
        low, high = np.where(swapped, low, middle), np.where(swapped, middle, high)
    return high


def leave_one_out(scored: ScoredPeriod) -> pd.DataFrame:
    """Return what becomes of the ranks when one indicator or dimension is left out.

    Its weight goes to its siblings; what has none is left out with its parent.

    Returns:
        One row per node, most shift first: ``node``, ``name``, ``kind`` (维度 or 指标), ``shift`` (mean
        absolute shift in place), ``moved`` (how many change place), ``unranked`` (how many lose theirs for
        want of data), ``largest`` (the largest shift), and, where anybody moves, ``entity_id`` and
        ``entity`` (whose that is), ``rank`` and ``rank_without``.
    """
    level, contest = scored.level, contest_of(scored)
    nodes = list(walk(level.tree))
    parents = [path[:-1] for path, _ in nodes]
    drop = [place for place, parent in enumerate(parents) if parents.count(parent) > 1]
    weights = np.repeat(nominal(level)[None, :], len(drop), axis=0)
    weights[np.arange(len(drop)), drop] = 0.0
    places = ranks_of(contest, as_written(level, weights)).places
    base = places_as_written(contest)
    both = (places > 0) & (base > 0)
    moved = np.where(both, places - base, 0)
    worst, line = np.argmax(np.abs(moved), axis=1), np.arange(len(drop))
    largest = np.abs(moved)[line, worst]
    some = largest > 0
    ids = [nodes[place][0][-1] for place in drop]
    table = pd.DataFrame(
        {
            "node": ids,
            "name": [_title(scored, node) for node in ids],
            "kind": ["维度" if nodes[place][1].children else "指标" for place in drop],
            "shift": shifts(places, base),
            "moved": (moved != 0).sum(axis=1),
            "unranked": ((base > 0) & (places == 0)).sum(axis=1),
            "largest": largest,
            "entity_id": np.where(some, scored.entities.index.to_numpy(object)[worst], ""),
            "entity": np.where(some, scored.entities["name"].to_numpy(object)[worst], ""),
            "rank": np.where(some, base[worst], np.nan),
            "rank_without": np.where(some, places[line, worst], np.nan),
        }
    )
    return table.sort_values("shift", ascending=False, kind="stable").reset_index(drop=True)
