"""Whole campaigns scored: the published figures, and the facts that were put into the sample."""

from __future__ import annotations

import datetime as dt
import shutil

import numpy as np
import pandas as pd
import pytest
from support import take_in

from wbwz_eval import CampaignError, evaluate, open_campaign


def test_the_published_scores_come_out_to_the_decimal(panjin):
    """Panjin city's 12345 bulletin for January to April 2023 (2023-06-09); its weights are inferred."""
    published = {
        "大洼区": 99.3,
        "盘山县": 99.2,
        "兴隆台区": 99.1,
        "双台子区": 97.4,
        "高新区": 100.0,
        "辽滨经开区": 99.0,
    }
    scores = evaluate(panjin, "term", "district").scores
    assert dict(zip(scores["name"], scores["total"], strict=True)) == published
    ledger = panjin.ledger("hotline").rows.set_index("entity_id")["published_score"]
    assert (scores.set_index("entity_id")["total"] == ledger).all()
    # 100.0 > 99.3 > 99.2 > 99.1 > 99.0 > 97.4
    assert scores.set_index("name")["rank"].to_dict() == {
        "高新区": 1, "大洼区": 2, "盘山县": 3, "兴隆台区": 4, "辽滨经开区": 5, "双台子区": 6,
    }  # fmt: skip


@pytest.fixture(scope="module")
def units(sample):
    return {q: evaluate(sample, q, "unit") for q in ("2011-Q3", "2012-Q3", "2012-Q4")}


def _row(scores, entity):
    return scores.scores.set_index("entity_id").loc[entity]


def test_every_quarter_scores_all_three_levels(sample):
    for period in sample.periods("quarter"):
        for level, least in (("unit", 26), ("party_org", 40), ("member", 240)):
            table = evaluate(sample, period, level).scores
            assert len(table) >= least
            assert table["total"].notna().all()
    assert len(sample.periods("quarter")) == 6


def test_twins_tie_and_the_place_after_them_stays_free(units):
    table = units["2012-Q3"].scores
    road = table[table["group"] == "u-road"].set_index("entity_id")
    assert road.loc[["U05", "U06"], "tie"].all()
    place = road.loc["U05", "rank"]
    assert road.loc["U06", "rank"] == place
    assert sorted(road["rank"])[: int(place) + 1].count(place) == 2
    assert place + 1 not in set(road["rank"])


def test_a_veto_caps_the_grade_and_leaves_the_score(units):
    row = _row(units["2012-Q3"], "U12")
    assert (row["veto"], row["grade"]) == ("重大责任事件", "合格")
    assert row["total"] > 88
    listed = units["2012-Q3"].adjustments
    veto = listed[(listed["kind"] == "veto") & listed["counted"]]
    assert veto[["entity_id", "clause", "decided_by", "doc_no"]].to_numpy().tolist() == [
        ["U12", "责任事件认定办法第八条", "局党委", "安监〔2012〕17号"]
    ]


def test_a_veto_without_its_document_has_no_effect_and_is_told(units):
    row = _row(units["2012-Q3"], "U08")
    assert row["veto"] == ""
    quality = units["2012-Q3"].quality
    told = quality[(quality["kind"] == "否优要件不全") & (quality["entity_id"] == "U08")]
    assert told["detail"].str.contains("缺文号").all()
    assert len(told) == 1


def test_small_groups_are_shown_and_not_ranked(units):
    table = units["2012-Q3"].scores.set_index("group")
    small = table.loc["u-support"]
    assert small["rank"].isna().all()
    assert small["total"].notna().all()
    assert (small["grade"] == "").all()
    assert small["standing"].str.contains("只展示").all()
    assert table.loc["u-station", "rank"].notna().all()


def test_a_unit_in_every_grade(units):
    for quarter in ("2012-Q3", "2012-Q4"):
        assert {"优秀", "良好", "合格", "不合格"} <= set(units[quarter].scores["grade"])


