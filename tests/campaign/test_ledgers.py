"""Codebook and ledgers: what they give, and every mistake in them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from wbwz_eval.campaign.faults import CampaignError, Fault
from wbwz_eval.campaign.fields import parse_cells
from wbwz_eval.campaign.ledgers import Field, Ledger, load_codebook, load_ledger

if TYPE_CHECKING:
    from pathlib import Path

COMMON = """\
common:
  row_id: {label: 行号, type: text, required: true}
  entity_id: {label: 被评对象, type: entity, required: true}
  reported_on: {label: 报送日期, type: date, required: true}
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
HEADER = "行号,被评对象,报送日期,承诺时限,完成比例,人数,是否公开,协办单位,状态\n"
ENTITIES = pd.DataFrame({"name": ["公路局", "港航局"]}, index=pd.Index(["U01", "U02"], name="id"))


def write_codebook(tmp_path: Path, text: str = COMMON + LEDGERS) -> Path:
    path = tmp_path / "ledgers.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def load(tmp_path: Path, **files: str | bytes) -> Ledger:
    """Load the ledger from files by name: ``commitments`` or, if split, ``commitments__a``."""
    for name, text in files.items():
        path = tmp_path / "ledgers" / f"{name.replace('__', '/')}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_ledger(tmp_path, "commitments", load_codebook(write_codebook(tmp_path)), ENTITIES)


def faults_of(tmp_path: Path, **files: str | bytes) -> list[str]:
    with pytest.raises(CampaignError) as caught:
        load(tmp_path, **files)
    return [str(fault) for fault in caught.value.faults]


# --- the codebook


def test_a_schema_has_the_common_fields_before_its_own(tmp_path: Path) -> None:
    schema = load_codebook(write_codebook(tmp_path)).ledgers["commitments"]
    assert schema.name == "公开承诺和落实情况台账"
    assert list(schema.fields) == [
        "row_id", "entity_id", "reported_on", "verified_by", "verified_on", "status",
        "due_on", "share", "people", "public", "helper_id",
    ]  # fmt: skip
    assert schema.fields["due_on"].disclosure == "public"
    # What nobody declared public is not.
    assert schema.fields["share"].disclosure == "internal"
    assert schema.fields["status"].default == "有效"


