"""A number that was changed in the year must say why and by whom: the check ``accounted`` of a codebook."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from support import hand_in, take_in

from wbwz_eval import open_campaign
from wbwz_eval.campaign.check import check_rows
from wbwz_eval.campaign.faults import CampaignError

CAMPAIGN = """\
name: 试
organiser: 某局
office: 办公室
synthetic: true
synthetic_note: 测试用
start: 2011-07-01
end: 2012-11-30
cutoff_workdays: {quarter: 5}
methodology: [{version: v1, effective_from: 2011-07-01}]
levels: {unit: 事业单位}
groups: {roads: {name: 公路类, level: unit}}
"""
REGISTER = "编号,名称,层级,组别\nU01,公路局,unit,roads\nU02,港航局,unit,roads\n"
CODEBOOK = """\
common:
  row_id: {label: 行号, type: text, required: true}
  entity_id: {label: 被评对象, type: entity, required: true}
  verified_by: {label: 核实人, type: text}
  verified_on: {label: 核实日期, type: date}
  status: {label: 状态, type: choice, allowed: [有效, 撤回], default: 有效}
ledgers:
  targets:
    name: 目标台账
    reported_by: [office]
    checks:
      - {kind: accounted, field: target, by: [entity_id, item], date: set_on, needs: [reason, approver], severity: error, message: 没有理由或批准人}
    fields:
      item: {label: 目标项, type: text}
      target: {label: 目标值, type: number}
      set_on: {label: 确定日期, type: date}
      reason: {label: 理由, type: text}
      approver: {label: 批准人, type: text}
"""
HEAD = "行号,被评对象,目标项,目标值,确定日期,理由,批准人\n"
DAY = dt.date(2012, 6, 28)


def found(folder: Path) -> list[tuple[str, ...]]:
    """Return severity, ledger, row, message, file, cell and value of each breach."""
    table = check_rows(open_campaign(folder))
    # the receipt's number stands behind the file's name
    table = table.assign(source=table["source"].str.replace(r"\(.*$", "", regex=True))
    columns = ["severity", "ledger", "row_id", "message", "source", "cell", "value"]
    return [tuple(map(str, row)) for row in table[columns].itertuples(index=False)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "活动"
    made.mkdir()
    for name, text in (("campaign.yaml", CAMPAIGN), ("entities.csv", REGISTER), ("ledgers.yaml", CODEBOOK)):
        (made / name).write_text(text, encoding="utf-8")
    return made


@pytest.mark.parametrize(
    ("rows", "wrong"),
    [
        # raised and lowered alike need a reason
        ("T1,U01,里程,90,2011-7-1,,\nT2,U01,里程,95,2011-9-1,,\n", ["T2"]),
        ("T1,U01,里程,90,2011-7-1,,\nT2,U01,里程,85,2011-9-1,,\n", ["T2"]),
        ("T1,U01,里程,90,2011-7-1,,\nT2,U01,里程,95,2011-9-1,加压,\n", ["T2"]),
        ("T1,U01,里程,90,2011-7-1,,\nT2,U01,里程,95,2011-9-1,,局长\n", ["T2"]),
        ("T1,U01,里程,90,2011-7-1,,\nT2,U01,里程,95,2011-9-1,加压,局长\n", []),
        # the first of a year, the same again, another item, another one's
        ("T1,U01,里程,90,2011-7-1,,\nT2,U01,里程,95,2012-1-5,,\n", []),
        ("T1,U01,里程,90,2011-7-1,,\nT2,U01,里程,90,2011-9-1,,\n", []),
        ("T1,U01,里程,90,2011-7-1,,\nT2,U01,税费,95,2011-9-1,,\nT3,U02,里程,80,2011-9-1,,\n", []),
        # by the days on which they were set, not by the order of the rows
        ("T2,U01,里程,95,2011-9-1,,\nT1,U01,里程,90,2011-7-1,,\n", ["T2"]),
        # back to what it was is a change again; each is measured against the one before it
        (
            "T1,U01,里程,90,2011-7-1,,\nT2,U01,里程,95,2011-9-1,加压,局长\nT3,U01,里程,90,2011-10-1,,\n",
            ["T3"],
        ),
        (
            "T1,U01,里程,90,2011-7-1,,\nT2,U01,里程,95,2011-9-1,,\nT3,U01,里程,95,2011-10-1,,\n",
            ["T2"],
        ),
        # a version without a number changes nothing by itself
        ("T1,U01,里程,90,2011-7-1,,\nT2,U01,里程,,2011-9-1,加压,局长\n", []),
    ],
)
def test_a_change_within_the_year_says_why(folder: Path, rows: str, wrong: list[str]) -> None:
    take_in(folder, {"targets": HEAD + rows}, received_on=DAY)
    assert [row[2] for row in found(folder)] == wrong


def test_the_breach_points_to_the_cell_that_is_empty(folder: Path) -> None:
    rows = "T1,U01,里程,90,2011-7-1,,\nT2,U01,里程,95,2011-9-1,,局长\n"
    take_in(folder, {"targets": HEAD + rows}, received_on=DAY)
    # 理由 is the sixth column, T2 the third line of the file
    assert found(folder) == [("error", "targets", "T2", "没有理由或批准人", "targets.csv", "F3", "")]


def test_the_second_thing_needed_is_pointed_to_where_only_it_is_empty(folder: Path) -> None:
    rows = "T1,U01,里程,90,2011-7-1,,\nT2,U01,里程,95,2011-9-1,加压,\n"
    take_in(folder, {"targets": HEAD + rows}, received_on=DAY)
    assert found(folder) == [("error", "targets", "T2", "没有理由或批准人", "targets.csv", "G3", "")]


def test_a_withdrawn_version_is_not_what_the_next_is_measured_against(folder: Path) -> None:
    rows = "T1,U01,里程,90,2011-7-1,,\nT2,U01,里程,95,2011-9-1,加压,局长\nT3,U01,里程,90,2011-10-1,,\n"
    take_in(folder, {"targets": HEAD + rows}, received_on=DAY)
    assert [row[2] for row in found(folder)] == ["T3"]
    take_in(folder, {"targets": "行号,被评对象,状态\nT2,U01,撤回\n"}, received_on=DAY)
    assert found(folder) == []


def test_a_field_that_the_ledger_does_not_have_is_refused(folder: Path) -> None:
    path = folder / "ledgers.yaml"
    path.write_text(CODEBOOK.replace("needs: [reason, approver]", "needs: [reason, aprover]"), "utf-8")
    with pytest.raises(CampaignError, match="aprover"):
        open_campaign(folder)
    path.write_text(CODEBOOK.replace("needs: [reason, approver]", "needs: []"), "utf-8")
    with pytest.raises(CampaignError, match="needs"):
        open_campaign(folder)


def test_rows_are_taken_in_and_told_by_the_check_not_by_the_desk(folder: Path) -> None:
    """What only stands together with other rows cannot be refused at the desk."""
    receipts = hand_in(
        folder,
        {"targets": HEAD + "T1,U01,里程,90,2011-7-1,,\nT2,U01,里程,95,2011-9-1,,\n"},
        received_on=DAY,
    )
    assert [receipt.status for receipt in receipts] == ["accepted"]
    assert len(found(folder)) == 1


def test_the_sample_accounts_for_all_its_changes(sample) -> None:
    (check,) = [each for each in sample.codebook.ledgers["targets"].checks if each.kind == "accounted"]
    assert check.needs == ("reason", "approver")
    assert check.severity == "error"
