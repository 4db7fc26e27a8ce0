"""Results made to measure, and small campaigns on disk."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support import take_in

from wbwz_eval.scoring.adjust import rank
from wbwz_eval.scoring.composition import PART_COLUMNS
from wbwz_eval.scoring.scores import Scores

ADJUSTMENTS = "entity_id kind item name points clause decided_by doc_no row_id ledger source source_row counted reason detail"
QUALITY = ["kind", "entity_id", "name", "indicator", "ledger", "count", "detail"]
METHOD = ["一级指标", "二级指标", "指标代码", "分值", "计分办法", "数据来源", "责任科室", "条款"]


def results(
    groups: dict[str, list[float]],
    *,
    dimensions: int = 3,
    before: dict[str, list[float]] | None = None,
    spread: float = 0.0,
    names: list[str] | None = None,
    level: str = "单位",
    grades: tuple[str, ...] = (),
    display: int = 1,
) -> Scores:
    """Return results in which ``groups`` maps each group's name to its totals, NaN = not ranked.

    ``before`` holds the totals of the period before, ``spread`` the half-width of every total's interval.
    Each total is the mean of its dimensions, which lie two points apart.
    """
    total = np.array([value for values in groups.values() for value in values], dtype=float)
    size = len(total)
    group = np.repeat(np.arange(len(groups)), [len(values) for values in groups.values()])
    ids = [f"E{index:03}" for index in range(size)]
    place, tied = rank(total, group)
    low, high = _rank_interval(total, group, spread, place)
    table = pd.DataFrame({"entity_id": ids, "name": names or [f"对象{index + 1}" for index in range(size)]})
    table["level"], table["group"] = "unit", [f"g{code}" for code in group]
    table["group_name"] = [list(groups)[code] for code in group]
    dims = [f"D{index}" for index in range(dimensions)]
    for index, name in enumerate(dims):
        table[name] = total + 2 * (index - (dimensions - 1) / 2)
    table["base"], table["bonus"], table["deduction"] = total, 0.0, 0.0
    table["total"] = table["total_unrounded"] = total
    table["total_low"] = total - spread if spread else np.nan
    table["total_high"] = total + spread if spread else np.nan
    table["rank"], table["rank_low"], table["rank_high"] = place, low, high
    table["group_size"] = np.bincount(group)[group]
    table["tie"], table["grade"], table["veto"], table["coverage"] = tied, "", "", 1.0
    if grades:
        table["grade"] = [grades[0] if each == 1 else grades[-1] if each > 1 else "" for each in place]
    earlier = np.full(size, np.nan)
    if before is not None:
        earlier = np.array([value for values in before.values() for value in values], dtype=float)
    previous, _ = rank(earlier, group)
    table["movement"] = previous - place
    table["previous_total"], table["previous_rank"] = earlier, previous
    table["standing"] = np.where(np.isnan(total), "数据不足", "参评")
    return Scores(
        header=_header(dims, level, before is not None, grades, display),
        scores=table,
        nodes=_nodes(table, dims),
        rows=pd.DataFrame({"entity_id": ids, "row_id": "R1"}),
        adjustments=pd.DataFrame(columns=ADJUSTMENTS.split()),
        changes=_changes(table, dims, before is not None),
        quality=pd.DataFrame(columns=QUALITY),
        parts=pd.DataFrame(columns=list(PART_COLUMNS)),
        method=pd.DataFrame(
            [["维度0(100)", "指标0", "D0a", "100", "指标值即得分", "台账", "", ""]], columns=METHOD
        ),
    )


def _rank_interval(total, group, spread, place):
    if not spread:
        return place, place
    low, high = place.copy(), place.copy()
    for index in np.flatnonzero(~np.isnan(total)):
        others = total[(group == group[index]) & ~np.isnan(total)]
        low[index] = (others - spread > total[index] + spread).sum() + 1
        high[index] = len(others) - (others + spread < total[index] - spread).sum()
    return low, high


def _header(dims, level, compared, grades, display):
    return {
        "campaign": "比武活动",
        "organiser": "主办单位",
        "office": "办公室",
        "synthetic": False,
        "synthetic_note": "",
        "period": "2012-Q3",
        "period_name": "2012年第三季度",
        "period_kind": "quarter",
        "start": "2012-07-01",
        "end": "2012-09-30",
        "cutoff": "2012-10-12",
        "level": "unit",
        "level_name": level,
        "methodology_title": "评价办法",
        "methodology_version": "v1",
        "methodology_digest": "0123456789abcdef" * 4,
        "methodology_status": "approved",
        "approvals": [
            {"digest": "", "by": "张某某", "role": "工作小组组长", "on": "2011-07-05", "document": "一号文"}
        ],
        "data_digest": "fedcba9876543210" * 4,
        "package_version": "9.9",
        "mark": "正式",
        "display": display,
        "small_sample": 30.0,
        "total_full": 100.0,
        "previous_period": "2012-Q2" if compared else None,
        "previous_period_name": "2012年第二季度" if compared else None,
        "grade_order": list(grades),
        "dimensions": [
            {"id": name, "name": f"维度{index}", "weight": 1 / len(dims), "full": 100.0}
            for index, name in enumerate(dims)
        ],
        "rank_scope": "group",
        "min_group_size": 1.0,
        "edition": "internal",
    }


def _nodes(table, dims):
    frames = []
    for index, name in enumerate(dims):
        common = {
            "entity_id": table["entity_id"],
            "points": table[name],
            "full": 100.0,
            "n": 50.0,
            "note": "",
        }
        status = np.where(table[name].isna(), "missing", "scored")
        top = {"node": name, "name": f"维度{index}", "kind": "dimension", "parent": ""}
        leaf = {"node": f"{name}a", "name": f"指标{index}", "kind": "indicator", "parent": name}
        frames += [pd.DataFrame(common | each | {"status": status}) for each in (top, leaf)]
    return pd.concat(frames, ignore_index=True)


def _changes(table, dims, compared):
    columns = ["entity_id", "node", "name", "change"]
    if not compared:
        return pd.DataFrame(columns=columns)
    delta = (table["total"] - table["previous_total"]) / len(dims)
    frames = [
        pd.DataFrame(
            {"entity_id": table["entity_id"], "node": f"{name}a", "name": f"指标{index}", "change": delta}
        )
        for index, name in enumerate(dims)
    ]
    return pd.concat(frames, ignore_index=True).dropna()


@pytest.fixture
def made():
    """Return the function that makes results to measure."""
    return results


@pytest.fixture
def small_campaign(tmp_path: Path):
    """Return a function that writes a campaign of one ledger: four entities in two groups, two indicators."""

    def write(
        folder: str = "small", note: str = "", names: tuple[str, ...] = ("甲站", "乙站", "丙站", "丁站")
    ) -> Path:
        path = tmp_path / folder
        (path / "methodology").mkdir(parents=True)
        (path / "campaign.yaml").write_text(CAMPAIGN, encoding="utf-8")
        (path / "ledgers.yaml").write_text(LEDGERS, encoding="utf-8")
        (path / "methodology" / "v1.yaml").write_text(METHODOLOGY, encoding="utf-8")
        entities = [
            f"E{i},{json.dumps(name, ensure_ascii=False)},unit,g{i % 2}" for i, name in enumerate(names)
        ]
        (path / "entities.csv").write_text(
            "编号,名称,层级,组别\n" + "\n".join(entities) + "\n", encoding="utf-8"
        )
        rows = ["行号,被评对象,报送日期,日期,数,奖,事由"]
        for quarter, month in enumerate((1, 4)):
            for i in range(len(names)):
                day = f"2012-{month:02}-1{i}"
                rows.append(
                    f"R{quarter}{i},E{i},{day},{day},{80 + 3 * i * (1 - quarter) + quarter},{i},{note or '表扬'}"
                )
        take_in(path, {"facts": "\n".join(rows) + "\n"})
        return path

    return write


CAMPAIGN = """\
name: 小活动
organiser: 某局
office: 办公室
synthetic: true
synthetic_note: 测试用。
start: 2012-01-01
end: 2012-12-31
cutoff_workdays: {quarter: 5, month: 3}
methodology: [{version: v1, effective_from: 2012-01-01}]
levels: {unit: 单位}
groups: {g0: {name: 第一组, level: unit}, g1: {name: 第二组, level: unit}}
"""
LEDGERS = """\
common:
  row_id: {label: 行号, type: text, required: true}
  entity_id: {label: 被评对象, type: entity, required: true}
  verified_by: {label: 核实人, type: text}
  verified_on: {label: 核实日期, type: date}
  status: {label: 状态, type: choice, allowed: [有效, 撤回], default: 有效}
ledgers:
  facts:
    name: 事实台账
    fields:
      on: {label: 日期, type: date, required: true}
      amount: {label: 数, type: number, required: true}
      prize: {label: 奖, type: number}
      why: {label: 事由, type: text}
"""
METHODOLOGY = """\
version: v1
title: 小办法
rounding: {total: 2}
display: 1
indicators:
  A:
    name: 数量
    direction: up
    measure: {kind: mean, ledger: facts, date: on, value: amount}
    rule: {type: as_is, low: 0, high: 100}
  B:
    name: 最大数
    direction: up
    measure: {kind: max, ledger: facts, date: on, value: amount}
    rule: {type: as_is, low: 0, high: 100}
levels:
  unit:
    full: 100
    tree:
      X: {name: 维度一, weight: 60, children: {A: 100}}
      Y: {name: 维度二, weight: 40, children: {B: 100}}
    bonus:
      cap: 5
      items:
        prize: {name: 奖励分, clause: 第三条, measure: {kind: sum, ledger: facts, date: on, value: prize}}
    rank: {scope: group, method: competition}
"""
