"""Tasks, deadlines and lists of the weekly and monthly reports, against days counted on the calendar."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support import bare_copy, take_in

from wbwz_eval.scoring.numbers import Number
from wbwz_eval.tracking.inspection import arrivals, gaps, passed_down, verified
from wbwz_eval.tracking.matters import matters, order_due, summary
from wbwz_eval.tracking.progress import bands, progress
from wbwz_eval.tracking.situation import Situation, open_situation

# 2011-W40 is 3 to 9 October: the National Day holidays are 1 to 7 October, and both Saturday the 8th
# and Sunday the 9th are working days (State Council notice for 2011).
WEEK, CAME = "2011-W40", dt.date(2011, 10, 9)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return bare_copy("wbwz-2011", tmp_path)


def situation(
    folder: Path, tables: dict[str, str], period: str = WEEK, level: str = "unit", came: dt.date = CAME
) -> Situation:
    take_in(folder, tables, received_on=came)
    return open_situation(folder, period, level)


def told(table: pd.DataFrame, *columns: str) -> list[tuple[object, ...]]:
    return [
        tuple(None if pd.isna(cell) else cell for cell in row)
        for row in table[list(columns)].itertuples(index=False)
    ]


SUPERVISED = "行号,被评对象,督办事项,来源,交办日期,首次响应日期,办结时限,办结日期\n"


def test_overdue_days_skip_the_holidays_and_count_the_days_made_up(folder: Path) -> None:
    rows = (
        "D1,U01,甲,重点工作,2011-9-20,2011-9-21,2011-9-30,\n"  # due Friday 30 Sept: 8 and 9 Oct are late
        "D2,U01,乙,重点工作,2011-9-20,2011-9-20,2011-9-28,\n"  # 29 and 30 Sept, 8 and 9 Oct
        "D3,U02,丙,重点工作,2011-9-20,,2011-10-9,\n"  # due on the last day: not late yet
        "D4,U02,丁,重点工作,2011-9-20,2011-9-26,2011-9-26,2011-9-28\n"  # done two days late
        "D5,U03,戊,重点工作,2011-9-20,2011-9-22,2011-9-26,2011-9-26\n"
        "D6,U03,己,重点工作,2011-9-20,,2011-9-30,2011-10-10\n"  # done after the week: still open in it
    )
    table = matters(situation(folder, {"supervised": SUPERVISED + rows}), "supervised")
    assert told(table, "row_id", "state", "late") == [
        ("D1", "逾期未办结", 2),
        ("D2", "逾期未办结", 4),
        ("D3", "在办", 0),
        ("D4", "逾期办结", 2),
        ("D5", "按期办结", 0),
        ("D6", "逾期未办结", 2),
    ]
    # working days from the order to the first action; 20 September 2011 was a Tuesday
    assert told(table, "waited") == [(1,), (0,), (None,), (4,), (2,), (None,)]


def test_orders_rise_with_the_days_overdue() -> None:
    steps = {"蓝": Number(1), "橙": Number(5), "红": Number(10)}
    late = pd.Series([0.0, 1.0, 4.0, 5.0, 9.0, 10.0, 300.0])
    assert order_due(late, steps).tolist() == ["", "蓝", "蓝", "橙", "橙", "红", "红"]
    assert order_due(late, {}).tolist() == [""] * 7


def test_a_case_is_due_after_its_promised_and_suspended_working_days(folder: Path) -> None:
    rows = (
        "行号,被评对象,办件编号,事项,受理日期,承诺时限,停计时,办结日期\n"
        "B1,U10,N1,年审,2011-9-28,3,,2011-10-8\n"  # 29, 30 September, 8 October
        "B2,U10,N2,年审,2011-9-28,3,,2011-10-9\n"
        "B3,U10,N3,年审,2011-9-28,3,1,2011-10-9\n"  # one day suspended: 9 October
    )
    table = matters(situation(folder, {"cases": rows}), "cases")
    assert [f"{day:%m-%d}" for day in table["due"]] == ["10-08", "10-08", "10-09"]
    assert table["state"].tolist() == ["按期办结", "逾期办结", "按期办结"]


def test_the_summary_counts_what_falls_into_the_period(folder: Path) -> None:
    rows = (
        "D1,U01,甲,重点工作,2011-9-1,,2011-9-10,\n"
        "D2,U01,乙,重点工作,2011-10-3,,2011-10-8,2011-10-8\n"
        "D3,U01,丙,重点工作,2011-9-1,,2011-10-5,2011-10-9\n"
        "D4,U01,丁,重点工作,2011-9-1,,2011-10-6,\n"
        "D5,U02,戊,重点工作,2011-9-1,,2011-12-31,\n"
    )
    line = summary(situation(folder, {"supervised": SUPERVISED + rows})).set_index("ledger").loc["supervised"]
    assert line[["opened", "due", "in_time", "late", "running", "overdue", "unverified"]].tolist() == [
        1,
        3,
        1,
        2,
        1,
        2,
        2,
    ]


TASKS = "行号,被评对象,任务编号,任务,启动日期,完成时限,前置任务\n"
REPORTS = "行号,被评对象,任务编号,周止日,计划进度,实际进度,存在问题\n"
WEEKS = ["2011-9-18", "2011-9-25", "2011-10-2", "2011-10-9"]


def reports(task: str, *pairs: tuple[float, float]) -> str:
    """Return weekly reports of a task, the last one for the week of the test."""
    days = WEEKS[len(WEEKS) - len(pairs) :]
    return "".join(
        f"{task}-{day},U01,{task},{day},{plan},{actual},\n"
        for day, (plan, actual) in zip(days, pairs, strict=True)
    )


def test_lights_follow_the_methods_bands_and_two_yellows_make_red(folder: Path) -> None:
    tables = {
        "tasks": TASKS
        + "".join(
            f"R{n},U01,T{n},任务{n},2011-9-1,2012-6-30,{'T1' if n == 2 else ''}\n" for n in range(1, 9)
        ),
        "task_reports": REPORTS
        + reports("T1", (20, 10))  # exactly ten points behind: still green
        + reports("T2", (20, 9.9))
        + reports("T3", (40, 10))  # exactly thirty behind: yellow
        + reports("T4", (40, 9.9))
        + reports("T5", (30, 15), (35, 20))  # yellow twice
        + reports("T6", (30, 15), (35, 35), (50, 39))  # yellow, green, yellow
        + reports("T7", (90, 90), (100, 100)),
    }
    found = situation(folder, tables)
    assert (bands(found).indicator, bands(found).yellow, bands(found).red) == ("Y2", -10.0, -30.0)
    table = progress(found)
    assert told(table, "task", "light", "turned") == [
        ("T1", "绿", False),
        ("T2", "黄", False),
        ("T3", "黄", False),
        ("T4", "红", False),
        ("T5", "红", True),
        ("T6", "黄", False),
        ("T7", "绿", False),
        ("T8", "未报", False),  # in the ledger, and nobody reported it
    ]
    follower = table.set_index("task").loc["T2"]
    assert (follower["follows"], follower["before"]) == ("T1", 10.0)


def test_weeks_without_progress_are_counted_and_finished_tasks_leave(folder: Path) -> None:
    tables = {
        "tasks": TASKS
        + "R1,U01,T1,甲,2011-9-1,2012-6-30,\nR2,U01,T2,乙,2011-9-1,2011-9-30,\nR9,U01,T9,丙,2011-11-1,2012-6-30,\n",
        "task_reports": REPORTS
        + reports("T1", (20, 15), (25, 15), (30, 15), (35, 15))  # last moved in the week to 18 September
        + "T2-a,U01,T2,2011-9-18,90,80,\n"  # past its deadline, and no longer reported
        + "T3-a,U01,T3,2011-9-18,100,100,\n",  # finished before this week
    }
    table = progress(situation(folder, tables))
    assert told(table, "task", "stalled", "reported", "silent") == [
        ("T1", 3, True, False),
        ("T2", 3, False, True),
    ]


def test_what_came_in_after_the_cutoff_is_not_seen(folder: Path) -> None:
    late = dt.date(2011, 10, 12)
    found = situation(folder, {"task_reports": REPORTS + reports("T1", (40, 1))}, came=late)
    assert found.campaign.cutoff(found.period) == dt.date(2011, 10, 10)
    assert progress(found).empty


def test_verification_on_site_counts_items_that_differ(folder: Path) -> None:
    rows = (
        "行号,被评对象,核查日期,是否一致\n"
        "H1,U01,2011-9-10,是\nH2,U01,2011-9-10,否\nH3,U01,2011-9-20,是\nH4,U02,2011-9-10,是\nH5,U01,2011-8-10,否\n"
    )
    table = verified(situation(folder, {"verification": rows}, "2011-09", came=dt.date(2011, 9, 30)))
    assert told(table, "entity_id", "checked", "different") == [("U01", 3, 1), ("U02", 1, 0)]
    assert table["share"].tolist() == pytest.approx([1 / 3, 0])


def test_gaps_name_each_demand_that_entries_miss(folder: Path) -> None:
    rows = (
        "行号,被评对象,任务编号,任务,启动日期,责任人,责任内容,完成时限,奖励规定,惩戒规定\n"
        "R1,U01,T1,甲,2011-9-1,王某,牵头,2012-6-30,通报,约谈\n"
        "R2,U02,T2,乙,2011-9-1,,牵头,,通报,约谈\nR3,U02,T3,丙,2011-9-1,,牵头,2012-6-30,通报,约谈\n"
    )
    found = gaps(situation(folder, {"tasks": rows}, "2011-09", came=dt.date(2011, 9, 30)))
    assert told(found, "field", "message", "rows") == [
        ("person", "四定缺责任人", 2),
        ("due_on", "四定缺完成时限", 1),
    ]
    assert found["entities"].iloc[0] == ["河西公路管理站"]


def test_tasks_are_passed_down_as_a_tree_and_orphans_are_seen(folder: Path) -> None:
    rows = (
        "行号,被评对象,任务,分解日期,承接党组织,任务编号,上级任务\n"
        "F1,P01,总,2011-9-1,党委,A,\nF2,P05,孙,2011-9-2,三支部,C,B\nF3,P05,子,2011-9-2,二支部,B,A\n"
        "F4,P06,孤,2011-9-2,,D,\nF5,P06,圈一,2011-9-2,x,E,F\nF6,P06,圈二,2011-9-2,y,F,E\nF7,P06,以后,2011-11-2,y,G,\n"
    )
    tree = passed_down(situation(folder, {"cascade": rows}, "2011-09", "party_org", dt.date(2011, 9, 30)))
    own = tree[~tree["task"].str.startswith("圈")]
    assert told(own, "task", "depth", "owned") == [
        ("总", 0, True),
        ("子", 1, True),
        ("孙", 2, True),
        ("孤", 0, False),
    ]
    assert set(tree["task"]) == {"总", "子", "孙", "孤", "圈一", "圈二"}


def test_rows_that_came_in_are_counted_for_their_period(folder: Path) -> None:
    rows = "行号,被评对象,媒体,标题,刊发日期\nX1,U01,交通网站,甲,2011-8-1\nX2,U01,交通网站,乙,2011-9-1\nX3,U02,交通网站,丙,2011-9-1\n"
    first, rest = rows.splitlines()[:2], [rows.splitlines()[0], *rows.splitlines()[2:]]
    take_in(folder, {"publicity": "\n".join(first) + "\n"}, received_on=dt.date(2011, 8, 30))
    found = situation(folder, {"publicity": "\n".join(rest) + "\n"}, "2011-09", came=dt.date(2011, 9, 28))
    assert told(arrivals(found), "ledger", "rows", "entities", "owing") == [("publicity", 2, 2, 28)]


def test_a_level_without_rows_is_told_or_empty(folder: Path) -> None:
    found = open_situation(folder, WEEK, "unit")
    assert progress(found).empty
    assert summary(found).empty
    assert np.isnan(verified(found)["share"].sum()) or verified(found).empty
