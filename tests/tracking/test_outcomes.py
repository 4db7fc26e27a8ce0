"""Benchmarks, results, contests, candidates and deeds of a period, counted by hand from a few rows."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pandas as pd
import pytest
from support import bare_copy, take_in

from wbwz_eval.tracking import achievements, deeds
from wbwz_eval.tracking.benchmarking import against_leaders, benchmarks, by_ring, funnel
from wbwz_eval.tracking.models import by_dimension, candidates
from wbwz_eval.tracking.situation import Situation, open_situation

CAME = dt.date(2012, 9, 29)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return bare_copy("wbwz-2011", tmp_path)


def situation(folder: Path, tables: dict[str, str], level: str = "unit") -> Situation:
    take_in(folder, {ledger: numbered(table) for ledger, table in tables.items()}, received_on=CAME)
    return open_situation(folder, "2012-Q3", level)


def numbered(table: str) -> str:
    """Return a table with row numbers where it has none."""
    head, *rows = table.splitlines()
    if head.startswith("行号"):
        return table
    return "\n".join([f"行号,{head}", *(f"R{at},{row}" for at, row in enumerate(rows))]) + "\n"


def told(table: pd.DataFrame, *columns: str) -> list[tuple[object, ...]]:
    return [
        tuple(None if pd.isna(cell) else cell for cell in row)
        for row in table[list(columns)].itertuples(index=False)
    ]


BENCHMARKS = (
    "行号,被评对象,标杆编号,对标指标,标杆圈层,阶段,截至日期,应达标日期,期初差距,当前差距,本单位值\n"
    "D1,U01,B1,通行,半岛,寻标,2012-03-30,2012-06-30,10,10,50\n"
    "D2,U01,B1,通行,半岛,达标,2012-06-29,2012-06-30,10,0,60\n"  # later: this is how B1 stands
    "D3,U01,B2,投诉,黄三角,对标,2012-06-29,2012-09-30,8,6,70\n"  # due, not reached; a quarter closed
    "D4,U02,B3,通行,半岛,夺标,2012-06-29,2012-12-31,4,-2,80\n"  # past the mark, not due yet
    "D5,U02,B4,投诉,黄三角,达标,2012-06-29,2012-06-30,5,6,90\n"  # told as reached with a wider gap
    "D6,U03,B5,通行,半岛,寻标,2012-10-08,2012-12-31,5,5,40\n"  # after the period
)


def test_the_funnel_counts_each_benchmark_as_last_told(folder: Path) -> None:
    found = situation(folder, {"benchmarks": BENCHMARKS})
    assert told(benchmarks(found), "benchmark_no", "stage", "closed", "due", "reached") == [
        ("B1", "达标", 1.0, True, True),
        ("B2", "对标", 0.25, True, False),
        ("B3", "夺标", 1.5, False, True),
        ("B4", "达标", -0.2, True, True),
    ]
    assert told(funnel(found), "stage", "at", "through", "share") == [
        ("寻标", 0, 4, 1.0),
        ("对标", 1, 4, 1.0),
        ("达标", 2, 3, 0.75),
        ("夺标", 1, 1, 0.25),
    ]
    # 半岛: B1 and B3, median of 1.0 and 1.5; 黄三角: B2 and B4, median of 0.25 and −0.2
    assert told(by_ring(found), "ring", "n", "due", "reached", "wider", "doubtful") == [
        ("半岛", 2, 1, 1, 0, 0),
        ("黄三角", 2, 2, 1, 1, 1),
    ]
    assert by_ring(found)["closed"].tolist() == [1.25, pytest.approx(0.025)]


def test_own_values_stand_beside_the_leaders_of_each_ring(folder: Path) -> None:
    leaders = (
        "被评对象,标杆圈层,标杆单位,对标指标,标杆值,截至日期\n"
        "U01,黄三角,甲,通行,55,2012-06-30\nU01,黄三角,甲,通行,58,2012-09-20\nU01,环渤海,乙,通行,90,2012-06-30\n"
        "U02,半岛,丙,别的,1,2012-06-30\n"
    )
    found = against_leaders(situation(folder, {"benchmarks": BENCHMARKS, "peers": leaders}))
    # U01 has 60 now: 60 − 58 (the later one), 60 − 90; U02 has no item in common
    assert told(found, "entity_id", "item", "own", "黄三角", "环渤海") == [("U01", "通行", 60.0, 2.0, -30.0)]


def test_outputs_count_once_by_document_and_only_in_force(folder: Path) -> None:
    outputs = (
        "被评对象,成果类别,成果名称,印发日期,文号,是否有效\n"
        "U01,改革方案,甲,2012-08-01,文1,是\nU02,改革方案,甲,2012-08-02,文1,是\n"  # the same document
        "U01,长效机制,乙,2012-08-03,文2,否\nU01,长效机制,丙,2012-08-04,,是\n"  # not in force; no number
        "U01,长效机制,丁,2012-06-30,文3,是\nU01,长效机制,戊,2012-09-20,文4,是\n"  # before the period
    )
    found = situation(folder, {"outputs": outputs})
    assert told(achievements.outputs(found), "entity_id", "doc_no") == [("U01", "文1"), ("U01", "文4")]
    assert achievements.innovation_counts(found) == []


def test_a_contest_has_its_first_three_with_ties(folder: Path) -> None:
    contests = "场次,被评对象,项目,比赛日期,成绩,类别\n" + "".join(
        f"C1,M00{n},比武,2012-08-10,{points},技术比武\n"
        for n, points in enumerate((90, 95, 80, 80, 70), start=1)
    )
    row = achievements.contests(situation(folder, {"contests": contests}, "member")).iloc[0]
    names = [part.split(" ")[1] for part in row["first"].split("、")]
    assert (row["n"], names) == (5, ["95", "90", "80", "80"])


def test_candidates_with_working_days_of_notice_and_earlier_election(folder: Path) -> None:
    nominations = (
        "被评对象,维度,提名日期,名额,得票,公示起,公示止,结果\n"
        "M001,比业绩,2012-06-01,1,9,2012-06-04,2012-06-08,当选\n"  # the quarter before
        "M001,比业绩,2012-08-01,1,30,2012-08-06,2012-08-10,当选\n"  # Monday to Friday
        "M002,比业绩,2012-08-01,1,31,2012-08-10,2012-08-13,当选\n"  # Friday to Monday
        "M003,比境界,2012-08-01,2,5,,,公示中\n"
    )
    table = candidates(situation(folder, {"nominations": nominations}, "member"))
    assert told(table, "entity_id", "votes", "notice_days", "before") == [
        ("M003", 5, None, 0),
        ("M002", 31, 2.0, 0),
        ("M001", 30, 5.0, 1),
    ]
    assert told(by_dimension(table), "dimension", "nominated", "quota", "elected", "in_notice", "over") == [
        ("比境界", 1, 2, 0, 1, 0),
        ("比业绩", 2, 1, 2, 0, 1),
    ]


def test_deeds_of_the_period(folder: Path) -> None:
    tables = {
        "activities": (
            "行号,被评对象,活动类型,挂接载体,计划日期,完成日期\n"
            "H1,U01,研讨,双学,2012-08-01,2012-08-02\nH2,U01,研讨,双学,2012-08-01,\nH3,U01,讲课,,2012-08-01,2012-10-08\n"
        ),
        "publicity": (
            "行号,被评对象,媒体,标题,刊发日期,重复自\n"
            "X1,U01,交通网站,甲,2012-08-01,\nX2,U02,交通网站,甲,2012-08-02,X1\nX3,U02,省级媒体,乙,2012-08-03,\n"
        ),
        "dispatches": "被评对象,调度日期,经验做法\nU01,2012-08-01,好\nU01,2012-08-09,\nU02,2012-08-09,\n",
    }
    found = situation(folder, tables)
    # H3 was done after the period
    assert told(deeds.campaigns(found), "campaign", "planned", "done") == [("双学", 2, 1), ("未挂接", 1, 0)]
    assert told(deeds.publicity(found), "channel", "n", "repeats") == [("交通网站", 1, 1), ("省级媒体", 1, 0)]
    reached, of, experience = deeds.dispatched(found)
    assert (reached, of, experience["experience"].tolist()) == (2, 28, ["好"])


def test_a_public_situation_has_no_row_of_a_ledger_without_public_columns(folder: Path) -> None:
    accounts = (
        "被评对象,事由,问责形式,后果,决定日期,责任人,管理权限\nU01,旷工,提醒,一般,2012-08-01,某甲,局党委\n"
    )
    rows = situation(folder, {"accountability": accounts}).rows("accountability")
    assert rows["person"].tolist() == ["某甲"]
    assert open_situation(folder, "2012-Q3", "unit", public=True).rows("accountability").empty


def test_a_campaign_without_these_ledgers_has_nothing_to_show(panjin) -> None:
    found = open_situation(panjin, "term", "district")
    assert funnel(found).empty
    assert by_ring(found).empty
    assert against_leaders(found).empty
    assert candidates(found).empty
    assert achievements.outputs(found).empty
    assert achievements.contests(found).empty
    assert deeds.campaigns(found).empty
