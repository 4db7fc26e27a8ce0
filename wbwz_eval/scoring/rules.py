"""The scoring rules: how a raw value becomes points.

Each rule is a model whose keys are the YAML of docs/methodology.md and whose
``points`` is the formula, for all values at once. To add a rule: one class
here, its name in ``Rule``, a line in docs/methodology.md and cases in
tests/cases. ``relative_rules`` holds those that compare entities.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import Field, TypeAdapter

from wbwz_eval.scoring.bands import Bands
from wbwz_eval.scoring.fields import Strict, wrong
from wbwz_eval.scoring.numbers import FloatArray, Number
from wbwz_eval.scoring.relative_rules import (
    ByRank,
    DistanceToReference,
    MinMax,
    PercentileRank,
    RelativeToBest,
    ZScore,
)
from wbwz_eval.scoring.rule_base import Direction, Raw, RuleBase, clip

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

_TIE = 1e-9


class Proportional(RuleBase):
    """比例计分: in proportion to a target, nothing under a threshold."""

    type: Literal["proportional"]
    target: Number
    threshold: Number = Number(0)
    over_cap: Number = Number(0)
    only_direction: ClassVar[Direction | None] = "up"

    def points(self, raw: Raw) -> FloatArray:
        """Full·x/target from the threshold on, up to full·(1 + over_cap)."""
        x = raw.values
        in_proportion = np.clip(raw.full * x / self.target, None, raw.full * (1 + self.over_cap))
        return np.where(x < self.threshold, 0.0, in_proportion)

    def faults(self, direction: Direction, full: float) -> list[tuple[str, str]]:
        """Refuse a target that is not positive or not above the threshold."""
        found = super().faults(direction, full)
        if self.target <= 0 or self.threshold > self.target:
            found.append(("比例计分的目标值须大于 0 且不低于门槛", "threshold ≤ target"))
        return found


class ThresholdSlope(RuleBase):
    """阈值斜率: full at the threshold, so many points off per step short of it."""

    type: Literal["threshold_slope"]
    threshold: Number
    minus: Number
    step: Number = Number(1)
    floor: Number = Number(0)
    partial: Literal["proportional", "whole", "started"] = "proportional"

    def points(self, raw: Raw) -> FloatArray:
        """Full − minus × (shortfall ÷ step), not under the floor."""
        sign = 1.0 if raw.direction == "up" else -1.0
        steps = np.maximum(sign * (self.threshold - raw.values), 0.0) / self.step
        # binary noise must neither lose a whole step nor start a new one
        if self.partial == "whole":
            steps = np.floor(steps + _TIE)
        elif self.partial == "started":
            steps = np.ceil(steps - _TIE)
        return np.maximum(raw.full - self.minus * steps, np.minimum(self.floor, raw.full))

    def faults(self, direction: Direction, full: float) -> list[tuple[str, str]]:
        """Refuse a slope that gives points for being worse."""
        found = super().faults(direction, full)
        if self.minus <= 0 or self.step <= 0:
            found.append(("minus 与 step 须大于 0", "每差一步扣几分，如 minus: 1"))
        if self.floor > full:
            found.append(("floor 高于满分", f"不大于 {full:g}"))
        return found


class Efficacy(RuleBase):
    """功效系数: ``base`` at the unacceptable value, ``base + span`` at the satisfied one."""

    type: Literal["efficacy"]
    satisfied: Number
    unacceptable: Number
    base: Number = Number(60)
    span: Number = Number(40)
    clip: tuple[Number, Number] | None = None

    def points(self, raw: Raw) -> FloatArray:
        """Return (base + span·(x − u)/(s − u))·full/100, clipped if the method says so."""
        coefficient = (raw.values - self.unacceptable) / (self.satisfied - self.unacceptable)
        return clip((self.base + self.span * coefficient) * raw.full / 100.0, self.clip)

    def faults(self, direction: Direction, full: float) -> list[tuple[str, str]]:
        """Refuse a satisfied value on the wrong side of the unacceptable one."""
        found = super().faults(direction, full)
        rising = self.satisfied > self.unacceptable
        if self.satisfied == self.unacceptable or rising != (direction == "up"):
            sign = "大于" if direction == "up" else "小于"
            found.append((f"满意值与不允许值同 direction: {direction} 矛盾", f"满意值须{sign}不允许值"))
        if self.span <= 0:
            found.append(("span 须大于 0", "如 40"))
        return found


class Tier(Strict):
    """One standard value and its coefficient."""

    standard: Number
    coefficient: Number


class EfficacyTiers(RuleBase):
    """五档功效系数 (中央企业综合绩效评价): base of the tier plus an adjustment inside it."""

    type: Literal["efficacy_tiers"]
    tiers: tuple[Tier, ...] = Field(min_length=2)
    below_lowest: Number = Number(0)

    def points(self, raw: Raw) -> FloatArray:
        """Full·c + full·(c_up − c)·(x − s)/(s_up − s): linear between the standards."""
        sign = 1.0 if raw.direction == "up" else -1.0
        standards = sign * np.array([float(tier.standard) for tier in reversed(self.tiers)])
        coefficients = np.array([float(tier.coefficient) for tier in reversed(self.tiers)])
        x = sign * raw.values
        inside = np.interp(x, standards, coefficients)
        return raw.full * np.where(x < standards[0], float(self.below_lowest), inside)

    def faults(self, direction: Direction, full: float) -> list[tuple[str, str]]:
        """Refuse standards or coefficients out of order."""
        found = super().faults(direction, full)
        sign = 1 if direction == "up" else -1
        standards = [sign * tier.standard for tier in self.tiers]
        if any(a <= b for a, b in pairwise(standards)):
            order = "从大到小" if direction == "up" else "从小到大"
            found.append((f"各档标准值的顺序与 direction: {direction} 矛盾", f"最优档在前，标准值{order}"))
        coefficients = [tier.coefficient for tier in self.tiers]
        if any(a <= b for a, b in pairwise(coefficients)):
            found.append(("各档系数须从大到小", "如 1.0、0.8、0.6、0.4、0.2"))
        return found


class Deduct(RuleBase):
    """起评扣分: start full and lose points per event, down to a floor."""

    type: Literal["deduct"]
    start: Number | None = None
    per: Number = Number(1)
    floor: Number = Number(0)
    only_direction: ClassVar[Direction | None] = "down"

    def points(self, raw: Raw) -> FloatArray:
        """Start − per·x, not under the floor."""
        start = raw.full if self.start is None else float(self.start)
        return np.maximum(start - self.per * raw.values, min(float(self.floor), start))

    def faults(self, direction: Direction, full: float) -> list[tuple[str, str]]:
        """Refuse a deduction that is none."""
        found = super().faults(direction, full)
        return [*found, ("per 须大于 0", "每件扣几分")] if self.per <= 0 else found


class Add(RuleBase):
    """加分: points per event up to a cap."""

    type: Literal["add"]
    start: Number = Number(0)
    per: Number = Number(1)
    cap: Number
    only_direction: ClassVar[Direction | None] = "up"

    def points(self, raw: Raw) -> FloatArray:
        """Start + per·x, not over the cap."""
        return np.minimum(self.start + self.per * raw.values, float(self.cap))

    def faults(self, direction: Direction, full: float) -> list[tuple[str, str]]:
        """Refuse an addition that is none."""
        found = super().faults(direction, full)
        return [*found, ("per 须大于 0", "每件加几分")] if self.per <= 0 else found


class AsIs(RuleBase):
    """The raw value is the points."""

    type: Literal["as_is"]
    low: Number | None = None
    high: Number | None = None
    only_direction: ClassVar[Direction | None] = "up"

    def model_post_init(self, _context: object, /) -> None:
        """Refuse bounds that are upside down."""
        if self.low is not None and self.high is not None and self.low > self.high:
            raise wrong("low 大于 high", "low ≤ high")

    def points(self, raw: Raw) -> FloatArray:
        """X, held between the bounds."""
        low = -np.inf if self.low is None else float(self.low)
        high = np.inf if self.high is None else float(self.high)
        return np.clip(raw.values, low, high)


AnyRule = (
    Proportional
    | ThresholdSlope
    | Efficacy
    | EfficacyTiers
    | Bands
    | Deduct
    | Add
    | AsIs
    | ByRank
    | RelativeToBest
    | MinMax
    | ZScore
    | PercentileRank
    | DistanceToReference
)
Rule = Annotated[AnyRule, Field(discriminator="type")]

_ADAPTER: TypeAdapter[AnyRule] = TypeAdapter(Rule)


def parse_rule(data: Mapping[str, Any]) -> AnyRule:
    """Return the rule that a mapping (as in a methodology file) describes.

    Raises:
        pydantic.ValidationError: an unknown type or key, or a wrong value.
    """
    return _ADAPTER.validate_python(data)


def score_values(
    rule: AnyRule,
    values: FloatArray,
    *,
    direction: Direction,
    full: float = 100.0,
    sides: Mapping[str, FloatArray] | None = None,
    groups: NDArray[Any] | None = None,
) -> FloatArray:
    """Return the points of raw values under a rule; shapes (n,), NaN stays NaN."""
    codes = None if groups is None else np.unique(groups, return_inverse=True)[1]
    raw = Raw(np.asarray(values, dtype=np.float64), direction, full, sides or {}, codes)
    return rule.score(raw)
