"""The codebook and every mistake in it; and what a small submission becomes in a ledger."""

from __future__ import annotations

import datetime as dt
import io
import shutil
import time
from typing import TYPE_CHECKING

import numpy as np
import openpyxl
import pandas as pd
import pytest
from support import hand_in, take_in, told

from wbwz_eval import open_campaign
from wbwz_eval.campaign.faults import CampaignError, Fault
from wbwz_eval.campaign.ledgers import ADDED, Ledger, load_codebook

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from wbwz_eval.campaign.receipts import Receipt

CAMPAIGN = """\
name: 主题实践活动
organiser: 某局
office: 活动办公室
synthetic: true
synthetic_note: 测试用
start: 2011-07-01
end: 2012-11-30
cutoff_workdays: {month: 3}
methodology: [{version: v1, effective_from: 2011-07-01}]
levels: {unit: 事业单位}
groups: {roads: {name: 公路类, level: unit}}
"""
REGISTER = "编号,名称,层级,组别\nU01,公路局,unit,roads\nU02,港航局,unit,roads\n"
COMMON = """\
common:
  row_id: {label: 行号, type: text, required: true}
  entity_id: {label: 被评对象, type: entity, required: true}
  verified_by: {label: 核实人, type: text}
  verified_on: {label: 核实日期, type: date}
  status: {label: 状态, type: choice, allowed: [有效, 撤回], required: true, default: 有效}
"""
LEDGERS = """\
ledgers:
  commitments:
    name: 公开承诺和落实情况台账
    fields:
      due_on: {label: 承诺时限, type: date, required: true, disclosure: public}
      share: {label: 完成比例, type: number, unit: "%", minimum: 0, maximum: 100}
      people: {label: 人数, type: integer}
      public: {label: 是否公开, type: flag}
      helper_id: {label: 协办单位, type: entity}
"""
KEYED = (
    LEDGERS
    + """\
  visits:
    name: 走访台账
    key: [entity_id, visited_on, round]
    fields:
      visited_on: {label: 走访日期, type: date, required: true}
      round: {label: 轮次, type: integer}
      seen: {label: 见闻, type: text}
"""
)
HEADER = "行号,被评对象,承诺时限,完成比例,人数,是否公开,协办单位,状态\n"
DAY = dt.date(2011, 9, 30)


def write_codebook(tmp_path: Path, text: str = COMMON + LEDGERS) -> Path:
    path = tmp_path / "ledgers.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A campaign of two ledgers and two units, to which nothing has come in."""
    write_codebook(tmp_path, COMMON + KEYED)
    (tmp_path / "campaign.yaml").write_text(CAMPAIGN, encoding="utf-8")
    (tmp_path / "entities.csv").write_text(REGISTER, encoding="utf-8")
    return tmp_path


def load(folder: Path, table: str | bytes, ledger: str = "commitments", **how: object) -> Ledger:
    """Return the ledger after a good table has come in: the same from the cache and the originals."""
    take_in(folder, {ledger: table}, **how)
    taken = open_campaign(folder).ledger(ledger)
    shutil.rmtree(folder / ".cache")
    pd.testing.assert_frame_equal(open_campaign(folder).ledger(ledger).rows, taken.rows)
    return taken


def refused(folder: Path, table: str | bytes, ledger: str = "commitments", **how: object) -> list[str]:
    """Return the faults of a table that does not come in."""
    receipts = hand_in(folder, {ledger: table}, **how)
    assert [receipt.status for receipt in receipts] == ["refused"]
    assert len(open_campaign(folder).ledger(ledger).rows) == 0
    return told(receipts)


def last(folder: Path) -> Receipt:
    return open_campaign(folder).inbox.read()[-1].receipt


def workbook(**sheets: Sequence[Sequence[object]]) -> tuple[openpyxl.Workbook, dict[str, object]]:
    book = openpyxl.Workbook()
    book.remove(book.active)
    made = {}
    for name, rows in sheets.items():
        made[name] = book.create_sheet(name)
        for row in rows:
            made[name].append(list(row))
    return book, made


def data_of(book: openpyxl.Workbook) -> bytes:
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


# --- the codebook


