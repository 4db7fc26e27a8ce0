"""Workbooks that are handed out, filled in as people would, and taken back in."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet
from support import bare_copy, hand_in, take_in

from wbwz_eval import Campaign, open_campaign
from wbwz_eval.campaign.faults import CampaignError
from wbwz_eval.campaign.templates import Order, template

ISSUED = dt.datetime(2011, 10, 8, 8, 0, tzinfo=dt.UTC)
OCTOBER = dt.date(2011, 10, 20)
MILESTONES = (
    "行号,被评对象,类别,节点,节点时限,完成日期\n"
    "JD-1,U01,重点工作,路基完工,2011-9-20,2011-9-18\n"
    "JD-2,U01,创新项目,=cmd|' /C calc'!A0,2011-10-20,\n"
    "JD-3,U02,重点工作,别家的,2011-10-20,\n"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A campaign with three milestones, two of them still open."""
    made = bare_copy("wbwz-2011", tmp_path)
    take_in(made, {"milestones": MILESTONES}, received_on=dt.date(2011, 9, 30))
    return made


def made(
    folder: Path,
    *ledgers: str,
    sender: str = "U01",
    period: str | None = "2011-10",
    issued: dt.datetime = ISSUED,
) -> bytes:
    campaign = open_campaign(folder)
    return template(campaign, Order(ledgers, sender, campaign.period(period) if period else None, issued))


def opened(data: bytes) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(data))


def saved(book: openpyxl.Workbook) -> bytes:
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def headers(sheet: Worksheet) -> dict[str, str]:
    """Return header, without unit and star, → column letter."""
    return {cell.value.split("(")[0].rstrip("*"): cell.column_letter for cell in sheet[1] if cell.value}


def test_a_unit_gets_a_sheet_for_each_ledger_that_it_reports(folder: Path) -> None:
    book = opened(made(folder))
    codebook = open_campaign(folder).codebook.ledgers
    own = [schema.name for schema in codebook.values() if "unit" in schema.reported_by]
    assert [name for name in book.sheetnames if name not in {"填表说明", "选项"}] == own
    explained = [[cell.value for cell in row] for row in book["填表说明"].iter_rows(max_col=2)]
    assert ["报送单位", "U01 河东公路管理站"] in explained
    assert ["期", "2011-10 2011年10月"] in explained
    # three working days after 31 October 2011, a Monday
    assert ["截止日", "2011-11-03,之后收到的不计入本期"] in explained
    assert any(text and text.startswith("合成数据") for _, text in explained)


def test_headers_are_frozen_and_say_how_cells_are_filled_in(folder: Path) -> None:
    sheet = opened(made(folder, "activities"))["学习研讨活动台账"]
    assert sheet.freeze_panes == "B2"
    column = headers(sheet)
    # a unit fills in no column of the office's, and needs no column for itself
    assert not {"核实人", "核实日期", "被评对象"} & set(column)
    note = sheet[f"{column['应到人数']}1"].comment.text
    assert "整数" in note
    assert "单位: 人" in note
    assert "不小于 1" in note
    assert "必填" not in note
    assert "必填" in sheet[f"{column['活动类型']}1"].comment.text


def test_cells_take_only_what_the_field_may_hold(folder: Path) -> None:
    book = opened(made(folder, "activities", sender="P01"))
    sheet = book["学习研讨活动台账"]
    column = headers(sheet)
    rules = {
        letter: rule
        for rule in sheet.data_validations.dataValidation
        for label, letter in column.items()
        if f"{letter}2" in rule.sqref
    }
    kind = rules[column["活动类型"]]
    assert (kind.type, kind.formula1) == ("list", '"研讨,讲课,调研,参观,观摩,讨论,参训"')
    assert kind.showErrorMessage
    day = rules[column["计划日期"]]
    assert (day.type, day.formula1, day.formula2) == ("date", "DATE(1990,01,01)", "DATE(2099,12,31)")
    whole = rules[column["应到人数"]]
    assert (whole.type, whole.operator, whole.formula1) == ("whole", "between", "1")
    assert sheet[f"{column['计划日期']}2"].number_format == "yyyy-mm-dd"
    # those below a committee are too many for a cell's own rule: they stand on a hidden sheet
    entities = rules[column["被评对象"]]
    assert entities.formula1.startswith("'选项'!$A$1:")
    assert book["选项"].sheet_state == "hidden"
    listed = {cell.value for cell in book["选项"]["A"]}
    assert {"P01 公路系统党委", "P05 公路系统第一党支部"} <= listed
    assert not any(text.startswith(("U", "P19")) for text in listed)


