"""What people call the parts of a methodology, and its values as text: the words of a comparison."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from wbwz_eval.campaign.yaml_source import Loc
from wbwz_eval.scoring.number_names import NUMBER_NAMES
from wbwz_eval.scoring.numbers import Number
from wbwz_eval.scoring.points import POLICY_NAMES
from wbwz_eval.scoring.rule_base import RuleBase
from wbwz_eval.scoring.rule_words import number, rule_text
from wbwz_eval.scoring.tree import Gate

NOTHING = "无"
WHOLE = "总则"
"""What belongs to no section."""

_SECTIONS = {
    "tree": "指标和权重",
    "bonus": "附加分",
    "deductions": "扣分",
    "vetoes": "否优",
    "groups": "分组",
    "rank": "位次",
    "grades": "等次",
    "composition": "跨期合成",
    "recurrences": "跨期规则",
}
_WORDS = {
    **NUMBER_NAMES,
    "against": "对照",
    "aggregation": "汇总方法",
    "aspect": "看点",
    "baseline": "基数",
    "basis": "依据",
    "below_min_n": "样本不足时",
    "below_min_size": "小组的处理",
    "bonus": "附加分",
    "children": "下级",
    "clause": "条款",
    "complement": "取补数",
    "counter_pairs": "配对指标",
    "counts": "附带计数",
    "cutoffs": "分数线",
    "date": "归期的日期",
    "deadline": "时限",
    "deductions": "扣分",
    "direction": "方向",
    "display": "显示小数位",
    "distinct_by": "去重依据",
    "done": "完成日期",
    "field": "字段",
    "filled": "已填",
    "full": "满分",
    "gates": "门槛指标",
    "gloss": "英文释义",
    "grade_cap": "等次上限",
    "grades": "等次",
    "groups": "分组",
    "in_": "属于",
    "indicator": "指标",
    "is_": "等于",
    "is_not": "不等于",
    "item": "项目",
    "items": "项目",
    "keep": "重复时留",
    "kind": "算法",
    "latest_per": "只取最近一行的依据",
    "ledger": "台账",
    "measure": "数据口径",
    "merge_into": "并入",
    "method": "排位方法",
    "missing": "缺数处理",
    "name": "名称",
    "needs": "缺了不计的字段",
    "node": "节点得分小数位",
    "not_applicable": "不适用的处理",
    "not_in": "不属于",
    "note": "说明",
    "office": "责任科室",
    "order": "等次名称和顺序",
    "periods": "看哪种期",
    "place": "位次",
    "pool_to": "并期到",
    "quotas": "名额",
    "rank": "位次",
    "rounding": "修约",
    "rule": "计分办法",
    "scope": "排位范围",
    "share": "名额比例",
    "success": "达标条件",
    "tie_break": "并列时依次比较",
    "ties": "名额末位并列者",
    "title": "标题",
    "total": "总分小数位",
    "unit": "单位",
    "value": "取值",
    "verified": "只计已核实的",
    "vetoes": "否优",
    "where": "条件",
    "window": "取数期间",
    "within": "在多长期间内",
}
_VALUES = {
    "up": "越大越好",
    "down": "越小越好",
    "arithmetic": "算术平均",
    "geometric": "几何平均",
    "harmonic": "调和平均",
    "include": "都计入",
    "exclude": "都不计入",
    "show_only": "只列示",
    "pool": "并到更长的期",
    "group": "组内",
    "level": "全部",
    "competition": "并列占位（1、2、2、4）",
    "dense": "并列不占位（1、2、2、3）",
    "ordinal": "不并列",
    "average": "并列取平均",
    "period": "本期",
    "to_date": "活动开始至本期末",
    "highest": "最高的",
    "first": "最先的",
    "last": "末位",
    "month": "月",
    "quarter": "季",
    "half": "半年",
    "year": "年",
    "term": "全程",
    "count": "计数",
    "sum": "合计",
    "mean": "平均",
    "median": "中位数",
    "max": "最大值",
    "min": "最小值",
    "latest": "最近值",
    "rate": "比率",
    "on_time_rate": "按时率",
    "ratio": "比值",
    "mean_lateness": "平均逾期",
    "first_time_rate": "一次办结率",
    "percentile_within": "同类百分位",
    "schedule_deviation": "进度偏差",
    "uplift": "目标提升幅度",
    "panel": "评议",
    "survey": "测评",
    "product": "连乘",
    **POLICY_NAMES,
}


def section_of(key: str) -> str:
    """Return the section of the rules that a key of a level belongs to."""
    return _SECTIONS.get(key, WHOLE)


def word(key: object) -> str:
    """Return what people call a key; what they wrote themselves is its own name."""
    return _WORDS.get(str(key), _VALUES.get(str(key), str(key)))


def item_of(loc: Loc) -> str:
    """Return what people call the last part of a place that has a name; of a remark also whose it is."""
    words = [_WORDS[str(step)] for step in loc if not isinstance(step, int) and str(step) in _WORDS]
    if not words:
        return str(loc[-1])
    if loc[-1] == "note" and len(words) > 1:
        return f"{words[-2]}的出处和说明"
    if "quotas" in loc and loc[-1] == "floor":
        return "名额的总分底线"
    if "gates" in loc and len(words) > 1:
        return f"门槛的{words[-1]}"
    return words[-1]


def cited(value: Number) -> str:
    """Return where a number comes from, in the words of the file."""
    return "，".join(filter(None, (value.clause, value.approved, value.note))) or NOTHING


def value_text(value: Any) -> str:  # noqa: C901, PLR0911 - one for each kind of value
    """Return a value of a methodology as people read it; ``NOTHING`` for none."""
    if value is None or value in ((), {}, ""):
        return NOTHING
    if isinstance(value, Number):
        if value.versions:
            return "，".join(f"{each.start} 起 {number(each.value)}" for each in value.versions)
        return number(value)
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, int | float):
        return number(value)
    if isinstance(value, str):
        return _VALUES.get(value, value)
    if isinstance(value, RuleBase):
        return rule_text(value, "up", 100.0, "")
    if isinstance(value, Gate):
        side, bound = ("大于", value.above) if value.below is None else ("小于", value.below)
        return f"{value.indicator} {side} {value_text(bound)} 时不超过 {number(value.cap)} 分"
    if isinstance(value, BaseModel):
        written = {name: getattr(value, name) for name in type(value).model_fields}
        return _pairs({name: each for name, each in written.items() if name in value.model_fields_set})
    if isinstance(value, dict):
        return _pairs(value)
    plain = all(isinstance(each, str) for each in value)
    return ("、" if plain else "；").join(map(value_text, value))


def _pairs(values: dict[Any, Any]) -> str:
    return "，".join(f"{word(key)} {_inner(each)}" for key, each in values.items())


def _inner(value: Any) -> str:
    """Return a value inside another; what has parts of its own stands in brackets."""
    text = value_text(value)
    return f"（{text}）" if isinstance(value, BaseModel | dict | tuple) and "，" in text else text
