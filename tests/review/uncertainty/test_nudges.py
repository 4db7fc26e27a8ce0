"""The smallest changes, each scored again by the engine."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from wbwz_eval.review.uncertainty.nudges import leave_one_out, swaps
from wbwz_eval.scoring.numbers import Number
from wbwz_eval.scoring.scored import evaluate_given, score_period
from wbwz_eval.scoring.tree import walk

LEVELS = ("unit", "party_org", "member")


@pytest.fixture(scope="module")
def periods(sample):
    return {level: score_period(sample, sample.period("2012-Q3"), level) for level in LEVELS}


def ranks(scored, tree):
    """Return the engine's places under another tree, by entity."""
    # what breaks ties must be in the tree
    known = {path[-1] for path, _ in walk(tree)}
    tie_break = tuple(name for name in scored.level.rank.tie_break if name in known)
    rank = scored.level.rank.model_copy(update={"tie_break": tie_break})
    level = scored.level.model_copy(update={"tree": tree, "rank": rank})
    method = scored.methodology.model_copy(
        update={"levels": {**scored.methodology.levels, scored.level_id: level}}
    )
    evaluation, _ = evaluate_given(replace(scored.given, methodology=method), scored.raws)
    return dict(zip(scored.entities.index, evaluation.rank, strict=True))


def with_share(scored, node, share):
    """Return the tree with a dimension's share of the total, the others in proportion."""
    tree = scored.level.tree
    now = {name: float(each.share) for name, each in tree.items()}
    rest = sum(now.values()) - now[node]
    scaled = {name: share if name == node else value / rest * (1 - share) for name, value in now.items()}
    return {name: each.model_copy(update={"weight": Number(scaled[name])}) for name, each in tree.items()}


@pytest.mark.parametrize("level", LEVELS)
def test_the_engine_swaps_them_just_there_and_not_just_before(periods, level):
    scored = periods[level]
    table = swaps(scored)
    known = table.dropna()
    assert len(known) > 4
    for line in known.iloc[:: max(1, len(known) // 12)].itertuples():
        needed, now = line.needed / 100, line.weight / 100
        assert line.change == pytest.approx(line.needed - line.weight)
        there = ranks(scored, with_share(scored, line.node, needed))
        assert there[line.behind_id] < there[line.ahead_id]
        # a 400th of the way, halved ten times
        end = 1.0 if needed > now else 0.0
        step = (end - now) / 400 / 2**10
        before = ranks(scored, with_share(scored, line.node, needed - step * 1.01))
        assert before[line.ahead_id] <= before[line.behind_id]


@pytest.mark.parametrize("level", LEVELS)
def test_no_dimension_swaps_them_with_less(periods, level):
    # a coarse walk by the engine, 2 points a step, every dimension
    scored = periods[level]
    table = swaps(scored)
    tree = scored.level.tree
    total = sum(float(each.share) for each in tree.values())
    least = {}
    for node in tree:
        now = float(tree[node].share) / total
        for share in np.arange(0.0, 1.0001, 0.02):
            found = ranks(scored, with_share(scored, node, share))
            for line in table.itertuples():
                if found[line.behind_id] < found[line.ahead_id]:
                    pair = line.ahead_id, line.behind_id
                    least[pair] = min(least.get(pair, np.inf), abs(share - now))
    for line in table.itertuples():
        pair = line.ahead_id, line.behind_id
        if pair in least:
            assert abs(line.change) / 100 <= least[pair] + 1e-9


def test_by_hand_when_two_dimensions_cross(periods):
    # unit U16 leads U17 by J and loses by the rest: the arithmetic of the two totals gives the crossing
    scored = periods["unit"]
    line = swaps(scored).set_index(["ahead_id", "behind_id"]).loc[("U16", "U17")]
    tree = scored.evaluation.tree.score
    one, two = (list(scored.entities.index).index(name) for name in ("U16", "U17"))
    node = line["node"]
    others = {name: float(each.share) for name, each in scored.level.tree.items() if name != node}
    gap = tree[node][one] - tree[node][two]
    rest = sum(share * (tree[name][one] - tree[name][two]) for name, share in others.items()) / sum(
        others.values()
    )
    added = (scored.evaluation.bonus - scored.evaluation.deduction)[[one, two]]
    # w·gap + (1 − w)·rest + added = 0; totals have two decimals, so that the weight is near that
    crossing = (rest + added[0] - added[1]) / (rest - gap)
    assert line["needed"] / 100 == pytest.approx(crossing, abs=0.01 / abs(gap - rest) + 1e-6)


def without(tree, name):
    return {
        key: node.model_copy(update={"children": without(node.children, name)})
        for key, node in tree.items()
        if key != name
    }


@pytest.mark.parametrize("level", LEVELS)
def test_left_out_is_what_the_engine_says_without_it(periods, level):
    scored = periods[level]
    table = leave_one_out(scored)
    base = dict(zip(scored.entities.index, scored.evaluation.rank, strict=True))
    tie_break = scored.level.rank.tie_break
    compared = 0
    for line in table.itertuples():
        # without what breaks ties others would be first
        if line.node in tie_break or (line.node == "F" and "F5" in tie_break):
            continue
        found = ranks(scored, without(scored.level.tree, line.node))
        both = [name for name in base if base[name] == base[name] and found[name] == found[name]]
        moved = {name: found[name] - base[name] for name in both}
        assert line.shift == pytest.approx(np.mean([abs(each) for each in moved.values()]))
        assert line.moved == sum(each != 0 for each in moved.values())
        assert line.largest == max(abs(each) for each in moved.values())
        assert line.unranked == sum(base[name] == base[name] and found[name] != found[name] for name in base)
        if line.largest:
            assert (base[line.entity_id], found[line.entity_id]) == (line.rank, line.rank_without)
        else:
            assert line.entity_id == ""
        compared += 1
    assert compared >= 8
    assert table["shift"].is_monotonic_decreasing


def test_a_tree_of_one_has_nothing_to_leave_out_or_move(periods):
    scored = periods["unit"]
    level = scored.level.model_copy(
        update={
            "tree": {"J1": scored.level.tree["J"].children["J1"]},
            "rank": scored.level.rank.model_copy(update={"tie_break": ()}),
        }
    )
    method = scored.methodology.model_copy(update={"levels": {**scored.methodology.levels, "unit": level}})
    given = replace(scored.given, methodology=method)
    evaluation, parts = evaluate_given(given, scored.raws)
    alone = replace(scored, given=given, evaluation=evaluation, parts=parts)
    assert len(leave_one_out(alone)) == 0
    table = swaps(alone)
    assert table["needed"].isna().all()