def test_there_is_no_macro_and_the_same_order_gives_the_same_bytes(folder: Path) -> None:
    data = made(folder)
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        assert not [name for name in package.namelist() if "vba" in name.lower() or name.endswith(".bin")]
    assert made(folder) == data


def test_open_items_are_filled_in_and_formulas_stay_texts(folder: Path) -> None:
    sheet = opened(made(folder, "milestones"))["节点台账"]
    column = headers(sheet)
    assert sheet[f"{column['行号']}2"].value == "JD-2"
    title = sheet[f"{column['节点']}2"]
    assert (title.value, title.data_type) == ("=cmd|' /C calc'!A0", "s")
    assert sheet[f"{column['节点时限']}2"].value == dt.datetime(2011, 10, 20)
    # the next row is blank and has a number of its own
    assert sheet[f"{column['节点']}3"].value is None
    assert sheet[f"{column['行号']}3"].value.startswith("JD-U01-")


def test_an_item_is_open_as_of_the_cutoff_before(folder: Path) -> None:
    take_in(folder, {"milestones": "行号,被评对象,完成日期\nJD-2,U01,2011-10-19\n"}, received_on=OCTOBER)
    october, november = (
        opened(made(folder, "milestones", period=f"2011-{month}"))["节点台账"]["A2"].value
        for month in (10, 11)
    )
    assert october == "JD-2"
    assert november != "JD-2"


def test_untouched_it_says_that_there_was_nothing(folder: Path) -> None:
    receipt = hand_in(folder, {"x": made(folder)}, sender="U01", received_on=OCTOBER)[0]
    assert (receipt.status, receipt.faults, receipt.period) == ("accepted", (), "2011-10")
    assert {(section.ledger, section.new, section.changed) for section in receipt.sections} == {
        (ledger, 0, 0)
        for ledger, schema in open_campaign(folder).codebook.ledgers.items()
        if "unit" in schema.reported_by
    }


def test_filled_in_it_comes_back_as_rows(folder: Path) -> None:
    book = opened(made(folder))
    sheet = book["节点台账"]
    column = headers(sheet)
    sheet[f"{column['完成日期']}2"] = dt.date(2011, 10, 19)
    sheet[f"{column['类别']}3"] = "创新项目"
    sheet[f"{column['节点时限']}3"] = dt.date(2011, 12, 1)
    number = sheet[f"{column['行号']}3"].value
    receipt = hand_in(folder, {"x": saved(book)}, sender="U01", received_on=OCTOBER)[0]
    assert receipt.status == "accepted", receipt.faults
    counts = next(section for section in receipt.sections if section.ledger == "milestones")
    assert (counts.new, counts.changed) == (1, 1)
    rows = open_campaign(folder).ledger("milestones").rows.set_index("row_id")
    assert rows.loc["JD-2", "done_on"] == dt.datetime(2011, 10, 19)
    assert rows.loc[number, "entity_id"] == "U01"


def test_numbers_of_two_templates_never_meet(folder: Path) -> None:
    sheets = [
        opened(made(folder, "milestones", issued=ISSUED + dt.timedelta(seconds=more)))["节点台账"]
        for more in (0, 1)
    ]
    first, second = ({sheet[f"A{row}"].value for row in range(3, 60)} for sheet in sheets)
    assert len(first) == len(second) == 57
    assert not first & second


@pytest.mark.parametrize(
    ("sender", "words"), [("U99", "没有被评对象 “U99”"), ("河东公路管理站", "U01 河东公路管理站")]
)
def test_an_unknown_sender_is_told_who_is_near(sample: Campaign, sender: str, words: str) -> None:
    with pytest.raises(CampaignError, match=words):
        template(sample, Order((), sender, None, ISSUED))