def test_a_schema_has_the_common_fields_before_its_own(tmp_path: Path) -> None:
    schema = load_codebook(write_codebook(tmp_path)).ledgers["commitments"]
    assert schema.name == "公开承诺和落实情况台账"
    assert list(schema.fields) == [
        "row_id", "entity_id", "verified_by", "verified_on", "status",
        "due_on", "share", "people", "public", "helper_id",
    ]  # fmt: skip
    assert schema.fields["due_on"].disclosure == "public"
    # What nobody declared public is not.
    assert schema.fields["share"].disclosure == "internal"
    assert schema.fields["status"].default == "有效"


def test_every_mistake_of_a_codebook_is_told_at_once(tmp_path: Path) -> None:
    text = (
        "common:\n"
        "  row_id: {label: 行号, type: text}\n"
        "  entity_id: {label: 被评对象, type: text, required: true}\n"
        "  status: {label: 状态, type: choice, allowed: [有效, 撤回]}\n"
        "  verified_by: {label: 核实人, type: text}\n"
        "ledgers:\n"
        "  visits:\n"
        "    name: 走访台账\n"
        "    fields:\n"
        "      status: {label: 进展, type: text}\n"
        "      who: {label: 核实人, type: text}\n"
        "      when: {label: 走访日期, type: date}\n"
        "      again: {label: 走访日期, type: date}\n"
    )
    with pytest.raises(CampaignError) as caught:
        load_codebook(write_codebook(tmp_path, text))
    fields = "ledgers.visits.fields"
    assert [str(fault) for fault in caught.value.faults] == [
        "ledgers.yaml 第 2 行 “common.row_id”: 不能空着;应为 required: true",
        "ledgers.yaml 第 3 行 “common.entity_id”: type 是 text;应为 entity",
        "ledgers.yaml 第 1 行 “common”: 缺少字段 “verified_on”,每张台账都要有;应为 type: date",
        f"ledgers.yaml 第 10 行 “{fields}.status”: 列名 “status” 与字段 “status” 的相同",
        f"ledgers.yaml 第 11 行 “{fields}.who”: 列名 “核实人” 与字段 “verified_by” 的相同",
        f"ledgers.yaml 第 13 行 “{fields}.again”: 列名 “走访日期” 与字段 “when” 的相同",
    ]


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("{label: 等级, type: choice}", "choice(选项)必须写 allowed"),
        ("{label: 等级, type: text, allowed: [甲]}", "其他类型不能写"),
        ("{label: 等级, type: choice, allowed: [甲, 甲]}", "重复"),
        (
            "{label: 等级, type: choice, allowed: [甲], default: 乙}",
            "default “乙” 不在可填的值之内",
        ),
        ("{label: 日期, type: date, minimum: 1}", "只有 number 和 integer"),
        ("{label: 比例, type: number, minimum: 5, maximum: 1}", "minimum 大于 maximum"),
        ("{label: 比例, type: number, minimum: 5, default: 1}", "default “1” 太小;应为 不小于 5"),
        ("{label: 比例, type: number, minimum: true}", "不是数字"),
        ("{label: 比例, type: numbre}", "应为 number"),
        ("{label: 比例, type: number, requird: true}", "应为 required"),
        ("{label: 比例, type: number, required: 是}", "true 或 false"),
        ("{label: '', type: number}", "太短"),
    ],
)
def test_a_field_that_does_not_fit_together_is_refused(tmp_path: Path, field: str, words: str) -> None:
    with pytest.raises(CampaignError) as caught:
        load_codebook(write_codebook(tmp_path, f"{COMMON}{LEDGERS}      extra: {field}\n"))
    (fault,) = caught.value.faults
    # 6 lines of common fields and 9 of the ledger stand before.
    assert fault.line == 16
    assert words in str(fault)


@pytest.mark.parametrize(
    "code", ["Extra", "承诺", "1st", "reported_on", "receipt", "source", "source_row", "a-b"]
)
def test_a_code_that_cannot_name_a_column_is_refused(tmp_path: Path, code: str) -> None:
    with pytest.raises(CampaignError, match=f"第 16 行 .*代码 “{code}” 不能用"):
        load_codebook(
            write_codebook(tmp_path, f"{COMMON}{LEDGERS}      {code}: {{label: 又一列, type: text}}\n")
        )


