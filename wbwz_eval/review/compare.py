"""Two versions of a methodology side by side: what changed, in words and as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import yaml
from pydantic import BaseModel

from wbwz_eval.campaign.yaml_source import key_path
from wbwz_eval.scoring.methodology import MethodologyFile
from wbwz_eval.scoring.number_names import NUMBER_NAMES
from wbwz_eval.scoring.numbers import Number
from wbwz_eval.scoring.points import POLICY_NAMES
from wbwz_eval.scoring.rule_base import RuleBase
from wbwz_eval.scoring.rule_words import number, rule_text
from wbwz_eval.scoring.tree import walk

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wbwz_eval.campaign.yaml_source import Loc
    from wbwz_eval.scoring.methodology import Indicator

COLUMNS = ("level", "section", "about", "item", "old", "new", "said", "place")
NOTHING = "无"
_SHORT = 8

_SECTIONS = {
    "tree": "指标和权重",
    "full": "总则",
    "aggregation": "总则",
    "min_coverage": "总则",
    "total_cap": "总则",
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
    "aggregation": "汇总方法",
    "aspect": "看点",
    "below_min_size": "小组的处理",
    "basis": "依据",
    "bonus": "附加分",
    "children": "下级",
    "clause": "条款",
    "counter_pairs": "配对指标",
    "deductions": "扣分",
    "direction": "方向",
    "display": "显示小数位",
    "full": "满分",
    "gates": "门槛指标",
    "gloss": "英文释义",
    "grade_cap": "等次上限",
    "grades": "等次",
    "groups": "分组",
    "items": "项目",
    "measure": "数据口径",
    "method": "位次形式",
    "missing": "缺数处理",
    "name": "名称",
    "node": "节点得分小数位",
    "not_applicable": "不适用的处理",
    "note": "说明",
    "office": "责任科室",
    "order": "等次名称和顺序",
    "place": "位次",
    "quotas": "名额",
    "rank": "位次",
    "rounding": "修约",
    "rule": "计分办法",
    "scope": "位次范围",
    "share": "名额比例",
    "tie_break": "并列处理顺序",
    "ties": "并列者",
    "title": "标题",
    "total": "总分小数位",
    "unit": "单位",
    "value": "数值小数位",
    "vetoes": "否优",
    "weight": "权重",
    "points": "分值",
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
    "group": "组内",
    "level": "全部",
    "competition": "并列占位（1、2、2、4）",
    "dense": "并列不占位（1、2、2、3）",
    "ordinal": "不并列",
    "average": "并列取平均",
    **POLICY_NAMES,
}


def diff(old: MethodologyFile, new: MethodologyFile, levels: Mapping[str, str]) -> pd.DataFrame:
    """Return what the new version says otherwise.

    What changes in the same way at several levels is told once.

    Args:
        old: A version.
        new: Another.
        levels: Level id → name.

    Returns:
        One row per change in the order of the file: ``level`` (names, empty where it concerns all),
        ``section``, ``about`` (which indicator, node or rule), ``item``, ``old``, ``new`` (texts,
        ``NOTHING`` where there is none), ``said`` (the change as a sentence), ``place`` (in the file).
    """
    fields = [name for name in MethodologyFile.model_fields if name != "version"]
    rows = [
        _told(old, new, loc, before, after, levels)
        for name in fields
        for loc, before, after in _changes(getattr(old, name), getattr(new, name), (name,))
    ]
    table = pd.DataFrame(rows, columns=[name for name in COLUMNS if name != "said"])
    # several numbers of one rule are one change of its sentence
    table = table.drop_duplicates(["level", "section", "about", "item", "old", "new"])
    keys = ["section", "about", "item", "old", "new"]
    merged = table.groupby(keys, sort=False, as_index=False).agg(
        level=("level", lambda own: "、".join(dict.fromkeys(name for name in own if name))),
        place=("place", "first"),
    )
    said = [_sentence(row) for row in merged.to_dict("records")]
    return merged.assign(said=said)[list(COLUMNS)].reset_index(drop=True)


def _changes(  # noqa: C901 - one branch for each kind of thing
    old: Any, new: Any, loc: Loc
) -> Iterator[tuple[Loc, Any, Any]]:
    """Yield the smallest parts in which two models differ."""
    if isinstance(old, Number) and isinstance(new, Number):
        if float(old) != float(new) or old.versions != new.versions:
            yield loc, old, new
        elif (old.clause, old.approved, old.note) != (new.clause, new.approved, new.note):
            yield (*loc, "note"), _cited(old), _cited(new)
    elif isinstance(old, BaseModel) and type(old) is type(new):
        for name in type(old).model_fields:
            yield from _changes(getattr(old, name), getattr(new, name), (*loc, name))
    elif isinstance(old, dict) and isinstance(new, dict):
        for key in dict.fromkeys((*old, *new)):
            yield from _changes(old.get(key), new.get(key), (*loc, key))
    elif isinstance(old, tuple) and isinstance(new, tuple) and len(old) == len(new):
        for at, (before, after) in enumerate(zip(old, new, strict=True)):
            yield from _changes(before, after, (*loc, at))
    elif old != new:
        yield loc, old, new


def _told(
    old: MethodologyFile, new: MethodologyFile, loc: Loc, before: Any, after: Any, levels: Mapping[str, str]
) -> tuple[str, str, str, str, str, str, str]:
    place = key_path(loc) or ""
    if loc[0] == "indicators":
        return ("", *_about_indicator(old, new, loc, before, after), place)
    if loc[0] == "levels":
        level, rest = str(loc[1]), loc[2:]
        name = levels.get(level, level)
        if not rest:
            return name, "层级", name, "全部规则", _text(before), _text(after), place
        section = _SECTIONS.get(str(rest[0]), "总则")
        if rest[0] == "tree":
            return (name, section, *_about_node(old, new, level, rest[1:], before, after), place)
        about = _about_rule(old, new, level, rest)
        return name, section, about, _item(rest), _text(before), _text(after), place
    return "", "总则", "办法", _item(loc), _text(before), _text(after), place


def _about_indicator(
    old: MethodologyFile, new: MethodologyFile, loc: Loc, before: Any, after: Any
) -> tuple[str, str, str, str, str]:
    code = str(loc[1])
    either = new.indicators.get(code) or old.indicators[code]
    about = f"指标 {code} {either.name}"
    if len(loc) == 2:  # noqa: PLR2004 - the indicator itself
        return "指标和权重", about, "指标", _rule(old, code), _rule(new, code)
    what = str(loc[2])
    if what == "rule":
        return "计分办法", about, "计分办法", _rule(old, code), _rule(new, code)
    if what == "measure":
        inner = "·".join(_WORDS.get(str(step), str(step)) for step in loc[3:]) or "全部"
        return "数据口径", about, f"数据口径（{inner}）", _text(before), _text(after)
    return "指标和权重", about, _item(loc[2:]), _text(before), _text(after)


def _rule(method: MethodologyFile, code: str) -> str:
    indicator: Indicator | None = method.indicators.get(code)
    if indicator is None:
        return NOTHING
    if indicator.rule is None:
        return "不计分"
    return rule_text(indicator.rule, indicator.direction, 100.0, indicator.unit)


def _about_node(
    old: MethodologyFile, new: MethodologyFile, level: str, loc: Loc, before: Any, after: Any
) -> tuple[str, str, str, str]:
    """Tell a change inside the tree; ``loc`` begins with the id of a dimension."""
    nodes = [step for step in loc if step != "children"]
    known = {
        path[-1]: node
        for method in (old, new)
        if level in method.levels
        for path, node in walk(method.levels[level].tree)
    }
    inside = [step for step in nodes if step in known]
    code = str(inside[-1])
    field = nodes[nodes.index(code) + 1 :]
    node = known[code]
    name = node.name or next((m.indicators[code].name for m in (new, old) if code in m.indicators), code)
    about = f"{name}（{code}）"
    if not field:
        old_text, new_text = (_text(each.share) if each is not None else NOTHING for each in (before, after))
        return about, "权重" if node.points is None else "分值", old_text, new_text
    return about, _item(tuple(field)), _text(before), _text(after)


def _about_rule(old: MethodologyFile, new: MethodologyFile, level: str, loc: Loc) -> str:
    """Return what people call the thing that a change after the total is about."""
    thing: Any = next((m.levels[level] for m in (new, old) if level in m.levels), None)
    name = _SECTIONS.get(str(loc[0]), "总则")
    for step in loc:
        if isinstance(thing, dict):
            thing = thing.get(step)
            name = str(getattr(thing, "name", "") or step)
        else:
            thing = getattr(thing, str(step), None)
    return name


def _item(loc: Loc) -> str:
    words = [_WORDS.get(str(step), "") for step in loc if not isinstance(step, int)]
    return next((word for word in reversed(words) if word), str(loc[-1]))


def _cited(value: Number) -> str:
    return "，".join(filter(None, (value.clause, value.approved, value.note))) or NOTHING


def _text(value: Any) -> str:  # noqa: PLR0911 - one for each kind of value
    if value is None or value in ((), {}, ""):
        return NOTHING
    if isinstance(value, Number):
        if value.versions:
            return "，".join(f"{each.start} 起 {number(each.value)}" for each in value.versions)
        return number(value)
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, str):
        return _VALUES.get(value, value)
    if isinstance(value, RuleBase):
        return rule_text(value, "up", 100.0, "")
    plain = _plain(value)
    said: str = yaml.safe_dump(
        plain, default_flow_style=True, allow_unicode=True, width=1_000_000, sort_keys=False
    )
    return said.removesuffix("\n").removesuffix("\n...")


def _plain(value: Any) -> Any:
    """Return what is written of a model, without its defaults."""
    if isinstance(value, Number):
        return int(value) if float(value).is_integer() else float(value)
    if isinstance(value, BaseModel):
        return {name: _plain(getattr(value, name)) for name in sorted(value.model_fields_set)}
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return value


def _sentence(row: Mapping[Any, Any]) -> str:
    who = f"{row['level']}：" if row["level"] else ""
    about = "" if row["about"] in (row["item"], "总则") else f"{row['about']}的"
    head = f"{who}{about}{row['item']}"
    old, new = (_quoted(str(row[name])) for name in ("old", "new"))
    if row["old"] == NOTHING:
        return f"{head}增加{new}"
    if row["new"] == NOTHING:
        return f"{head}取消，原为{old}"
    return f"{head}由{old}改为{new}"


def _quoted(text: str) -> str:
    if len(text) <= _SHORT or text.startswith("“"):
        return f" {text} "
    return f"“{text}”"