def test_quotas_hold_in_every_group(sample):
    """20 % of a group, half up, may be 优秀: of 9 → 1.8 → 2, of 6 → 1.2 → 1, of 4 → 0.8 → 1, of 3 → 0.6 → 1."""
    seats = {"u-road": 2, "u-transport": 1, "u-port": 1, "u-enforce": 1, "u-station": 1}
    for period in sample.periods("quarter"):
        table = evaluate(sample, period, "unit").scores
        best = table[table["grade"] == "优秀"].groupby("group").size()
        for group, count in best.items():
            # all who tie at the last place get it
            last = table[(table["group"] == group) & (table["grade"] == "优秀")]["total"].min()
            tied = int((table.loc[table["group"] == group, "total"] == last).sum())
            assert count <= seats[group] + tied - 1


def test_what_does_not_apply_is_not_scored(units):
    nodes = units["2012-Q3"].nodes.set_index(["entity_id", "node"])
    for entity, indicator in (("U27", "F3"), ("U28", "F6"), ("U20", "F8"), ("U26", "Y4")):
        assert nodes.loc[(entity, indicator), "status"] == "not_applicable"
        assert np.isnan(nodes.loc[(entity, indicator), "points"])
    later = units["2012-Q4"].nodes.set_index(["entity_id", "node"])
    assert later.loc[("U26", "Y4"), "status"] == "scored"  # the exemption ended on 2012-09-30


def test_five_cases_are_a_small_sample(units):
    nodes = units["2012-Q3"].nodes.set_index(["entity_id", "node"])
    assert nodes.loc[("U20", "Z1"), "n"] == 5
    assert nodes.loc[("U20", "F3"), "status"] == "small_n"
    row = _row(units["2012-Q3"], "U20")
    assert row["total_low"] < row["total"] <= row["total_high"]


def test_missing_is_not_zero(units):
    nodes = units["2012-Q3"].nodes.set_index(["entity_id", "node"])
    for indicator in ("F5", "F7"):
        assert nodes.loc[("U23", indicator), "status"] == "missing"
    assert nodes.loc[("U23", "F"), "points"] > 60
    coverage = _row(units["2012-Q3"], "U23")["coverage"]
    # F5 20 % and F7 10 % of 比服务, which is 20 % of the total: 0.30 × 0.20 = 0.06
    assert coverage <= 1 - 0.06 + 1e-9


def test_a_lowered_target_counts_nothing(units):
    sides = units["2012-Q3"].nodes.set_index(["entity_id", "node"]).loc[("U03", "J7")]
    assert sides["status"] == "scored"
    rows = units["2012-Q3"].rows
    own = rows[(rows["entity_id"] == "U03") & (rows["indicator"] == "J7") & rows["counted"]]
    uplifts = own["value"].to_numpy()
    lowered = uplifts.min()
    # four targets; the lowered one counts 0 whatever its own uplift is
    assert sides["value"] == pytest.approx((uplifts.sum() - lowered) / 4 * 100, abs=1e-6)


def test_what_came_after_the_cutoff_does_not_count(sample, sample_copy):
    """An extra row reported after the cut-off changes nothing but the list of late rows."""
    before = evaluate(sample, "2012-Q3", "unit")
    new = "行号,被评对象,承诺事项,公开日期,承诺时限\nLATE-1,U01,修路,2012-07-01,2012-08-01\n"
    # the cut-off of 2012-Q3 is 2012-10-12
    take_in(sample_copy, {"commitments": new}, received_on=dt.date(2012, 10, 20))
    after = evaluate(sample_copy, "2012-Q3", "unit")
    pd.testing.assert_frame_equal(before.scores, after.scores)
    late = after.rows[(after.rows["row_id"] == "LATE-1")]
    assert late["reason"].tolist() == ["截止后报送"]
    assert not late["counted"].any()