# --- rows


def test_rows_come_typed_with_the_place_where_they_stand(folder: Path) -> None:
    ledger = load(
        folder,
        f"{HEADER}K1,U01,2011/9/3,95.5,12,√,港航局,\n\nK2, U02\u3000,2011年12月31日,,—,,,撤回\n".encode(),
        received_on=DAY,
    )
    rows = ledger.rows
    assert ledger.id == "commitments"
    assert rows.columns.tolist() == [*ledger.schema.fields, *ADDED]
    assert rows["due_on"].tolist() == [pd.Timestamp("2011-09-03"), pd.Timestamp("2011-12-31")]
    assert rows["share"].tolist()[0] == 95.5
    assert np.isnan(rows["share"].tolist()[1])
    np.testing.assert_array_equal(rows["people"], [12, np.nan])
    assert rows["entity_id"].tolist() == ["U01", "U02"]
    assert rows["helper_id"].tolist() == ["U02", ""]
    assert rows["public"].tolist() == ["是", ""]
    # An empty status means the default, and a column that the file does not have is empty.
    assert rows["status"].tolist() == ["有效", "撤回"]
    assert rows["verified_by"].tolist() == ["", ""]
    assert rows["verified_on"].isna().all()
    # What the receipt says: the day, its number, and where each row stands; the blank third row of
    # the sheet is passed over and counted.
    assert rows["reported_on"].tolist() == [pd.Timestamp("2011-09-30")] * 2
    assert rows["receipt"].tolist() == [1, 1]
    assert rows["source"].tolist() == ["commitments.csv(回执 1)"] * 2
    assert rows["source_row"].tolist() == [2, 4]
    types = {name: str(dtype) for name, dtype in rows.dtypes.items()}
    dates = ("reported_on", "verified_on", "due_on")
    assert [types[date] for date in dates] == ["datetime64[s]"] * 3
    numbers = ("share", "people", "source_row", "receipt")
    assert [types[number] for number in numbers] == ["float64", "float64", "int64", "int64"]
    texts = {"row_id", "entity_id", "verified_by", "status", "public", "helper_id", "source"}
    assert {name for name, dtype in types.items() if dtype == "object"} == texts


def test_the_default_stands_where_no_file_ever_had_the_column(folder: Path) -> None:
    assert load(folder, "行号,被评对象,承诺时限\nK1,U01,2011-12-31\n").rows["status"].tolist() == ["有效"]


def test_codes_may_head_columns_and_office_software_may_leave_its_marks(folder: Path) -> None:
    # A byte order mark, Windows line ends, empty columns and rows at the end, a line break
    # within a cell.
    text = (
        "\ufeffrow_id,entity_id,due_on,,\r\nK1,U01,2011-12-31,,\r\n"
        '"K\r\n2",U01,2011-12-31,,\r\n,,,,,\r\nK3,U02,2011-12-31,,\r\n'
    )
    rows = load(folder, text.encode()).rows
    assert rows["row_id"].tolist() == ["K1", "K\r\n2", "K3"]
    assert rows["source_row"].tolist() == [2, 3, 5]


def test_a_ledger_with_a_header_only_has_no_rows_and_all_columns(folder: Path) -> None:
    ledger = load(folder, HEADER)
    assert len(ledger.rows) == 0
    assert ledger.rows.columns.tolist() == [*ledger.schema.fields, *ADDED]
    assert str(ledger.rows["due_on"].dtype) == "datetime64[s]"
    assert str(ledger.rows["share"].dtype) == "float64"


def test_several_submissions_are_read_in_the_order_in_which_they_came(folder: Path) -> None:
    for number, part in enumerate("bdac", start=1):
        table = f"{HEADER}K{part},U01,2011-12-31,,,,,\n"
        take_in(folder, {"commitments": table}, received_on=dt.date(2011, 9, 30 - number))
    # The days go backwards: what came in last was registered last.
    rows = open_campaign(folder).ledger("commitments").rows
    assert rows["row_id"].tolist() == ["Kb", "Kd", "Ka", "Kc"]
    assert rows["receipt"].tolist() == [1, 2, 3, 4]
    assert rows["reported_on"].dt.day.tolist() == [29, 28, 27, 26]
    assert rows.index.tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_encodings_of_office_software_are_told_apart(folder: Path, encoding: str) -> None:
    rows = load(folder, f"{HEADER}承1,公路局,2011-12-31,,,是,,\n".encode(encoding)).rows
    assert rows[["row_id", "entity_id", "public"]].to_numpy().tolist() == [["承1", "U01", "是"]]


