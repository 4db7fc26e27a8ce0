"""What indicators weigh, against closed forms, an independent implementation and plain pandas."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_periods import TWO_DIMENSIONS, scored_of, uncorrelated
from SALib.test_functions import Ishigami
from scipy.stats import pearsonr

from wbwz_eval.review.structure.effective_weights import corrected, correlation_ratio, effective_weights
from wbwz_eval.review.structure.indicator_matrix import indicator_points, nominal_weights
from wbwz_eval.scoring.scored import score_period


@pytest.fixture(scope="module")
def units(sample):
    return score_period(sample, sample.period("2012-Q3"), "unit")


def test_nominal_weights_are_products_of_shares(units):
    weights = nominal_weights(units.level)
    # 比业绩 40 of 100, in it Y1 30 of 100: 0.4 · 0.3; 比作风 15 of 100, in it Z8 5 of 100
    assert weights["Y1"] == pytest.approx(0.12)
    assert weights["Z8"] == pytest.approx(0.0075)
    assert weights["F"] == pytest.approx(0.2)


def test_nominal_weights_through_three_floors(sample):
    level = score_period(sample, sample.period("2012-Q3"), "party_org").level
    # 比服务 20, 走访与互助 25, F7h 40 of 100: 0.2 · 0.25 · 0.4
    assert nominal_weights(level)["F7h"] == pytest.approx(0.02)


def test_of_two_values_the_ratio_is_what_lies_between_the_groups():
    # 1, 3 and 5, 7, 9: means 2 and 7 about 5: 2·3² + 3·2² = 30 of 16 + 4 + 0 + 4 + 16 = 40
    ratio = correlation_ratio(np.array([0.0, 0, 1, 1, 1]), np.array([1.0, 3, 5, 7, 9]))
    assert ratio.value == pytest.approx(30 / 40)
    assert ratio.freedom == pytest.approx(2)


def test_of_a_bivariate_normal_the_ratio_is_the_squared_correlation():
    # x1, x2 standard normal, correlated by a half, y = 0.7 x1 + 0.3 x2:
    # V(y) = 0.49 + 0.09 + 2·0.7·0.3·0.5 = 0.79; S1 = (0.7 + 0.15)²/0.79, S2 = (0.3 + 0.35)²/0.79
    normal = np.random.default_rng(5).multivariate_normal([0, 0], [[1, 0.5], [0.5, 1]], 4000)
    y = normal @ [0.7, 0.3]
    assert correlation_ratio(normal[:, 0], y).value == pytest.approx(0.7225 / 0.79, abs=0.02)
    assert correlation_ratio(normal[:, 1], y).value == pytest.approx(0.4225 / 0.79, abs=0.03)


def test_what_no_straight_line_sees():
    # x uniform on (−1, 1): V(x²) = 1/5 − 1/9 = 4/45; V(x2) = 1/3; the correlation of x with x² is nought
    x = np.random.default_rng(6).uniform(-1, 1, (4000, 2))
    y = x[:, 0] ** 2 + x[:, 1]
    assert pearsonr(x[:, 0], y)[0] ** 2 < 0.01
    assert correlation_ratio(x[:, 0], y).value == pytest.approx((4 / 45) / (4 / 45 + 1 / 3), abs=0.03)


def test_the_ishigami_function():
    # Saltelli et al. (2008): with a = 7, b = 0.1: S1 = 0.3139, S2 = 0.4424, S3 = 0
    x = np.random.default_rng(7).uniform(-np.pi, np.pi, (4000, 3))
    y = Ishigami.evaluate(x)
    found = [correlation_ratio(x[:, column], y).value for column in range(3)]
    assert found == pytest.approx([0.3139, 0.4424, 0.0], abs=0.025)


def test_the_correction_takes_away_what_chance_explains():
    # 1 − (1 − 0.5)·10/8 = 0.375; below nought it is nought; no curve fits two degrees to two points
    found = corrected(np.array([0.5, 0.05, 1.0]), np.array([3.0, 3.0, 2.0]), np.array([11.0, 11.0, 2.0]))
    assert found[:2].tolist() == pytest.approx([0.375, 0.0])
    assert np.isnan(found[2])


NUMBERS = st.lists(st.integers(0, 100), min_size=6, max_size=30)


@given(NUMBERS, st.integers(0, 10_000), st.floats(0.01, 100), st.floats(-1000, 1000))
def test_order_and_scale_change_nothing(values, seed, stretch, shift):
    rng = np.random.default_rng(seed)
    x = np.array(values, dtype=float)
    y = rng.normal(size=len(x))
    if np.ptp(x) == 0:
        x[0] += 1
    before = correlation_ratio(x, y)
    order = rng.permutation(len(x))
    assert correlation_ratio(x[order], y[order]).value == pytest.approx(before.value, abs=1e-6)
    assert correlation_ratio(-stretch * x + shift, stretch * y - shift).value == pytest.approx(
        before.value, abs=1e-6
    )


@given(st.integers(0, 10_000))
def test_the_ratio_is_at_least_that_of_a_line_less_than_all_and_small_for_noise(seed):
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=300), rng.normal(size=300)
    ratio = correlation_ratio(x, y)
    assert 0 <= ratio.value < 0.12
    assert ratio.value > pearsonr(x, y)[0] ** 2 - 0.01


def test_independent_indicators_weigh_by_the_square_of_their_weight(panjin):
    x = uncorrelated(200, 4, 8)
    scored = scored_of(
        panjin, dict(zip(("closed", "satisfied", "callback", "feedback"), x.T.tolist(), strict=True))
    )
    table = effective_weights(scored).set_index("node")
    # y = 0.20 x1 + 0.30 x2 + 0.25 x3 + 0.25 x4, equal variances: S_i = w_i² ÷ (0.04 + 0.09 + 2·0.0625)
    right = {"closed": 0.04, "satisfied": 0.09, "callback": 0.0625, "feedback": 0.0625}
    for name, square in right.items():
        assert table.loc[name, "linear"] == pytest.approx(square / 0.255)
        assert table.loc[name, "covariance"] == pytest.approx(square / 0.255)
        assert table.loc[name, "smooth"] == pytest.approx(square / 0.255, abs=0.08)
        assert table.loc[name, "low"] <= table.loc[name, "corrected"] <= table.loc[name, "high"]
    assert table["nominal"].to_dict() == {
        "closed": 0.2,
        "satisfied": 0.3,
        "callback": 0.25,
        "feedback": 0.25,
    }
    assert table["relative"].sum() == pytest.approx(1)


def test_weight_where_nothing_varies_much_differs(panjin):
    x = uncorrelated(200, 4, 9)
    # satisfied has the most weight and a hundredth of the spread
    values = {
        "closed": x[:, 0],
        "satisfied": 50 + (x[:, 1] - 50) / 100,
        "callback": x[:, 2],
        "feedback": x[:, 3],
    }
    table = effective_weights(scored_of(panjin, values)).set_index("node")
    # 0.3² ÷ 100² against 0.04 + 2·0.0625
    assert table.loc["satisfied", "linear"] == pytest.approx(0.09e-4 / (0.165 + 0.09e-4))
    assert table.loc["satisfied", "relative"] < 0.05
    assert table.loc["satisfied", "differs"]
    assert table["nominal"].idxmax() == "satisfied"


def test_in_six_districts_nothing_is_clear_enough_to_differ(panjin):
    x = uncorrelated(6, 4, 10)
    values = dict(zip(("closed", "satisfied", "callback", "feedback"), (50 + (x - 50) / 2).T, strict=True))
    table = effective_weights(scored_of(panjin, values))
    assert table["linear"].notna().all()
    assert not table["differs"].any()


def test_dimensions_and_indicators_are_each_compared_among_themselves(panjin):
    x = uncorrelated(100, 4, 11)
    values = dict(zip(("closed", "satisfied", "callback", "feedback"), x.T, strict=True))
    table = effective_weights(scored_of(panjin, values, TWO_DIMENSIONS)).set_index("node")
    # A = 0.4 x1 + 0.6 x2, B = 0.5 x3 + 0.5 x4; total = (A + B)/2: V(A) = 0.52, V(B) = 0.5
    assert table.loc["A", "linear"] == pytest.approx(0.52 / 1.02)
    assert table.loc["B", "covariance"] == pytest.approx(0.5 / 1.02)
    assert table.loc["satisfied", "linear"] == pytest.approx(0.36 / 1.02)
    by_kind = table.groupby("kind")[["relative", "nominal", "covariance"]].sum()
    assert by_kind.to_numpy() == pytest.approx(1.0)
    assert table.loc["callback", "dimension"] == "B"


def test_a_weight_of_nought_moves_nothing(panjin):
    x = uncorrelated(100, 4, 12)
    tree = {
        "closed": {"weight": 0},
        **{name: {"weight": 1} for name in ("satisfied", "callback", "feedback")},
    }
    values = dict(zip(("closed", "satisfied", "callback", "feedback"), x.T, strict=True))
    row = effective_weights(scored_of(panjin, values, tree)).set_index("node").loc["closed"]
    assert row["nominal"] == 0
    assert row["linear"] == pytest.approx(0, abs=1e-12)
    assert row["covariance"] == pytest.approx(0, abs=1e-12)
    assert row["smooth"] < 0.1
    assert not row["differs"]


def test_what_does_not_vary_has_no_number(panjin):
    x = uncorrelated(20, 4, 13)
    values = dict(zip(("closed", "satisfied", "callback"), x.T, strict=False)) | {"feedback": [100.0] * 20}
    row = effective_weights(scored_of(panjin, values)).set_index("node").loc["feedback"]
    assert row["n"] == 20
    assert row[["correlation", "linear", "smooth", "corrected", "low", "high", "relative", "q"]].isna().all()
    assert row["covariance"] == pytest.approx(0, abs=1e-12)
    assert not row["differs"]


def test_fewer_than_five_have_no_number(panjin):
    values = {name: [60.0, 70, 90, 50] for name in ("closed", "satisfied", "callback", "feedback")}
    table = effective_weights(scored_of(panjin, values))
    assert table[["correlation", "smooth", "relative", "covariance"]].isna().all(axis=None)


def test_the_sample_recomputed_with_pandas(units):
    table = effective_weights(units).set_index("node")
    frame = pd.DataFrame(
        {
            "total": units.evaluation.tree.base,
            "Y1": units.evaluation.points["Y1"].points,
            "Y": units.evaluation.tree.score["Y"],
        }
    )
    squares = frame.corr()["total"] ** 2
    assert table.loc["Y1", "linear"] == pytest.approx(squares["Y1"])
    assert table.loc["Y", "linear"] == pytest.approx(squares["Y"])
    assert table.loc["Y", "covariance"] == pytest.approx(
        frame["total"].cov(0.4 * frame["Y"]) / frame["total"].var(), abs=1e-4
    )
    own = table[table["kind"] == "indicator"]
    assert own["covariance"].sum() == pytest.approx(1)
    assert own["nominal"].sum() == pytest.approx(1)


def test_what_stands_in_for_a_missing_value_is_not_measured(units):
    # C1 is shown only with fewer than three projects due: seven units of 28
    table = indicator_points(units)
    assert table["C1"].notna().sum() == 21
    assert effective_weights(units).set_index("node").loc["C1", "n"] == 21


def test_a_node_between_has_its_importance_but_no_share_beside_the_dimensions(sample):
    table = effective_weights(score_period(sample, sample.period("2012-Q3"), "party_org")).set_index("node")
    assert table.loc["F7p", "kind"] == "node"
    assert table.loc["F7p", "smooth"] > 0
    assert np.isnan(table.loc["F7p", "relative"])
    assert table.loc[["J", "Y", "C", "F", "Z"], "relative"].sum() == pytest.approx(1)


def test_noughts_that_stand_in_for_missing_values_are_not_measured(panjin):
    x = uncorrelated(20, 4, 14)
    x[:6, 1] = np.nan
    scored = scored_of(
        panjin, dict(zip(("closed", "satisfied", "callback", "feedback"), x.T, strict=True)), missing="zero"
    )
    assert scored.evaluation.points["satisfied"].points[:6].tolist() == [0.0] * 6
    assert indicator_points(scored)["satisfied"].isna().sum() == 6
    assert effective_weights(scored).set_index("node").loc["satisfied", "n"] == 14