def test_every_mistake_of_a_codebook_is_told_at_once(tmp_path: Path) -> None:
    text = (
        "common:\n"
        "  row_id: {label: 行号, type: text, required: true}\n"
        "  entity_id: {label: 被评对象, type: text, required: true}\n"
        "  reported_on: {label: 报送日期, type: date}\n"
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
        "ledgers.yaml 第 3 行 “common.entity_id”: type 是 text;应为 entity",
        "ledgers.yaml 第 4 行 “common.reported_on”: 不能空着;应为 required: true",
        "ledgers.yaml 第 1 行 “common”: 缺少字段 “verified_on”,每张台账都要有;应为 type: date",
        f"ledgers.yaml 第 11 行 “{fields}.status”: 列名 “status” 与字段 “status” 的相同",
        f"ledgers.yaml 第 12 行 “{fields}.who”: 列名 “核实人” 与字段 “verified_by” 的相同",
        f"ledgers.yaml 第 14 行 “{fields}.again”: 列名 “走访日期” 与字段 “when” 的相同",
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
    # 7 lines of common fields and 9 of the ledger stand before.
    assert fault.line == 17
    assert words in str(fault)


@pytest.mark.parametrize("code", ["Extra", "承诺", "1st", "source", "source_row", "a-b"])
def test_a_code_that_cannot_name_a_column_is_refused(tmp_path: Path, code: str) -> None:
    with pytest.raises(CampaignError, match=f"第 17 行 .*代码 “{code}” 不能用"):
        load_codebook(
            write_codebook(tmp_path, f"{COMMON}{LEDGERS}      {code}: {{label: 又一列, type: text}}\n")
        )


# --- rows


def test_rows_come_typed_with_the_place_where_they_stand(tmp_path: Path) -> None:
    ledger = load(
        tmp_path,
        commitments=f"{HEADER}K1,U01,2011-09-30,2011/9/3,95.5,12,是,U02,\n\n"
        "K2, U02\u3000,2011年10月8日,2011-12-31,,,,,撤回\n",
    )
    rows = ledger.rows
    assert ledger.id == "commitments"
    assert rows.columns.tolist() == [*ledger.schema.fields, "source", "source_row"]
    assert rows["reported_on"].tolist() == [pd.Timestamp("2011-09-30"), pd.Timestamp("2011-10-08")]
    assert rows["due_on"].tolist() == [pd.Timestamp("2011-09-03"), pd.Timestamp("2011-12-31")]
    assert rows["share"].tolist()[0] == 95.5
    assert np.isnan(rows["share"].tolist()[1])
    assert rows["entity_id"].tolist() == ["U01", "U02"]
    assert rows["helper_id"].tolist() == ["U02", ""]
    assert rows["public"].tolist() == ["是", ""]
    # An empty status means the default, and a column that the file does not have is empty.
    assert rows["status"].tolist() == ["有效", "撤回"]
    assert rows["verified_by"].tolist() == ["", ""]
    assert rows["verified_on"].isna().all()
    # The blank third row of the sheet is passed over and counted.
    assert rows["source_row"].tolist() == [2, 4]
    assert rows["source"].tolist() == ["ledgers/commitments.csv"] * 2
    types = {name: str(dtype) for name, dtype in rows.dtypes.items()}
    assert [types[date] for date in ("reported_on", "verified_on", "due_on")] == ["datetime64[s]"] * 3
    assert [types[number] for number in ("share", "people", "source_row")] == [
        "float64",
        "float64",
        "int64",
    ]
    texts = {"row_id", "entity_id", "verified_by", "status", "public", "helper_id", "source"}
    assert {name for name, dtype in types.items() if dtype == "object"} == texts


def test_a_number_is_the_nearest_double_to_what_is_written(tmp_path: Path) -> None:
    texts = ["97.405", "0.1", "1e-3", "+.5", "33.333333333333336", "0.30000000000000004"]
    lines = "".join(f"K{n},U01,2011-09-30,2011-12-31,{text},,,,\n" for n, text in enumerate(texts))
    assert load(tmp_path, commitments=HEADER + lines).rows["share"].tolist() == [
        float(text) for text in texts
    ]


def test_codes_may_head_columns_and_office_software_may_leave_its_marks(tmp_path: Path) -> None:
    # A byte order mark, Windows line ends, empty columns and rows at the end, a line break
    # within a cell.
    text = (
        "\ufeffrow_id,entity_id,reported_on,due_on,,\r\nK1,U01,2011-09-30,2011-12-31,,\r\n"
        '"K\r\n2",U01,2011-09-30,2011-12-31,,\r\n,,,,,\r\nK3,U02,2011-09-30,2011-12-31,,\r\n'
    )
    rows = load(tmp_path, commitments=text).rows
    assert rows["row_id"].tolist() == ["K1", "K\r\n2", "K3"]
    assert rows["source_row"].tolist() == [2, 3, 5]


def test_a_ledger_with_a_header_only_has_no_rows_and_all_columns(tmp_path: Path) -> None:
    ledger = load(tmp_path, commitments=HEADER)
    assert len(ledger.rows) == 0
    assert ledger.rows.columns.tolist() == [*ledger.schema.fields, "source", "source_row"]
    assert str(ledger.rows["due_on"].dtype) == "datetime64[s]"
    assert str(ledger.rows["share"].dtype) == "float64"


def test_a_split_ledger_is_read_in_the_order_of_its_files(tmp_path: Path) -> None:
    rows = load(
        tmp_path,
        **{
            f"commitments__{part}": f"{HEADER}K{part},U01,2011-09-30,2011-12-31,,,,,\n"
            for part in ("b", "d", "a", "c")
        },
    ).rows
    assert rows["row_id"].tolist() == ["Ka", "Kb", "Kc", "Kd"]
    assert rows["source"].tolist() == [f"ledgers/commitments/{part}.csv" for part in "abcd"]
    assert rows.index.tolist() == [0, 1, 2, 3]


# --- mistakes


def test_every_mistake_is_told_at_once_by_row_and_column(tmp_path: Path) -> None:
    rows = (
        "K1,U1,2011-09-30,2011-13-02,101,1.5,对,,\n"
        ',U01,,2011-12-31,-1,"1,200",,U9,作废\n'
        "K3,U02,20110930,2011-12-31,95%,十,否,,\n"
        "K1,U02,2011-09-30,2011-12-31,,,,,\n"
    )
    date = "不是日期;应为 年-月-日,如 2011-09-30"
    whole = "不是整数;应为 整数,如 12(不带千分位逗号和单位)"
    number = "不是数字;应为 数字,如 95 或 95.5(不带千分位逗号、百分号和单位)"
    choice = "不在可填的值之内;应为 其中之一"
    entity = "不是已登记的被评对象;应为 entities.csv 里的编号"
    assert faults_of(tmp_path, commitments=HEADER + rows) == [
        f"ledgers/commitments.csv 第 {row} 行 “{column}”列: {said}"
        for row, column, said in (
            (2, "被评对象", f"“U1” {entity},最接近的是 U01"),
            (2, "承诺时限", f"“2011-13-02” {date}"),
            (2, "完成比例", "“101” 太大;应为 不大于 100"),
            (2, "人数", f"“1.5” {whole}"),
            (2, "是否公开", f"“对” {choice}: 是、否"),
            (3, "行号", "没有填"),
            (3, "报送日期", "没有填"),
            (3, "状态", f"“作废” {choice}: 有效、撤回"),
            (3, "完成比例", "“-1” 太小;应为 不小于 0"),
            (3, "人数", f"“1,200” {whole}"),
            (3, "协办单位", f"“U9” {entity}"),
            (4, "报送日期", f"“20110930” {date}"),
            (4, "完成比例", f"“95%” {number}"),
            (4, "人数", f"“十” {whole}"),
            (5, "行号", "“K1” 重复: ledgers/commitments.csv 第 2 行已有"),
        )
    ]


@pytest.mark.parametrize(
    "text",
    [
        *("2011-02-29", "2011-9-31", "2011-09", "11-09-30", "0211-09-30", "2111-09-30"),
        *("2011年9月30", "2011/9-30", "2011-09-30 00:00", "30/9/2011", "2011.9.30"),
        *("NaT", "today", "\uff12\uff10\uff11\uff11-09-30"),
    ],
)
def test_what_is_no_date_is_told(tmp_path: Path, text: str) -> None:
    (fault,) = faults_of(tmp_path, commitments=HEADER + f"K1,U01,2011-09-30,{text},,,,,\n")
    assert f"“承诺时限”列: “{text}” 不是日期" in fault


@pytest.mark.parametrize(
    "text", ["nan", "inf", "1e999", "NA", "0x10", "1_0", "-", ".", "\uff19\uff15", "5 0"]
)
def test_what_is_no_number_is_told(tmp_path: Path, text: str) -> None:
    (fault,) = faults_of(tmp_path, commitments=HEADER + f"K1,U01,2011-09-30,2011-12-31,{text},,,,\n")
    assert f"“完成比例”列: “{text}” 不是数字" in fault


def test_the_header_is_checked(tmp_path: Path) -> None:
    text = "行号,被评对像,报送日期,行号,row_id,\nK1,U01,2011-09-30,K1,K1,x\n"
    labels = "行号、被评对象、报送日期、核实人、核实日期、状态、承诺时限、完成比例、人数、是否公开、协办单位"
    assert faults_of(tmp_path, commitments=text) == [
        f"ledgers/commitments.csv 第 1 行: 不认识的列 “被评对像”;应为 被评对象(可用的: {labels})",
        "ledgers/commitments.csv 第 1 行: “行号”列出现了两次",
        "ledgers/commitments.csv 第 1 行: “行号”列出现了两次",
        f"ledgers/commitments.csv 第 1 行: 不认识的列 “”;应为 其中之一: {labels}",
        "ledgers/commitments.csv 第 1 行: 缺少“被评对象”列",
        "ledgers/commitments.csv 第 1 行: 缺少“承诺时限”列",
    ]


def test_a_repeated_key_is_found_across_the_parts_of_a_ledger(tmp_path: Path) -> None:
    row = "K1,U01,2011-09-30,2011-12-31,,,,,\n"
    assert faults_of(tmp_path, commitments__a=HEADER + row, commitments__b=HEADER + row) == [
        ("ledgers/commitments/b.csv 第 2 行 “行号”列: “K1” 重复: ledgers/commitments/a.csv 第 2 行已有")
    ]


def test_two_rows_without_key_lack_it_and_do_not_repeat_each_other(tmp_path: Path) -> None:
    row = ",U01,2011-09-30,2011-12-31,,,,,\n"
    assert faults_of(tmp_path, commitments=HEADER + row + row) == [
        "ledgers/commitments.csv 第 2 行 “行号”列: 没有填",
        "ledgers/commitments.csv 第 3 行 “行号”列: 没有填",
    ]


def test_the_bounds_of_a_number_are_allowed(tmp_path: Path) -> None:
    rows = "".join(f"K{share},U01,2011-09-30,2011-12-31,{share},,,,\n" for share in (0, 100))
    assert load(tmp_path, commitments=HEADER + rows).rows["share"].tolist() == [0, 100]


def test_a_number_that_cannot_be_read_is_empty() -> None:
    cells = np.array(["1.5", "3", "x", ""], dtype=object)
    values = parse_cells(cells, Field(label="人数", type="integer")).content
    assert np.array_equal(values, [np.nan, 3, np.nan, np.nan], equal_nan=True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ((HEADER + "K1,U01\n").encode("gb18030"), "第 1 行: 不是 UTF-8 编码,看来是 GBK"),
        (b"PK\x03\x04\xff", "看来是 Excel 工作簿"),
        (
            HEADER.encode() + b"K1,\xff\xff\n",
            "第 2 行: 不是 UTF-8 编码;应为 在表格软件里另存为“CSV UTF-8",
        ),
        (b"", "文件是空的"),
        (
            HEADER.encode() + b"K1,U01,2011-09-30,2011-12-31,,,,,,,,\n",
            "第 2 行: 这一行的格数比表头多",
        ),
        (
            HEADER.encode() + b'K1,U01,2011-09-30,2011-12-31,,,,,\n"K2,U01\n',
            "第 3 行: 双引号没有配对",
        ),
    ],
)
def test_a_file_that_is_no_utf8_csv_is_told(tmp_path: Path, text: bytes, expected: str) -> None:
    (fault,) = faults_of(tmp_path, commitments=text)
    assert expected in fault


