"""The list of entities: what it gives, and every mistake in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

from wbwz_eval.campaign.entities import load_entities
from wbwz_eval.campaign.faults import CampaignError

if TYPE_CHECKING:
    from pathlib import Path

LEVELS = {"unit": "事业单位", "party_org": "党组织"}
GROUPS = {"roads": "unit", "branches": "party_org"}
HEADER = "编号,名称,层级,组别,上级,起,止\n"


def load(tmp_path: Path, text: str) -> pd.DataFrame:
    path = tmp_path / "entities.csv"
    path.write_text(text, encoding="utf-8")
    return load_entities(path, LEVELS, GROUPS)


def faults(tmp_path: Path, rows: str) -> list[str]:
    with pytest.raises(CampaignError) as caught:
        load(tmp_path, HEADER + rows)
    return [str(fault) for fault in caught.value.faults]


def test_entities_come_typed_and_in_the_order_of_the_file(tmp_path: Path) -> None:
    table = load(
        tmp_path,
        HEADER + "U02,公路局,unit,roads,,2011/7/1,\n007,一支部,party_org,branches,U02,,2012年3月31日\n",
    )
    assert table.index.tolist() == ["U02", "007"]
    assert table.index.name == "id"
    assert table.columns.tolist() == ["name", "level", "group", "parent", "valid_from", "valid_to"]
    assert table["name"].tolist() == ["公路局", "一支部"]
    assert table["level"].tolist() == ["unit", "party_org"]
    assert table["group"].tolist() == ["roads", "branches"]
    assert table["parent"].tolist() == ["", "U02"]
    assert table["valid_from"].tolist()[0] == pd.Timestamp("2011-07-01")
    assert table["valid_to"].isna().tolist() == [True, False]
    assert str(table["valid_from"].dtype) == "datetime64[s]"


def test_optional_columns_may_be_left_out_and_codes_may_head_columns(tmp_path: Path) -> None:
    table = load(tmp_path, "id,name,level,group\nU1,公路局,unit,roads\n")
    assert table.loc["U1", "parent"] == ""
    assert table["valid_to"].isna().all()


def test_a_table_in_the_encoding_of_old_office_software_is_read(tmp_path: Path) -> None:
    path = tmp_path / "entities.csv"
    path.write_bytes((HEADER + "U1,公路局,unit,roads,,2011.7.1,\n").encode("gb18030"))
    table = load_entities(path, LEVELS, GROUPS)
    assert table["name"].tolist() == ["公路局"]
    assert table["valid_from"].tolist() == [pd.Timestamp("2011-07-01")]


def test_every_mistake_is_told_at_once_with_its_row(tmp_path: Path) -> None:
    told = faults(
        tmp_path,
        "U1,公路局,unit,roads,,,\n"
        "U1,港航局,unit,roads,,,\n"
        "U3,运管处,units,roads,,,\n"
        "U4,稽查处,unit,branches,,,\n"
        "U5,学校,unit,roads,U9,,\n"
        "U6,质监站,unit,roads,,2012-01-01,2011-12-31\n"
        "U7,,unit,railways,,2011-02-30,\n",
    )
    assert told == [
        ("entities.csv 第 4 行 “层级”列: “units” 不在可填的值之内;应为 unit(可用的: unit、party_org)"),
        "entities.csv 第 8 行 “名称”列: 没有填;应为 这一列必填",
        "entities.csv 第 8 行 “组别”列: “railways” 不在可填的值之内;应为 其中之一: roads、branches",
        "entities.csv 第 8 行 “起”列: “2011-02-30” 不是日期;应为 年-月-日,如 2011-09-30",
        "entities.csv 第 3 行 “编号”列: “U1” 重复,前面的行已有",
        "entities.csv 第 5 行 “组别”列: “branches” 属于别的层级",
        "entities.csv 第 6 行 “上级”列: “U9” 不在编号里",
        "entities.csv 第 7 行 “止”列: “2011-12-31” 早于“起”",
    ]


def test_a_circle_of_parents_names_who_is_in_it_and_nobody_below(tmp_path: Path) -> None:
    # A → B → C → A is a circle, S is its own parent; D hangs below the circle. T is a proper top
    # with E, F and G under it, each below the other.
    told = faults(
        tmp_path,
        "A,甲,unit,roads,B,,\nB,乙,unit,roads,C,,\nC,丙,unit,roads,A,,\nD,丁,unit,roads,A,,\n"
        "S,戊,unit,roads,S,,\nT,己,unit,roads,,,\nE,庚,unit,roads,T,,\nF,辛,unit,roads,E,,\nG,壬,unit,roads,F,,\n",
    )
    assert [line.partition(" 是自己的上级")[0] for line in told] == [
        f"entities.csv 第 {row} 行 “上级”列: “{name}”"
        for row, name in ((2, "A"), (3, "B"), (4, "C"), (6, "S"))
    ]


def test_a_missing_file_or_column_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(CampaignError, match=r"entities\.csv: 找不到这个文件"):
        load_entities(tmp_path / "entities.csv", LEVELS, GROUPS)
    with pytest.raises(CampaignError, match="缺少“组别”列"):
        load(tmp_path, "编号,名称,层级\nU1,公路局,unit\n")
