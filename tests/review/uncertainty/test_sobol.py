"""Sensitivity indices on functions whose indices are known, and against SALib's."""

from __future__ import annotations

import numpy as np
import pytest
from SALib.analyze import sobol as salib

from wbwz_eval.review.uncertainty.sobol import design, indices

ISHIGAMI = {"first": [0.3139, 0.4424, 0.0], "total": [0.5576, 0.4424, 0.2437]}
"""a = 7, b = 0.1: Saltelli et al. (2008), Global Sensitivity Analysis: The Primer, §4.6 (closed form)."""

G = np.array([0.0, 1.0, 4.5, 9.0, 99.0])


def ishigami(u):
    x = np.pi * (2 * u - 1)
    return np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])


def sobol_g(u):
    return ((np.abs(4 * u - 2) + G) / (1 + G)).prod(axis=1)


def known_g():
    """Sobol' (1993): V_i = 1 / (3 (1 + a_i)²), V = Π(1 + V_i) − 1; total V_i Π_{j≠i}(1 + V_j) / V."""
    own = 1 / (3 * (1 + G) ** 2)
    every = (1 + own).prod()
    return {"first": own / (every - 1), "total": own * every / (1 + own) / (every - 1)}


def run(function, columns, draws, seed, resamples=500):
    plan = design(draws, {f"x{k}": 1 for k in range(columns)}, seed)
    mixed = {name: function(plan.mixed(name)) for name in plan.groups}
    return plan, indices(function(plan.first), function(plan.second), mixed, seed=seed, resamples=resamples)


CASES = [(ishigami, 3, ISHIGAMI), (sobol_g, 5, known_g())]


@pytest.mark.parametrize(("function", "columns", "known"), CASES)
def test_known_indices_are_found(function, columns, known):
    _, found = run(function, columns, 2**15, seed=0)
    for kind in ("first", "total"):
        # the standard error of the worst of them is below 0.01 here
        assert found[kind].to_numpy() == pytest.approx(known[kind], abs=0.03)


@pytest.mark.parametrize(("function", "columns", "known"), CASES)
def test_intervals_hold_the_truth_about_as_often_as_they_say(function, columns, known):
    inside = []
    for seed in range(40):
        _, found = run(function, columns, 512, seed, resamples=200)
        inside += [
            (found[f"{kind}_low"] <= known[kind]) & (known[kind] <= found[f"{kind}_high"])
            for kind in ("first", "total")
        ]
    # 95 % is promised; 240 or 400 looks, correlated within a run: 3 standard errors are about 5 points
    assert 0.89 <= np.mean(inside) <= 0.995


@pytest.mark.parametrize(("function", "columns"), [(ishigami, 3), (sobol_g, 5)])
def test_salib_gives_the_same_indices_on_the_same_design(function, columns):
    plan, found = run(function, columns, 256, seed=3)
    # SALib's order: f(A), f(AB_1) … f(AB_k), f(B) for each draw
    parts = [function(plan.first), *(function(plan.mixed(name)) for name in plan.groups)]
    outcome = np.stack([*parts, function(plan.second)], axis=1).ravel()
    problem = {
        "num_vars": columns,
        "names": list(plan.groups),
        "bounds": [[0, 1]] * columns,
    }
    theirs = salib.analyze(problem, outcome, calc_second_order=False, num_resamples=2)
    assert found["first"].to_numpy() == pytest.approx(theirs["S1"], abs=1e-9)
    assert found["total"].to_numpy() == pytest.approx(theirs["ST"], abs=1e-9)


def test_a_choice_that_moves_nothing_has_index_zero():
    _, found = run(lambda u: u[:, 0] ** 2, 2, 4000, seed=1)
    assert found.loc["x1"].tolist() == [0.0] * 6
    assert found.loc["x0", "total"] == pytest.approx(1.0, abs=0.1)


def test_an_outcome_that_does_not_vary_has_no_indices():
    _, found = run(lambda u: np.full(len(u), 97.3), 2, 200, seed=1)
    assert found.isna().to_numpy().all()


def test_a_group_takes_all_its_columns_together():
    plan = design(6, {"one": 2, "two": 3}, seed=0)
    mixed = plan.mixed("two")
    np.testing.assert_array_equal(mixed[:, :2], plan.first[:, :2])
    np.testing.assert_array_equal(mixed[:, 2:], plan.second[:, 2:])


def test_the_seed_decides_and_nought_is_a_seed():
    one, two, other = (design(5, {"x": 3}, seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one.first, two.first)
    assert (one.first != other.first).all()
    # intervals, too
    _, a = run(ishigami, 3, 64, seed=0)
    _, b = run(ishigami, 3, 64, seed=0)
    assert a.equals(b)


def test_intervals_are_the_same_in_portions(monkeypatch):
    _, whole = run(ishigami, 3, 64, seed=0)
    monkeypatch.setattr("wbwz_eval.review.uncertainty.sobol._CELLS", 64 * 7)
    _, parts = run(ishigami, 3, 64, seed=0)
    np.testing.assert_allclose(whole, parts, rtol=0, atol=1e-12)
