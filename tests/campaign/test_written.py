"""Cells as people write them: what each is read as, and what is left to them to say more clearly."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from wbwz_eval.campaign.fields import Field, parse_cells
from wbwz_eval.campaign.written import read_date, read_flag, read_number

ENTITIES = pd.DataFrame(
    {"name": ["公路局", "港航局", "一支部", "一支部"]},
    index=pd.Index(["U01", "U02", "P01", "P02"], name="id"),
)


def cells(*texts: str) -> np.ndarray:
    return np.array(texts, dtype=object)


def wrong(field: Field, *texts: str) -> list[tuple[str, str]]:
    """Return each text that cannot stand with what is said of it."""
    parsed = parse_cells(cells(*texts), field, ENTITIES)
    return [
        (texts[place], f"{failed.message};{failed.expect(texts[place])}")
        for failed in parsed.failed
        for place in np.flatnonzero(failed.where)
    ]


# --- days


@pytest.mark.parametrize(
    "text",
    [
        *("2011-09-30", "2011-9-30", "2011/9/30", "2011/09/30", "2011.9.30", "2011.09.30", "20110930"),
        *("2011年9月30日", "2011年09月30日", "2011年9月30号", "2011 年 9 月 30 日", " 2011-9-30 "),
        *("二〇一一年九月三十日", "二○一一年九月三十日", "二零一一年九月三十号"),
        *("2011-09-30 00:00", "2011-09-30 00:00:00", "2011-09-30T08:30:00", "2011/9/30 8:30", "2011-9-30 0:00:00.000"),
        # full-width digits, hyphens and full stops
        "\uff12\uff10\uff11\uff11-\uff10\uff19-\uff13\uff10",
        "\uff12\uff10\uff11\uff11\uff0d\uff19\uff0d\uff13\uff10",
        "\uff12\uff10\uff11\uff11年\uff19月\uff13\uff10日",
        "2011\u30029\u300230",
        # 1 January 2011 is 40544 to Excel, and 272 days later comes 30 September; a fraction is a time
        *("40816", "40816.75"),
    ],
)  # fmt: skip
def test_a_day_is_read_in_every_usual_form(text: str) -> None:
    assert read_date(text) == dt.date(2011, 9, 30)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("二〇一二年二月二十九日", dt.date(2012, 2, 29)),
        ("二〇一一年十月十日", dt.date(2011, 10, 10)),
        ("二〇一一年十一月二日", dt.date(2011, 11, 2)),
        ("一九九九年十二月三十一日", dt.date(1999, 12, 31)),
        ("20120229", dt.date(2012, 2, 29)),
        ("2011-1-11", dt.date(2011, 1, 11)),
        ("2011-11-1", dt.date(2011, 11, 1)),
        # the ends of what is taken for Excel's number of a day: 1982-02-18 and 2064-04-08
        ("30000", dt.date(1982, 2, 18)),
        ("60000", dt.date(2064, 4, 8)),
        ("1900-01-01", dt.date(1900, 1, 1)),
        ("2099-12-31", dt.date(2099, 12, 31)),
    ],
)
def test_a_day_is_the_day_that_is_written(text: str, day: dt.date) -> None:
    assert read_date(text) == day


@pytest.mark.parametrize(
    "text",
    [
        # it is left open which day is meant
        *("9/30/2011", "30/9/2011", "11.9.30", "11-09-30", "2011年9月", "2011-09", "2011.9", "201109", "2011930"),
        *("9月30日", "九月三十日", "二〇一一年九月", "2011-9-30、2011-10-8", "2011年第三季度", "2011年9月底"),
        # no such day
        *("2011-02-29", "2011-9-31", "2011-13-01", "2011-0-1", "2011年9月31日", "20110931", "20111301"),
        *("二〇一一年九月三十一日", "二〇一一年十三月一日", "二〇一一年二十月一日", "二〇一一年九月三十十日", "二〇一一年九月二二日"),
        # no year of any campaign
        *("0211-09-30", "2111-09-30", "1899-12-31", "二一一一年九月三十日"),
        # half written, or in two manners
        *("2011年9月30", "2011/9-30", "2011-9月30日", "2011-9-30 8点"),
        # numbers that are no days
        *("2011", "12", "1.5", "29999", "60001", "408160", "-40816"),
        *("", "NaT", "today", "明天", "待定", "-"),
    ],
)  # fmt: skip
def test_what_is_no_day_or_leaves_it_open_is_not_guessed(text: str) -> None:
    assert read_date(text) is None


def test_a_column_of_days() -> None:
    field = Field(label="承诺时限", type="date")
    texts = ("2011-09-30", "", "2011.10.8", "—", "无", "9/30/2011", "2011-02-30")
    values = parse_cells(cells(*texts), field).content
    assert values.dtype == "datetime64[s]"
    expected = ["2011-09-30", "NaT", "2011-10-08", "NaT", "NaT", "NaT", "NaT"]
    np.testing.assert_array_equal(values, np.array(expected, dtype="datetime64[s]"))
    # A dash or 无 says that there is none; it is not wrong.
    said = "不是日期;年-月-日,如 2011-09-30"
    assert wrong(field, *texts) == [("9/30/2011", said), ("2011-02-30", said)]


# --- numbers


@pytest.mark.parametrize(
    ("text", "unit", "number"),
    [
        ("95", None, 95),
        ("-3", None, -3),
        ("+.5", None, 0.5),
        ("5.", None, 5),
        ("1e-3", None, 0.001),
        ("0012", None, 12),
        ("1,234", None, 1234),
        ("12,345,678.9", None, 12345678.9),
        # full-width digits, comma, point, minus and percent sign
        ("\uff11\uff0c\uff12\uff13\uff14\uff0e\uff15", None, 1234.5),
        ("\uff0d\uff15", None, -5),
        ("98.5\uff05", "%", 98.5),
        # a share is that of its column: 98.5 % are 0.985 where the unit is not percent
        ("98.5%", "%", 98.5),
        ("98.5", "%", 98.5),
        ("98.5%", None, 0.985),
        ("98.5%", "分", None),  # a share in a column of points is no number of points
        ("12人", "人", 12),
        ("12 人", "人", 12),
        ("5工作日", "工作日", 5),
        ("3.5万", None, 35000),
        ("3.5万", "元", 35000),
        ("3.5万元", "元", 35000),
        ("2百", "人", None),
        ("1.2亿", None, 120000000),
        ("3千万", "元", 30000000),
        # 3.5 of 万元 are 35 000 元; 1.2 亿 are 12 000 万
        ("3.5", "万元", 3.5),
        ("3.5万", "万元", 3.5),
        ("3.5万元", "万元", 3.5),
        ("35000元", "万元", 3.5),
        ("1.2亿元", "万元", 12000),
    ],
)
def test_a_number_is_read_in_its_columns_unit(text: str, unit: str | None, number: float) -> None:
    assert read_number(text, unit) == number


@pytest.mark.parametrize(
    "text",
    ["97.405", "0.1", "1e-3", "+.5", "33.333333333333336", "0.30000000000000004", "123456789012345678"],
)
def test_a_number_is_the_nearest_double_to_what_is_written(text: str) -> None:
    assert read_number(text, None) == float(text)
    values = parse_cells(cells(text), Field(label="完成比例", type="number")).content
    assert values.tolist() == [float(text)]


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        # a comma that separates no thousands may be a decimal point, or a digit is missing
        *((text, None) for text in ("1,23", "12,34", "1,2345", "1,234,56", ",5", "1.234,5", "1,,234")),
        # another unit
        *(("12家", "人"), ("5天", "工作日"), ("3.5万吨", "元"), ("12人", None), ("3万万", None)),
        *((text, None) for text in ("十二", "约5", "5-6", "5/6", "5+", "2千5", "万", "%", "(5)", "5%%")),
        *((text, None) for text in ("nan", "inf", "1e999", "NA", "0x10", "1_0", "-", ".", "", "1.2.3")),
    ],
)
def test_what_is_no_number_or_leaves_it_open_is_not_guessed(text: str, unit: str | None) -> None:
    assert read_number(text, unit) is None


def test_a_column_of_numbers() -> None:
    field = Field(label="完成比例", type="number", unit="%", minimum=0, maximum=100)
    texts = ("0", "100", "98.5%", "/", "", "-1", "101%", "很高")
    values = parse_cells(cells(*texts), field).content
    # the bounds themselves are allowed; they are in the field's unit
    np.testing.assert_array_equal(values, [0, 100, 98.5, np.nan, np.nan, -1, 101, np.nan])
    assert wrong(field, *texts) == [
        ("很高", "不是数字;数字,如 95 或 95.5"),
        ("-1", "太小;不小于 0"),
        ("101%", "太大;不大于 100"),
    ]


def test_a_column_of_whole_numbers() -> None:
    field = Field(label="人数", type="integer", unit="人")
    texts = ("1.5", "3", "3.0", "1,200", "1.2千", "0.5万人", "x", "", "—")
    values = parse_cells(cells(*texts), field).content
    np.testing.assert_array_equal(values, [np.nan, 3, 3, 1200, 1200, 5000, np.nan, np.nan, np.nan])
    said = "不是整数;整数,如 12"
    assert wrong(field, *texts) == [("1.5", said), ("x", said)]


# --- yes or no, choices, entities


def test_a_tick_is_yes_and_a_cross_is_no() -> None:
    # the last ones are a full-width Y and N, as an input method leaves them
    yes = ("是", "√", "✓", "✔", "Y", "y", "Yes", "TRUE", "true", " 是 ", "\uff39")
    no = ("否", "×", "✗", "✘", "N", "n", "No", "FALSE", "false", "\uff2e")
    assert [read_flag(text) for text in yes] == ["是"] * len(yes)
    assert [read_flag(text) for text in no] == ["否"] * len(no)
    for text in ("", "对", "有", "无", "1", "0", "√×", "是否", "-", "不是"):
        assert read_flag(text) is None
    field = Field(label="是否公开", type="flag")
    assert parse_cells(cells("√", "", "×", "是"), field).content.tolist() == ["是", "", "否", "是"]
    assert wrong(field, "√", "", "对", "-") == [
        ("对", "不在可填的值之内;其中之一: 是、否"),
        ("-", "不在可填的值之内;其中之一: 是、否"),
    ]


def test_a_choice_is_read_as_it_stands_in_the_codebook() -> None:
    # the second label has brackets of ordinary width, the cells a full-width pair or a space
    field = Field(label="类别", type="choice", allowed=("有效", "其他(注明)", "A级"))
    texts = ("有 效", "其他\uff08注明\uff09", "\uff21级", "")
    assert parse_cells(cells(*texts), field).content.tolist() == ["有效", "其他(注明)", "A级", ""]
    assert wrong(field, *texts, "作废", "有效的") == [
        ("作废", "不在可填的值之内;其中之一: 有效、其他(注明)、A级"),
        ("有效的", "不在可填的值之内;有效(可用的: 有效、其他(注明)、A级)"),
    ]


def test_an_entity_may_be_called_by_its_name_where_no_other_has_it() -> None:
    field = Field(label="协办单位", type="entity")
    texts = ("U02", "港航局", "公 路 局", "u01", "\uff3501", "")
    assert parse_cells(cells(*texts), field, ENTITIES).content.tolist() == [
        "U02",
        "U02",
        "U01",
        "U01",
        "U01",
        "",
    ]
    said = "不是已登记的被评对象;entities.csv 里的编号或名称"
    # two are called 一支部; U1 is like U01 (or U02) but not it
    assert wrong(field, *texts, "一支部", "教育局", "U1") == [
        ("一支部", said),
        ("教育局", said),
        ("U1", f"{said},最接近的是 U01"),
    ]
    # Without a list of entities anything stands as it is.
    assert parse_cells(cells("教育局"), field).failed == ()


def test_a_text_stands_as_it_is() -> None:
    texts = ("1,234", "—", "\uff21", "2011.9.30")
    assert parse_cells(cells(*texts), Field(label="说明", type="text")).content.tolist() == list(texts)
