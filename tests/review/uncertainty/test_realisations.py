"""Sampling errors against Wilson's interval, raters against Rubin's moments."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import kstest

from wbwz_eval.review.uncertainty.realisations import (
    PanelBallots,
    name_keys,
    panel_ballots,
    uniforms,
    within_interval,
)
from wbwz_eval.scoring.points import RawValues
from wbwz_eval.scoring.scored import score_period
from wbwz_eval.scoring.shares import wilson

MANY = np.arange(4_000)


def test_numbers_are_uniform_and_do_not_hang_together():
    found = uniforms(0, "J1", MANY, name_keys([f"U{k:02}" for k in range(5)]))
    for column in found.T:
        assert kstest(column, "uniform").pvalue > 0.001
    others = uniforms(0, "J2", MANY, name_keys([f"U{k:02}" for k in range(5)]))
    together = np.corrcoef(np.hstack([found, others]).T) - np.eye(10)
    # 1/√4000 = 0.016 each; 45 of them: 4 standard errors
    assert np.abs(together).max() < 0.064
    # successive realisations, too
    assert abs(np.corrcoef(found[:-1, 0], found[1:, 0])[0, 1]) < 0.064


def test_the_luck_of_a_name_is_its_own():
    one = uniforms(0, "J1", MANY[:50], name_keys(["甲", "乙", "丙"]))
    two = uniforms(0, "J1", MANY[20:50], name_keys(["丙", "甲"]))
    np.testing.assert_array_equal(one[20:, [2, 0]], two)
    assert (one != uniforms(1, "J1", MANY[:50], name_keys(["甲", "乙", "丙"]))).all()


@pytest.mark.parametrize(("k", "n"), [(45, 50), (3, 8), (0, 12), (20, 20)])
def test_rates_lie_within_wilsons_interval_as_often_as_it_says(k, n):
    value, size = np.array([k / n]), np.array([float(n)])
    low, high = wilson(value, size)
    raw = RawValues(100 * value, size, 100 * low, 100 * high, None)
    luck = uniforms(3, "J1", np.arange(40_000), name_keys(["U01"]))
    drawn = within_interval(raw, luck, percent=True)[:, 0]
    inside = (drawn >= 100 * low - 1e-9) & (drawn <= 100 * high + 1e-9)
    # at 0 and 100 % half of the draws stay at the end itself, and one tail is cut off there
    expected = 0.95 if 0 < k < n else 0.975
    assert inside.mean() == pytest.approx(expected, abs=0.005)
    assert np.median(drawn) == pytest.approx(100 * k / n, abs=0.5)
    assert drawn.min() >= 0
    assert drawn.max() <= 100


def test_who_has_no_interval_keeps_the_value():
    none = np.array([np.nan, np.nan, 40.0])
    raw = RawValues(np.array([130.0, np.nan, 50.0]), np.ones(3), none, none + 20, None)
    drawn = within_interval(raw, uniforms(0, "x", MANY[:9], name_keys("abc")), percent=True)
    assert (drawn[:, 0] == 130).all()
    assert np.isnan(drawn[:, 1]).all()
    assert len(set(drawn[:, 2])) == 9


def ballots(points, rater, starts, entity, share):
    keys = name_keys(sorted(set(rater)))
    codes = np.searchsorted(sorted(set(rater)), rater)
    arrays = (np.array(starts), np.array(entity), np.array(share, dtype=float))
    return PanelBallots(np.array(points, dtype=float), codes, keys, *arrays, 1.0)


def test_the_bayesian_bootstrap_has_rubins_moments():
    points = [60, 70, 75, 90, 95]
    panel = ballots(points, list("abcde"), [0], [0], [1])
    luck = uniforms(0, "raters", np.arange(60_000), panel.raters)
    drawn = panel.resampled(np.array([78.0]), luck)[:, 0]
    # Rubin (1981): mean x̄ = 78, variance Σ(x − x̄)² / (n(n + 1)) = (324+64+9+144+289)/30 = 27.67
    assert drawn.mean() == pytest.approx(78.0, abs=0.1)
    assert drawn.var() == pytest.approx(830 / 30, rel=0.03)


def test_a_lenient_rater_is_lenient_with_everybody():
    # the same two raters, 60 and 80, judge both: whoever weighs more, the two stay equal
    panel = ballots([60, 80, 60, 80], ["a", "b", "a", "b"], [0, 2], [0, 1], [1, 1])
    drawn = panel.resampled(np.array([70.0, 70.0]), uniforms(0, "raters", MANY, panel.raters))
    np.testing.assert_array_equal(drawn[:, 0], drawn[:, 1])
    assert drawn[:, 0].std() > 4


def test_groups_keep_their_shares_and_small_ones_do_not_count():
    # entity 0: groups of 60 and 90 weighing 1 and 3 → 82.5; entity 2: its only group is too small
    panel = ballots([60, 90, 50], ["a", "b", "c"], [0, 1, 2], [0, 0, 2], [1, 3, 0])
    raw = np.array([82.5, np.nan, np.nan])
    drawn = panel.resampled(raw, uniforms(0, "raters", MANY[:5], panel.raters))
    np.testing.assert_allclose(drawn, np.tile(raw, (5, 1)))


@pytest.mark.parametrize("level", ["unit", "party_org", "member"])
def test_equal_weights_give_the_panel_as_measured(sample, level):
    scored = score_period(sample, sample.period("2012-Q3"), level)
    panel = panel_ballots(scored, "J8", scored.methodology.indicators["J8"].measure)
    drawn = panel.resampled(scored.raws["J8"].value, np.full((1, len(panel.raters)), 0.3))
    np.testing.assert_allclose(drawn[0], scored.raws["J8"].value, rtol=0, atol=1e-8)
    assert len(panel.raters) < len(panel.points)
