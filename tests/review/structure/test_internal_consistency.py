"""Alpha, omega, components, KMO and Bartlett's test, by hand and against numpy and scipy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wbwz_eval.review.structure.internal_consistency import (
    alpha_interval,
    alpha_without,
    bartlett,
    cronbach_alpha,
    kmo,
    mcdonald_omega,
    one_factor,
    principal_components,
)

# three items of four people: 1 2 3 4; 2 1 4 3; 4 3 2 1, each with the variance 5/3;
# deviations −1.5 −0.5 0.5 1.5; −0.5 −1.5 1.5 0.5; 1.5 0.5 −0.5 −1.5
# covariances: 3/3 = 1; −5/3; −3/3 = −1
ANSWERS = np.array([[1.0, 2, 3, 4], [2, 1, 4, 3], [4, 3, 2, 1]])
EQUAL = np.full((3, 3), 0.5) + 0.5 * np.eye(3)


def test_alpha_of_two_items_by_hand():
    # variance of the sum: 2·5/3 + 2·1 = 16/3; alpha = 2·(1 − (10/3)/(16/3)) = 0.75
    assert cronbach_alpha(np.cov(ANSWERS[:2])) == pytest.approx(0.75)


def test_alpha_falls_below_nought_where_an_item_is_turned_round():
    # sum of variances 5; variance of the sum: 5 + 2·(1 − 5/3 − 1) = 5/3; alpha = 3/2·(1 − 5/(5/3)) = −3
    assert cronbach_alpha(np.cov(ANSWERS)) == pytest.approx(-3)


def test_alpha_with_each_item_left_out():
    # without the third: 0.75; without the first: 2·(1 − (10/3)/(4/3)) = −3; without the second the
    # sum is 5 for all: nothing to divide by
    found = alpha_without(np.cov(ANSWERS))
    assert found[[0, 2]].tolist() == pytest.approx([-3, 0.75])
    assert math.isnan(found[1])


def test_standardised_alpha_is_the_spearman_brown_formula():
    # k items that all correlate by r: k·r ÷ (1 + (k − 1)·r) = 1.5/2
    assert cronbach_alpha(EQUAL) == pytest.approx(0.75)


def test_one_item_agrees_with_nothing():
    assert math.isnan(cronbach_alpha(np.array([[2.0]])))
    assert np.isnan(alpha_without(EQUAL[:2, :2])).all()


def test_the_interval_of_alpha_holds_it_nineteen_times_of_twenty():
    # four items that correlate by a half: alpha = 2/2.5 = 0.8
    rng = np.random.default_rng(2)
    common, own = rng.normal(size=(1500, 1, 30)), rng.normal(size=(1500, 4, 30))
    held = 0
    for items in np.sqrt(0.5) * (common + own):
        low, high = alpha_interval(cronbach_alpha(np.cov(items)), 30, 4)
        held += low <= 0.8 <= high
    assert held / 1500 == pytest.approx(0.95, abs=0.015)


def test_the_loadings_that_made_a_matrix_are_found_again():
    loadings = np.array([0.8, 0.7, 0.6, 0.5])
    matrix = np.outer(loadings, loadings)
    np.fill_diagonal(matrix, 1.0)
    found = one_factor(matrix)
    assert found == pytest.approx(loadings, abs=1e-6)
    # (0.8 + 0.7 + 0.6 + 0.5)² = 6.76; 1 − λ²: 0.36 + 0.51 + 0.64 + 0.75 = 2.26
    assert mcdonald_omega(found) == pytest.approx(6.76 / 9.02, abs=1e-6)


def test_omega_is_alpha_where_all_load_alike():
    assert mcdonald_omega(one_factor(EQUAL)) == pytest.approx(0.75, abs=1e-6)


def test_an_item_turned_round_loads_below_nought():
    loadings = np.array([0.8, 0.7, 0.6, -0.5])
    matrix = np.outer(loadings, loadings)
    np.fill_diagonal(matrix, 1.0)
    assert one_factor(matrix) == pytest.approx(loadings, abs=1e-6)


def test_no_factor_where_an_item_would_have_more_than_all_in_common():
    # λ1² = r12·r13 ÷ r23 = 0.81 ÷ 0.5 = 1.62
    matrix = np.array([[1.0, 0.9, 0.9], [0.9, 1, 0.5], [0.9, 0.5, 1]])
    assert np.isnan(one_factor(matrix)).all()
    assert math.isnan(mcdonald_omega(one_factor(matrix)))
    assert np.isnan(one_factor(matrix[:2, :2])).all()


def test_components_of_three_items_that_correlate_by_a_half():
    # eigenvalues 1 + 2·0.5 and twice 1 − 0.5; all load by √(2/3) on the first
    values, loadings = principal_components(EQUAL)
    assert values.tolist() == pytest.approx([2, 0.5, 0.5])
    assert loadings[:, 0].tolist() == pytest.approx([math.sqrt(2 / 3)] * 3)
    assert loadings @ loadings.T == pytest.approx(EQUAL)


@given(st.integers(0, 10_000), st.integers(2, 7))
def test_components_are_those_of_the_singular_values(seed, items):
    data = np.random.default_rng(seed).normal(size=(20, items))
    scaled = (data - data.mean(axis=0)) / data.std(axis=0)
    values, loadings = principal_components(np.corrcoef(data, rowvar=False))
    left, singular, _ = np.linalg.svd(scaled, full_matrices=False)
    assert values == pytest.approx(singular**2 / 20)
    # a loading is the correlation of an item with its component, whichever way that points
    assert np.abs(loadings[:, 0]) == pytest.approx(
        [abs(np.corrcoef(scaled[:, item], left[:, 0])[0, 1]) for item in range(items)]
    )


def test_kmo_by_hand():
    # each partial correlation: (0.5 − 0.25) ÷ (1 − 0.25) = 1/3; 0.25 ÷ (0.25 + 1/9) = 9/13
    assert kmo(EQUAL) == pytest.approx(9 / 13)


def test_kmo_says_nothing_of_two_items_or_of_one_that_follows_from_the_others():
    assert math.isnan(kmo(EQUAL[:2, :2]))
    assert math.isnan(kmo(np.ones((3, 3))))
    assert math.isnan(bartlett(np.ones((3, 3)), 20)[0])


def test_bartlett_by_hand():
    # |R| = 1 + 2·0.125 − 3·0.25 = 0.5; (20 − 1 − 11/6)·ln 2 = 11.899
    square, free, p = bartlett(EQUAL, 20)
    assert (square, free) == (pytest.approx((19 - 11 / 6) * math.log(2)), 3)
    # χ² with three degrees of freedom in closed form
    tail = math.erfc(math.sqrt(square / 2)) + math.sqrt(2 * square / math.pi) * math.exp(-square / 2)
    assert p == pytest.approx(tail)


def test_unrelated_items_are_not_called_related():
    assert bartlett(np.eye(4), 30) == (0.0, 6, 1.0)
