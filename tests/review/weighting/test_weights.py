"""Weights from data: by hand, from the OECD/JRC handbook's own example, and against pymcdm."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pymcdm.weights as independent
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from wbwz_eval.campaign.faults import CampaignError
from wbwz_eval.review.weighting.component_weights import (
    components_kept,
    eigenvalues,
    loadings,
    principal_components,
    sphericity,
    varimax,
    weights_of_loadings,
)
from wbwz_eval.review.weighting.weights import (
    blend,
    blended,
    budget_allocation,
    critic,
    data_weights,
    entropy,
    equal,
    min_max,
    standard_deviation,
)

NONE = float("nan")

# OECD/JRC (2008), table A.2: the 23 countries that the handbook works with
TAI = np.array(
    [
        # patents, royalties, internet, exports, telephones, electricity, schooling, university
        [187, 125.6, 200.2, 50.7, 3.08, 4.15, 10, 27.4],
        [289, 130, 179.1, 66.2, 3.00, 4.07, 12, 13.9],
        [271, 156.6, 125.8, 59.7, 3.10, 4.14, 11.4, 15.3],
        [994, 64.6, 49, 80.8, 3.00, 3.86, 9.5, 10],
        [779, 9.8, 4.8, 66.7, 2.97, 3.65, 10.8, 23.2],
        [189, 151.2, 136, 50.9, 3.02, 3.77, 9.4, 9.5],
        [82, 134, 57.4, 61.9, 3.02, 3.73, 9.4, 14.9],
        [31, 38.6, 108, 48.7, 2.94, 4.18, 11.6, 14.2],
        [75, 18.2, 125.9, 16.2, 2.94, 3.94, 10.9, 25.3],
        [8, 25.5, 72.3, 74.9, 2.95, 3.83, 7.1, 24.2],
        [235, 36.8, 41.2, 64.2, 2.94, 3.75, 10.2, 14.4],
        [103, 20.2, 193.6, 19, 3.12, 4.39, 11.9, 11.2],
        [106, 110.3, 48.6, 53.6, 2.97, 3.68, 9.4, 12.3],
        [72, 73.9, 58.9, 47.6, 2.91, 3.86, 9.3, 13.6],
        [103, 13, 146.7, 15.4, 2.86, 3.91, 11.7, 13.1],
        [165, 14.8, 84.2, 50.3, 2.99, 3.79, 8.4, 13.6],
        [205, 33.6, 36.4, 58.9, 2.97, 3.80, 7.9, 12.6],
        [74, 43.6, 43.2, 45, 2.96, 3.74, 9.6, 11],
        [42, 8.6, 21, 53.4, 2.86, 3.62, 7.3, 15.6],
        [13, 9.8, 30.4, 51, 3.00, 3.65, 7.2, 13],
        [28, 4.2, 25, 51.7, 2.75, 3.68, 9.5, 8.2],
        [26, 6.2, 21.6, 63.5, 2.73, 3.46, 9.1, 7.7],
        [105, 4, 20.3, 49.5, 2.84, 3.71, 7.1, 10.6],
    ]
)
TAI_LOADINGS = np.array(  # table 17; columns in the order of what they explain: factors 1, 4, 2, 3
    [
        [0.07, 0.06, 0.97, 0.06],
        [0.13, 0.93, 0.07, -0.07],
        [0.79, 0.42, -0.21, 0.21],
        [-0.64, 0.36, 0.56, -0.04],
        [0.37, 0.68, 0.17, 0.38],
        [0.82, 0.35, -0.04, 0.25],
        [0.88, 0.09, 0.23, -0.09],
        [0.08, 0.04, 0.04, 0.96],
    ]
)

positive = arrays(np.float64, (7, 4), elements=st.integers(1, 999).map(float), fill=st.nothing())


def told_apart(values: np.ndarray) -> bool:
    return bool((np.ptp(values, axis=0) > 0).all())


def test_equal_weights():
    assert equal(4).tolist() == [0.25] * 4


def test_each_member_has_the_same_say_in_a_budget():
    # 60:40 and, of ten points, 2:8 → (0.6 + 0.2)/2, (0.4 + 0.8)/2
    assert budget_allocation([[60, 40], [2, 8]]) == pytest.approx([0.4, 0.6])


def test_entropy_by_hand():
    # shares (1/2, 1/2): entropy 1, tells nothing; (1/4, 3/4): H = (ln 4·1/4 + ln(4/3)·3/4) / ln 2
    values = np.array([[5.0, 1.0, 1.0], [5.0, 3.0, 1.5]])
    second = 1 - (math.log(4) / 4 + 3 * math.log(4 / 3) / 4) / math.log(2)
    third = 1 - (0.4 * math.log(2.5) + 0.6 * math.log(5 / 3)) / math.log(2)  # shares 0.4, 0.6
    assert entropy(values) == pytest.approx([0.0, second / (second + third), third / (second + third)])


def test_a_share_of_nothing_adds_nothing_to_the_entropy():
    # shares (0, 1): entropy 0, divergence 1; (1/4, 3/4): divergence 1 − 0.811278
    d = 1 - (math.log(4) / 4 + 3 * math.log(4 / 3) / 4) / math.log(2)
    assert entropy(np.array([[0.0, 1.0], [2.0, 3.0]])) == pytest.approx([1 / (1 + d), d / (1 + d)])


def test_critic_of_a_published_table():
    # Tuş & Aytaç Adalı (2019), Opsearch 56: software selection; the first column as they normalised it
    values = np.array(
        [
            [5000, 3, 3, 4, 3, 2],
            [680, 5, 3, 2, 2, 1],
            [2000, 3, 2, 3, 4, 3],
            [600, 4, 3, 1, 2, 2],
            [800, 2, 4, 3, 3, 4.0],
        ]
    )
    assert critic(values) == pytest.approx([0.157, 0.249, 0.168, 0.121, 0.154, 0.151], abs=5e-4)


def test_critic_by_hand():
    # between 0 and 1: a = (0, ½, 1), b = (1, ½, 0), c = (0, 1, 0); r(a,b) = −1, r(a,c) = r(b,c) = 0
    # spreads: a, b: ½; c: √(1/3); conflicts: a, b: 2 + 1 = 3; c: 1 + 1 = 2
    a, c = 0.5 * 3, 2 * math.sqrt(1 / 3)
    values = np.array([[10.0, 9, 1], [20, 8, 2], [30, 7, 1]])
    assert critic(values) == pytest.approx(np.array([a, a, c]) / (2 * a + c))


@given(positive.filter(told_apart))
def test_an_independent_implementation_gives_the_same(values):
    assert equal(4) == pytest.approx(independent.equal_weights(values), abs=1e-9)
    assert entropy(values) == pytest.approx(independent.entropy_weights(values), abs=1e-9)
    assert critic(values) == pytest.approx(independent.critic_weights(values), abs=1e-9)
    scaled = min_max(values)
    expected = independent.standard_deviation_weights(scaled)
    assert standard_deviation(values) == pytest.approx(expected, abs=1e-9)


@given(positive.filter(told_apart), st.permutations(range(4)), st.sampled_from([0.01, 3.0, 1000.0]))
def test_units_and_order_do_not_matter(values, order, unit):
    for formula in (entropy, critic, standard_deviation):
        weights = formula(values)
        assert weights.sum() == pytest.approx(1.0)
        assert (weights >= -1e-12).all()
        assert formula(values * unit) == pytest.approx(weights, abs=1e-9)
        assert formula(values[:, order]) == pytest.approx(weights[list(order)], abs=1e-9)
        assert formula(values[::-1]) == pytest.approx(weights, abs=1e-9)


def test_the_handbooks_components():
    roots = eigenvalues(TAI)
    # OECD/JRC (2008), table 16; table A.2 prints the raw data rounded, the logarithms to two decimals
    assert roots == pytest.approx([3.3, 1.7, 1.0, 0.9, 0.5, 0.3, 0.2, 0.1], abs=0.06)
    assert 100 * roots / 8 == pytest.approx([41.9, 21.8, 12.3, 11.1, 6.0, 3.7, 2.2, 0.9], abs=0.15)


def test_the_handbooks_rotated_loadings():
    rotated = loadings(TAI, 4)
    signs = np.sign((rotated * TAI_LOADINGS).sum(axis=0))
    assert rotated * signs == pytest.approx(TAI_LOADINGS, abs=0.025)
    # table 17: explained variance, and its shares
    explained = (rotated**2).sum(axis=0)
    assert explained == pytest.approx([2.64, 1.76, 1.39, 1.19], abs=0.03)
    assert explained / explained.sum() == pytest.approx([0.38, 0.25, 0.20, 0.17], abs=0.01)


def test_the_handbooks_weights():
    # table 18, principal components
    published = [0.17, 0.15, 0.11, 0.07, 0.08, 0.12, 0.14, 0.16]
    assert principal_components(TAI, 4) == pytest.approx(published, abs=0.0075)
    assert weights_of_loadings(TAI_LOADINGS) == pytest.approx(published, abs=0.0075)


def test_weights_of_loadings_by_hand():
    # squares: (.64, .04), (.49, .09), (.01, .81): highest .64, .49, .81, in all 1.94
    found = weights_of_loadings(np.array([[0.8, 0.2], [-0.7, 0.3], [0.1, 0.9]]))
    assert found == pytest.approx(np.array([0.64, 0.49, 0.81]) / 1.94)


@pytest.mark.parametrize(
    ("roots", "kept"),
    [
        ([3.0, 0.6, 0.4], 1),  # one above 1, and it explains 75 %
        ([1.1, 0.98, 0.92], 2),  # 37 % is not enough; the second explains over 10 %: together 69 %
        ([1.9, 1.2, 0.6, 0.3], 2),
        ([4.5, 0.9, 0.8, 0.7, 0.6, 0.5, 0.5, 0.5], 1),  # 50 %, and the second explains exactly 10 %
    ],
)
def test_components_are_kept_by_the_handbooks_three_rules(roots, kept):
    assert components_kept(np.array(roots)) == kept


@given(arrays(np.float64, (6, 2), elements=st.integers(-9, 9).map(lambda n: n / 10), fill=st.nothing()))
def test_rotation_leaves_what_each_criterion_shares(unrotated):
    rotated = varimax(unrotated)
    assert (rotated**2).sum(axis=1) == pytest.approx((unrotated**2).sum(axis=1), abs=1e-9)
    assert rotated @ rotated.T == pytest.approx(unrotated @ unrotated.T, abs=1e-9)


@pytest.mark.parametrize("degrees", [5, 30, 45, 60, 85])
def test_rotation_finds_the_simple_structure(degrees):
    # two clean groups, turned: the rotation turns them back, up to order and sign
    clean = np.array([[0.9, 0], [0.8, 0], [0, 0.7], [0, 0.6]])
    angle = math.radians(degrees)
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    found = np.sort(np.abs(varimax(clean @ turn)), axis=1)
    assert found == pytest.approx(np.sort(clean, axis=1), abs=1e-6)


def test_bartletts_test_by_hand():
    # r = 0.5 between two columns of 20: χ² = −(19 − 9/6)·ln(1 − 0.25) = 5.0344, one degree of freedom:
    # p = 2·(1 − Φ(√5.0344)) = erfc(√(5.0344/2))
    first = np.tile([1.0, -1.0], 10)
    other = np.repeat([1.0, -1.0], 10)
    values = np.column_stack([first, 0.5 * first + math.sqrt(0.75) * other])
    chi2 = -(19 - 1.5) * math.log(0.75)
    assert sphericity(values) == pytest.approx(math.erfc(math.sqrt(chi2 / 2)))


def test_a_blend_is_a_weighted_mean():
    # (3·0.2 + 1·0.6)/4, (3·0.8 + 1·0.4)/4
    assert blend([[0.2, 0.8], [0.6, 0.4]], [3, 1]) == pytest.approx([0.3, 0.7])


def test_a_blend_goes_by_criterion_not_by_place():
    first, second = pd.Series({"A": 0.2, "B": 0.8}), pd.Series({"B": 0.4, "A": 0.6})
    found = blended({"ahp": first, "critic": second}, {"critic": 0.5, "ahp": 0.5})
    assert found.to_dict() == pytest.approx({"A": 0.4, "B": 0.6})


def test_a_blend_that_does_not_match_is_refused_with_all_faults():
    parts = {"ahp": pd.Series({"A": 1.0}), "critic": pd.Series({"B": 1.0})}
    with pytest.raises(CampaignError) as error:
        blended(parts, {"ahp": -1.0})
    assert "一一对应" in str(error.value)
    assert "“critic”的指标与其他方法的不同：B" in str(error.value)
    assert "“ahp”的份额 -1 应为不小于 0 的数" in str(error.value)


def test_data_weights_carry_the_ids_and_leave_out_who_lacks_a_value():
    table = pd.DataFrame({"F1": [1.0, 2, 3, NONE], "F2": [2.0, 1, 5, 9]}, index=["a", "b", "c", "d"])
    found = data_weights("critic", table)
    assert found.index.tolist() == ["F1", "F2"]
    assert found.to_numpy() == pytest.approx(independent.critic_weights(table.iloc[:3].to_numpy()), abs=1e-9)


@pytest.mark.parametrize("method", ["entropy", "critic", "standard_deviation", "principal_components"])
def test_a_criterion_that_is_the_same_for_all_is_named(method):
    table = pd.DataFrame({"F1": [1.0, 2, 3], "F2": [80.0, 80, 80], "F3": [0.0, 0, 0]})
    with pytest.raises(CampaignError) as error:
        data_weights(method, table, names={"F2": "兑现率"})
    assert "“兑现率”3 个对象都是 80，看不出差异" in str(error.value)
    assert "“F3”3 个对象都是 0" in str(error.value)


@pytest.mark.parametrize(
    ("method", "table", "said"),
    [
        ("critic", {"A": [1.0, 2, 3]}, "只有 1 个指标"),
        ("entropy", {"A": [1.0], "B": [2.0]}, "1 个对象中只有 1 个各项数据齐全"),
        ("entropy", {"A": [1.0, 2], "B": [NONE, NONE]}, "全无数据的指标：B"),
        ("entropy", {"A": [-1.0, 2], "B": [1.0, 2]}, "“A”有负数"),
        ("critic", {"A": [1.0, 2, 4], "B": [2.0, 4, 8]}, "同升同降"),
        ("principal_components", {"A": [1.0, 2], "B": [1.0, 3]}, "要求对象多于指标"),
        # ±1 in every combination: no correlation at all
        ("principal_components", {"A": [1.0, 1, -1, -1], "B": [1.0, -1, 1, -1]}, "没有显著的相关"),
        ("pagerank", {"A": [1.0, 2], "B": [1.0, 2]}, "没有“pagerank”这种"),
    ],
)
def test_no_weights_are_given_where_they_would_mislead(method, table, said):
    with pytest.raises(CampaignError, match=said):
        data_weights(method, pd.DataFrame(table))


def test_by_the_three_rules_the_handbooks_data_have_two_components():
    # two eigenvalues above 1, and they explain 63.7 % (table 16); the handbook itself keeps four
    assert components_kept(eigenvalues(TAI)) == 2
    found = data_weights("principal_components", pd.DataFrame(TAI))
    assert found.sum() == pytest.approx(1.0)
    # each weighs at most what it has in common with one component; none can be left without a weight
    assert (found > 0).all()
