"""The tree of a level with an axis of draws: totals of many draws at once.

It gives, for a draw as written, what :func:`wbwz_eval.scoring.aggregate.aggregate` and the adding up after
it give; a test holds the two together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from wbwz_eval.campaign.faults import CampaignError
from wbwz_eval.review.uncertainty.choices import AS_WRITTEN
from wbwz_eval.scoring.aggregate import closed
from wbwz_eval.scoring.numbers import FloatArray, round_half_up
from wbwz_eval.scoring.tree import Node, walk

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from wbwz_eval.review.uncertainty.choices import Draws, Scenario
    from wbwz_eval.scoring.evaluation import PeerGroups
    from wbwz_eval.scoring.methodology import Rounding
    from wbwz_eval.scoring.tree import Level

_COVERAGE_TOLERANCE = 1e-9


class Source(Protocol):
    """Where the points of leaves come from."""

    def fixed(self, scenario: Scenario) -> Mapping[str, FloatArray]:
        """Return each leaf's points under a scenario, shape (entities,); NaN = redistributed."""

    def moving(self, scenario: Scenario, draws: Draws) -> Mapping[str, FloatArray]:
        """Return the leaves whose points differ from draw to draw, shape (draws, entities)."""

    def gates(self, draws: Draws) -> Mapping[str, FloatArray]:
        """Return the raw value of each gate's indicator, shape (entities,) or (draws, entities)."""


@dataclass(frozen=True)
class Contest:
    """What all draws share; arrays have shape (entities,).

    ``groups`` are the peer groups after merging; ``added`` is bonus less deduction; ``out`` marks who
    is not ranked whatever the score; ``grade_cap`` is the best grade that a veto leaves.
    """

    level: Level
    rounding: Rounding
    groups: PeerGroups
    source: Source
    added: FloatArray
    out: NDArray[np.bool_]
    grade_cap: NDArray[np.int64]

    @property
    def size(self) -> int:
        """The number of entities."""
        return len(self.groups.codes)

    @property
    def scope(self) -> NDArray[np.int64]:
        """Who is ranked against whom: codes, shape (entities,)."""
        one = self.level.rank.scope == "level"
        return np.zeros(self.size, dtype=np.int64) if one else self.groups.codes


@dataclass(frozen=True)
class _Stack:
    """The children of a node that are the same in every draw, made ready for a weighted mean.

    ``columns`` are their places among the siblings; ``values``, ``known`` and ``zero`` have shape
    (children, entities); None = all known, no zero.
    """

    names: tuple[str, ...]
    columns: list[int]
    values: FloatArray
    known: FloatArray | None
    zero: FloatArray | None


class Prepared:
    """A level's tree under one scenario: what all its draws share, made once."""

    def __init__(self, contest: Contest, scenario: Scenario) -> None:
        """Score the leaves."""
        self.contest, self.scenario, self.level = contest, scenario, contest.level
        nodes = [(path[-1], node) for path, node in walk(self.level.tree)]
        self.column = {name: place for place, (name, _) in enumerate(nodes)}
        self.full = self.level.full_marks()
        self.fixed = contest.source.fixed(scenario)
        self.top = self.level.aggregation if scenario.aggregation == AS_WRITTEN else scenario.aggregation
        self.gated = any(node.gates for _, node in nodes)
        self.stacks: dict[str, _Stack] = {}

    def totals(self, draws: Draws, tile: int) -> tuple[FloatArray, list[FloatArray]]:
        """Return the totals (NaN = not ranked) and the tie scores of some draws.

        Draws are summed a tile at a time: how a matrix product rounds depends on its size.
        """
        source, names = self.contest.source, self.level.rank.tie_break
        moving = source.moving(self.scenario, draws)
        gates = source.gates(draws) if self.gated else {}
        total = np.empty((len(draws), self.contest.size))
        ties: list[list[FloatArray]] = [[] for _ in names]
        for begin in range(0, len(draws), tile):
            own = slice(begin, begin + tile)
            climb = _Climb(
                self,
                draws.weights[own],
                {name: points[own] for name, points in moving.items()},
                {name: value[own] if value.ndim > 1 else value for name, value in gates.items()},
            )
            total[own] = self._total(climb)
            for found, name in zip(ties, names, strict=True):
                found.append(climb.score_of(name))
        return total, [found[0] if found[0].ndim == 1 else np.concatenate(found) for found in ties]

    def _total(self, climb: _Climb) -> FloatArray:
        level, contest, digits = self.level, self.contest, self.contest.rounding
        full, least = float(level.full), float(level.min_coverage)
        total = climb.combine("", level.tree, full=full, how=self.top, least=least)
        if digits.node is not None:
            total = round_half_up(total, digits.node)
        if contest.added.any():
            total = total + contest.added
        if level.total_cap is not None:
            total = np.minimum(total, float(level.total_cap))
        if digits.total is not None:
            total = round_half_up(total, digits.total)
        return np.where(contest.out, np.nan, total) if contest.out.any() else total

    def stack(
        self, key: str, children: Mapping[str, Node], moving: Mapping[str, FloatArray], how: str
    ) -> _Stack:
        """Return the leaves among a node's children that no draw moves."""
        if key not in self.stacks:
            names = tuple(name for name, node in children.items() if not node.children and name not in moving)
            shares = np.empty((len(names), self.contest.size))
            for row, name in enumerate(names):
                np.divide(self.fixed[name], self.full[name], out=shares[row])
            known = ~np.isnan(shares)
            zero = known & (shares == 0)
            order = list(children)
            self.stacks[key] = _Stack(
                names,
                [order.index(name) for name in names],
                _turned(shares, known, how, names),
                None if known.all() else known.astype(np.float64),
                zero.astype(np.float64) if how != "arithmetic" and zero.any() else None,
            )
        return self.stacks[key]


