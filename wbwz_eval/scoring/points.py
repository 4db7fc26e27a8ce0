"""From raw values to points: rules, rounding and the missing-data policies."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from wbwz_eval.scoring.measured import NOISE_DIGITS
from wbwz_eval.scoring.numbers import FloatArray, round_half_up
from wbwz_eval.scoring.rule_base import Raw

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from wbwz_eval.scoring.fields import BoolArray
    from wbwz_eval.scoring.methodology import Indicator, Methodology, Policy

SCORED, MISSING, SMALL_N, NOT_APPLICABLE = range(4)
STATUSES = ("scored", "missing", "small_n", "not_applicable")
"""Why a value was scored or not, by code."""

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

    ``low`` and ``high`` are the ends of the 95 % interval, NaN or None = none;
    ``excused`` marks entities to which the indicator does not apply; ``rows``
    is the evidence, where there is any.
    """

    value: FloatArray
    n: FloatArray
    low: FloatArray | None
    high: FloatArray | None
    excused: BoolArray | None
    sides: Mapping[str, FloatArray] = field(default_factory=dict)
    rows: pd.DataFrame | None = None

    @classmethod
    def of(cls, value: FloatArray) -> RawValues:
        """Take plain values: no interval, nobody excused, no evidence."""
        return cls(value, np.ones(len(value)), None, None, None)


@dataclass(frozen=True)
class Points:
    """An indicator scored; arrays of shape (entities,).

    ``points`` is what is aggregated (NaN = the weight is redistributed);
    ``status`` holds codes of ``STATUSES``; ``out`` marks who is out of the
    contest; ``low`` and ``high`` are the points at the ends of the interval
    where the sample is small, else NaN; None = for nobody.
    """

    value: FloatArray
    points: FloatArray
    unrounded: FloatArray
    status: NDArray[np.int8]
    out: BoolArray | None = None
    low: FloatArray | None = None
    high: FloatArray | None = None


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
    value = shown if usable.all() else np.where(usable, shown, np.nan)
    unrounded = _apply(indicator, raw, value, full=full, groups=groups)
    points = round_half_up(unrounded, digits["points"])
    low, high = _interval(methodology, indicator, raw, usable, full=full, groups=groups)
    out = None
    filled = points
    for code in np.unique(status[~usable]):
        where, policy = status == code, policy_of(indicator, code)
        if policy == "out_of_contest":
            out = where if out is None else out | where
        stand_in = _stand_in(policy, points, full=full, groups=groups)
        filled = np.where(where, round_half_up(stand_in, digits["points"]), filled)
    return Points(shown, filled, unrounded, status, out, low, high)


def policy_of(indicator: Indicator, status: int) -> Policy:
    """Return what the method does where a value has this status."""
    return indicator.not_applicable if status == NOT_APPLICABLE else indicator.missing


def _stand_in(
    policy: Policy, points: FloatArray, *, full: float, groups: NDArray[np.int64]
) -> FloatArray | float:
    if policy == "full_marks":
        return full
    if policy == "zero":
        return 0.0
    return _group_mean(points, groups) if policy == "group_mean" else np.nan


def rounding_digits(methodology: Methodology, indicator: Indicator) -> dict[str, int | None]:
    """Return the digits of value and points: the indicator's own, or the methodology's."""
    own, common = indicator.rounding, methodology.rounding
    return {
        stage: getattr(own if stage in own.model_fields_set else common, stage)
        for stage in ("value", "points")
    }


def _status(indicator: Indicator, raw: RawValues) -> NDArray[np.int8]:
    status = np.zeros(len(raw.value), dtype=np.int8)
    min_n = getattr(indicator.measure, "min_n", None)
    if min_n is not None:
        status[raw.n < min_n] = SMALL_N
    status[np.isnan(raw.value)] = MISSING
    if raw.excused is not None:
        status[raw.excused] = NOT_APPLICABLE
    return status


def _apply(
    indicator: Indicator,
    raw: RawValues,
    value: FloatArray,
    *,
    full: float,
    groups: NDArray[np.int64],
) -> FloatArray:
    rule = indicator.rule
    if rule is None:
        return np.full(len(value), np.nan)
    if rule.apply_to == "rows" and raw.rows is not None:
        return np.where(np.isnan(value), np.nan, _by_rows(indicator, raw, full))
    sides = {name: raw.sides[name] for name in rule.asked_sides}
    return rule.score(Raw(value, indicator.direction, full, sides, groups))


def _by_rows(indicator: Indicator, raw: RawValues, full: float) -> FloatArray:
    """Score each counted row, then take the weighted mean per entity."""
    assert raw.rows is not None
    counted = raw.rows[raw.rows["counted"]]
    points = row_points(indicator, counted, full)
    codes, weight = counted["code"].to_numpy(), counted["weight"].to_numpy(np.float64)
    top = np.bincount(codes, weights=points * weight, minlength=len(raw.value))
    bottom = np.bincount(codes, weights=weight, minlength=len(raw.value))
    return np.divide(top, bottom, out=np.full(len(top), np.nan), where=bottom > 0)


def row_points(indicator: Indicator, counted: pd.DataFrame, full: float) -> FloatArray:
    """Return the points of each counted row under a rule that is applied to rows."""
    rule = indicator.rule
    assert rule is not None
    return rule.score(row_values(indicator, counted, full))


def row_values(indicator: Indicator, counted: pd.DataFrame, full: float) -> Raw:
    """Return what such a rule scores: a value for each counted row, with its sides."""
    assert indicator.rule is not None
    scale = getattr(indicator.measure, "factor", 1.0)
    sides: dict[str, Any] = {name: counted[name].to_numpy(float) for name in indicator.rule.asked_sides}
    value = np.round(counted["value"].to_numpy(np.float64) * scale, NOISE_DIGITS)
    return Raw(value, indicator.direction, full, sides)


def _interval(
    methodology: Methodology,
    indicator: Indicator,
    raw: RawValues,
    usable: BoolArray,
    *,
    full: float,
    groups: NDArray[np.int64],
) -> tuple[FloatArray | None, FloatArray | None]:
    """Return the points at both ends of a small sample's interval, lower ones first."""
    small, rule = methodology.small_sample, indicator.rule
    if small is None or rule is None or rule.relative or rule.apply_to == "rows":
        return None, None
    if raw.low is None or raw.high is None:
        return None, None
    shaky = usable & (raw.n < small) & ~np.isnan(raw.low)
    if not shaky.any():
        return None, None
    ends = [
        _apply(indicator, raw, np.where(shaky, end, np.nan), full=full, groups=groups)
        for end in (raw.low, raw.high)
    ]
    return np.minimum(*ends), np.maximum(*ends)


def _group_mean(points: FloatArray, groups: NDArray[np.int64]) -> FloatArray:
    known = ~np.isnan(points)
    total = np.bincount(groups, weights=np.where(known, points, 0.0))
    count = np.bincount(groups, weights=known)
    return np.divide(total, count, out=np.full(len(total), np.nan), where=count > 0)[groups]