@pytest.mark.parametrize("separator", ["\t", ";"])
def test_other_separators_are_told_apart(folder: Path, separator: str) -> None:
    table = f"{HEADER}K1,U01,2011-12-31,5,,,,\n".replace(",", separator)
    rows = load(folder, table.encode()).rows
    assert rows[["row_id", "entity_id", "share"]].to_numpy().tolist() == [["K1", "U01", 5.0]]


def test_a_unit_need_not_write_its_own_name(folder: Path) -> None:
    table = "行号,被评对象,承诺时限\nK1,,2011-12-31\nK2,公路局,2011-12-31\n"
    assert load(folder, table, sender="U01").rows["entity_id"].tolist() == ["U01", "U01"]


# --- workbooks


def test_a_workbook_is_read_sheet_by_sheet_without_what_is_no_row(folder: Path) -> None:
    book, made = workbook(
        走访台账=[
            ["某局走访台账"],
            [],
            ["序号", "行号", "被评对象", "走访日期", "轮次", "随员"],
            [1, "Z1", "公路局", dt.date(2011, 9, 1), 1, "甲"],
            [],
            [2, "Z2", "U02", "2011.9.2", 2, "乙"],
            [3, "Z3", "U02", 40788, "3", None],
            ["序号", "行号", "被评对象", "走访日期", "轮次", "随员"],
            ["合计", None, None, None, 6],
            ["填表人: 甲", None, None, None, None],
        ],
        公开承诺和落实情况台账=[["行号", "被评对象", "承诺时限"], ["K1", "U01", dt.datetime(2011, 12, 31)]],
        填表说明=[["行号", "说明"], ["K9", "不要改表头"]],
        底稿=[["行号", "走访日期"], ["Z9", "2011-09-09"]],
    )
    made["走访台账"].row_dimensions[6].hidden = True
    made["底稿"].sheet_state = "hidden"
    (receipt,) = take_in(folder, {"visits": data_of(book)}, received_on=DAY)
    campaign = open_campaign(folder)
    rows = campaign.ledger("visits").rows
    # 40788 is 28 days before 40816, which is 30 September 2011
    assert rows["row_id"].tolist() == ["Z1", "Z2", "Z3"]
    assert rows["visited_on"].dt.day.tolist() == [1, 2, 2]
    assert rows["round"].tolist() == [1, 2, 3]
    assert rows["entity_id"].tolist() == ["U01", "U02", "U02"]
    assert rows["source_row"].tolist() == [4, 6, 7]
    assert rows["source"].tolist() == ["visits.csv“走访台账”(回执 1)"] * 3
    assert campaign.ledger("commitments").rows["source"].tolist() == [
        "visits.csv“公开承诺和落实情况台账”(回执 1)"
    ]
    assert receipt.kind == "xlsx"
    assert [(part.ledger, part.accepted, part.new) for part in receipt.sections] == [
        ("visits", "4,6-7", 3),
        ("commitments", "2", 1),
    ]
    assert list(receipt.notices) == [
        "隐藏的工作表没有读: 底稿",
        "“走访台账”多出的列没有读入: 随员",
        "“走访台账”1 个合计行没有读入",
        "“走访台账”1 个说明、签名等行没有读入",
        "“走访台账”1 个隐藏行照样读入",
    ]


def test_a_cell_merged_over_rows_speaks_for_each_of_them(folder: Path) -> None:
    book, made = workbook(
        走访台账=[
            ["行号", "被评对象", "走访日期"],
            ["Z1", "公路局", "2011-09-01"],
            ["Z2", None, "2011-09-02"],
            ["Z3", "港航局", "2011-09-03"],
        ]
    )
    made["走访台账"].merge_cells("B2:B3")
    rows = load(folder, data_of(book), "visits").rows
    assert rows["entity_id"].tolist() == ["U01", "U01", "U02"]
    assert last(folder).notices == ("“走访台账”1 个合并单元格按上面的内容读入",)


