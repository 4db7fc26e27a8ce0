"""One evaluation as arrays: raw values in; scores, ranks and grades out.

This is the pure kernel: it knows no campaign, no files and no names of
people, so that a report, a what-if and a thousand draws go the same road.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from wbwz_eval.scoring.adjust import NO_GRADE, capped, grade, rank
from wbwz_eval.scoring.aggregate import Aggregated, aggregate
from wbwz_eval.scoring.numbers import FloatArray, round_half_up
from wbwz_eval.scoring.points import Points, RawValues, score_indicator
from wbwz_eval.scoring.tree import leaves

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from wbwz_eval.scoring.composition import Composed
    from wbwz_eval.scoring.fields import BoolArray
    from wbwz_eval.scoring.methodology import Methodology
    from wbwz_eval.scoring.tree import Level

IN_CONTEST = "参评"
INSUFFICIENT = "数据不足"
OUT_OF_CONTEST = "退出本期评比"


@dataclass(frozen=True)
class PeerGroups:
    """Peer groups as codes: ``codes`` (entities,) point into ``names``."""

    codes: NDArray[np.int64]
    names: tuple[str, ...]

    def merged(self, level: Level) -> PeerGroups:
        """Return the groups after small ones were merged, where the method merges."""
        target = level.groups.merge_into
        if target is None:
            return self
        small = self.sizes() < level.groups.min_size
        names = self.names if target in self.names else (*self.names, target)
        codes = np.where(small[self.codes], names.index(target), self.codes)
        return PeerGroups(codes, names)

    def sizes(self) -> FloatArray:
        """Return the number of entities of each group."""
        return np.bincount(self.codes, minlength=len(self.names)).astype(np.float64)


@dataclass(frozen=True)
class Evaluation:
    """The outcome for all entities; arrays of shape (entities,).

    ``base`` is what the total starts from: the tree's own base total, or one composed of several periods.
    """

    groups: PeerGroups
    points: dict[str, Points]
    tree: Aggregated
    base: FloatArray
    bonus: FloatArray
    deduction: FloatArray
    total: FloatArray
    total_unrounded: FloatArray
    total_low: FloatArray
    total_high: FloatArray
    rank: FloatArray
    tied: BoolArray
    rank_low: FloatArray
    rank_high: FloatArray
    grade: NDArray[np.int64]
    standing: NDArray[np.object_]


@dataclass(frozen=True)
class AfterTotal:
    """What is added to, taken from or held against the base total.

    ``bonus`` and ``deductions`` map items to their measures' values;
    ``vetoed`` maps each veto to where it is in force, ``recurred`` each rule across periods.
    """

    bonus: Mapping[str, FloatArray] = field(default_factory=dict)
    deductions: Mapping[str, FloatArray] = field(default_factory=dict)
    vetoed: Mapping[str, BoolArray] = field(default_factory=dict)
    recurred: Mapping[str, BoolArray] = field(default_factory=dict)


def evaluate_values(
    methodology: Methodology,
    level_id: str,
    raws: Mapping[str, RawValues],
    groups: PeerGroups,
    after: AfterTotal | None = None,
    composed: Composed | None = None,
    known: Mapping[str, Points] | None = None,
) -> Evaluation:
    """Score, aggregate, adjust, rank and grade all entities at once.

    ``raws`` maps each indicator of the level (leaves and gates) to its raw
    values; ``composed`` is the base total where it is made of several periods;
    ``known`` are the points of indicators scored before by the same method
    from the same raw values, which are not scored again.
    The methodology's numbers are taken as they stand: resolve it with
    ``Methodology.at`` first.

    Raises:
        NegativeScoreError: a geometric or harmonic mean met a negative score.
    """
    level = methodology.levels[level_id]
    peers = groups.merged(level)
    full_marks = level.full_marks()
    known = known or {}
    points = {
        name: known[name]
        if name in known
        else score_indicator(methodology, name, raws[name], full=full_marks[name], groups=peers.codes)
        for name in leaves(level.tree)
    }
    tree = aggregate(
        level,
        {name: scored.points for name, scored in points.items()},
        {name: raws[name].value for name in (*level.gate_indicators, *points)},
        methodology.rounding.node,
    )
    after = after or AfterTotal()
    size = len(peers.codes)
    digits = methodology.rounding
    bonus = round_half_up(capped(level.bonus, after.bonus, size), digits.points)
    deduction = round_half_up(capped(level.deductions, after.deductions, size), digits.points)
    out = np.zeros(size, dtype=bool)
    for scored in points.values():
        if scored.out is not None:
            out |= scored.out
    base = tree.base if composed is None else composed.base
    unrounded = base + bonus - deduction
    if level.total_cap is not None:
        unrounded = np.minimum(unrounded, float(level.total_cap))
    unrounded = np.where(out, np.nan, unrounded)
    total = round_half_up(unrounded, digits.total)
    standing = np.full(size, IN_CONTEST, dtype=object)
    standing[np.isnan(base)] = INSUFFICIENT
    standing[out] = OUT_OF_CONTEST
    small = (peers.sizes() < level.groups.min_size)[peers.codes]
    floor = float(level.groups.min_size)
    standing[small & (standing == IN_CONTEST)] = f"组内不足{floor:.0f}家，只展示"
    ranked = np.where(standing == IN_CONTEST, total, np.nan)
    tie_scores = [tree.score[name] for name in level.rank.tie_break]
    scope = peers.codes if level.rank.scope == "group" else np.zeros(size, dtype=np.int64)
    place, tied = rank(ranked, scope, level.rank.method, tie_scores)
    down, up = (
        _spread(points, tree, full_marks, float(level.full))
        if composed is None
        else (composed.down, composed.up)
    )
    rank_low = rank_high = place
    if (down + up).any():
        rank_low, rank_high = _rank_interval(ranked, down, up, scope, tie_scores)
    shaky = np.where(np.isnan(ranked), 0.0, down + up)
    in_doubt = (np.bincount(scope, weights=shaky) > 0)[scope]
    return Evaluation(
        peers,
        points,
        tree,
        base,
        bonus,
        deduction,
        total,
        unrounded,
        np.where(down + up > 0, total - down, np.nan),
        np.where(down + up > 0, total + up, np.nan),
        place,
        tied,
        np.where(in_doubt, rank_low, place),
        np.where(in_doubt, rank_high, place),
        _grade(level, ranked, peers, tie_scores, after),
        standing,
    )


def _grade(
    level: Level,
    totals: FloatArray,
    peers: PeerGroups,
    tie_scores: Sequence[FloatArray],
    after: AfterTotal,
) -> NDArray[np.int64]:
    if level.grades is None:
        return np.full(len(totals), NO_GRADE)
    cap = np.zeros(len(totals), dtype=np.int64)
    for rules, found in ((level.vetoes, after.vetoed), (level.recurrences, after.recurred)):
        for name, rule in rules.items():
            held = level.grades.order.index(rule.grade_cap)
            cap = np.where(found.get(name, False), np.maximum(cap, held), cap)
    return grade(level.grades, totals, peers.codes, peers.names, tie_scores, cap)


def _spread(
    points: Mapping[str, Points], tree: Aggregated, full_marks: Mapping[str, float], full: float
) -> tuple[FloatArray, FloatArray]:
    """Return how far the total may lie too high and too low; 0 without small samples.

    Root of the sum of squares of each small sample's effective weight × the
    change of its points to the end of its interval: independent errors, first
    order, downwards and upwards apart because rates near 100 % can only fall.
    """
    down, up = np.zeros(len(tree.base)), np.zeros(len(tree.base))
    for name, scored in points.items():
        if scored.low is None or scored.high is None:
            continue
        share = tree.effective[name] * full / full_marks[name]
        down += (share * np.maximum(np.nan_to_num(scored.points - scored.low), 0.0)) ** 2
        up += (share * np.maximum(np.nan_to_num(scored.high - scored.points), 0.0)) ** 2
    return np.sqrt(down), np.sqrt(up)


def _rank_interval(
    totals: FloatArray,
    down: FloatArray,
    up: FloatArray,
    scope: NDArray[np.int64],
    tie_scores: Sequence[FloatArray],
) -> tuple[FloatArray, FloatArray]:
    """Return the best and the worst place that the totals' intervals allow.

    An entity may stand behind all whose interval does not lie wholly below
    its own, and ahead of all whose interval does not lie wholly above. Sorted,
    not in pairs: memory stays linear in the number of entities.
    """
    best, worst = np.full(len(totals), np.nan), np.full(len(totals), np.nan)
    known = np.flatnonzero(~np.isnan(totals))
    known = known[np.argsort(scope[known], kind="stable")]
    for members in np.split(known, np.flatnonzero(np.diff(scope[known])) + 1):
        low, high = totals[members] - down[members], totals[members] + up[members]
        surely_ahead = len(members) - np.searchsorted(np.sort(low), high, side="right")
        surely_behind = np.searchsorted(np.sort(high), low, side="left")
        best[members], worst[members] = surely_ahead + 1, len(members) - surely_behind
    # equal totals without an interval are not in doubt: the tie-break has decided
    exact = np.where(down + up == 0, totals, np.nan)
    by_total, tied = rank(exact, scope)
    decided, _ = rank(exact, scope, "competition", tie_scores)
    pairs = np.column_stack([scope, np.nan_to_num(by_total, nan=-1.0)])
    _, inverse, count = np.unique(pairs, axis=0, return_inverse=True, return_counts=True)
    ahead = decided - by_total
    best = np.where(tied, best + ahead, best)
    return best, np.where(tied, worst - (count[inverse.ravel()] - 1 - ahead), worst)