def test_a_ledger_without_file_or_unknown_is_told(tmp_path: Path) -> None:
    (fault,) = faults_of(tmp_path)
    assert fault.startswith("ledgers/commitments.csv: 找不到台账文件")
    codebook = load_codebook(write_codebook(tmp_path))
    with pytest.raises(CampaignError, match="没有台账 “comitments”;最接近的是 commitments"):
        load_ledger(tmp_path, "comitments", codebook, ENTITIES)


def test_a_long_list_of_faults_is_cut_and_counted(tmp_path: Path) -> None:
    lines = "".join(f"K{n},U01,2011-09-30,明天,,,,,\n" for n in range(300))
    with pytest.raises(CampaignError) as caught:
        load(tmp_path, commitments=HEADER + lines)
    assert len(caught.value.faults) == 300
    printed = str(caught.value).splitlines()
    # The header, 200 faults, the count.
    assert len(printed) == 202
    assert printed[0] == "台账“公开承诺和落实情况台账”有误"
    assert printed[-1] == "…共 300 处,以上只列出前 200 处"


def test_a_fault_is_one_line_that_says_where_what_and_what_instead() -> None:
    fault = Fault("a.xlsx", "不是日期", "年-月-日", sheet="承诺", row=14, column="承诺时限", value="x" * 100)
    assert str(fault) == f"a.xlsx 工作表“承诺” 第 14 行 “承诺时限”列: “{'x' * 60}…” 不是日期;应为 年-月-日"


def test_a_large_ledger_is_read_in_good_time(tmp_path: Path) -> None:
    lines = "".join(
        f"K{n},U01,2011-09-{n % 30 + 1:02},2011-12-31,{n % 100}.{n},3,是,U02,\n" for n in range(100_000)
    )
    started = time.perf_counter()
    rows = load(tmp_path, commitments=HEADER + lines).rows
    # About 0.5 s; a loop over rows takes tens of seconds.
    assert time.perf_counter() - started < 5
    assert len(rows) == 100_000
