"""What must hold whatever the numbers are."""

from __future__ import annotations

import itertools
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from wbwz_eval.scoring.adjust import NO_GRADE, grade, rank
from wbwz_eval.scoring.aggregate import aggregate
from wbwz_eval.scoring.evaluation import AfterTotal, PeerGroups, evaluate_values
from wbwz_eval.scoring.methodology import Methodology, MethodologyFile
from wbwz_eval.scoring.numbers import round_half_up
from wbwz_eval.scoring.points import RawValues
from wbwz_eval.scoring.rules import parse_rule, score_values
from wbwz_eval.scoring.tree import Grades, Level

RATES = st.floats(0, 150, allow_nan=False).map(lambda x: round(x, 3))

MONOTONE_UP = [
    {"type": "proportional", "target": 100, "threshold": 70, "over_cap": 0.2},
    {"type": "threshold_slope", "threshold": 95, "minus": 1.5, "floor": 10},
    {"type": "threshold_slope", "threshold": 95, "minus": 3, "step": 5, "partial": "whole"},
    {"type": "threshold_slope", "threshold": 95, "minus": 3, "step": 5, "partial": "started"},
    {"type": "efficacy", "satisfied": 60, "unacceptable": 20},
    {
        "type": "efficacy_tiers",
        "tiers": [
            {"standard": s, "coefficient": c}
            for s, c in ((95, 1.0), (85, 0.8), (75, 0.6), (60, 0.4), (40, 0.2))
        ],
    },
    {
        "type": "bands",
        "bands": [{"to": 60, "points": 0}, {"from": 60, "to": 90, "points": 60}, {"from": 90, "points": 100}],
    },
    {"type": "add", "per": 2, "cap": 80},
    {"type": "as_is", "low": 0, "high": 100},
    {"type": "min_max"},
    {"type": "min_max", "low": 20, "high": 90},
    {"type": "z_score", "centre": 70, "spread": 10},
    {"type": "percentile_rank"},
    {"type": "by_rank", "minus_share": 0.05},
    {"type": "relative_to_best"},
    {"type": "distance_to_reference", "reference": 160},
]
MONOTONE_DOWN = [
    {"type": "threshold_slope", "threshold": 1, "minus": 10},
    {"type": "efficacy", "satisfied": 5, "unacceptable": 40, "clip": [0, 100]},
    {"type": "deduct", "per": 3, "floor": 20},
    {"type": "min_max"},
    {"type": "by_rank", "places": [100, 90, 80]},
    {"type": "relative_to_best"},
]


def _name(rule: dict[str, object]) -> str:
    return f"{rule['type']}-{rule.get('partial', '')}{rule.get('low', '')}"


@pytest.mark.parametrize("rule", MONOTONE_UP, ids=_name)
@given(values=st.lists(RATES, min_size=2, max_size=12), data=st.data())
def test_an_improvement_never_lowers_the_score(rule, values, data):
    _improvement(rule, values, data, "up", 1)


@pytest.mark.parametrize("rule", MONOTONE_DOWN, ids=_name)
@given(values=st.lists(RATES, min_size=2, max_size=12), data=st.data())
def test_an_improvement_never_lowers_the_score_where_less_is_better(rule, values, data):
    _improvement(rule, values, data, "down", -1)


def _improvement(rule, values, data, direction, sign):
    who = data.draw(st.integers(0, len(values) - 1))
    better = list(values)
    better[who] = max(0.0, values[who] + sign * data.draw(st.floats(0, 50)))
    groups = np.zeros(len(values), dtype=int)
    parsed = parse_rule(rule)
    before = score_values(parsed, np.array(values), direction=direction, groups=groups)
    after = score_values(parsed, np.array(better), direction=direction, groups=groups)
    assert after[who] >= before[who] - 1e-9


