"""Checks across rows and ledgers, and who owed what: every finding points to its cell."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from support import take_in

from wbwz_eval import open_campaign
from wbwz_eval.campaign.check import check_rows
from wbwz_eval.campaign.returns import returns_of
from wbwz_eval.campaign.submit import Desk, Handing

CAMPAIGN = """\
name: 试
organiser: 某局
office: 办公室
synthetic: true
synthetic_note: 测试用
start: 2011-07-01
end: 2012-11-30
cutoff_workdays: {week: 1, month: 3, quarter: 5}
methodology: [{version: v1, effective_from: 2011-07-01}]
levels: {unit: 事业单位}
groups: {roads: {name: 公路类, level: unit}}
"""
REGISTER = "编号,名称,层级,组别\nU01,公路局,unit,roads\nU02,港航局,unit,roads\nU03,客运处,unit,roads\n"
CODEBOOK = """\
common:
  row_id: {label: 行号, type: text, required: true}
  entity_id: {label: 被评对象, type: entity, required: true}
  verified_by: {label: 核实人, type: text}
  verified_on: {label: 核实日期, type: date}
  status: {label: 状态, type: choice, allowed: [有效, 撤回], default: 有效}
  reporter: {label: 报送人, type: text}
common_checks:
  - {kind: different, fields: [reporter, verified_by], severity: error, message: 核实人就是报送人}
ledgers:
  tasks:
    name: 任务台账
    reported_by: [unit]
    every: month
    checks:
      - {kind: in_order, earlier: started_on, later: done_on, severity: error, message: 完成早于启动}
      - {kind: filled, field: due_on, message: 没有时限}
      - {kind: filled, field: reason, where: kind, values: [延期], message: 延期没有理由}
      - {kind: unique, field: evidence, others: [awards], severity: error, message: 佐证重复}
    fields:
      started_on: {label: 启动日期, type: date}
      done_on: {label: 完成日期, type: date}
      due_on: {label: 时限, type: date}
      kind: {label: 类别, type: choice, allowed: [正常, 延期]}
      reason: {label: 理由, type: text}
      evidence: {label: 佐证, type: text}
  awards:
    name: 获奖台账
    reported_by: [office]
    checks:
      - {kind: refers, field: task_no, ledger: tasks, to: row_id, message: 没有这个任务}
    fields:
      task_no: {label: 任务, type: text}
      evidence: {label: 佐证, type: text}
  targets:
    name: 目标台账
    reported_by: [office]
    checks:
      - {kind: not_lowered, field: target, by: [entity_id, item], date: set_on, message: 下调了目标}
    fields:
      item: {label: 目标项, type: text}
      target: {label: 目标值, type: number}
      set_on: {label: 确定日期, type: date}
