"""From indicator points up the tree to the base total."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from wbwz_eval.scoring.fields import BoolArray, wrong
from wbwz_eval.scoring.numbers import FloatArray, round_half_up

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wbwz_eval.scoring.tree import Aggregation, Gate, Level, Node

_COVERAGE_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Aggregated:
    """Scores of all nodes for all entities; every array has shape (entities,).

    ``score`` and ``unrounded`` hold each node and leaf on its own scale, NaN =
    not scored; ``weight`` its share among its siblings after redistribution;
    ``effective`` its share of the total; ``contribution`` its part of the base
    total, such that the leaves' parts add up to it; ``covered`` the share of
    child weight that was scored; ``gated`` where a gate held the score.
    """

    base: FloatArray
    base_unrounded: FloatArray
    base_covered: FloatArray
    coverage: FloatArray
    score: dict[str, FloatArray]
    unrounded: dict[str, FloatArray]
    weight: dict[str, FloatArray]
    effective: dict[str, FloatArray]
    contribution: dict[str, FloatArray]
    covered: dict[str, FloatArray]
    gated: dict[str, BoolArray]


def mean(shares: FloatArray, weights: FloatArray, how: Aggregation) -> FloatArray:
    """Return the weighted mean over children of what is not NaN.

    ``shares`` (children, entities) are scores ÷ full mark, ``weights``
    (children,). Formulas: OECD/JRC handbook, step 6 (arithmetic, geometric),
    and the weighted harmonic mean.

    Raises:
        ValueError: a negative score under a geometric or harmonic mean.
    """
    known = ~np.isnan(shares)
    total = weights @ known
    some = total > 0
    if how == "arithmetic":
        result = weights @ np.where(known, shares, 0.0)
        return np.divide(result, total, out=np.full(len(total), np.nan), where=some)
    counts = known & (weights > 0)[:, None]
    negative = (counts & (shares < 0)).any(axis=0)
    if negative.any():
        raise ValueError(np.flatnonzero(negative))
    zero = (counts & (shares == 0)).any(axis=0)
    safe = np.where(counts & (shares > 0), shares, 1.0)
    if how == "geometric":
        result = np.exp(np.divide(weights @ np.log(safe), total, where=some, out=0.0 * total))
    else:
        parts = weights @ (counts / safe)
        result = np.divide(total, parts, where=parts > 0, out=np.ones(len(total)))
    return np.where(some, np.where(zero, 0.0, result), np.nan)


class _Climb:
    """One climb of the tree; gathers what each node came to."""

    def __init__(
        self,
        points: Mapping[str, FloatArray],
        values: Mapping[str, FloatArray],
        digits: int | None,
    ) -> None:
        self.points, self.values, self.digits = points, values, digits
        self.score: dict[str, FloatArray] = {}
        self.unrounded: dict[str, FloatArray] = {}
        self.weight: dict[str, FloatArray] = {}
        self.covered: dict[str, FloatArray] = {}
        self.gated: dict[str, BoolArray] = {}

    def combine(
        self,
        children: Mapping[str, Node],
        *,
        full: float,
        how: Aggregation,
        min_coverage: float,
    ) -> tuple[FloatArray, FloatArray]:
        """Return the parent's score on ``full`` and the share of child weight scored."""
        for name, child in children.items():
            self._child(name, child)
        shares = np.stack([self.score[name] / _full(child) for name, child in children.items()])
        weights = np.array([float(child.share) for child in children.values()])
        known = ~np.isnan(shares)
        total = weights @ known
        covered = total / weights.sum() if weights.sum() else total
        try:
            score = full * mean(shares, weights, how)
        except ValueError as error:
            raise NegativeScoreError(tuple(children), error.args[0]) from None
        per_weight = np.divide(1.0, total, out=np.zeros(len(total)), where=total > 0)
        for row, name in enumerate(children):
            self.weight[name] = known[row] * (weights[row] * per_weight)
        return np.where(covered + _COVERAGE_TOLERANCE >= min_coverage, score, np.nan), covered

    def _child(self, name: str, node: Node) -> None:
        if not node.children:
            self.score[name] = self.unrounded[name] = self.points[name]
            return
        score, self.covered[name] = self.combine(
            node.children,
            full=_full(node),
            how=node.aggregation,
            min_coverage=float(node.min_coverage),
        )
        held = score
        for gate in node.gates:
            held = np.where(closed(gate, self.values[gate.indicator]), np.minimum(held, gate.cap), held)
        self.gated[name] = held < score
        self.unrounded[name] = held
        self.score[name] = round_half_up(held, self.digits)


class NegativeScoreError(ValueError):
    """A geometric or harmonic mean met a negative score.

    ``children`` are the siblings, ``entities`` the positions of the entities.
    """

    def __init__(self, children: tuple[str, ...], entities: np.ndarray[Any, np.dtype[np.intp]]) -> None:
        """Keep where it happened."""
        super().__init__(children, entities)
        self.children, self.entities = children, entities


def closed(gate: Gate, value: FloatArray) -> BoolArray:
    """Return where a gate holds the score; a value that is missing does not."""
    with np.errstate(invalid="ignore"):
        if gate.below is not None:
            return value < gate.below
        if gate.above is not None:
            return value > gate.above
    raise wrong("门槛没有界限")


def _full(node: Node) -> float:
    return 100.0 if node.points is None else float(node.points)


def aggregate(
    level: Level,
    points: Mapping[str, FloatArray],
    values: Mapping[str, FloatArray] | None = None,
    digits: int | None = None,
) -> Aggregated:
    """Climb the tree of a level.

    ``points`` maps each leaf to its points on its own scale, shape
    (entities,), NaN where its weight is to be redistributed; ``values`` maps
    each gate's indicator to its raw value; ``digits`` is the rounding of nodes.

    Raises:
        NegativeScoreError: a geometric or harmonic mean met a negative score.
    """
    climb = _Climb(points, values or {}, digits)
    full = float(level.full)
    unrounded, covered = climb.combine(
        level.tree, full=full, how=level.aggregation, min_coverage=float(level.min_coverage)
    )
    base = round_half_up(unrounded, digits)
    effective: dict[str, FloatArray] = {}
    contribution: dict[str, FloatArray] = {}
    nominal = np.zeros(len(base))
    top: tuple[dict[str, Node], FloatArray, FloatArray, float] = (level.tree, np.ones(len(base)), base, 1.0)
    stack = [top]
    while stack:
        children, above, amount, share_above = stack.pop()
        total_share = sum(float(child.share) for child in children.values()) or 1.0
        raw = {
            name: np.where(climb.weight[name] > 0, climb.weight[name] * climb.score[name] / _full(child), 0.0)
            for name, child in children.items()
        }
        whole = sum(raw.values())
        # what a gate, rounding or a geometric mean changed is spread in proportion
        scale = np.divide(amount, whole, out=np.zeros(len(base)), where=whole != 0)
        for name, child in children.items():
            effective[name] = above * climb.weight[name]
            contribution[name] = raw[name] * scale
            share = share_above * float(child.share) / total_share
            if child.children:
                stack.append((child.children, effective[name], contribution[name], share))
            else:
                nominal += share * ~np.isnan(climb.score[name])
    return Aggregated(
        base,
        unrounded,
        covered,
        nominal,
        climb.score,
        climb.unrounded,
        climb.weight,
        effective,
        contribution,
        climb.covered,
        climb.gated,
    )
