"""The score of many draws against the engine that scores one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from pymcdm.methods import WPM, WSM

from wbwz_eval.campaign.faults import CampaignError
from wbwz_eval.review.uncertainty.choices import (
    TARGET_STEPS,
    Choices,
    Draws,
    Scenario,
    WeightChoice,
    as_written,
    column_groups,
    draw,
    nominal,
)
from wbwz_eval.review.uncertainty.climb import Contest
from wbwz_eval.review.uncertainty.contest import contest_of
from wbwz_eval.review.uncertainty.realisations import name_keys, panel_ballots, uniforms, within_interval
from wbwz_eval.review.uncertainty.simulation import simulate
from wbwz_eval.scoring.adjust import rank
from wbwz_eval.scoring.aggregate import aggregate
from wbwz_eval.scoring.evaluation import PeerGroups
from wbwz_eval.scoring.methodology import Rounding
from wbwz_eval.scoring.numbers import Number, round_half_up
from wbwz_eval.scoring.opinions import Panel
from wbwz_eval.scoring.rules import parse_rule
from wbwz_eval.scoring.scored import evaluate_given, score_period
from wbwz_eval.scoring.tree import Level, leaves, walk

LEVELS = ("unit", "party_org", "member")
QUARTERS = ("2011-Q3", "2011-Q4", "2012-Q1", "2012-Q2", "2012-Q3")


@pytest.fixture(scope="module")
def periods(sample):
    known = {}

    def scored(level, quarter="2012-Q3"):
        if (level, quarter) not in known:
            known[level, quarter] = score_period(sample, sample.period(quarter), level)
        return known[level, quarter]

    return scored


# what the engine says of a changed method


def with_level(methodology, level_id, **changes):
    level = methodology.levels[level_id].model_copy(update=changes)
    return methodology.model_copy(update={"levels": {**methodology.levels, level_id: level}})


def weighted(tree, weights):
    """Return a tree whose nodes have other weights, by id."""
    return {
        name: node.model_copy(
            update={"weight": Number(weights[name]), "children": weighted(node.children, weights)}
        )
        for name, node in tree.items()
    }


def with_indicators(methodology, change):
    changed = {name: change(name, each) for name, each in methodology.indicators.items()}
    return methodology.model_copy(update={"indicators": changed})


def engine(scored, methodology=None, raws=None):
    given = replace(scored.given, methodology=methodology or scored.methodology)
    return evaluate_given(given, raws or scored.raws)[0]


def check(scored, drawn, evaluations, choices=None):
    """Compare each draw's totals, places and grades with what the engine says."""
    contest = contest_of(scored, choices or Choices())
    found = {}
    for block in simulate(contest, drawn):
        for line, at in enumerate(block.at):
            found[at] = block.total[line], block.rank[line], block.grade[line]
    for at, expected in enumerate(evaluations):
        total, place, grade = found[at]
        ranked = ~np.isnan(expected.rank)
        np.testing.assert_array_equal(~np.isnan(total), ranked)
        np.testing.assert_allclose(total[ranked], expected.total[ranked], rtol=0, atol=1e-9)
        np.testing.assert_array_equal(place, np.nan_to_num(expected.rank))
        np.testing.assert_array_equal(grade, expected.grade)


@pytest.mark.parametrize("quarter", QUARTERS)
@pytest.mark.parametrize("level", LEVELS)
def test_a_draw_as_written_is_what_the_engine_says(periods, level, quarter):
    scored = periods(level, quarter)
    assert scored.methodology.levels[level].rank.method == "competition"
    check(scored, as_written(scored.level), [scored.evaluation])


NORMALISING = {
    "min_max": {"type": "min_max"},
    "percentile_rank": {"type": "percentile_rank"},
    # full marks are 100 throughout
    "z_score": {"type": "z_score", "centre": 60, "spread": 15, "clip": [0, 100]},
}