@given(values=st.lists(RATES | st.none(), min_size=1, max_size=30), seed=st.integers(0, 2**32 - 1))
@pytest.mark.parametrize("rule", MONOTONE_UP, ids=_name)
def test_the_order_of_entities_does_not_matter_to_a_rule(rule, values, seed):
    x = np.array([np.nan if v is None else v for v in values])
    order = np.random.default_rng(seed).permutation(len(x))
    groups = np.arange(len(x)) % 3
    parsed = parse_rule(rule)
    straight = score_values(parsed, x, direction="up", groups=groups)
    shuffled = score_values(parsed, x[order], direction="up", groups=groups[order])
    np.testing.assert_allclose(shuffled, straight[order], atol=1e-9)


@given(
    values=st.lists(st.decimals(-1000, 1000, places=4, allow_nan=False), min_size=1, max_size=20),
    digits=st.integers(0, 3),
)
def test_rounding_is_decimal_half_up(values, digits):
    """Against Python's decimal arithmetic on the very decimals."""
    step = Decimal(1).scaleb(-digits)
    expected = [float(v.quantize(step, rounding=ROUND_HALF_UP)) for v in values]
    np.testing.assert_array_equal(round_half_up(np.array([float(v) for v in values]), digits), expected)


def _tree(weights, how="arithmetic"):
    inner = {"F1": weights[0], "F2": weights[1]}
    return {
        "F": {"name": "F", "weight": weights[2], "aggregation": how, "children": inner},
        "Z1": {"weight": weights[3]},
    }


WEIGHTS = st.lists(st.integers(1, 60), min_size=4, max_size=4)
POINTS = st.lists(st.floats(0, 120).map(lambda x: round(x, 2)) | st.none(), min_size=6, max_size=6)
HOWS = ("arithmetic", "geometric", "harmonic")


@pytest.mark.parametrize("how", HOWS)
@given(weights=WEIGHTS, points=st.tuples(POINTS, POINTS, POINTS), factor=st.floats(0.01, 50))
def test_scaling_all_weights_does_not_matter(how, weights, points, factor):
    arrays = _arrays(points)
    level = Level.model_validate({"tree": _tree(weights, how), "aggregation": how})
    scaled = Level.model_validate({"tree": _tree([w * factor for w in weights], how), "aggregation": how})
    np.testing.assert_allclose(
        aggregate(level, arrays).base, aggregate(scaled, arrays).base, rtol=1e-9, atol=1e-9
    )


def _arrays(points):
    return {
        name: np.array([np.nan if v is None else v for v in column])
        for name, column in zip(("F1", "F2", "Z1"), points, strict=True)
    }


@pytest.mark.parametrize("how", HOWS)
@given(weights=WEIGHTS, points=st.tuples(POINTS, POINTS, POINTS))
def test_a_parent_lies_between_its_children(how, weights, points):
    arrays = _arrays(points)
    level = Level.model_validate({"tree": _tree(weights, how), "aggregation": how})
    found = aggregate(level, arrays)
    stacked = np.stack([found.score["F"], arrays["Z1"]])
    some = ~np.isnan(stacked).all(axis=0)
    assert (np.isnan(found.base) == ~some).all()
    low, high = np.nanmin(stacked[:, some], axis=0), np.nanmax(stacked[:, some], axis=0)
    assert (found.base[some] >= low - 1e-9).all()
    assert (found.base[some] <= high + 1e-9).all()


@given(weights=WEIGHTS, points=st.tuples(POINTS, POINTS, POINTS))
def test_contributions_of_the_leaves_add_up_to_the_base_total(weights, points):
    arrays = _arrays(points)
    level = Level.model_validate({"tree": _tree(weights)})
    found = aggregate(level, arrays, digits=2)
    parts = sum(np.nan_to_num(found.contribution[name]) for name in arrays)
    np.testing.assert_allclose(parts, np.nan_to_num(found.base), atol=1e-9)
    effective = sum(found.effective[name] for name in arrays)
    np.testing.assert_allclose(effective, np.where(np.isnan(found.base), 0, 1), atol=1e-9)


