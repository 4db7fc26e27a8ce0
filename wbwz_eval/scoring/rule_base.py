"""What all scoring rules share: their input, overrides and deductions by count."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from wbwz_eval.scoring.fields import COMPARISONS, BoolArray, Strict, compare, wrong
from wbwz_eval.scoring.numbers import FloatArray, Number

if TYPE_CHECKING:
    from numpy.typing import NDArray

Direction = Literal["up", "down"]
Scope = Literal["group", "level"]


@dataclass(frozen=True)
class Raw:
    """Raw values to be scored.

    ``values`` has shape (entities,) or (rows,), NaN = none; ``sides`` are
    parallel arrays; ``groups`` are integer codes of the peer groups.
    """

    values: FloatArray
    direction: Direction
    full: float
    sides: Mapping[str, FloatArray] = field(default_factory=dict)
    groups: NDArray[np.int64] | None = None

    def side(self, name: str) -> FloatArray:
        """Return a side number, or the value itself."""
        return self.values if name == "value" else self.sides[name]

    def scoped(self, scope: Scope) -> NDArray[np.int64]:
        """Return the codes of those that a relative rule compares with each other."""
        if scope == "group" and self.groups is not None:
            return self.groups
        return np.zeros(len(self.values), dtype=np.int64)

    @property
    def better(self) -> FloatArray:
        """The values turned so that more is better."""
        return self.values if self.direction == "up" else -self.values


class Test(Strict):
    """One comparison of the value or of a side number."""

    side: str
    at_least: Number | None = None
    above: Number | None = None
    at_most: Number | None = None
    below: Number | None = None

    def model_post_init(self, _context: object, /) -> None:
        """Refuse none or several comparisons."""
        if sum(getattr(self, name) is not None for name in COMPARISONS) != 1:
            raise wrong("须有且只有一个比较", "、".join(COMPARISONS) + " 之一")

    @property
    def comparison(self) -> tuple[str, float]:
        """The comparison's name and bound."""
        return next(
            (name, float(getattr(self, name))) for name in COMPARISONS if getattr(self, name) is not None
        )

    def holds(self, raw: Raw) -> BoolArray:
        """Return where the comparison holds."""
        name, bound = self.comparison
        return compare(raw.side(self.side), name, bound)


class Override(Test):
    """Points that stand, whatever the rule says, where a comparison holds."""

    points: Number


class RuleBase(Strict, ABC):
    """A scoring rule: raw values in, points out, all entities at once."""

    apply_to: Literal["value", "rows"] = "value"
    overrides: tuple[Override, ...] = ()
    minus_counts: dict[str, Number] = {}
    minus_floor: Number = Number(0)

    relative: ClassVar[bool] = False
    only_direction: ClassVar[Direction | None] = None

    @abstractmethod
    def points(self, raw: Raw) -> FloatArray:
        """Return the points before overrides; the formula of docs/methodology.md."""

    def faults(self, direction: Direction, full: float) -> list[tuple[str, str]]:
        """Return (what is wrong, what would be right) for a direction that contradicts the rule."""
        if self.only_direction not in (None, direction):
            right = f"direction: {self.only_direction}"
            return [(f"计分办法 {self.name} 与 direction: {direction} 矛盾", f"{right}，或换一种计分办法")]
        return []

    @property
    def name(self) -> str:
        """The rule's type as written in the file."""
        return str(getattr(self, "type"))  # noqa: B009 - each subclass declares its own literal

    @property
    def asked_sides(self) -> set[str]:
        """The side numbers that the rule reads."""
        return {test.side for test in self.overrides} - {"value"} | set(self.minus_counts)

    def score(self, raw: Raw) -> FloatArray:
        """Return points per value, NaN where there is no value."""
        points = self.points(raw)
        decided = np.zeros(len(points), dtype=bool)
        for override in self.overrides:
            holds = override.holds(raw) & ~decided
            points = np.where(holds, float(override.points), points)
            decided |= holds
        if self.minus_counts:
            lost = sum(raw.side(name) * float(each) for name, each in self.minus_counts.items())
            held = np.maximum(points - lost, np.minimum(points, float(self.minus_floor)))
            points = np.where(lost > 0, held, points)
        return np.where(np.isnan(raw.values), np.nan, points)


def clip(points: FloatArray, bounds: tuple[Number, Number] | None) -> FloatArray:
    """Hold points between two bounds, if there are any."""
    return points if bounds is None else np.clip(points, *bounds)


def by_group(values: FloatArray, groups: NDArray[np.int64], how: np.ufunc) -> FloatArray:
    """Return for each value the minimum or maximum of its group, NaN left out."""
    start = np.inf if how is np.minimum else -np.inf
    best = np.full(int(groups.max(initial=-1)) + 1, start)
    known = ~np.isnan(values)
    how.at(best, groups[known], values[known])
    return best[groups]


def places(better: FloatArray, groups: NDArray[np.int64]) -> FloatArray:
    """Return the competition place (1 = best) of each value in its group, NaN for NaN."""
    result = np.full(len(better), np.nan)
    known = np.flatnonzero(~np.isnan(better))
    if not known.size:
        return result
    order = known[np.lexsort((-better[known], groups[known]))]
    group, value = groups[order], better[order]
    new_group = np.r_[True, group[1:] != group[:-1]]
    new_value = new_group | np.r_[True, value[1:] != value[:-1]]
    index = np.arange(len(order))
    first_of_group = np.maximum.accumulate(np.where(new_group, index, 0))
    first_of_value = np.maximum.accumulate(np.where(new_value, index, 0))
    result[order] = first_of_value - first_of_group + 1.0
    return result


def group_size(values: FloatArray, groups: NDArray[np.int64]) -> FloatArray:
    """Return for each value how many of its group have one."""
    known = ~np.isnan(values)
    return np.bincount(groups, weights=known, minlength=1)[groups].astype(np.float64)


def with_values(raw: Raw, values: FloatArray) -> Raw:
    """Return the same input with other values."""
    return replace(raw, values=values)
