"""The children of a node: names, shares of full marks, and weights put back into the file."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from made_periods import TWO_DIMENSIONS, scored_of

from wbwz_eval.campaign.faults import CampaignError
from wbwz_eval.review.weighting.siblings import children_of, sibling_names, sibling_scores, weight_changes
from wbwz_eval.scoring.methodology_file import changed_methodology, load_methodology


@pytest.fixture(scope="module")
def methodology(sample):
    return load_methodology(sample.version_path("2011-v1"), sample)


@pytest.fixture(scope="module")
def by_points(panjin):
    return load_methodology(panjin.version_path("2023-inferred"), panjin)


def test_the_children_of_the_top_of_a_dimension_and_deeper(methodology):
    assert sibling_names(methodology, "unit") == {
        "J": "比境界",
        "Y": "比业绩",
        "C": "比创新",
        "F": "比服务",
        "Z": "比作风",
    }
    assert sibling_names(methodology, "member", "F") == {
        "F1": "承诺事项按期兑现率",
        "F2": "领导点评整改销号率",
        "F7": "走访解决率",
    }
    # party organisations have a node between dimension and indicator
    assert list(sibling_names(methodology, "party_org", "F")) == ["F1", "F2", "F5", "F7p"]
    assert sibling_names(methodology, "party_org", "F")["F7p"] == "走访与互助"
    assert list(children_of(methodology, "party_org", "F7p")) == ["F7", "F7h"]


@pytest.mark.parametrize(
    ("level", "node", "said"),
    [
        ("units", "", "没有层级 “units”；可用的: unit"),
        ("unit", "FF", "unit 没有节点 “FF”；应为 .*F"),
        ("unit", "F1", "F1 的下级少于两个，没有权重可定"),
        # the members' dimension C has one indicator
        ("member", "C", "C 的下级少于两个，没有权重可定"),
    ],
)
def test_what_has_no_weights_to_find_is_told(methodology, level, node, said):
    with pytest.raises(CampaignError, match=said):
        children_of(methodology, level, node)


def test_scores_are_shares_of_full_marks(panjin):
    values = {
        "closed": [50.0, 100.0],
        "satisfied": [100.0, 0.0],
        "callback": [20.0, 40.0],
        "feedback": [np.nan, 100.0],
    }
    # by the small campaign's own tree: 20, 30, 25 and 25 points
    flat = sibling_scores(scored_of(panjin, values))
    assert flat["closed"].tolist() == [0.5, 1.0]
    assert flat["callback"].tolist() == [0.2, 0.4]
    assert np.isnan(flat.loc["E0000", "feedback"])
    deep = scored_of(panjin, values, TWO_DIMENSIONS)
    # A: 0.4 × 50 + 0.6 × 100 = 80 and 40; B: 20 alone, and (40 + 100) / 2
    assert sibling_scores(deep)["A"].tolist() == pytest.approx([0.8, 0.4])
    assert sibling_scores(deep)["B"].tolist() == pytest.approx([0.2, 0.7])
    assert sibling_scores(deep, "A").columns.tolist() == ["closed", "satisfied"]


def test_weights_are_put_on_the_scale_of_the_file(methodology):
    changes = weight_changes(methodology, "unit", pd.Series({"J": 1, "Y": 2, "C": 3, "F": 2, "Z": 2}))
    assert changes == {
        # J stays at 10
        "levels.unit.tree.Y.weight": 20,
        "levels.unit.tree.C.weight": 30,
        # F stays at 20
        "levels.unit.tree.Z.weight": 20,
    }
    # a leaf stands in short form
    assert weight_changes(methodology, "member", pd.Series({"F1": 1, "F2": 1, "F7": 2})) == {
        "levels.member.tree.F.children.F1": 25,
        "levels.member.tree.F.children.F2": 25,
        "levels.member.tree.F.children.F7": 50,
    }


def test_where_the_file_gives_points_the_sum_is_theirs(by_points):
    changes = weight_changes(
        by_points, "district", pd.Series({"closed": 4, "satisfied": 3, "callback": 2, "feedback": 1})
    )
    assert changes == {
        "levels.district.tree.closed.points": 40,
        "levels.district.tree.callback.points": 20,
        "levels.district.tree.feedback.points": 10,
    }


def test_what_rounding_leaves_goes_where_most_was_cut_off(methodology):
    # thirds: 33.33 each, and the hundredth that is left to the first of equals
    found = weight_changes(methodology, "member", pd.Series({"F1": 1, "F2": 1, "F7": 1}))
    assert list(found.values()) == [33.34, 33.33, 33.33]
    # 100/7 = 14.2857, 200/7 = 28.5714, 400/7 = 57.1428: 0.57, 0.14 and 0.28 of a hundredth are cut off
    found = weight_changes(methodology, "member", pd.Series({"F1": 1.0, "F2": 2.0, "F7": 4.0}))
    assert list(found.values()) == [14.29, 28.57, 57.14]


@pytest.mark.parametrize("seed", range(5))
def test_the_file_takes_the_changes(sample, methodology, seed):
    drawn = pd.Series(np.random.default_rng(seed).dirichlet(np.ones(5)), index=list("JYCFZ"))
    new = changed_methodology(
        sample.version_path("2011-v1"), sample, weight_changes(methodology, "unit", drawn)
    )
    weights = {name: float(node.share) for name, node in new.levels["unit"].tree.items()}
    # the file is checked: the sum is still 100
    assert sum(weights.values()) == pytest.approx(100, abs=1e-9)
    for name, weight in weights.items():
        assert weight == pytest.approx(100 * drawn[name], abs=0.01)
