"""Declared choices: what the file may say, and the distributions that draws have."""

from __future__ import annotations

import numpy as np
import pytest

from wbwz_eval import open_campaign
from wbwz_eval.campaign.faults import CampaignError
from wbwz_eval.review.uncertainty.choices import (
    DEFAULT,
    FILE,
    TARGET_STEPS,
    Choices,
    Scenario,
    WeightChoice,
    column_groups,
    draw,
    load_choices,
    nominal,
)
from wbwz_eval.scoring.methodology_file import load_methodology
from wbwz_eval.scoring.tree import Level

LEVEL = Level.model_validate(
    {
        "tree": {
            "A": {"name": "甲", "weight": 60, "children": {"a1": 1, "a2": 3}},
            "B": {"name": "乙", "weight": 40, "children": {"only": 5}},
        }
    }
)
"""Nodes in order: A a1 a2 B only."""


def drawn(choices, count=20_000, level=LEVEL):
    columns = sum(column_groups(choices, level).values())
    return draw(choices, level, np.random.default_rng(0).random((count, columns)))


@pytest.fixture
def written(sample_copy):
    """Write the file and read it."""

    def read(text):
        (sample_copy / FILE).parent.mkdir(exist_ok=True)
        (sample_copy / FILE).write_text(text, encoding="utf-8")
        campaign = open_campaign(sample_copy)
        methodology = load_methodology(campaign.methodology_path(campaign.period("2012-Q3")), campaign)
        return load_choices(campaign, methodology)

    return read


def test_without_a_file_weights_vary_by_a_quarter(sample_copy):
    (sample_copy / FILE).unlink(missing_ok=True)
    campaign = open_campaign(sample_copy)
    methodology = load_methodology(campaign.methodology_path(campaign.period("2012-Q3")), campaign)
    assert load_choices(campaign, methodology) == DEFAULT
    assert DEFAULT.declared == ("weights",)
    assert DEFAULT.weights == WeightChoice(how="uniform", spread=0.25)


def test_what_the_file_does_not_write_stays_as_it_is(written):
    choices = written("draws: 500\nseed: 0\naggregation: [as_written, geometric]\nexclude: [J8]\n")
    assert choices.declared == ("aggregation", "exclude")
    assert (choices.draws, choices.seed, choices.weights) == (500, 0, None)


def test_every_mistake_of_the_file_is_told_with_its_line(written):
    text = """draws: 10
weigths: {spread: 0.2}
weights: {how: normal}
missing: [as_written, out_of_contest]
normalisation: [min_max, min_max]
targets: 2
"""
    with pytest.raises(CampaignError) as caught:
        written(text)
    told = str(caught.value)
    assert sorted(fault.line for fault in caught.value.faults) == [1, 2, 3, 4, 5, 6]
    assert "weights" in told
    assert "参评对象会随之改变" in told
    assert "min_max 写了不止一次" in told


def test_an_unknown_indicator_is_named_with_the_nearest(written):
    with pytest.raises(CampaignError) as caught:
        written("exclude:\n  - J8\n  - J88\n")
    (fault,) = caught.value.faults
    assert (fault.line, fault.value) == (3, "J88")
    assert "J8" in fault.expected


@pytest.mark.parametrize("text", ["", "# nothing\n"])
def test_an_empty_file_is_a_mistake(written, text):
    with pytest.raises(CampaignError, match="文件是空的"):
        written(text)


def test_nothing_varies_where_there_is_one_alternative():
    assert Choices().declared == ()
    assert Choices(weights=WeightChoice(spread=0)).declared == ()
    assert Choices(normalisation=("min_max",)).declared == ()
    # but it is followed
    assert drawn(Choices(normalisation=("min_max",), raters=True), 3).scenarios == (Scenario("min_max"),)


def test_uniform_weights_vary_by_so_much_of_themselves():
    weights = drawn(Choices(weights=WeightChoice(spread=0.2))).weights
    base = nominal(LEVEL)
    assert (np.abs(weights / base - 1) <= 0.2).all()
    # a uniform of half width 0.2 has the standard deviation 0.2 / √3
    np.testing.assert_allclose(weights.mean(axis=0), base, rtol=0.005)
    np.testing.assert_allclose(weights.std(axis=0) / base, 0.2 / 3**0.5, rtol=0.02)


def test_dirichlet_weights_have_the_documented_mean_and_spread():
    weights = drawn(Choices(weights=WeightChoice(how="dirichlet", concentration=20))).weights
    for places, base in (([0, 3], np.array([0.6, 0.4])), ([1, 2], np.array([0.25, 0.75]))):
        share = weights[:, places] / weights[:, places].sum(axis=1, keepdims=True)
        np.testing.assert_allclose(share.mean(axis=0), base, atol=0.004)
        # variance w(1 − w) / (c + 1)
        np.testing.assert_allclose(share.std(axis=0), np.sqrt(base * (1 - base) / 21), rtol=0.02)


def test_a_weight_of_nought_stays_so():
    level = Level.model_validate({"tree": {"a": 0, "b": 1, "c": 2}})
    for how in ("uniform", "dirichlet"):
        weights = drawn(Choices(weights=WeightChoice(how=how)), 50, level).weights
        assert (weights[:, 0] == 0).all()
        assert (weights[:, 1:] > 0).all()


def test_at_most_one_indicator_is_left_out_each_as_often():
    weights = drawn(Choices(exclude=("a1", "only")), 30_000).weights
    out = weights == 0
    assert (out.sum(axis=1) <= 1).all()
    # a1 is the second node; with the only indicator of B its dimension goes, the fourth
    np.testing.assert_allclose(out.mean(axis=0), [0, 1 / 3, 0, 1 / 3, 0], atol=0.01)


def test_a_level_excludes_only_what_it_has():
    assert Choices(exclude=("elsewhere",)).on(LEVEL).declared == ()
    assert Choices(exclude=("elsewhere", "a2")).on(LEVEL).exclude == ("a2",)
    # nothing would be left
    assert Choices(exclude=("a",)).on(Level.model_validate({"tree": {"a": 1}})).exclude == ()


def test_alternatives_are_equally_likely_and_independent():
    choices = Choices(
        normalisation=("as_written", "min_max", "z_score"), aggregation=("arithmetic", "harmonic")
    )
    found = drawn(choices, 30_000)
    share = np.bincount(found.scenario) / 30_000
    np.testing.assert_allclose(share, np.full(6, 1 / 6), atol=0.01)
    assert len(set(found.scenarios)) == 6


def test_targets_take_every_step():
    steps = drawn(Choices(targets=0.1)).targets
    assert steps.shape == (20_000, 3)
    np.testing.assert_allclose(np.bincount(steps[:, 0]) / 20_000, np.full(TARGET_STEPS, 1 / 21), atol=0.006)


def test_each_choice_reads_its_own_columns():
    choices = Choices(weights=WeightChoice(), exclude=("a1",), raters=True)
    assert column_groups(choices, LEVEL) == {"weights": 5, "exclude": 1, "raters": 1}
    uniform = np.full((1, 7), 0.5)
    uniform[0, 5], uniform[0, 6] = 0.0, 0.25
    found = draw(choices, LEVEL, uniform)
    np.testing.assert_array_equal(found.weights[0], nominal(LEVEL))
    assert found.ballots[0] == 2**31 // 4