@given(
    weights=WEIGHTS,
    points=st.lists(st.floats(1, 100).map(lambda x: round(x, 2)), min_size=3, max_size=3),
)
def test_harmonic_geometric_arithmetic_means_are_in_order(weights, points):
    arrays = {name: np.array([p]) for name, p in zip(("F1", "F2", "Z1"), points, strict=True)}
    scores = [
        aggregate(Level.model_validate({"tree": _tree(weights, how), "aggregation": how}), arrays).base[0]
        for how in ("harmonic", "geometric", "arithmetic")
    ]
    assert scores[0] <= scores[1] + 1e-9 <= scores[2] + 2e-9


TOTALS = st.lists(st.integers(0, 8) | st.none(), min_size=1, max_size=15)


@given(totals=TOTALS, data=st.data())
def test_competition_rank_is_one_more_than_how_many_are_better(totals, data):
    """Against a count over pairs."""
    groups = np.array(data.draw(st.lists(st.integers(0, 2), min_size=len(totals), max_size=len(totals))))
    x = np.array([np.nan if t is None else t for t in totals], dtype=float)
    place, tied = rank(x, groups)
    for i, total in enumerate(totals):
        if total is None:
            assert np.isnan(place[i])
            continue
        peers = [t for j, t in enumerate(totals) if t is not None and groups[j] == groups[i]]
        assert place[i] == 1 + sum(t > total for t in peers)
        assert tied[i] == (peers.count(total) > 1)


GRADES = Grades.model_validate(
    {
        "order": ["A", "B", "C", "D"],
        "cutoffs": {"A": 6, "B": 4, "C": 2, "D": None},
        "quotas": {"A": {"share": 0.25, "floor": 6, "ties": "exclude"}},
    }
)


@given(totals=TOTALS, caps=st.lists(st.integers(0, 3), min_size=15, max_size=15))
def test_a_veto_never_helps_and_quotas_hold(totals, caps):
    x = np.array([np.nan if t is None else t for t in totals], dtype=float)
    groups = np.zeros(len(x), dtype=np.int64)
    cap = np.array(caps[: len(x)])
    free = grade(GRADES, x, groups, ["g"])
    vetoed = grade(GRADES, x, groups, ["g"], veto_cap=cap)
    assert ((vetoed == NO_GRADE) == np.isnan(x)).all()
    assert (vetoed[cap > 0] >= np.minimum(free, cap)[cap > 0]).all()
    assert (vetoed[~np.isnan(x)] >= cap[~np.isnan(x)]).all()
    seats = int(Decimal("0.25") * int((~np.isnan(x)).sum()) + Decimal("0.5"))
    assert (free == 0).sum() <= seats


def _method(policy: str) -> Methodology:
    measure = {"kind": "count", "ledger": "x", "date": "d"}
    data = {
        "version": "v",
        "title": "t",
        "rounding": {"points": 2, "node": 2, "total": 2},
        "indicators": {
            name: {
                "name": name,
                "direction": "up",
                "measure": measure,
                "rule": {"type": "efficacy", "satisfied": 90, "unacceptable": 40},
                "missing": policy,
            }
            for name in ("F1", "F2", "Z1")
        },
        "levels": {
            "unit": {
                "tree": _tree([40, 60, 70, 30]),
                "vetoes": {
                    "v": {"name": "v", "clause": "c", "grade_cap": "C", "measure": measure},
                },
                "grades": {
                    "order": ["A", "B", "C"],
                    "cutoffs": {"A": 90, "B": 75, "C": None},
                    "quotas": {"A": {"share": 0.3}},
                },
            }
        },
    }
    read = MethodologyFile.model_validate(data)
    return Methodology.model_construct(
        **{name: getattr(read, name) for name in MethodologyFile.model_fields}, digest=""
    )


