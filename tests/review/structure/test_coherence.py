"""How the indicators of a level hang together: each case made so that the answer is known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_periods import TWO_DIMENSIONS, scored_of, uncorrelated
from scipy import stats

from wbwz_eval import CampaignError
from wbwz_eval.review.structure.coherence import coherence, rest_of
from wbwz_eval.review.structure.correlations import chance, discoveries, interval, pearson
from wbwz_eval.scoring.node_table import node_table
from wbwz_eval.scoring.scored import score_period

NONE = float("nan")
NAMES = ("closed", "satisfied", "callback", "feedback")


@pytest.fixture(scope="module")
def units(sample):
    return score_period(sample, sample.period("2012-Q3"), "unit")


@pytest.fixture(scope="module")
def found(units):
    return coherence(units)


def columns(matrix):
    return dict(zip(NAMES, np.asarray(matrix).T, strict=True))


@given(st.integers(0, 10_000))
def test_correlations_are_those_of_scipy(seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(12, 3))
    y = 0.4 * x + rng.normal(size=(12, 3))
    x[rng.random((12, 3)) < 0.2] = NONE
    r, n = pearson(x, y)
    low, high = interval(r, n)
    both, below = chance(r, n), chance(r, n, below=True)
    for column in range(3):
        known = ~np.isnan(x[:, column])
        if known.sum() < 5:
            assert math.isnan(r[column])
            continue
        right = stats.pearsonr(x[known, column], y[known, column])
        assert (r[column], n[column]) == (pytest.approx(right.statistic), known.sum())
        assert both[column] == pytest.approx(right.pvalue)
        assert below[column] == pytest.approx(
            stats.pearsonr(x[known, column], y[known, column], alternative="less").pvalue
        )
        assert (low[column], high[column]) == pytest.approx(tuple(right.confidence_interval()))


def test_four_pairs_or_no_difference_give_no_correlation():
    rising = np.arange(6.0)
    four = np.where(rising < 4, rising, NONE)
    same = np.full(6, 0.1) + np.array([0, 1e-17, 0, 0, 1e-17, 0])
    r, n = pearson(np.column_stack([four, same, rising]), np.column_stack([rising, rising, rising]))
    assert np.isnan(r[:2]).all()
    assert (r[2], n.tolist()) == (pytest.approx(1.0), [4, 6, 6])


def test_p_values_are_adjusted_for_the_number_of_questions():
    # Benjamini & Hochberg: p·m/i from the greatest down: 0.01·4/1, 0.02·4/2, 0.03·4/3 = 0.04; 0.5
    assert discoveries(np.array([0.02, NONE, 0.5, 0.01, 0.03])).tolist() == pytest.approx(
        [0.04, NONE, 0.5, 0.04, 0.04], nan_ok=True
    )


def test_the_rest_of_a_dimension_goes_by_its_weights():
    points = np.array([[10.0, 20, 60], [10, NONE, 60], [10, NONE, NONE]])
    rest = rest_of(points, np.array([1.0, 2, 1]))
    # without the first: (2·20 + 60)/3; without the second: (10 + 60)/2; without the third: (10 + 40)/3
    assert rest[0].tolist() == pytest.approx([100 / 3, 35, 50 / 3])
    # the second is unknown: its weight goes to the others
    assert rest[1].tolist() == pytest.approx([60, 35, 10])
    assert math.isnan(rest[2, 0])
    assert rest[2, 1:].tolist() == [10, 10]


def test_an_indicator_that_runs_against_its_dimension(panjin):
    x = uncorrelated(12, 4, 1)
    x[:, 3] = 100 - 0.6 * x[:, 2] - 0.2 * x[:, 0]
    table = coherence(scored_of(panjin, columns(x), TWO_DIMENSIONS)).indicators.set_index("node")
    # x1, x3 uncorrelated with equal variances: r = −0.6 ÷ √(0.36 + 0.04)
    right = -0.6 / math.sqrt(0.4)
    assert table.loc[["callback", "feedback"], "rest"].tolist() == pytest.approx([right, right])
    assert table["against"].to_dict() == {
        "closed": False,
        "satisfied": False,
        "callback": True,
        "feedback": True,
    }
    assert table.loc["closed", "rest"] == pytest.approx(0, abs=1e-9)


def test_noise_in_six_is_no_finding(panjin):
    x = uncorrelated(6, 4, 2) / 2 + 25
    # r = −0.6 in six: t = −0.6·2/0.8 = −1.5 with 4 degrees of freedom, p = 0.10
    x[:, 3] = 50 - 0.6 * (x[:, 2] - 50) + 0.8 * (x[:, 3] - 50)
    table = coherence(scored_of(panjin, columns(x), TWO_DIMENSIONS)).indicators.set_index("node")
    assert table.loc["feedback", "rest"] == pytest.approx(-0.6)
    assert table.loc["feedback", "p"] == pytest.approx(stats.t.cdf(-1.5, 4))
    assert not table["against"].any()


def test_two_indicators_that_say_the_same(panjin):
    x = uncorrelated(20, 4, 3)
    x[:, 1] = 50 + 0.96 * (x[:, 0] - 50) + 0.28 * (x[:, 1] - 50)
    scored = scored_of(panjin, columns(x), TWO_DIMENSIONS)
    table = coherence(scored).correlations
    pair = table[table["redundant"]]
    # 0.96² + 0.28² = 1
    assert pair[["first", "second", "within"]].to_numpy().tolist() == [["closed", "satisfied", True]]
    assert pair["r"].iloc[0] == pytest.approx(0.96)
    assert len(table) == 6
    assert not coherence(scored, redundant=0.97).correlations["redundant"].any()


def test_two_of_five_that_happen_to_run_alike_are_not_called_the_same(panjin):
    x = uncorrelated(5, 4, 3) / 2 + 25
    x[:, 1] = 50 + 0.92 * (x[:, 0] - 50) + math.sqrt(1 - 0.92**2) * (x[:, 1] - 50)
    table = coherence(scored_of(panjin, columns(x), TWO_DIMENSIONS)).correlations
    pair = table[table["r"] > 0.9].iloc[0]
    # p = 0.027, the least of six: q = 6 · 0.027
    assert pair["p"] < 0.05 < pair["q"]
    assert not pair["redundant"]


def test_means_within_and_across_dimensions(panjin):
    x = uncorrelated(20, 4, 4)
    x[:, 1] = 50 + 0.6 * (x[:, 0] - 50) + 0.8 * (x[:, 1] - 50)
    table = coherence(scored_of(panjin, columns(x), TWO_DIMENSIONS)).dimensions.set_index("node")
    assert table["within"].to_dict() == pytest.approx({"A": 0.6, "B": 0.0}, abs=1e-9)
    assert table["across"].to_dict() == pytest.approx({"A": 0.0, "B": 0.0}, abs=1e-9)
    # two items with equal variances, r = 0.6: alpha = 2·0.6 ÷ 1.6
    assert table.loc["A", "alpha"] == pytest.approx(0.75)
    assert (table.loc["A", "nominal"], table.loc["A", "n"]) == (0.5, 20)


def test_what_tells_nothing_apart(panjin):
    x = uncorrelated(10, 4, 5)
    x[:, 0] = [100] * 8 + [40, 60]
    x[:, 1] = [0] * 8 + [40, 60]
    x[:, 2] = 80
    found = coherence(scored_of(panjin, columns(x), TWO_DIMENSIONS))
    table = found.indicators.set_index("node")
    assert table["mute"].to_dict() == {
        "closed": True,
        "satisfied": True,
        "callback": True,
        "feedback": False,
    }
    assert table.loc["closed", ["full", "nought"]].tolist() == [0.8, 0.0]
    assert table.loc["satisfied", ["full", "nought"]].tolist() == [0.0, 0.8]
    # eight at 100, one at 40, one at 60: mean 90; (8·100 + 2500 + 900)/10 = 420
    assert table.loc["closed", "spread"] == pytest.approx(math.sqrt(420))
    assert math.isnan(table.loc["callback", "rest"])
    assert table.loc["callback", "note"] == "得分没有差别，无从比较"
    sets = found.sets.set_index("set")
    assert sets.loc["B", "note"] == "有效回访率没有差别，未计入；有差别的不足两项，不作计算"
    assert math.isnan(sets.loc["B", "alpha"])


def test_missing_values_are_counted_and_pairs_are_complete(panjin):
    x = uncorrelated(12, 4, 6)
    x[:3, 0] = NONE
    found = coherence(scored_of(panjin, columns(x), TWO_DIMENSIONS))
    table = found.indicators.set_index("node")
    assert (table.loc["closed", "n"], table.loc["closed", "missing"]) == (9, 0.25)
    pairs = found.correlations.set_index(["first", "second"])
    assert pairs.loc[("closed", "satisfied"), "n"] == 9
    assert pairs.loc[("satisfied", "callback"), "n"] == 12
    own = found.dimensions.set_index("node")
    # closed carries 40 of 100 in A: (9·1 + 3·0.6)/12
    assert own.loc["A", ["covered", "least_covered"]].tolist() == pytest.approx([0.9, 0.6])
    assert own.loc["A", "n"] == 9


def test_four_entities_are_too_few(panjin):
    scored = scored_of(panjin, {name: [60.0, 70, 90, 50] for name in NAMES}, TWO_DIMENSIONS)
    with pytest.raises(CampaignError, match="term“县区”只有 4 个对象有基础总分，少于 5 个"):
        coherence(scored)


def test_six_districts_without_dimensions_have_no_consistency_to_speak_of(panjin):
    found = coherence(score_period(panjin, panjin.period("term"), "district"))
    assert found.size == 6
    assert found.dimensions.empty
    assert set(found.indicators["note"]) == {"维度内只有这一项指标"}
    assert found.aspects.empty
    assert found.unmatched.empty
    # 按时反馈率 is 100 everywhere
    assert found.indicators.set_index("node").loc["feedback", "mute"]
    sets = found.sets.set_index("set")
    assert "按时反馈率没有差别，未计入" in sets.loc["*", "note"]
    assert sets.loc["*", "used"] == 3


def test_an_only_indicator_of_a_dimension_is_said_to_be_alone(panjin):
    tree = {
        "A": {"name": "甲", "weight": 50, "children": {"closed": 100}},
        "B": {"name": "乙", "weight": 50, "children": {"satisfied": 30, "callback": 30, "feedback": 40}},
    }
    found = coherence(scored_of(panjin, columns(uncorrelated(12, 4, 7)), tree))
    assert found.sets.set_index("set").loc["A", "note"] == "只有一项，谈不上内部一致"
    row = found.indicators.set_index("node").loc["closed"]
    assert row["note"] == "维度内只有这一项指标"
    assert math.isnan(row["rest"])


def test_too_few_complete_entities_for_components(panjin):
    found = coherence(scored_of(panjin, columns(uncorrelated(5, 4, 8) / 2 + 25), TWO_DIMENSIONS))
    assert found.sets.set_index("set").loc["*", "n"] == 5
    x = uncorrelated(8, 4, 9)
    x[:4, 0] = NONE
    missing = coherence(scored_of(panjin, columns(x), TWO_DIMENSIONS)).sets.set_index("set")
    assert missing.loc["*", "note"] == "各项齐全的只有 4 个对象，少于 5 个，不作计算"
    assert math.isnan(missing.loc["*", "alpha"])


@settings(max_examples=15)
@given(st.integers(0, 1000), st.floats(0.2, 0.9), st.floats(0, 10))
def test_order_and_scale_change_nothing(panjin, seed, stretch, shift):
    x = 30 + 40 * np.random.default_rng(seed).random((15, 4))
    before = coherence(scored_of(panjin, columns(x), TWO_DIMENSIONS))
    order = np.random.default_rng(seed + 1).permutation(15)
    turned = coherence(scored_of(panjin, columns(x[order]), TWO_DIMENSIONS))
    assert turned.correlations["r"].to_numpy() == pytest.approx(before.correlations["r"].to_numpy())
    assert turned.sets["alpha"].to_numpy() == pytest.approx(before.sets["alpha"].to_numpy())
    x[:, 2] = stretch * x[:, 2] + shift
    scaled = coherence(scored_of(panjin, columns(x), TWO_DIMENSIONS))
    assert scaled.correlations["r"].to_numpy() == pytest.approx(before.correlations["r"].to_numpy())
    kept = ["alpha_standardised", "omega", "kmo"]
    items = [each.sets.set_index("set").loc["B", kept].to_numpy(float) for each in (scaled, before)]
    assert items[0] == pytest.approx(items[1], nan_ok=True)


def test_the_sample_recomputed_with_pandas(units, found):
    nodes = node_table(units)
    nodes = nodes[(nodes["kind"] == "indicator") & (nodes["status"] == "scored")]
    wide = nodes.pivot_table(index="entity_id", columns="node", values="points")
    pairs = found.correlations.set_index(["first", "second"])
    right = wide.corr()
    for pair in (("J3", "J7"), ("C1", "F5"), ("Z1", "F6")):
        here = pair if pair in pairs.index else pair[::-1]
        assert pairs.loc[here, "r"] == pytest.approx(right.loc[pair])
    # 比业绩: the 27 units that have all six; a row of totals, as the book has it
    own = wide[["Y1", "Y2", "Y3", "Y4", "Y5", "Y6"]].dropna()
    alpha = 6 / 5 * (1 - own.var().sum() / own.sum(axis=1).var())
    row = found.dimensions.set_index("node").loc["Y"]
    assert (row["alpha"], row["n"]) == (pytest.approx(alpha), len(own))
    without = own.drop(columns="Y2")
    again = found.indicators.set_index("node").loc["Y2", "alpha_without"]
    assert again == pytest.approx(5 / 4 * (1 - without.var().sum() / without.sum(axis=1).var()))


def test_the_sample_is_complete(found):
    assert found.size == 28
    assert len(found.indicators) == 36
    assert len(found.correlations) == 36 * 35 / 2
    assert len(found.between) == 10
    assert found.dimensions["node"].tolist() == ["J", "Y", "C", "F", "Z"]
    assert found.aspects["gap"].sum() == 1
    assert not found.indicators["against"].any()
    sets = found.sets.set_index("set")
    # 15 units have all 36 indicators: no components of those
    assert sets.loc["*", "note"].startswith("各项齐全的 15 个对象不多于 36 项")
    assert "*" not in set(found.components["set"])
    missing = found.indicators.set_index("node")["missing"]
    # Y4 does not apply to one unit; F3 not to two, and of 26 one has too few appeals
    assert missing[["Y4", "F3"]].tolist() == pytest.approx([0, 1 / 26])
    top = found.components[found.components["set"] == "/"]
    # the eigenvalues of a correlation matrix sum to the number of items
    assert top["eigenvalue"].sum() == pytest.approx(5)
    assert top["cumulative"].iloc[-1] == pytest.approx(1)
    # the squares of a component's loadings sum to its eigenvalue
    loadings = found.loadings[(found.loadings["set"] == "/") & (found.loadings["component"] == 1)]["loading"]
    assert (loadings**2).sum() == pytest.approx(top["eigenvalue"].iloc[0])
