"""Thresholds and targets moved inside a rule."""

from __future__ import annotations

import pytest

from wbwz_eval.review.uncertainty.targets import bounds, with_bounds
from wbwz_eval.scoring.rules import parse_rule

BANDS = {
    "type": "bands",
    "bands": [{"from": 80, "points": 100}, {"from": 60, "to": 80, "points": 50}, {"to": 60, "points": 0}],
}
TIERS = {
    "type": "efficacy_tiers",
    "tiers": [{"standard": 100, "coefficient": 1}, {"standard": 95, "coefficient": 0.5}],
}
SIDES = {
    "type": "proportional",
    "target": 50,
    "overrides": [
        {"side": "value", "below": 20, "points": 0},
        {"side": "n", "at_least": 3, "points": 100},
    ],
    "minus_counts": {"late": 2},
}


@pytest.mark.parametrize(
    ("rule", "unit", "factor", "expected"),
    [
        (
            {"type": "threshold_slope", "threshold": 10, "minus": 1, "step": 5, "floor": 60},
            "天",
            1.2,
            [12.0],
        ),
        (BANDS, "分", 1.1, [88.0, 66.0, 88.0, 66.0]),
        # a rate has no more than 100 %: both stay where they are, apart
        (TIERS, "%", 1.1, [100.0, 95.0]),
        (TIERS, "%", 0.9, [90.0, 85.5]),
        # 90 → 99 would be 110 %
        ({"type": "efficacy", "satisfied": 100, "unacceptable": 90}, "%", 1.1, [100.0, 90.0]),
        # what may pass 100 % by the method's own word goes on
        ({"type": "proportional", "target": 120, "threshold": 80}, "%", 1.1, [132.0, 88.0]),
        # a count on the side is no target; the value's own bound is
        (SIDES, "件", 0.5, [10.0, 25.0]),
    ],
)
def test_all_bounds_move_together(rule, unit, factor, expected):
    moved = with_bounds(parse_rule(rule), factor, unit)
    assert sorted(bounds(moved)) == pytest.approx(sorted(expected))
    # what is no bound stays
    assert type(moved)(**moved.model_dump(by_alias=True)) == moved
    original = parse_rule(rule).model_dump(by_alias=True)
    same = {key for key, value in moved.model_dump(by_alias=True).items() if original[key] == value}
    assert {"type"} | ({"minus", "step", "floor", "minus_counts", "base", "span"} & set(original)) <= same


@pytest.mark.parametrize(
    "rule",
    [
        {"type": "as_is", "low": 0, "high": 100},
        {"type": "threshold_slope", "threshold": 0, "minus": 5},
        {"type": "min_max"},
        {"type": "deduct", "per": 2},
    ],
)
def test_rules_without_a_target_do_not_move(rule):
    assert bounds(parse_rule(rule)) == []
    assert with_bounds(parse_rule(rule), 1.1, "%") == parse_rule(rule)


def test_an_indicator_without_a_rule_has_none():
    assert bounds(None) == []
    assert with_bounds(None, 1.1) is None
