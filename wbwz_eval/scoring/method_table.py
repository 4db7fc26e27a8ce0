"""The methodology as the table that a 考核办法 prints."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from wbwz_eval.campaign.periods import KIND_NAMES
from wbwz_eval.scoring.measures import ledger_measures
from wbwz_eval.scoring.number_names import NUMBER_NAMES
from wbwz_eval.scoring.numbers import Number, cited_numbers
from wbwz_eval.scoring.rule_words import number, rule_text
from wbwz_eval.scoring.tree import walk

if TYPE_CHECKING:
    from wbwz_eval.campaign.ledgers import Codebook
    from wbwz_eval.scoring.measures import Measure
    from wbwz_eval.scoring.methodology import Indicator, Methodology
    from wbwz_eval.scoring.tree import Item, Level, Veto

COLUMNS = (
    "一级指标",
    "二级指标",
    "指标代码",
    "分值",
    "计分办法",
    "数据来源",
    "责任科室",
    "条款",
)


def method_table(methodology: Methodology, level: Level, codebook: Codebook) -> pd.DataFrame:
    """Return a row per indicator of a level, then gates, bonus, deductions, vetoes, rules across periods."""
    names = {path[-1]: node.name for path, node in walk(level.tree)}
    marks = level.full_marks()
    rows = []
    for path, node in walk(level.tree):
        if not node.children:
            inside = [f"{names[key]}({number(_at(level, path[: i + 1]))})" for i, key in enumerate(path[:-1])]
            rows.append(_indicator_row(methodology, codebook, path[-1], inside, node.share, marks[path[-1]]))
        rows += [
            [
                f"{node.name}({number(node.share)})",
                methodology.indicators[gate.indicator].name,
                gate.indicator,
                "门槛",
                _gate_text(gate.below, gate.above, gate.cap, methodology.indicators[gate.indicator].unit),
                _sources(methodology.indicators[gate.indicator].measure, codebook),
                methodology.indicators[gate.indicator].office,
                methodology.indicators[gate.indicator].clause,
            ]
            for gate in node.gates
        ]
    rows += _item_rows("附加分", level.bonus.items, level.bonus.cap, codebook)
    rows += _item_rows("扣分", level.deductions.items, level.deductions.cap, codebook)
    rows += [_veto_row(key, veto, codebook) for key, veto in level.vetoes.items()]
    rows += _across_periods(level)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _at(level: Level, path: tuple[str, ...]) -> float:
    node = level.tree[path[0]]
    for key in path[1:]:
        node = node.children[key]
    return float(node.share)


def _indicator_row(
    methodology: Methodology,
    codebook: Codebook,
    key: str,
    inside: list[str],
    share: Number,
    full: float,
) -> list[str]:
    indicator = methodology.indicators[key]
    rule = indicator.rule
    text = "" if rule is None else rule_text(rule, indicator.direction, full, indicator.unit)
    return [
        " / ".join(inside) or indicator.name,
        indicator.name,
        key,
        number(share),
        text,
        _sources(indicator.measure, codebook),
        indicator.office,
        "；".join(filter(None, [indicator.clause, *_citations(share, indicator)])),
    ]


def _citations(share: Number, indicator: Indicator) -> list[str]:
    """Return what the methodology says of single numbers: their clause, approval and reason."""
    found = [("权重", each) for _, each in cited_numbers(share)]
    found += [*cited_numbers(indicator.rule), *cited_numbers(indicator.measure)]
    said = [(each, "，".join(filter(None, [each.clause, each.approved, each.note]))) for _, each in found]
    names = [NUMBER_NAMES.get(name, name) for name, _ in found]
    return [f"{name} {number(each)}（{why}）" for name, (each, why) in zip(names, said, strict=True)]


def _gate_text(below: float | None, above: float | None, cap: float, unit: str) -> str:
    bound = f"<{number(below)}" if below is not None else f">{number(above or 0.0)}"
    return f"不计分；{bound}{unit} 时上级节点最高 {number(cap)} 分"


def _sources(measure: Measure, codebook: Codebook) -> str:
    ids = dict.fromkeys(part.ledger for part in ledger_measures(measure))
    return "、".join(codebook.ledgers[name].name for name in ids)


def _item_rows(kind: str, items: dict[str, Item], cap: float | None, codebook: Codebook) -> list[list[str]]:
    rows = []
    for key, item in items.items():
        caps = [f"本项至多 {number(item.cap)} 分"] if item.cap is not None else []
        caps += [f"合计至多 {number(cap)} 分"] if cap is not None else []
        text = "；".join(caps) or "据实计分"
        rows.append([kind, item.name, key, "", text, _sources(item.measure, codebook), "", item.clause])
    return rows


def _across_periods(level: Level) -> list[list[str]]:
    rows = []
    for whole, plan in level.composition.items():
        parts = "、".join(
            f"{KIND_NAMES[kind]}{'本身' if kind == whole else '平均'} {number(weight)}"
            for kind, weight in plan.items()
        )
        about = "；".join(dict.fromkeys(text for _, each in cited_numbers(plan) if (text := each.note)))
        said = f"基础分由各期基础分按权重合成：{parts}；缺的一期，权重分给其余"
        rows.append(["合成", f"{KIND_NAMES[whole]}度合成", whole, "", said, "", "", about])
    for key, rule in level.recurrences.items():
        place = "末位" if rule.place == "last" else "首位"
        within = "、".join(KIND_NAMES[kind] for kind in rule.within)
        said = f"{within}内，按{KIND_NAMES[rule.periods]}居组内{place}满 {number(rule.times)} 次，"
        rows.append(["跨期", rule.name, key, "", f"{said}等次不高于“{rule.grade_cap}”", "", "", rule.clause])
    return rows


def _veto_row(key: str, veto: Veto, codebook: Codebook) -> list[str]:
    text = f"发生即等次不高于“{veto.grade_cap}”，得分照列"
    return ["否优", veto.name, key, "", text, _sources(veto.measure, codebook), "", veto.clause]
