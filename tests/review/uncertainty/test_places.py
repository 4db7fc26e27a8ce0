"""Places against scipy and against the engine's own ranking."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy.stats import rankdata

from wbwz_eval.review.uncertainty.places import places
from wbwz_eval.scoring.adjust import rank

# quarters are exact in binary, so that equal means equal to everybody
SCORES = st.one_of(st.just(np.nan), st.integers(-400, 480).map(lambda n: n / 4))


@st.composite
def contests(draw):
    """Totals (draws, entities) with ties and gaps, groups of which some may be empty, two tie scores."""
    draws, size = draw(st.integers(1, 5)), draw(st.integers(1, 12))
    totals = draw(arrays.arrays(np.float64, (draws, size), elements=SCORES))
    groups = draw(arrays.arrays(np.int64, size, elements=st.integers(0, 4)))
    few = st.one_of(st.just(np.nan), st.integers(0, 3).map(float))
    own = draw(arrays.arrays(np.float64, (draws, size), elements=few))
    common = draw(arrays.arrays(np.float64, size, elements=few))
    return totals, groups, own, common


@given(contests())
def test_places_are_those_of_scipy_within_each_group(case):
    totals, groups, _, _ = case
    found = places(totals, groups)
    for row, place in zip(totals, found, strict=True):
        for code in np.unique(groups):
            mine = (groups == code) & ~np.isnan(row)
            np.testing.assert_array_equal(place[mine], rankdata(-row[mine], method="min"))
        assert (place[np.isnan(row)] == 0).all()


@given(contests())
def test_tie_scores_decide_as_in_the_engine(case):
    totals, groups, own, common = case
    found = places(totals, groups, [own, common])
    for at, row in enumerate(totals):
        expected, _ = rank(row, groups, "competition", [own[at], common])
        np.testing.assert_array_equal(found[at], np.nan_to_num(expected))


@given(contests(), st.sampled_from([1e6, 1e9, 2.0**-20]))
def test_totals_of_any_size_keep_their_places(case, times):
    # where group, total and entity do not fit one integer, a slower way gives the same
    totals, groups, own, common = case
    wide = np.hstack([totals * 2.0**20, np.full((len(totals), 1), -times * 2.0**30)])
    wider = np.append(groups, 5)
    tail = np.zeros((len(totals), 1))
    found = places(wide, wider, [np.hstack([own, tail]), np.append(common, 0.0)])
    np.testing.assert_array_equal(found[:, :-1], places(totals, groups, [own, common]))
    assert (found[:, -1] == 1).all()


@given(contests(), st.randoms(use_true_random=False))
def test_the_order_of_entities_does_not_matter(case, random):
    totals, groups, own, common = case
    order = list(range(len(groups)))
    random.shuffle(order)
    found = places(totals, groups, [own, common])
    again = places(totals[:, order], groups[order], [own[:, order], common[order]])
    np.testing.assert_array_equal(again, found[:, order])


def test_binary_noise_makes_no_difference():
    # 0.1 + 0.2 is 0.30000000000000004
    assert places(np.array([[0.1 + 0.2, 0.3, 0.2]]), np.zeros(3, dtype=np.int64)).tolist() == [[1, 1, 3]]


def test_a_hundred_thousand_in_many_groups():
    rng = np.random.default_rng(0)
    groups = rng.integers(0, 9_000, 100_000)
    totals = np.round(rng.normal(80, 10, (1, 100_000)), 2)
    found = places(totals, groups)[0]
    expected, _ = rank(totals[0], groups)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("shape", [(0, 4), (3, 1)])
def test_no_draws_and_one_entity(shape):
    found = places(np.full(shape, 50.0), np.zeros(shape[1], dtype=np.int64))
    assert found.shape == shape
    assert (found == 1).all()
