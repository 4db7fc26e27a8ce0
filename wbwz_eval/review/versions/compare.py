"""Two versions of a methodology side by side: what changed, in words and as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
from pydantic import BaseModel

from wbwz_eval.campaign.yaml_source import key_path
from wbwz_eval.review.versions.change_words import (
    NOTHING,
    WHOLE,
    cited,
    item_of,
    section_of,
    value_text,
    word,
)
from wbwz_eval.scoring.methodology import MethodologyFile
from wbwz_eval.scoring.numbers import Number
from wbwz_eval.scoring.rule_words import rule_text
from wbwz_eval.scoring.tree import walk

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wbwz_eval.campaign.yaml_source import Loc
    from wbwz_eval.scoring.methodology import Indicator

COLUMNS = ("level", "section", "about", "item", "old", "new", "said", "place")
_SHORT = 8
_ITSELF, _THERE = "整项", "有"
"""The item of a change that brings in or takes out a whole thing, and what is said of one that is there."""
_PLAIN = (WHOLE, "位次", "等次", "分组")
"""Sections whose items say by themselves what they are about."""


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
            yield (*loc, "note"), cited(old), cited(new)
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
            return name, "层级", name, _ITSELF, _there(before), _there(after), place
        section = section_of(str(rest[0]))
        if rest[0] == "tree":
            return (name, section, *_about_node(old, new, level, rest[1:], before, after), place)
        about = _about_rule(old, new, level, rest)
        either = before if after is None else after
        # an item, a veto, a rule across periods: has a name, and comes or goes as a whole
        item = _ITSELF if hasattr(either, "name") else item_of(rest)
        about = f"{about}（{section}）" if item == _ITSELF else about
        return name, section, about, item, value_text(before), value_text(after), place
    return "", WHOLE, "办法", item_of(loc), value_text(before), value_text(after), place


def _about_indicator(
    old: MethodologyFile, new: MethodologyFile, loc: Loc, before: Any, after: Any
) -> tuple[str, str, str, str, str]:
    code = str(loc[1])
    either = new.indicators.get(code) or old.indicators[code]
    about = f"指标 {code} {either.name}"
    if len(loc) == 2:  # noqa: PLR2004 - the indicator itself
        return "指标和权重", about, _ITSELF, _rule(old, code), _rule(new, code)
    what = str(loc[2])
    if what == "rule":
        texts = _rule(old, code), _rule(new, code)
        if texts[0] != texts[1]:
            return "计分办法", about, "计分办法", *texts
        # the sentence says neither remarks nor from which day a number is in force
        return "计分办法", about, f"计分办法（{item_of(loc[2:])}）", value_text(before), value_text(after)
    if what == "measure":
        inner = "·".join(word(step) for step in loc[3:] if not isinstance(step, int)) or "全部"
        return "数据口径", about, f"数据口径（{inner}）", value_text(before), value_text(after)
    return "指标和权重", about, item_of(loc[2:]), value_text(before), value_text(after)


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
        old_text, new_text = (
            value_text(each.share) if each is not None else NOTHING for each in (before, after)
        )
        return about, "权重" if node.points is None else "分值", old_text, new_text
    return about, item_of(tuple(field)), value_text(before), value_text(after)


def _about_rule(old: MethodologyFile, new: MethodologyFile, level: str, loc: Loc) -> str:
    """Return what people call the thing that a change after the total is about."""
    name = section_of(str(loc[0]))
    # what is taken out is named by the old version
    things: list[Any] = [m.levels[level] for m in (new, old) if level in m.levels]
    for step in loc:
        inside = [each for each in things if isinstance(each, dict)]
        if inside:
            things = [each[step] for each in inside if step in each]
            name = next((each.name for each in things if hasattr(each, "name")), word(step))
        else:
            things = [getattr(each, str(step), None) for each in things]
    return name


def _there(value: Any) -> str:
    return NOTHING if value is None else _THERE


def _sentence(row: Mapping[Any, Any]) -> str:
    who = f"{row['level']}：" if row["level"] else ""
    whole = row["item"] == _ITSELF
    own = row["about"] in (row["item"], *_PLAIN)
    thing = row["about"] if whole else row["item"] if own else f"{row['about']}的{row['item']}"
    head = thing if whole and row["about"] == row["level"] else f"{who}{thing}"
    texts = [str(row["old"]), str(row["new"])]
    long = max(map(len, texts)) > _SHORT
    # short ones are set off by blanks, longer ones by quotes
    old, new = (_quoted(text) if long else f" {text} " for text in texts)
    if row["old"] == NOTHING:
        return f"{head}新增" if row["new"] == _THERE else f"{head}新增，为{new}".rstrip()
    if row["new"] == NOTHING:
        return f"{head}取消" if whole else f"{head}取消，原为{old}".rstrip()
    return f"{head}由{old}改为{new}".rstrip()


def _quoted(text: str) -> str:
    inside = text.replace("“", "‘").replace("”", "’")
    return f"“{inside}”"