def test_one_changed_row_changes_that_unit_alone(sample, sample_copy):
    rows = sample.ledger("surveys").rows
    mine = rows[
        (rows["entity_id"] == "U02")
        & (rows["surveyed_on"] >= "2012-09-01")
        & (rows["surveyed_on"] <= "2012-09-30")
        & (rows["status"] == "有效")
        & (rows["reported_on"] < "2012-10-12")
    ].iloc[0]
    # forty more who are not satisfied, as a correction on the day of the cut-off
    correction = f"行号,不满意\n{mine['row_id']},{int(mine['n_bad']) + 40}\n"
    take_in(sample_copy, {"surveys": correction}, received_on=dt.date(2012, 10, 12))
    dimensions = ["J", "Y", "C", "F", "Z", "total"]
    before = evaluate(sample, "2012-Q3", "unit").scores.set_index("entity_id")[dimensions]
    after = evaluate(sample_copy, "2012-Q3", "unit").scores.set_index("entity_id")[dimensions]
    changed = (before != after).any(axis=1)
    assert changed[changed].index.tolist() == ["U02"]
    assert after.loc["U02", "F"] < before.loc["U02", "F"]


@pytest.mark.parametrize(
    ("period", "level", "words"),
    [
        ("2011-Q1", "unit", ("2011-Q1",)),
        ("2012-Q5", "unit", ("2012-Q5",)),
        ("2012-Q3", "units", ("units", "unit")),
    ],
)
def test_an_unknown_period_or_level_is_told(sample, period, level, words):
    with pytest.raises(CampaignError) as caught:
        evaluate(sample, period, level)
    for word in words:
        assert word in str(caught.value)


def test_a_period_without_data_is_told(panjin_copy):
    shutil.rmtree(panjin_copy / "submissions")
    with pytest.raises(CampaignError, match="没有任何数据"):
        evaluate(panjin_copy, "term", "district")


def test_an_exemption_from_an_unknown_indicator_is_told(panjin_copy):
    (panjin_copy / "not_applicable.csv").write_text(
        "被评对象,指标,起,止,理由,批准人\nD1,closd,,,无,局\n", encoding="utf-8"
    )
    with pytest.raises(CampaignError, match=r"closd.*closed"):
        evaluate(panjin_copy, "term", "district")


def test_a_negative_score_under_a_geometric_mean_names_the_entity(panjin_copy):
    path = panjin_copy / "methodology" / "2023-inferred.yaml"
    text = path.read_text(encoding="utf-8")
    text = text.replace("    full: 100\n", "    full: 100\n    aggregation: geometric\n")
    text = text.replace(
        "rule: {type: proportional, target: 100}",
        "rule: {type: efficacy, satisfied: 100, unacceptable: 99}",
        1,
    )
    path.write_text(text, encoding="utf-8")
    # D4: 60 + 40 × (96.21 − 99) = −51.6
    with pytest.raises(CampaignError, match=r"几何.*D4"):
        evaluate(panjin_copy, "term", "district")


def test_movement_counts_places_up_as_positive(units):
    table = units["2012-Q4"].scores.set_index("entity_id")
    earlier = units["2012-Q3"].scores.set_index("entity_id")
    ranked = table["rank"].notna()
    np.testing.assert_array_equal(
        table.loc[ranked, "movement"], earlier.loc[ranked, "rank"] - table.loc[ranked, "rank"]
    )
    assert units["2011-Q3"].scores["movement"].isna().all()


def test_the_folder_can_be_moved(sample, tmp_path):
    """A campaign scores the same wherever it lies."""
    moved = tmp_path / "elsewhere" / "campaign"
    # without the cache: the ledgers come from the originals there
    shutil.copytree(sample.path, moved, ignore=shutil.ignore_patterns("results", ".cache"))
    one, other = (evaluate(folder, "2012-Q2", "unit") for folder in (sample, open_campaign(moved)))
    for name, table in one.tables().items():
        pd.testing.assert_frame_equal(table, other.tables()[name])
    assert one.header == other.header