RAW = st.lists(
    st.tuples(*[st.floats(0, 100).map(lambda x: round(x, 2)) | st.none()] * 3), min_size=2, max_size=9
)


@pytest.mark.parametrize("policy", ["redistribute", "full_marks", "group_mean", "zero", "out_of_contest"])
@given(raw=RAW, seed=st.integers(0, 2**32 - 1))
def test_the_order_of_entities_does_not_matter_to_an_evaluation(policy, raw, seed):
    method, order = _method(policy), np.random.default_rng(seed).permutation(len(raw))
    x = np.array([[np.nan if v is None else v for v in row] for row in raw])
    codes = np.arange(len(raw)) % 2
    one = _evaluate(method, x, codes)
    other = _evaluate(method, x[order], codes[order])
    for field in ("total", "rank", "tied", "grade"):
        np.testing.assert_allclose(
            getattr(other, field).astype(float), getattr(one, field)[order].astype(float), atol=0.0100001
        )


def _evaluate(method, x, codes, vetoed=None):
    raws = {name: RawValues.of(x[:, k]) for k, name in enumerate(("F1", "F2", "Z1"))}
    after = None if vetoed is None else AfterTotal(vetoed={"v": vetoed})
    return evaluate_values(method, "unit", raws, PeerGroups(codes, ("a", "b")), after)


@given(raw=RAW, data=st.data())
def test_a_veto_changes_no_score_and_never_betters_a_grade(raw, data):
    method = _method("redistribute")
    x = np.array([[np.nan if v is None else v for v in row] for row in raw])
    vetoed = np.array(data.draw(st.lists(st.booleans(), min_size=len(raw), max_size=len(raw))))
    codes = np.zeros(len(raw), dtype=np.int64)
    free, held = _evaluate(method, x, codes), _evaluate(method, x, codes, vetoed)
    np.testing.assert_array_equal(free.total, held.total)
    np.testing.assert_array_equal(free.rank, held.rank)
    graded = vetoed & (free.grade != NO_GRADE)
    assert (held.grade[graded] >= free.grade[graded]).all()
    assert (held.grade[graded] >= 2).all()


@given(raw=RAW)
def test_missing_is_never_zero_unless_the_method_says_so(raw):
    x = np.array([[np.nan if v is None else v for v in row] for row in raw])
    gaps = np.isnan(x).any(axis=1) & ~np.isnan(x).all(axis=1)
    assume(gaps.any())
    codes = np.zeros(len(raw), dtype=np.int64)
    spread = _evaluate(_method("redistribute"), x, codes).total
    as_zero = _evaluate(_method("zero"), x, codes).total
    # points here are never negative, so that a zero can only pull down
    points = 60 + 40 * (x - 40) / 50
    positive = gaps & (np.nan_to_num(points, nan=1.0) > 0).all(axis=1)
    assert (spread[positive] > as_zero[positive] - 0.011).all()


def test_rank_intervals_contain_the_rank_and_collapse_without_doubt():
    method = _method("redistribute")
    method = method.model_copy(update={"small_sample": 30})
    rng = np.random.default_rng(7)
    x = rng.uniform(50, 90, (12, 3)).round(2)
    codes = np.zeros(12, dtype=np.int64)
    for width, n in itertools.product((0.0, 1.0, 8.0), (10.0, 100.0)):
        raws = {
            name: RawValues(x[:, k], np.full(12, n), x[:, k] - width, x[:, k] + width, None)
            for k, name in enumerate(("F1", "F2", "Z1"))
        }
        found = evaluate_values(method, "unit", raws, PeerGroups(codes, ("a",)))
        assert (found.rank_low <= found.rank).all()
        assert (found.rank <= found.rank_high).all()
        if n >= 30 or width == 0:
            np.testing.assert_array_equal(found.rank_low, found.rank_high)
        if n < 30 and width == 8.0:
            assert (found.rank_high - found.rank_low).max() >= 2
