"""From raw values to points: rules, rounding and the missing-data policies."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from wbwz_eval.scoring.numbers import FloatArray, round_half_up
from wbwz_eval.scoring.rule_base import Raw

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from wbwz_eval.scoring.fields import BoolArray
    from wbwz_eval.scoring.methodology import Indicator, Methodology

SCORED, MISSING, SMALL_N, NOT_APPLICABLE = "scored", "missing", "small_n", "not_applicable"

POLICY_NAMES = {
    "redistribute": "权重按比例分给同级",
    "full_marks": "按满分计",
    "group_mean": "按同组平均分计",
    "zero": "计 0 分",
    "out_of_contest": "退出本期评比",
}


@dataclass(frozen=True)
class RawValues:
    """An indicator's raw values for all entities; arrays of shape (entities,).

    ``low`` and ``high`` are the ends of the 95 % interval, NaN = none;
    ``excused`` marks entities to which the indicator does not apply; ``rows``
    is the evidence, where there is any.
    """

    value: FloatArray
    n: FloatArray
    low: FloatArray
    high: FloatArray
    excused: BoolArray
    sides: Mapping[str, FloatArray] = field(default_factory=dict)
    rows: pd.DataFrame | None = None

    @classmethod
    def of(cls, value: FloatArray) -> RawValues:
        """Take plain values: no interval, nobody excused, no evidence."""
        none = np.full(len(value), np.nan)
        return cls(value, np.ones(len(value)), none, none, np.zeros(len(value), dtype=bool))


@dataclass(frozen=True)
class Points:
    """An indicator scored; arrays of shape (entities,).

    ``points`` is what is aggregated (NaN = the weight is redistributed);
    ``status`` says why a value was not scored; ``low`` and ``high`` are the
    points at the ends of the interval where the sample is small, else NaN.
    """

    value: FloatArray
    points: FloatArray
    unrounded: FloatArray
    status: NDArray[np.object_]
    policy: NDArray[np.object_]
    out: BoolArray
    low: FloatArray
    high: FloatArray


def score_indicator(
    methodology: Methodology,
    name: str,
    raw: RawValues,
    *,
    full: float,
    groups: NDArray[np.int64],
) -> Points:
    """Score one indicator for all entities.

    ``full`` is its full mark; ``groups`` are the codes of the peer groups.
    """
    indicator = methodology.indicators[name]
    digits = rounding_digits(methodology, indicator)
    status = _status(indicator, raw)
    usable = status == SCORED
    shown = round_half_up(raw.value, digits["value"])
    value = np.where(usable, shown, np.nan)
    unrounded = _apply(indicator, raw, value, usable, full=full, groups=groups)
    points = round_half_up(unrounded, digits["points"])
    low, high = _interval(methodology, indicator, raw, usable, full=full, groups=groups)
    policy = np.full(len(value), "", dtype=object)
    policy[status == NOT_APPLICABLE] = indicator.not_applicable
    policy[(status == MISSING) | (status == SMALL_N)] = indicator.missing
    filled = np.where(policy == "full_marks", full, points)
    filled = np.where(policy == "zero", 0.0, filled)
    filled = np.where(policy == "group_mean", _group_mean(points, groups), filled)
    filled = np.where(usable, points, round_half_up(filled, digits["points"]))
    return Points(shown, filled, unrounded, status, policy, policy == "out_of_contest", low, high)


def rounding_digits(methodology: Methodology, indicator: Indicator) -> dict[str, int | None]:
    """Return the digits of value and points: the indicator's own, or the methodology's."""
    own, common = indicator.rounding, methodology.rounding
    return {
        stage: getattr(own if stage in own.model_fields_set else common, stage)
        for stage in ("value", "points")
    }


def _status(indicator: Indicator, raw: RawValues) -> NDArray[np.object_]:
    status = np.full(len(raw.value), SCORED, dtype=object)
    min_n = getattr(indicator.measure, "min_n", None)
    if min_n is not None:
        status[raw.n < min_n] = SMALL_N
    status[np.isnan(raw.value)] = MISSING
    status[raw.excused] = NOT_APPLICABLE
    return status


def _apply(
    indicator: Indicator,
    raw: RawValues,
    value: FloatArray,
    usable: BoolArray,
    *,
    full: float,
    groups: NDArray[np.int64],
) -> FloatArray:
    rule = indicator.rule
    if rule is None:
        return np.full(len(value), np.nan)
    if rule.apply_to == "rows" and raw.rows is not None:
        return np.where(usable, _by_rows(indicator, raw, full), np.nan)
    sides = {name: raw.sides[name] for name in rule.asked_sides}
    return rule.score(Raw(value, indicator.direction, full, sides, groups))


def _by_rows(indicator: Indicator, raw: RawValues, full: float) -> FloatArray:
    """Score each counted row, then take the weighted mean per entity."""
    rule, rows = indicator.rule, raw.rows
    assert rule is not None  # noqa: S101 - the caller saw to it
    assert rows is not None  # noqa: S101
    counted = rows[rows["counted"]]
    scale = getattr(indicator.measure, "factor", 1.0)
    sides: dict[str, Any] = {name: counted[name].to_numpy(float) for name in rule.asked_sides}
    value = counted["value"].to_numpy(np.float64) * scale
    points = rule.score(Raw(value, indicator.direction, full, sides))
    codes, weight = counted["code"].to_numpy(), counted["weight"].to_numpy(np.float64)
    top = np.bincount(codes, weights=points * weight, minlength=len(raw.value))
    bottom = np.bincount(codes, weights=weight, minlength=len(raw.value))
    return np.divide(top, bottom, out=np.full(len(top), np.nan), where=bottom > 0)


def _interval(
    methodology: Methodology,
    indicator: Indicator,
    raw: RawValues,
    usable: BoolArray,
    *,
    full: float,
    groups: NDArray[np.int64],
) -> tuple[FloatArray, FloatArray]:
    """Return the points at both ends of a small sample's interval, lower ones first."""
    none = np.full(len(raw.value), np.nan)
    small = methodology.small_sample
    rule = indicator.rule
    if small is None or rule is None or rule.relative or rule.apply_to == "rows":
        return none, none
    shaky = usable & (raw.n < small) & ~np.isnan(raw.low)
    if not shaky.any():
        return none, none
    ends = [
        _apply(indicator, raw, np.where(shaky, end, np.nan), usable, full=full, groups=groups)
        for end in (raw.low, raw.high)
    ]
    return np.minimum(*ends), np.maximum(*ends)


def _group_mean(points: FloatArray, groups: NDArray[np.int64]) -> FloatArray:
    known = ~np.isnan(points)
    total = np.bincount(groups, weights=np.where(known, points, 0.0))
    count = np.bincount(groups, weights=known)
    return np.divide(total, count, out=np.full(len(total), np.nan), where=count > 0)[groups]