def test_a_formula_without_result_or_with_an_error_is_told(folder: Path) -> None:
    # openpyxl writes formulas without results
    book, _ = workbook(
        走访台账=[
            ["行号", "被评对象", "走访日期", "轮次", "见闻"],
            ["Z1", "U01", "2011-09-01", "=1+1", "好"],
            ["Z2", "U01", "2011-09-01", 1, "#REF!"],
        ]
    )
    assert refused(folder, data_of(book), "visits") == [
        "visits.csv 工作表“走访台账” D2 “轮次”列: 是公式,但没有结果;应为 打开后保存一次,或粘贴为数值",
        "visits.csv 工作表“走访台账” E3 “见闻”列: “#REF!” 是公式出错的结果;应为 实际内容",
    ]


# --- mistakes


def test_every_mistake_is_told_at_once_by_row_and_column(folder: Path) -> None:
    table = (
        "行号,被评对象,承诺时限,完成比例,人数,是否公开,协办单位,状态,核实日期\n"
        "K1,U1,2011-13-02,101,1.5,对,,,\n"
        ',U01,2011-12-31,-1,"1,20",,U9,作废,\n'
        "K3,U02,,95%,十,否,,,9/30/2011\n"
        "K4,,2011-12-31,,,,,,\n"
        "K5,U02,2011-12-31,,,,,,\n"
        "K5,U01,2011-12-31,,,,,,\n"
    )
    date = "不是日期;应为 年-月-日,如 2011-09-30"
    whole = "不是整数;应为 整数,如 12"
    choice = "不在可填的值之内;应为 其中之一"
    entity = "不是已登记的被评对象;应为 entities.csv 里的编号或名称"
    assert sorted(refused(folder, table)) == sorted(
        f"commitments.csv {cell} “{column}”列: {said}"
        for cell, column, said in (
            ("B2", "被评对象", f"“U1” {entity},最接近的是 U01"),
            ("C2", "承诺时限", f"“2011-13-02” {date}"),
            ("D2", "完成比例", "“101” 太大;应为 不大于 100"),
            ("E2", "人数", f"“1.5” {whole}"),
            ("F2", "是否公开", f"“对” {choice}: 是、否"),
            ("A3", "行号", "没有行号;应为 填行号(模板里已预先编好),以后更正、撤回都凭它"),
            ("D3", "完成比例", "“-1” 太小;应为 不小于 0"),
            ("E3", "人数", f"“1,20” {whole}"),
            ("G3", "协办单位", f"“U9” {entity}"),
            ("H3", "状态", f"“作废” {choice}: 有效、撤回"),
            ("C4", "承诺时限", "没有填;应为 年-月-日,如 2011-09-30"),
            ("E4", "人数", f"“十” {whole}"),
            ("I4", "核实日期", f"“9/30/2011” {date}"),
            ("B5", "被评对象", "没有填被评对象;应为 entities.csv 里的编号或名称"),
            ("A7", "行号", "“K5” 重复: 第 6 行已有;应为 每个行号一行"),
        )
    )
    rows = [fault.row for fault in last(folder).faults]
    assert rows == sorted(rows)


def test_good_rows_count_where_that_is_asked_for(folder: Path) -> None:
    table = f"{HEADER}K1,U01,2011-12-31,1,,,,\nK2,U01,明天,2,,,,\nK3,U01,2011-12-31,3,,,,\n"
    (receipt,) = hand_in(folder, {"commitments": table}, accept_valid=True)
    assert receipt.status == "partial"
    (part,) = receipt.sections
    assert (part.accepted, part.new, part.refused) == ("2,4", 2, 1)
    assert open_campaign(folder).ledger("commitments").rows["row_id"].tolist() == ["K1", "K3"]