"""
SEPTEMBER = dt.date(2011, 9, 28)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "活动"
    made.mkdir()
    for name, text in (("campaign.yaml", CAMPAIGN), ("entities.csv", REGISTER), ("ledgers.yaml", CODEBOOK)):
        (made / name).write_text(text, encoding="utf-8")
    return made


def found(folder: Path, period: str | None = None) -> list[tuple[str, ...]]:
    campaign = open_campaign(folder)
    table = check_rows(campaign, campaign.period(period) if period else None)
    columns = ["severity", "ledger", "row_id", "message", "source", "cell", "value"]
    # the receipt's number stands behind the file's name
    table = table.assign(source=table["source"].str.replace(r"\(回执 \d+\)$", "", regex=True))
    return [tuple(map(str, row)) for row in table[columns].itertuples(index=False)]


TASKS = "行号,被评对象,启动日期,完成日期,时限,类别,理由,佐证\n"


@pytest.mark.parametrize(
    ("tables", "expected"),
    [
        (
            {
                "tasks": TASKS
                + "R1,U01,2011-9-2,2011-9-1,2011-12-1,,,\nR2,U01,2011-9-2,2011-9-2,2011-12-1,,,\n"
            },
            [("error", "tasks", "R1", "完成早于启动", "tasks.csv", "D2", "2011-09-01")],
        ),
        # a day that is missing is before nothing
        ({"tasks": TASKS + "R1,U01,2011-9-2,,2011-12-1,,,\n"}, []),
        (
            {"tasks": TASKS + "R1,U01,,,,正常,,\n"},
            [("warning", "tasks", "R1", "没有时限", "tasks.csv", "E2", "")],
        ),
        (
            {
                "tasks": TASKS
                + "R1,U01,,,2011-12-1,延期,,\nR2,U01,,,2011-12-1,延期,下雨,\nR3,U01,,,2011-12-1,正常,,\n"
            },
            [("warning", "tasks", "R1", "延期没有理由", "tasks.csv", "G2", "")],
        ),
        # the same number in two ledgers: each of the rows that the check is written for is told
        (
            {
                "tasks": TASKS + "R1,U01,,,2011-12-1,,,E9\nR2,U01,,,2011-12-1,,,E8\n",
                "awards": "行号,被评对象,任务,佐证\nA1,U02,R1,E9\n",
            },
            [("error", "tasks", "R1", "佐证重复", "tasks.csv", "H2", "E9")],
        ),
        (
            {
                "tasks": TASKS + "R1,U01,,,2011-12-1,,,\n",
                "awards": "行号,被评对象,任务,佐证\nA1,U02,R1,\nA2,U02,R7,\nA3,U02,,\n",
            },
            [("warning", "awards", "A2", "没有这个任务", "awards.csv", "C3", "R7")],
        ),
        # raised in September, lowered in October, and the year after starts afresh
        (
            {
                "targets": "行号,被评对象,目标项,目标值,确定日期\n"
                "T1,U01,里程,90,2011-7-1\nT2,U01,里程,95,2011-9-1\nT3,U01,里程,92,2011-10-1\n"
                "T4,U01,里程,80,2012-1-5\nT5,U01,税费,10,2011-8-1\nT6,U02,里程,50,2011-12-1\n"
            },
            [("warning", "targets", "T3", "下调了目标", "targets.csv", "D4", "92")],
        ),
        (
            {
                "awards": "行号,被评对象,报送人,核实人\nA1,U01,王某,王某\nA2,U01,王某,李某\nA3,U01,,\n",
            },
            [("error", "awards", "A1", "核实人就是报送人", "awards.csv", "D2", "王某")],
        ),
    ],
)
def test_each_kind_of_check_points_to_its_cell(
    folder: Path, tables: dict[str, str], expected: list[tuple[str, ...]]
) -> None:
    take_in(folder, tables, received_on=SEPTEMBER)
    assert found(folder) == expected


def test_a_withdrawn_row_is_not_checked_and_a_mended_one_is_good(folder: Path) -> None:
    wrong = TASKS + "R1,U01,2011-9-2,2011-9-1,2011-12-1,,,\nR2,U01,2011-9-2,2011-9-1,2011-12-1,,,\n"
    take_in(folder, {"tasks": wrong}, received_on=SEPTEMBER)
    assert len(found(folder)) == 2
    take_in(folder, {"tasks": "行号,被评对象,状态\nR1,U01,撤回\n"}, received_on=SEPTEMBER)
    take_in(folder, {"tasks": "行号,被评对象,完成日期\nR2,U01,2011-9-5\n"}, received_on=SEPTEMBER)
    assert found(folder) == []


def test_a_breach_points_to_the_last_file_that_has_the_field(folder: Path) -> None:
    take_in(folder, {"tasks": TASKS + "R1,U01,2011-9-2,2011-9-1,2011-12-1,,,\n"}, received_on=SEPTEMBER)
    take_in(folder, {"tasks": "行号,被评对象,核实人\nR1,U01,李某\n"}, received_on=dt.date(2011, 9, 29))
    assert found(folder)[0][4:6] == ("tasks.csv", "D2")


def test_an_entity_that_is_no_longer_there_is_an_error(folder: Path) -> None:
    take_in(folder, {"tasks": TASKS + "R1,U03,,,2011-12-1,,,\n"}, received_on=SEPTEMBER)
    (folder / "entities.csv").write_text(REGISTER.replace("U03,客运处,unit,roads\n", ""), "utf-8")
    assert [(row[0], row[2], row[3]) for row in found(folder)] == [
        ("error", "R1", "被评对象不在 entities.csv 里")
    ]


def test_a_period_is_checked_on_what_came_in_for_it(folder: Path) -> None:
    late = dt.date(2011, 10, 25)
    take_in(folder, {"tasks": TASKS + "R1,U01,2011-9-2,2011-9-1,2011-12-1,,,\n"}, received_on=SEPTEMBER)
    take_in(folder, {"tasks": TASKS + "R2,U02,2011-10-2,2011-10-1,2011-12-1,,,\n"}, received_on=late)
    assert [row[2] for row in found(folder, "2011-09")] == ["R1"]
    assert [row[2] for row in found(folder, "2011-10")] == ["R2"]
    assert [row[2] for row in found(folder)] == ["R1", "R2"]


def test_who_reported_in_time_late_or_not_at_all(folder: Path) -> None:
    campaign = open_campaign(folder)
    # three working days after 31 October 2011, a Monday
    assert campaign.cutoff(campaign.period("2011-10")) == dt.date(2011, 11, 3)
    empty = "行号,启动日期,时限\n"  # a return without a row: nothing happened
    take_in(folder, {"tasks": empty}, sender="U01", received_on=dt.date(2011, 11, 3))
    take_in(
        folder, {"tasks": empty + "R2,2011-10-2,2011-12-1\n"}, sender="U02", received_on=dt.date(2011, 11, 4)
    )
    campaign = open_campaign(folder)
    table = returns_of(campaign, campaign.period("2011-10"))
    states = dict(zip(table["entity_id"], table["state"], strict=True))
    # what came a day late without saying for which month counts for November
    assert states == {"U01": "已报", "U02": "缺", "U03": "缺"}
    november = returns_of(campaign, campaign.period("2011-11"))
    assert dict(zip(november["entity_id"], november["state"], strict=True)) == {
        "U01": "缺",
        "U02": "已报",
        "U03": "缺",
    }


def test_a_file_that_says_for_which_period_it_is_can_be_late(folder: Path) -> None:
    with Desk.open(open_campaign(folder)) as desk:
        how = Handing("U02", dt.date(2011, 11, 8), period="2011-10")
        desk.take("tasks.csv", "行号,启动日期,时限\nR2,2011-10-2,2011-12-1\n".encode(), how)
    campaign = open_campaign(folder)
    table = returns_of(campaign, campaign.period("2011-10")).set_index("entity_id")
    assert table.loc["U02", "state"] == "迟报"
    assert table.loc["U02", "received_on"] == dt.datetime(2011, 11, 8)
    # the quarter's list has each month's
    quarter = returns_of(campaign, campaign.period("2011-Q4"))
    assert quarter["period"].unique().tolist() == ["2011-10", "2011-11", "2011-12"]