def changed_by(scored, scenario, weights):
    """Return methodology and raw values such that the engine does what a draw does."""
    level, method = scored.level, scored.methodology
    names = [path[-1] for path, _ in walk(level.tree)]
    tree = weighted(level.tree, dict(zip(names, weights, strict=True)))
    how = level.aggregation if scenario.aggregation == "as_written" else scenario.aggregation
    method = with_level(method, scored.level_id, tree=tree, aggregation=how)
    inside = leaves(level.tree)

    def change(name, indicator):
        update = {}
        if name in inside and scenario.normalisation != "as_written":
            update["rule"] = parse_rule(NORMALISING[scenario.normalisation])
        if name in inside and scenario.missing != "as_written":
            update["missing"] = scenario.missing
        return indicator.model_copy(update=update)

    raws = dict(scored.raws)
    if scenario.outliers == "winsorise":
        for name in inside:
            ends = np.nanpercentile(raws[name].value, [5, 95])
            raws[name] = replace(raws[name], value=np.clip(raws[name].value, *ends))
    return with_indicators(method, change), raws


@pytest.mark.parametrize("level", LEVELS)
def test_drawn_weights_and_rules_give_what_the_engine_says_of_such_a_method(periods, level):
    scored = periods(level)
    choices = Choices(
        weights=WeightChoice(spread=0.8),
        normalisation=("as_written", "min_max", "z_score", "percentile_rank"),
        aggregation=("arithmetic", "geometric", "harmonic"),
        missing=("as_written", "zero", "group_mean", "full_marks"),
        outliers=("as_written", "winsorise"),
    )
    columns = sum(column_groups(choices, scored.level).values())
    drawn = draw(choices, scored.level, np.random.default_rng(5).random((16, columns)))
    assert len(drawn.scenarios) >= 12
    expected = []
    for weights, code in zip(drawn.weights, drawn.scenario, strict=True):
        method, raws = changed_by(scored, drawn.scenarios[code], weights)
        # who is held out of the contest stays so; gates read what was measured
        expected.append(engine(scored, method, {**raws, **gates(scored)}))
    check(scored, drawn, expected, choices)


def gates(scored):
    return {name: scored.raws[name] for name in scored.level.gate_indicators}


