"""What the draws say of each entity, each pair and each choice."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from wbwz_eval.campaign.faults import CampaignError
from wbwz_eval.review.uncertainty.choices import Choices, WeightChoice, as_written, nominal
from wbwz_eval.review.uncertainty.contest import contest_of
from wbwz_eval.review.uncertainty.robustness import (
    ahead,
    places_as_written,
    quantiles,
    ranks_of,
    robustness,
    shifts,
)
from wbwz_eval.scoring.numbers import Number
from wbwz_eval.scoring.scored import evaluate_given, score_period

PLACES = np.array([[1, 2, 3], [2, 1, 3], [1, 1, 3], [1, 0, 2]], dtype=np.int32)
"""Four draws, three entities; in the last the second is not ranked."""


@pytest.fixture(scope="module")
def units(sample):
    return score_period(sample, sample.period("2012-Q3"), "unit")


@pytest.fixture(scope="module")
def members(sample):
    return score_period(sample, sample.period("2012-Q3"), "member")


def changed(scored, **level):
    """Return the period under other rules of its level."""
    method = scored.methodology
    mine = scored.level.model_copy(update=level)
    method = method.model_copy(update={"levels": {**method.levels, scored.level_id: mine}})
    given = replace(scored.given, methodology=method)
    evaluation, parts = evaluate_given(given, scored.raws)
    return replace(scored, given=given, evaluation=evaluation, parts=parts)


# small pieces, by hand


def test_shifts_by_hand():
    # against 1, 2, 3: nobody moves; two move by one; 0 + 1 + 0; of two ranked one moves by one
    expected = [0, 2 / 3, 1 / 3, 1 / 2]
    np.testing.assert_allclose(shifts(PLACES, np.array([1, 2, 3], dtype=np.int32)), expected)


def test_who_is_ahead_by_hand():
    # first before second: yes, no, equal, not both ranked → 1.5 of 3
    expected = [[np.nan, 0.5, 1.0], [0.5, np.nan, 1.0], [0.0, 0.0, np.nan]]
    np.testing.assert_allclose(ahead(PLACES), expected)


def test_two_never_ranked_together_are_not_compared():
    found = ahead(np.array([[1, 0], [0, 1]], dtype=np.int32))
    assert np.isnan(found).all()


@given(arrays.arrays(np.int32, st.tuples(st.integers(1, 30), st.integers(1, 5)), elements=st.integers(0, 6)))
def test_quantiles_are_numpys_inverted_distribution(places):
    found = quantiles(places, (0.05, 0.5, 0.95))
    for column, each in enumerate(places.T):
        known = each[each > 0]
        for row, share in enumerate((0.05, 0.5, 0.95)):
            expected = np.quantile(known, share, method="inverted_cdf") if known.size else 0
            assert found[row, column] == expected


@given(arrays.arrays(np.int32, st.tuples(st.integers(1, 9), st.integers(2, 5)), elements=st.integers(0, 4)))
def test_ahead_is_what_counting_gives(places):
    found = ahead(places)
    for one in range(places.shape[1]):
        for two in range(places.shape[1]):
            both = (places[:, one] > 0) & (places[:, two] > 0)
            mine, theirs = places[both, one], places[both, two]
            expected = np.nan
            if one != two and both.any():
                expected = np.mean((mine < theirs) + 0.5 * (mine == theirs))
            assert found[one, two] == pytest.approx(expected, nan_ok=True)


# on a scored period


def test_intervals_narrow_with_the_uncertainty_and_close_at_none(members):
    widths = []
    for spread in (1e-12, 0.05, 0.2, 0.6):
        found = robustness(members, Choices(draws=300, weights=WeightChoice(spread=spread)))
        widths.append(found.entities["high"] - found.entities["low"])
        assert (found.entities["low"] <= found.entities["median"]).all()
        assert (found.entities["median"] <= found.entities["high"]).all()
    assert (widths[0] == 0).all()
    means = [width.mean() for width in widths]
    assert means == sorted(means)
    assert means[-1] > 5


def test_nothing_moves_where_nothing_is_uncertain(members):
    found = robustness(members, Choices(draws=100, weights=WeightChoice(spread=1e-12)))
    table = found.entities
    assert found.shift == 0
    assert (table["median"] == table["rank"]).all()
    assert (table["same"] == 1).all()
    # as the engine graded them
    for line in table.itertuples():
        assert dict(zip(table.columns[-4:], line[-4:], strict=True))[line.grade] == 1
    assert found.drivers[["first", "total"]].isna().to_numpy().all()


def test_the_tables_agree_with_each_other(units):
    found = robustness(units, Choices(draws=300, weights=WeightChoice(spread=0.5), measurement=True))
    table = found.entities
    assert len(table) == (~np.isnan(units.evaluation.rank)).sum()
    assert list(table.columns[-4:]) == ["优秀", "良好", "合格", "不合格"]
    np.testing.assert_allclose(table[list(table.columns[-4:])].sum(axis=1), 1)
    assert table.equals(table.sort_values(["group", "rank"], kind="stable"))
    square = found.ahead
    np.testing.assert_allclose((square + square.T).to_numpy()[square.notna().to_numpy()], 1)
    for one, two in zip(table.iloc[:-1].itertuples(), table.iloc[1:].itertuples(), strict=True):
        if one.group == two.group:
            assert one.over_next == pytest.approx(square.loc[one.entity_id, two.entity_id])
        else:
            assert np.isnan(one.over_next)
            assert np.isnan(square.loc[one.entity_id, two.entity_id])
    # in some draws too little of the weight has data to rank everybody
    assert (table["ranked"] <= 1).all()
    assert (table["ranked"] < 1).any()


def test_the_seed_decides_and_blocks_and_workers_do_not(units):
    choices = Choices(draws=200, seed=0, weights=WeightChoice(), aggregation=("arithmetic", "geometric"))
    one = robustness(units, choices, workers=1)
    two = robustness(units, choices, workers=2, block=7)
    other = robustness(units, choices.model_copy(update={"seed": 1}))
    for name in ("entities", "ahead", "drivers"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(two, name), check_exact=True)
    assert not one.entities.equals(other.entities)


def test_progress_is_told_to_the_end(units):
    told = []
    robustness(
        units,
        Choices(draws=100, weights=WeightChoice(), measurement=True),
        advance=lambda done, total: told.append((done, total)),
    )
    assert told[-1] == (400, 400)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def without_weight(tree, name):
    return {
        key: node.model_copy(
            update={"weight": Number(0)} if key == name else {"children": without_weight(node.children, name)}
        )
        for key, node in tree.items()
    }


def test_an_indicator_of_weight_nought_moves_nothing(members):
    scored = changed(members, tree=without_weight(members.level.tree, "J8"))
    # J8 alone is judged by raters; Z7 has a weight
    found = robustness(
        scored, Choices(draws=200, weights=WeightChoice(), raters=True, exclude=("J8",))
    ).drivers
    for choice in ("raters", "exclude"):
        assert found.loc[choice, ["first", "total"]].tolist() == [0, 0]
    assert found.loc["weights", "total"] > 0.5


def test_other_scales_give_places_but_no_grades(units):
    found = robustness(units, Choices(draws=100, normalisation=("min_max", "z_score"))).entities
    assert found[["优秀", "良好", "合格", "不合格"]].isna().to_numpy().all()
    # half of the draws keep the scale: probabilities are of those
    found = robustness(units, Choices(draws=100, normalisation=("as_written", "z_score"))).entities
    for line in found.itertuples():
        assert getattr(line, line.grade) == 1


@pytest.mark.parametrize("method", ["dense", "average", "ordinal"])
def test_other_ways_to_give_places_are_compared_as_competition_places(units, method):
    scored = changed(units, rank=units.level.rank.model_copy(update={"method": method, "tie_break": ()}))
    found = robustness(scored, Choices(draws=100, weights=WeightChoice(spread=1e-12)))
    assert found.shift == 0


def test_ranked_across_the_level_all_are_compared(units):
    scored = changed(units, rank=units.level.rank.model_copy(update={"scope": "level"}))
    found = robustness(scored, Choices(draws=100, weights=WeightChoice()))
    ranked = found.entities["entity_id"]
    assert found.ahead.loc[ranked, ranked].notna().to_numpy().sum() == 26 * 25
    assert found.entities["rank"].is_monotonic_increasing
    assert found.entities["over_next"].isna().sum() == 1


def test_the_grades_of_draws_are_counted(units):
    weights = nominal(units.level) * np.random.default_rng(0).uniform(0.3, 1.7, (40, 41))
    assert weights.shape[1] == len(nominal(units.level))
    contest = contest_of(units)
    drawn = as_written(units.level, weights)
    counts = ranks_of(contest, drawn, graded=True).grades
    alone = sum(ranks_of(contest, drawn.take(np.array([at])), graded=True).grades for at in range(40))
    np.testing.assert_array_equal(counts, alone)
    assert set(counts.sum(axis=1)[~np.isnan(units.evaluation.rank)]) == {40}


def test_the_places_as_written_are_the_engines(units):
    np.testing.assert_array_equal(places_as_written(contest_of(units)), np.nan_to_num(units.evaluation.rank))


# what cannot be answered


def test_nothing_declared_is_told(units):
    with pytest.raises(CampaignError, match="没有声明任何不确定的选择"):
        robustness(units, Choices())
    with pytest.raises(CampaignError, match="没有声明任何不确定的选择"):
        # another level's indicator
        robustness(units, Choices(exclude=("Y8a",)))


def test_nobody_ranked_against_anybody_is_told(units):
    groups = units.level.groups.model_copy(update={"min_size": Number(99)})
    with pytest.raises(CampaignError, match="没有两个在一起排位次的对象"):
        robustness(changed(units, groups=groups), Choices(weights=WeightChoice()))


def test_one_entity_is_not_ranked_against_anybody(units):
    raws = {
        name: replace(
            raw,
            value=raw.value[:1],
            n=raw.n[:1],
            low=raw.low[:1],
            high=raw.high[:1],
            excused=raw.excused[:1],
            sides={key: side[:1] for key, side in raw.sides.items()},
            rows=raw.rows[raw.rows["code"] == 0],
        )
        for name, raw in units.raws.items()
    }
    after = replace(
        units.after,
        **{
            part: {key: each[:1] for key, each in getattr(units.after, part).items()}
            for part in ("bonus", "deductions", "vetoed", "recurred")
        },
    )
    given = replace(units.given, entities=units.entities.iloc[:1], after=after)
    groups = units.level.groups.model_copy(update={"min_size": Number(1)})
    scored = changed(replace(units, given=given, raws=raws), groups=groups)
    assert scored.evaluation.rank.tolist() == [1.0]
    with pytest.raises(CampaignError, match="没有两个在一起排位次的对象"):
        robustness(scored, Choices(weights=WeightChoice()))


def test_more_than_memory_holds_is_told_before_it_is_tried(units, monkeypatch):
    monkeypatch.setattr("wbwz_eval.review.uncertainty.robustness._MOST_PLACES", 28 * 500)
    with pytest.raises(CampaignError, match=r"28 个对象各抽 501 次，内存放不下；请把 draws 减到 500"):
        robustness(units, Choices(draws=501, weights=WeightChoice()))


def test_many_entities_are_not_compared_in_pairs(units, monkeypatch):
    monkeypatch.setattr("wbwz_eval.review.uncertainty.robustness.AHEAD_MOST", 27)
    found = robustness(units, Choices(draws=100, weights=WeightChoice()))
    assert found.ahead is None
    assert found.entities["over_next"].notna().any()


def test_a_composed_period_is_refused(sample):
    year = score_period(sample, sample.period("2012"), "unit")
    with pytest.raises(CampaignError, match=r"2012 的基础分由各期合成.*如季度"):
        robustness(year, Choices(weights=WeightChoice()))


def test_a_mean_that_negative_scores_do_not_have_is_told(units):
    panel = units.methodology.indicators["J8"]
    panel = panel.model_copy(update={"rule": panel.rule.model_copy(update={"low": None})})
    method = units.methodology.model_copy(
        update={"indicators": {**units.methodology.indicators, "J8": panel}}
    )
    below = replace(units.raws["J8"], value=units.raws["J8"].value - 200)
    negative = replace(
        units, given=replace(units.given, methodology=method), raws={**units.raws, "J8": below}
    )
    tree = {"J8": units.level.tree["J"].children["J8"], "Y1": units.level.tree["Y"].children["Y1"]}
    scored = changed(negative, tree=tree, rank=units.level.rank.model_copy(update={"tie_break": ()}))
    with pytest.raises(CampaignError, match=r"J8.*有负分，不能按几何或调和平均汇总"):
        robustness(scored, Choices(draws=100, aggregation=("arithmetic", "geometric")))
