"""Kendall's W: by hand, against scipy's Friedman test, and against every possible ranking."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from wbwz_eval.campaign.faults import CampaignError
from wbwz_eval.review.weighting.agreement import kendall_w

ratings = arrays(np.float64, (9, 8), elements=st.integers(0, 5).map(float), fill=st.nothing())


def test_all_agree():
    found = kendall_w([[1, 2, 3], [10, 20, 90], [0.1, 0.2, 0.7]])
    assert found.w == pytest.approx(1.0)
    assert (found.members, found.criteria, found.df) == (3, 3, 2)
    assert found.chi2 == pytest.approx(6.0)  # m(n − 1)W


def test_two_who_rank_the_opposite_way_do_not_agree():
    assert kendall_w([[1, 2, 3], [3, 2, 1]]).w == pytest.approx(0.0)


def test_w_without_ties_by_hand():
    # rank sums 4, 6, 8, 12, mean 7.5: S = 12.25 + 2.25 + 0.25 + 20.25 = 35
    # W = 12·35 / (3²·(4³ − 4)) = 420 / 540
    found = kendall_w([[1, 2, 3, 4], [1, 3, 2, 4], [2, 1, 3, 4]])
    assert found.w == pytest.approx(420 / 540)


def test_w_with_ties_by_hand():
    # ranks (1.5, 1.5, 3) and (1, 2, 3): sums 2.5, 3.5, 6, mean 4: S = 2.25 + 0.25 + 4 = 6.5
    # one tie of two: T = 2³ − 2 = 6; W = 12·6.5 / (2²·24 − 2·6) = 78 / 84
    assert kendall_w([[5, 5, 9], [1, 2, 3]]).w == pytest.approx(78 / 84)


@given(ratings.filter(lambda given: np.ptp(given, axis=1).max() > 0))
def test_friedmans_test_of_an_independent_implementation(given_ratings):
    found = kendall_w(given_ratings)
    expected = stats.friedmanchisquare(*given_ratings.T)
    assert found.chi2 == pytest.approx(expected.statistic, abs=1e-8)
    assert found.p == pytest.approx(expected.pvalue, abs=1e-8)
    assert found.w == pytest.approx(expected.statistic / (9 * 7), abs=1e-9)
    assert 0 <= found.w <= 1 + 1e-12
    assert found.p_permuted is None
    assert not found.note


@given(ratings.filter(lambda given: np.ptp(given, axis=1).max() > 0), st.permutations(range(8)))
def test_scale_and_order_do_not_matter(given_ratings, order):
    w = kendall_w(given_ratings).w
    assert kendall_w(given_ratings * 7 + 3).w == pytest.approx(w)
    assert kendall_w(given_ratings[:, order]).w == pytest.approx(w)
    assert kendall_w(given_ratings[::-1]).w == pytest.approx(w)


def test_with_few_the_permutation_test_is_right_where_chi_square_is_not():
    given_ratings = np.array([[1, 2, 3], [1, 2, 3], [1, 3, 2.0]])

    def apart(rows):
        return np.square(np.sum(rows, axis=0) - 6).sum()

    # all 6³ ways in which three could have ranked, equally likely
    every = [apart(rows) for rows in product(permutations([1, 2, 3]), repeat=3)]
    exact = np.mean([s >= apart(given_ratings) for s in every])
    found = kendall_w(given_ratings)
    # 9999 shuffles: four standard errors
    assert found.p_permuted == pytest.approx(exact, abs=4 * (exact * (1 - exact) / 9999) ** 0.5)
    assert abs(found.p - exact) > 0.03
    assert "卡方检验只是近似" in found.note


def test_the_seed_makes_the_permutation_test_reproducible():
    given_ratings = [[1, 2, 3, 4], [2, 1, 4, 3], [1, 3, 2, 4]]
    assert kendall_w(given_ratings, seed=0) == kendall_w(given_ratings, seed=0)
    assert kendall_w(given_ratings, seed=0).p_permuted != kendall_w(given_ratings, seed=1).p_permuted


@pytest.mark.parametrize(
    ("given_ratings", "said"),
    [
        ([[1, 2, 3]], "评委 1 人、指标 3 个"),
        ([[1], [2]], "评委 2 人、指标 1 个"),
        ([1, 2, 3], "都至少要两个"),
        ([[1, 2], [1, float("nan")]], "第 2 位评委有的指标没有评"),
        ([[2, 2, 2], [5, 5, 5]], "排不出先后"),
    ],
)
def test_no_agreement_is_told_where_there_is_none_to_tell(given_ratings, said):
    with pytest.raises(CampaignError, match=said):
        kendall_w(given_ratings)


def test_one_who_rates_all_the_same_counts_as_undecided():
    # ranks (2, 2, 2) and (1, 2, 3): sums 3, 4, 5, mean 4: S = 2; T = 3³ − 3 = 24
    # W = 12·2 / (4·24 − 2·24) = 0.5
    assert kendall_w([[7, 7, 7], [1, 2, 3]]).w == pytest.approx(0.5)