@pytest.mark.parametrize("step", [0, 7, 10, 20])
def test_moved_targets_are_a_method_with_other_targets(periods, step):
    scored = periods("unit")
    choices = Choices(targets=0.1)
    factor = {0: 0.9, 7: 0.97, 10: 1.0, 20: 1.1}[step]
    # F1: full marks from 95 % on, 1 point off per point short; moved up it would be 104.5 %: held to 100 %
    # C3: 80 % satisfied, 30 % unacceptable; Z8: 1 working day, from there on 10 points off each
    rules = {
        "F1": {"type": "threshold_slope", "threshold": min(95 * factor, 100), "minus": 1},
        "C3": {
            "type": "efficacy",
            "satisfied": 80 * factor,
            "unacceptable": 30 * factor,
            "clip": [0, 100],
        },
        "Z8": {"type": "threshold_slope", "threshold": factor, "minus": 10},
    }
    steps = np.full((1, len(leaves(scored.level.tree))), TARGET_STEPS // 2)
    for name in rules:
        steps[0, leaves(scored.level.tree).index(name)] = step

    def change(name, indicator):
        rule = parse_rule(rules[name]) if name in rules else indicator.rule
        return indicator.model_copy(update={"rule": rule})

    method = with_indicators(scored.methodology, change)
    drawn = replace(as_written(scored.level), targets=steps)
    check(scored, drawn, [engine(scored, method)], choices)


@pytest.mark.parametrize(
    "scenario",
    [
        Scenario(),
        Scenario("min_max", "geometric"),
        Scenario("z_score", "as_written", "group_mean"),
        Scenario("percentile_rank", "arithmetic", "zero", "winsorise"),
    ],
)
@pytest.mark.parametrize("level", ["unit", "member"])
def test_sampling_errors_and_raters_are_other_raw_values(periods, level, scenario):
    scored = periods(level)
    choices = Choices(measurement=True, raters=True, seed=7)
    realisations = np.array([3, 2**31 - 1, 5])
    drawn = replace(
        as_written(scored.level, np.repeat(nominal(scored.level)[None, :], 3, axis=0)),
        scenarios=(scenario,),
        noise=realisations,
        ballots=realisations,
    )
    method, winsorised = changed_by(scored, scenario, nominal(scored.level))
    expected = []
    for at in range(3):
        raws = {}
        for name, raw in scored.raws.items():
            value = drawn_value(scored, name, raw, realisations[[at]])
            if scenario.outliers == "winsorise" and name in leaves(scored.level.tree):
                kept = winsorised[name].value
                value = np.clip(value, np.nanmin(kept), np.nanmax(kept))
            raws[name] = replace(raw, value=value)
        expected.append(engine(scored, method, raws))
    check(scored, drawn, expected, choices)


def drawn_value(scored, name, raw, realisation):
    indicator = scored.methodology.indicators[name]
    if isinstance(indicator.measure, Panel):
        panel = panel_ballots(scored, name, indicator.measure)
        return panel.resampled(raw.value, uniforms(7, "raters", realisation, panel.raters))[0]
    if raw.low is None or np.isnan(raw.low).all():
        return raw.value
    luck = uniforms(7, name, realisation, name_keys(scored.entities.index))
    return within_interval(raw, luck, percent=indicator.unit == "%")[0]


# the tree with an axis of draws


class Plain:
    """Leaves with given points, the same under every scenario, and gates' values."""

    def __init__(self, points, moving=(), gates=None):
        self.points, self.moves, self.values = points, moving, gates or {}

    def fixed(self, scenario):
        return {name: each if each.ndim == 1 else each[0] for name, each in self.points.items()}

    def moving(self, scenario, drawn):
        return {name: self.points[name] for name in self.moves}

    def gates(self, drawn):
        return self.values


def contest(level, source, size, *, rounding=None, added=None, groups=None, out=None):
    codes = np.zeros(size, dtype=np.int64) if groups is None else groups
    none = np.zeros(size)
    return Contest(
        level,
        rounding or Rounding(),
        PeerGroups(codes, tuple(f"g{code}" for code in range(codes.max() + 1))),
        source,
        none if added is None else added,
        none > 0 if out is None else out,
        np.zeros(size, dtype=np.int64),
    )


def totals(case, drawn, **how):
    blocks = list(simulate(case, drawn, graded=False, **how))
    order = np.argsort(np.concatenate([block.at for block in blocks]))
    return np.concatenate([block.total for block in blocks])[order]


@pytest.mark.parametrize("seed", range(12))
def test_random_trees_give_what_the_engine_aggregates(seed):
    rng = np.random.default_rng(seed)
    hows = ["arithmetic", "geometric", "harmonic"]
    size, count = 9, 5
    names = [f"i{k}" for k in range(7)]
    inner = {
        "name": "内",
        "weight": 2,
        "min_coverage": 0.4,
        "aggregation": rng.choice(hows),
        "children": {"i0": 3, "i1": 0, "i2": 1},
        "gates": [{"indicator": "i3", "below": 50, "cap": 40}],
    }
    outer = {
        "name": "外",
        "weight": 3,
        "aggregation": rng.choice(hows),
        "children": {"i3": 2, "deep": inner},
    }
    level = Level.model_validate(
        {
            "full": 120,
            "aggregation": rng.choice(hows),
            "min_coverage": 0.5,
            "tree": {"outer": outer, "i4": 2, "i5": 1, "i6": 0},
            "total_cap": 110,
            "rank": {"scope": "level", "tie_break": ["deep", "i4"]},
        }
    )
    points = {name: np.round(rng.uniform(0, 100, size), 1) for name in names}
    for each in points.values():
        each[rng.random(size) < 0.2] = np.nan
        each[rng.random(size) < 0.08] = 0.0
    moving = {name: points[name] + rng.uniform(0, 3, (count, 1)) for name in ("i1", "i4")}
    digits = None if seed % 2 else 2
    added, groups = rng.uniform(-2, 2, size), rng.integers(0, 2, size)
    weights = nominal(level) * rng.uniform(0.2, 2, (count, 1 + len(nominal(level))))[:, 1:]
    weights[0, -3:] = 0.0
    case = contest(
        level,
        Plain({**points, **moving}, moving, {"i3": points["i3"]}),
        size,
        rounding=Rounding(node=digits, total=digits),
        added=added,
        groups=groups,
    )
    (block,) = simulate(case, as_written(level, weights), graded=False)
    ids = [path[-1] for path, _ in walk(level.tree)]
    for at in range(count):
        changed = level.model_copy(
            update={"tree": weighted(level.tree, dict(zip(ids, weights[at], strict=True)))}
        )
        own = {**points, **{name: each[at] for name, each in moving.items()}}
        tree = aggregate(changed, own, {"i3": points["i3"]}, digits)
        expected = round_half_up(np.minimum(tree.base + added, 110), digits)
        np.testing.assert_allclose(block.total[at], expected, rtol=0, atol=1e-9)
        place, _ = rank(expected, 0 * groups, "competition", [tree.score["deep"], tree.score["i4"]])
        if digits is not None:
            np.testing.assert_array_equal(block.rank[at], np.nan_to_num(place))


def flat(how, **more):
    return Level.model_validate(
        {"tree": {"a": 1, "b": 3}, "aggregation": how, "rank": {"scope": "level"}, **more}
    )


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        # weights 1/4 and 3/4 of 40 and 80; of 0 and 80; of nothing and 80; of neither
        ("arithmetic", [70.0, 60.0, 80.0, np.nan]),
        # 40 ** 0.25 × 80 ** 0.75 = 80 × 0.5 ** 0.25
        ("geometric", [80 * 0.5**0.25, 0.0, 80.0, np.nan]),
        # 1 / (0.25/40 + 0.75/80) = 64
        ("harmonic", [64.0, 0.0, 80.0, np.nan]),
    ],
)
def test_means_by_hand(how, expected):
    points = {"a": np.array([40.0, 0.0, np.nan, np.nan]), "b": np.array([80.0, 80.0, 80.0, np.nan])}
    for moving in ((), ("a",), ("a", "b")):
        own = {name: each[None, :] if name in moving else each for name, each in points.items()}
        found = totals(contest(flat(how), Plain(own, moving), 4), as_written(flat(how)))
        np.testing.assert_allclose(found[0], expected, rtol=0, atol=1e-12)