def test_a_refused_file_is_kept_and_counts_nothing(folder: Path) -> None:
    table = f"{HEADER}K1,U01,2011-12-31,1,,,,\nK2,U01,明天,2,,,,\n"
    refused(folder, table)
    (part,) = last(folder).sections
    assert (part.accepted, part.new, part.refused) == ("", 0, 2)
    assert (folder / "submissions/originals" / last(folder).original).read_bytes() == table.encode()


def test_the_header_is_checked(folder: Path) -> None:
    table = "序号,行号,被评对像,行号,row_id,承诺时限,备考\n1,K1,U01,K1,K1,2011-12-31,x\n"
    assert refused(folder, table) == [
        "commitments.csv 第 1 行: “行号”列出现了两次(D 列);应为 只留一列",
        "commitments.csv 第 1 行: “row_id”列出现了两次(E 列);应为 只留一列",
        "commitments.csv 第 1 行: C 列的列名“被评对像”不认识;应为 “被评对象”",
        "commitments.csv 第 2 行 “被评对象”列: 没有填被评对象;应为 entities.csv 里的编号或名称",
    ]
    # A counter is passed over in silence, a column like no other is named.
    assert last(folder).notices == ("多出的列没有读入: 备考",)


def test_a_label_may_carry_its_unit_or_a_mark(folder: Path) -> None:
    table = "*行号,被评对象:,承诺时限(必填),完成比例(%)\nK1,U01,2011-12-31,5\n"
    rows = load(folder, table).rows
    assert rows[["row_id", "entity_id", "share"]].to_numpy().tolist() == [["K1", "U01", 5.0]]


def test_new_rows_need_the_required_columns_and_corrections_do_not(folder: Path) -> None:
    short = "行号,被评对象,完成比例\nK1,U01,7\n"
    expected = "commitments.csv 第 1 行: 缺少“承诺时限”列,新的行不能没有它"
    assert refused(folder, short) == [expected]
    load(folder, f"{HEADER}K1,U01,2011-12-31,5,,,,\n")
    # K1 stands by now; its owner need not be told again.
    rows = load(folder, "行号,完成比例\nK1,7\n").rows
    assert rows[["row_id", "entity_id", "share"]].to_numpy().tolist() == [["K1", "U01", 7.0]]
    assert rows["due_on"].tolist() == [pd.Timestamp("2011-12-31")]


def test_a_repeated_number_is_found_across_the_sheets_of_a_file(folder: Path) -> None:
    header, row = ["行号", "被评对象", "走访日期"], ["Z1", "U01", "2011-09-01"]
    book, _ = workbook(走访台账=[header, row, row], 走访台账二=[header, row])
    assert refused(folder, data_of(book), "visits") == [
        "visits.csv 工作表“走访台账二” A2 “行号”列: “Z1” 重复: “走访台账”第 2 行已有;应为 每个行号一行"
    ]
    # The same row twice in one sheet says nothing new.
    assert last(folder).notices == ("“走访台账”1 行与前面的完全相同,只算一次",)


def test_rows_without_number_lack_it_and_do_not_repeat_each_other(folder: Path) -> None:
    row = ",U01,2011-12-31,,,,,\n"
    said = "没有行号;应为 填行号(模板里已预先编好),以后更正、撤回都凭它"
    assert refused(folder, HEADER + row + row) == [
        f"commitments.csv A2 “行号”列: {said}",
        f"commitments.csv A3 “行号”列: {said}",
    ]


def test_a_row_without_number_is_named_by_the_ledgers_key(folder: Path) -> None:
    header = "行号,被评对象,走访日期,轮次,见闻\n"
    table = f"{header},公路局,2011.9.1,1,好\n,U01,2011-09-01,2.0,好\n"
    rows = load(folder, table, "visits").rows
    assert rows["row_id"].tolist() == ["U01·2011-09-01·1", "U01·2011-09-01·2"]
    # Written otherwise, it is the same row.
    rows = load(folder, f"{header},U01,2011年9月1日,1,更好\n", "visits").rows
    assert rows["row_id"].tolist() == ["U01·2011-09-01·1", "U01·2011-09-01·2"]
    assert rows["seen"].tolist() == ["更好", "好"]
    assert rows["receipt"].tolist() == [2, 1]


