"""Targets that were changed on the way: dated numbers of the method, further versions in a ledger."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict

import pytest
from support import bare_copy, take_in

from wbwz_eval import open_campaign
from wbwz_eval.review.versions.target_changes import COLUMNS, OF_METHOD, target_changes
from wbwz_eval.scoring.methodology_file import load_methodology
from wbwz_eval.scoring.rules import Deduct, ThresholdSlope

HEAD = "行号,被评对象,目标项,上年实绩,目标值,确定日期,调整理由,批准人\n"


@pytest.fixture(scope="module")
def methodology(sample):
    return load_methodology(sample.version_path("2011-v1"), sample)


def dated(*versions):
    return {
        "versions": [
            {
                "from": dt.date.fromisoformat(day),
                "value": value,
                "reason": f"理由{at}",
                "approver": "工作小组",
            }
            for at, (day, value) in enumerate(versions)
        ]
    }


def only(methodology, code, rule, direction="up"):
    """Return the method with no indicator but one, under another rule."""
    indicator = methodology.indicators[code].model_copy(update={"rule": rule, "direction": direction})
    return methodology.model_copy(update={"indicators": {code: indicator}})


def slope(*versions):
    return ThresholdSlope.model_validate(
        {"type": "threshold_slope", "threshold": dated(*versions), "minus": 1}
    )


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """A campaign into which nothing came in."""
    return open_campaign(bare_copy("wbwz-2011", tmp_path_factory.mktemp("bare")))


@pytest.mark.parametrize(
    ("direction", "lowered"),
    # more is better: 90 → 80 is easier, 80 → 85 harder; less is better: the other way round
    [("up", [True, False]), ("down", [False, True])],
)
def test_a_threshold_of_the_method_is_lowered_when_it_is_easier_to_reach(
    bare, methodology, direction, lowered
):
    method = only(
        methodology,
        "F1",
        slope(("2011-07-01", 90), ("2012-03-01", 80), ("2012-06-15", 85)),
        direction,
    )
    table = target_changes(bare, method, bare.period("2012-Q3"))
    assert tuple(table) == COLUMNS
    assert table[["source", "item", "old", "new", "reason", "approver"]].to_numpy().tolist() == [
        [OF_METHOD, "F1 承诺事项按期兑现率：门槛", 90.0, 80.0, "理由1", "工作小组"],
        [OF_METHOD, "F1 承诺事项按期兑现率：门槛", 80.0, 85.0, "理由2", "工作小组"],
    ]
    assert [str(day.date()) for day in table["changed_on"]] == ["2012-03-01", "2012-06-15"]
    assert table["lowered"].tolist() == lowered


def test_up_to_the_last_day_of_the_period(bare, methodology):
    method = only(methodology, "F1", slope(("2011-07-01", 90), ("2012-06-30", 80), ("2012-07-01", 70)))
    assert target_changes(bare, method, bare.period("2012-Q2"))["new"].tolist() == [80.0]
    assert target_changes(bare, method, bare.period("2012-Q1")).empty
    assert target_changes(bare, method, bare.period("2012-Q3"))["new"].tolist() == [80.0, 70.0]


def test_a_target_for_the_new_year_and_a_mere_confirmation_are_no_change(bare, methodology):
    method = only(methodology, "F1", slope(("2011-07-01", 90), ("2012-01-01", 80), ("2012-04-01", 80)))
    assert target_changes(bare, method, bare.period("2012-Q3")).empty


def test_points_are_no_target(bare, methodology):
    """How much is taken off for each may change too; it is not how good is good enough."""
    rule = Deduct.model_validate({"type": "deduct", "per": dated(("2011-07-01", 2), ("2012-03-01", 1))})
    assert target_changes(bare, only(methodology, "F1", rule, "down"), bare.period("2012-Q3")).empty


def test_the_sample_by_a_plain_loop_over_its_rows(sample, methodology):
    period = sample.period("2012-Q3")
    table = target_changes(sample, methodology, period)
    ledger = sample.ledger_for("targets", period).rows
    own = defaultdict(list)
    for row in ledger.to_dict("records"):
        if row["status"] == "有效" and row["reported_on"] <= dt.datetime(2012, 10, 12):
            own[row["entity_id"], row["item"], row["set_on"].year].append((row["set_on"], row["target"]))
    steps = {
        (entity, item, day.date(), before, after)
        for (entity, item, _), versions in own.items()
        for (_, before), (day, after) in zip(sorted(versions), sorted(versions)[1:], strict=False)
        if after != before
    }
    assert len(steps) == 25
    assert {
        (row["entity_id"], row["item"], row["changed_on"].date(), row["old"], row["new"])
        for row in table.to_dict("records")
    } == steps
    assert table["lowered"].sum() == sum(after < before for *_, before, after in steps) == 1
    # planted by the generator of the sample, see its README
    (lowered,) = table[table["lowered"]].to_dict("records")
    assert (lowered["entity_id"], lowered["name"], lowered["old"], lowered["new"]) == (
        *("U03", "城南公路养护中心"),
        *(361.8, 325.6),
    )
    assert (lowered["reason"], lowered["approver"]) == ("上级资金未到位,年中下调", "工作小组")
    assert table["source"].unique().tolist() == ["目标版本台账"]
    # F3's threshold rose from 90 to 95 on New Year's Day
    assert not (table["source"] == OF_METHOD).any()


def taken(tmp_path, rows, *more, received="2012-06-20"):
    folder = bare_copy("wbwz-2011", tmp_path)
    take_in(folder, {"targets": HEAD + rows}, received_on=dt.date.fromisoformat(received))
    for table in more:
        take_in(folder, {"targets": table}, received_on=dt.date(2012, 6, 25))
    campaign = open_campaign(folder)
    method = load_methodology(campaign.version_path("2011-v1"), campaign)
    return target_changes(campaign, method, campaign.period("2012-Q2"))


def test_in_a_ledger_the_year_begins_anew(tmp_path):
    table = taken(
        tmp_path,
        "MB1,U01,里程,80,100,2011-08-01,,\n"
        "MB2,U01,里程,80,90,2012-01-10,,\n"  # the first of the year
        "MB3,U01,里程,80,95,2012-03-01,加压,工作小组\n"
        "MB4,U01,里程,80,95,2012-04-01,重申,工作小组\n"  # the same again
        "MB5,U01,里程,80,70,2012-05-01,,\n"
        "MB6,U01,客运,10,20,2012-05-01,,\n"
        "MB7,U02,里程,10,60,2012-05-01,,\n",
    )
    assert table[
        ["entity_id", "item", "old", "new", "lowered", "reason", "approver"]
    ].to_numpy().tolist() == [
        ["U01", "里程", 90.0, 95.0, False, "加压", "工作小组"],
        ["U01", "里程", 95.0, 70.0, True, "", ""],
    ]


def test_a_withdrawn_row_never_was(tmp_path):
    rows = "MB1,U01,里程,80,100,2012-01-10,,\nMB2,U01,里程,80,90,2012-03-01,,\nMB3,U01,里程,80,110,2012-05-01,,\n"
    assert taken(tmp_path / "a", rows)[["old", "new"]].to_numpy().tolist() == [[100, 90], [90, 110]]
    table = taken(tmp_path / "b", rows, "行号,被评对象,状态\nMB2,U01,撤回\n")
    assert table[["old", "new", "lowered"]].to_numpy().tolist() == [[100, 110, False]]


def test_what_came_in_after_the_cut_off_is_not_known(tmp_path):
    rows = "MB1,U01,里程,80,100,2012-01-10,,\nMB2,U01,里程,80,90,2012-03-01,,\n"
    # the second quarter is cut off on 6 July 2012, five working days after its end
    assert len(taken(tmp_path / "a", rows, received="2012-07-06")) == 1
    assert taken(tmp_path / "b", rows, received="2012-07-09").empty


def test_a_ledger_that_does_not_check_it_has_no_targets(panjin):
    period = panjin.period("term")
    method = load_methodology(panjin.methodology_path(period), panjin)
    assert target_changes(panjin, method, period).empty