def test_too_little_coverage_is_no_score():
    # b carries 3/4 and is missing: a quarter is covered, half is asked for
    points = {"a": np.array([40.0, 40.0]), "b": np.array([80.0, np.nan])}
    level = flat("arithmetic", min_coverage=0.5)
    assert totals(contest(level, Plain(points), 2), as_written(level)).tolist()[0] == [
        70.0,
        pytest.approx(np.nan, nan_ok=True),
    ]


@pytest.mark.parametrize("how", ["geometric", "harmonic"])
@pytest.mark.parametrize("moving", [(), ("a",)])
def test_negative_scores_have_no_such_mean(how, moving):
    points = {"a": np.array([-1.0, 40.0]), "b": np.array([80.0, 80.0])}
    own = {name: each[None, :] if name in moving else each for name, each in points.items()}
    with pytest.raises(CampaignError, match=r"a.* 有负分，不能按几何或调和平均汇总"):
        totals(contest(flat(how), Plain(own, moving), 2), as_written(flat(how)))


def test_one_entity_and_one_indicator():
    level = Level.model_validate({"tree": {"a": 5}})
    (block,) = simulate(contest(level, Plain({"a": np.array([88.5])}), 1), as_written(level))
    assert (block.total.tolist(), block.rank.tolist(), block.grade) == ([[88.5]], [[1]], None)


def test_all_equal_share_the_first_place():
    points = {"a": np.full(70, 0.1 + 0.2), "b": np.full(70, 77.7)}
    drawn = as_written(flat("geometric"), np.random.default_rng(0).random((40, 2)))
    (block,) = simulate(contest(flat("geometric"), Plain(points), 70), drawn)
    assert (block.rank == 1).all()