def test_a_row_whose_key_is_not_filled_is_told(folder: Path) -> None:
    assert refused(folder, "行号,被评对象,走访日期,轮次\n,U01,2011-09-01,\n", "visits") == [
        "visits.csv A2 “行号”列: 没有行号;应为 填行号,或把被评对象、走访日期、轮次填全"
    ]


def test_a_unit_reports_its_own_rows_only(folder: Path) -> None:
    take_in(folder, {"commitments": f"{HEADER}K1,U02,2011-12-31,5,,,,\n"})
    table = f"{HEADER}K1,,2011-12-31,9,,,,\nK2,U02,2011-12-31,,,,,\n"
    (receipt,) = hand_in(folder, {"commitments": table}, sender="U01")
    assert receipt.status == "refused"
    assert told([receipt]) == [
        "commitments.csv A2 “行号”列: “K1” 这个行号是 U02 的;应为 用自己的行号",
        "commitments.csv B3 “被评对象”列: “U02” 不是报送单位自己或下级;应为 只报本单位和下级的行",
    ]
    assert open_campaign(folder).ledger("commitments").rows["share"].tolist() == [5.0]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"PK\x03\x04\xff", "工作簿已损坏"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old",
            "是老格式的文件(如 xls、et);应为 用 Excel 或 WPS 打开后另存为 xlsx",
        ),
        (b"%PDF-1.7", "是 PDF,不是表格"),
        (b"<html><table></table>", "是网页格式,只是名字像表格"),
        (HEADER.encode() + b"K1,\xff\xff\n", "文字编码认不出来;应为 在表格软件里另存为“CSV UTF-8"),
        (HEADER.encode() + b"K1,\0\n", "不是表格,也不是文本"),
        (b"", "文件是空的"),
        (
            HEADER.encode() + b'K1,U01,2011-12-31,,,,,\n"K2,U01\n',
            "第 3 行起不是完整的 CSV,多半是双引号没有配对",
        ),
    ],
)
def test_a_file_that_is_no_table_is_told(folder: Path, data: bytes, expected: str) -> None:
    (fault,) = refused(folder, data)
    assert fault.startswith("commitments.csv: ")
    assert expected in fault


def test_a_long_list_of_faults_is_cut_and_counted(folder: Path) -> None:
    lines = "".join(f"K{n},U01,明天,,,,,\n" for n in range(300))
    (receipt,) = hand_in(folder, {"commitments": HEADER + lines})
    assert len(receipt.faults) == 300
    faults = [fault.as_fault(receipt.file) for fault in receipt.faults]
    printed = str(CampaignError("台账“公开承诺和落实情况台账”有误", faults)).splitlines()
    # The header, 200 faults, the count.
    assert len(printed) == 202
    assert printed[0] == "台账“公开承诺和落实情况台账”有误"
    assert "commitments.csv C201 “承诺时限”列: “明天” 不是日期" in printed[200]
    assert printed[-1] == "…共 300 处,以上只列出前 200 处"


def test_a_fault_is_one_line_that_says_where_what_and_what_instead() -> None:
    fault = Fault("a.xlsx", "不是日期", "年-月-日", sheet="承诺", row=14, column="承诺时限", value="x" * 100)
    assert str(fault) == f"a.xlsx 工作表“承诺” 第 14 行 “承诺时限”列: “{'x' * 60}…” 不是日期;应为 年-月-日"
    # a cell's name says its row
    fault = Fault("a.xlsx", "没有填", sheet="承诺", row=14, cell="C14", column="承诺时限")
    assert str(fault) == "a.xlsx 工作表“承诺” C14 “承诺时限”列: 没有填"


def test_a_large_ledger_is_read_in_good_time(folder: Path) -> None:
    lines = "".join(f"K{n},U01,2011-09-{n % 30 + 1:02},{n % 100}.{n},3,是,U02,\n" for n in range(100_000))
    started = time.perf_counter()
    take_in(folder, {"commitments": HEADER + lines})
    came_in = time.perf_counter()
    rows = open_campaign(folder).ledger("commitments").rows
    read = time.perf_counter()
    # About 1.5 s and 0.3 s; a loop over cells with a message for each takes tens of seconds.
    assert came_in - started < 15
    assert read - came_in < 5
    assert len(rows) == 100_000