class _Climb:
    """One climb of the tree for some draws; every result has shape (draws, entities)."""

    def __init__(
        self,
        tree: Prepared,
        weights: FloatArray,
        moving: Mapping[str, FloatArray],
        gates: Mapping[str, FloatArray],
    ) -> None:
        self.tree, self.weights, self.moving, self.gates = tree, weights, moving, gates
        self.scores: dict[str, FloatArray] = {}

    def score_of(self, name: str) -> FloatArray:
        """Return the score of a node or leaf."""
        found = (self.scores, self.moving, self.tree.fixed)
        return next(known[name] for known in found if name in known)

    def combine(
        self, key: str, children: Mapping[str, Node], *, full: float, how: str, least: float
    ) -> FloatArray:
        """Return a node's score on ``full``."""
        stack = self.tree.stack(key, children, self.moving, how)
        scaled = self.weights[:, [self.tree.column[name] for name in children]]
        sums = scaled.sum(axis=1, keepdims=True)
        # siblings scaled to one: where all are known nothing is left to divide by
        scaled = np.divide(scaled, sums, out=np.zeros(scaled.shape), where=sums > 0)
        chosen = np.ascontiguousarray(scaled[:, stack.columns])
        result = chosen @ stack.values
        known_weight = None if stack.known is None else chosen @ stack.known
        hits: NDArray[np.bool_] | None = None
        if stack.zero is not None:
            hits = ((chosen > 0).astype(np.float64) @ stack.zero) > 0
        certain = chosen.sum(axis=1, keepdims=True)
        for place, (name, child) in enumerate(children.items()):
            if name in stack.names:
                continue
            share, weight = self._share(name, child), scaled[:, place, None]
            known = ~np.isnan(share)
            result += weight * _turned(share, known, how, (name,))
            if known_weight is not None or not known.all():
                known_weight = (certain if known_weight is None else known_weight) + weight * known
            certain = certain + weight
            if how != "arithmetic":
                zero = (weight > 0) & known & (share == 0)
                hits = zero if hits is None else hits | zero
        if known_weight is None and (sums > 0).all():
            return _finished(result, hits, how, full)
        known_weight = np.where(sums > 0, 1.0 if known_weight is None else known_weight, 0.0)
        some = known_weight > 0
        result = np.divide(result, known_weight, out=np.ones(result.shape), where=some)
        result = _finished(result, hits, how, full)
        return np.where(some & (known_weight >= least - _COVERAGE_TOLERANCE), result, np.nan)

    def _share(self, name: str, node: Node) -> FloatArray:
        """Return a child's score ÷ full mark."""
        full = self.tree.full[name]
        if not node.children:
            return self.moving[name] / full
        score = self.combine(
            name, node.children, full=full, how=node.aggregation, least=float(node.min_coverage)
        )
        for gate in node.gates:
            held = closed(gate, self.gates[gate.indicator])
            score = np.where(held, np.minimum(score, gate.cap), score)
        digits = self.tree.contest.rounding.node
        self.scores[name] = score if digits is None else round_half_up(score, digits)
        return self.scores[name] / full


def _turned(shares: FloatArray, known: NDArray[np.bool_], how: str, names: Sequence[str]) -> FloatArray:
    """Return shares such that their weighted sum is that of the kind of mean; 0 where unknown."""
    if how == "arithmetic":
        return shares if known.all() else np.where(known, shares, 0.0)
    if (known & (shares < 0)).any():
        msg = f"{'、'.join(names)} 有负分，不能按几何或调和平均汇总；请去掉这种汇总方法，或设计分下限"
        raise CampaignError(msg)
    safe = np.where(known & (shares > 0), shares, 1.0)
    return np.log(safe) if how == "geometric" else np.where(known, 1.0 / safe, 0.0)


def _finished(result: FloatArray, hits: NDArray[np.bool_] | None, how: str, full: float) -> FloatArray:
    """Turn a weighted sum into the mean, on the full mark; a zero that counts makes all zero."""
    if how == "geometric":
        np.exp(result, out=result)
    elif how == "harmonic":
        # only where each weight is zero, and that has no score anyhow
        np.divide(1.0, result, out=result, where=result > 0)
    if hits is not None:
        result[np.broadcast_to(hits, result.shape)] = 0.0
    if full != 1.0:
        result *= full
    return result