def test_a_constant_column_normalises_to_one_figure(periods):
    scored = periods("unit")
    same = replace(scored.raws["J1"], value=np.full(len(scored.entities), 61.0))
    scored = replace(scored, raws={**scored.raws, "J1": same})
    source = contest_of(scored).source
    # docs/methodology.md: half the mark, the centre, the lowest of those who share the lowest place
    for kind, expected in (("min_max", 50.0), ("z_score", 60.0), ("percentile_rank", 0.0)):
        assert set(source.fixed(Scenario(kind))["J1"]) == {expected}


def random_contest(size, rng, count=6):
    level = Level.model_validate(
        {"tree": {f"i{k}": int(rng.integers(1, 9)) for k in range(count)}, "rank": {"scope": "level"}}
    )
    return level, {name: rng.uniform(5, 100, size) for name in leaves(level.tree)}


def test_pymcdm_ranks_alike():
    rng = np.random.default_rng(2)
    level, points = random_contest(40, rng)
    weights = rng.random((20, 6))
    scenarios = (Scenario(aggregation="arithmetic"), Scenario(aggregation="geometric"))
    drawn = Draws(weights, scenarios, np.arange(20) % 2)
    matrix = np.stack(list(points.values()), axis=1)
    for block in simulate(contest(level, Plain(points), 40), drawn):
        model = (WSM, WPM)[block.scenario](lambda x, **_: x / 100)
        for line, at in enumerate(block.at):
            scores = model(matrix, weights[at] / weights[at].sum(), np.ones(6))
            np.testing.assert_allclose(block.total[line] / 100, scores, rtol=1e-12)
            np.testing.assert_array_equal(block.rank[line], model.rank(scores))


def test_the_order_of_entities_does_not_matter():
    rng = np.random.default_rng(3)
    level, points = random_contest(300, rng)
    drawn = as_written(level, rng.random((50, 6)))
    order = rng.permutation(300)
    (one,) = simulate(contest(level, Plain(points), 300), drawn)
    (two,) = simulate(contest(level, Plain({name: each[order] for name, each in points.items()}), 300), drawn)
    np.testing.assert_array_equal(two.rank, one.rank[:, order])


VARIED = Choices(
    weights=WeightChoice(how="dirichlet"),
    normalisation=("as_written", "min_max"),
    aggregation=("arithmetic", "geometric"),
    measurement=True,
    raters=True,
    targets=0.1,
)


@pytest.fixture(scope="module")
def four_hundred(periods):
    """A level with four hundred draws, and their outcome."""
    scored = periods("member")
    columns = sum(column_groups(VARIED, scored.level).values())
    drawn = draw(VARIED, scored.level, np.random.default_rng(1).random((400, columns)))
    return scored, drawn, gathered(list(simulate(contest_of(scored, VARIED), drawn)))


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("block", [1, 7, 200, 1000])
def test_blocks_and_workers_change_nothing(four_hundred, block, workers):
    scored, drawn, expected = four_hundred
    done = []
    blocks = list(
        simulate(contest_of(scored, VARIED), drawn, block=block, workers=workers, advance=done.append)
    )
    assert sum(done) == 400
    for mine, theirs in zip(gathered(blocks), expected, strict=True):
        # to the last bit
        np.testing.assert_array_equal(mine, theirs)


def gathered(blocks):
    order = np.argsort(np.concatenate([block.at for block in blocks]))
    return [
        np.concatenate([getattr(block, name) for block in blocks])[order]
        for name in ("total", "rank", "grade")
    ]


def test_tiles_change_nothing_in_larger_contests():
    rng = np.random.default_rng(4)
    level, points = random_contest(3_000, rng)
    drawn = as_written(level, rng.random((100, 6)))
    case = contest(level, Plain(points), 3_000)
    one = list(simulate(case, drawn, block=1))
    assert [len(block.at) for block in one] == [32, 32, 32, 4]
    (all_,) = simulate(case, drawn, block=1_000, workers=1)
    np.testing.assert_array_equal(np.concatenate([block.total for block in one]), all_.total)
    np.testing.assert_array_equal(np.concatenate([block.rank for block in one]), all_.rank)
