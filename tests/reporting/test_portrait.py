"""One entity's page: what would gain most by hand, nobody else's data, one sheet of paper.

The figures are those of the published bulletin (``data/panjin-2023``): D4 has 96.21, 94.01, 100, 100 and
weights of 20, 30, 25 and 25, so 97.445; the best of the six, D5, has 100 throughout.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from wbwz_eval import Campaign
from wbwz_eval.reporting.errors import ReportError
from wbwz_eval.reporting.portraits import open_portrait
from wbwz_eval.reporting.sections import portrait as pages
from wbwz_eval.review.improvements import improvements


def test_what_would_gain_most_is_what_the_engine_gives_then(panjin: Campaign) -> None:
    table = improvements(panjin, panjin.period("term"), "district", "D4")
    # 0.30 × (100 − 94.01) and 0.20 × (100 − 96.21)
    assert table["indicator"].tolist() == ["satisfied", "closed"]
    assert table["gain"].tolist() == pytest.approx([1.797, 0.758])
    # 97.445 + 1.797 = 99.242, level with D2 (99.199) on the third place; 98.203 stays sixth
    assert table["total"].tolist() == [99.2, 98.2]
    assert table["rank"].tolist() == [3, 6]
    assert table["best"].tolist() == [100, 100]


def test_who_is_best_everywhere_has_nothing_to_gain(panjin: Campaign) -> None:
    assert improvements(panjin, panjin.period("term"), "district", "D5").empty


def test_every_gain_of_the_sample_is_confirmed_by_scoring_again(sample: Campaign) -> None:
    table = improvements(sample, sample.period("2012-Q3"), "unit", "U05")
    assert len(table) > 10
    assert (table["gain"] > 0).all()
    assert table["gain"].is_monotonic_decreasing
    # a target overshot by a small n cannot ask for more cases than there are per cent
    assert (table["items"].dropna() >= 1).all()


def test_the_page_holds_evidence_of_its_entity_alone(sample: Campaign) -> None:
    portrait = open_portrait(str(sample.path), "2012-Q3", "unit", "internal", "U05")
    for table in (
        portrait.scores.rows,
        portrait.scores.adjustments,
        portrait.scores.changes,
        portrait.scores.quality,
    ):
        assert set(table["entity_id"]) <= {"U05"}
    assert portrait.situation is not None
    assert set(portrait.situation.rows("commitments")["entity_id"]) == {"U05"}
    said = "".join(
        page(portrait).text()
        for page in (
            pages.place_among_peers,
            pages.five_dimensions,
            pages.trend,
            pages.lost_points,
            pages.gains,
            pages.own_matters,
        )
    )
    others = set(sample.entities.loc[sample.entities["level"] == "unit", "name"]) - {
        sample.entities.loc["U05", "name"]
    }
    assert not [name for name in others if name in said]


def test_the_public_page_has_no_row_and_no_matter(sample: Campaign) -> None:
    portrait = open_portrait(str(sample.path), "2012-Q3", "unit", "public", "U05")
    assert portrait.situation is None
    assert portrait.gains.empty
    assert portrait.scores.rows.empty
    assert "回执" not in pages.lost_points(portrait).text()


def test_five_dimensions_stand_against_the_groups_median_and_best(sample: Campaign) -> None:
    portrait = open_portrait(str(sample.path), "2012-Q3", "unit", "internal", "U05")
    scores = portrait.scores.scores
    group = scores[scores["group"] == "u-road"]
    # 比境界 has a full mark of 100 in the tree, so that its score is its share
    own, ordered = group.set_index("entity_id").loc["U05", "J"], sorted(group["J"])
    assert len(ordered) == 9
    line = pages.five_dimensions(portrait).rows[0]
    expected = (own, ordered[4], ordered[-1], own - ordered[4], own - ordered[-1])
    for cell, value in zip(line[1:], expected, strict=True):
        assert abs(float(cell.text.replace("−", "-")) - value) < 0.051


@pytest.mark.parametrize(
    ("entity", "words"), [("U99", "没有被评对象"), ("P01", "P01 不是 2012-Q3 参评的事业单位")]
)
def test_an_entity_that_does_not_take_part_is_told(sample: Campaign, entity: str, words: str) -> None:
    with pytest.raises(ReportError, match=words):
        open_portrait(str(sample.path), "2012-Q3", "unit", "internal", entity)


def test_the_engine_and_the_page_read_the_same_frozen_period(panjin_copy: Path) -> None:
    assert open_portrait(str(panjin_copy), "term", "district", "internal", "D4").own["total"] == 97.4
