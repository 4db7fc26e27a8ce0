"""What must hold in a methodology beyond the shape of its file.

Each check walks the model and reports every mistake with the line at which
it stands in the file.
"""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from typing import TYPE_CHECKING, TypeVar

from wbwz_eval.campaign.faults import one_of
from wbwz_eval.campaign.periods import PERIOD_KINDS
from wbwz_eval.scoring.field_checks import check_measure
from wbwz_eval.scoring.numbers import at_day, version_starts
from wbwz_eval.scoring.tree import Grades, Level, Node, leaves, walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from wbwz_eval.campaign.faults import FaultList
    from wbwz_eval.campaign.folder import Campaign
    from wbwz_eval.campaign.yaml_source import Loc, YamlSource
    from wbwz_eval.scoring.measures import Measure
    from wbwz_eval.scoring.methodology import Indicator, MethodologyFile

_Model = TypeVar("_Model")

_WEIGHT_TOLERANCE = 1e-9
_FAR_FUTURE = dt.date(9999, 12, 31)


def check_methodology(
    model: MethodologyFile, stem: str, campaign: Campaign, source: YamlSource, faults: FaultList
) -> None:
    """Add every mistake of a methodology to ``faults``."""
    seen: set[tuple[Loc, str]] = set()

    def report(loc: Loc, message: str, expected: str = "") -> None:
        if (loc, message) not in seen:
            seen.add((loc, message))
            faults.add(source.name, message, expected=expected, line=source.line_of(loc))

    if model.version != stem:
        report(("version",), f"version “{model.version}” 与文件名不一致", stem)
    _check_levels(model, campaign, report)
    _check_ids(model, report)
    _check_pairs(model, report)
    for loc, measure in _measures(model):
        check_measure(measure, loc, campaign.codebook, report)
    # weights must sum and rules agree with their direction in each dated version of their numbers
    for day in sorted(version_starts(model)) or [_FAR_FUTURE]:
        for name, level in model.levels.items():
            in_force = _on(level, day)
            if in_force is not None:
                _check_tree(model, in_force, ("levels", name), report)
                _check_after_total(in_force, ("levels", name), campaign, report)
        for name, indicator in model.indicators.items():
            for loc, message, expected in _rule_faults(model, name, indicator, day):
                report(loc, message, expected)


def _on(node: _Model, day: dt.date) -> _Model | None:
    """Return a model with its numbers as on a day; None where one has no version in force yet."""
    try:
        resolved: _Model = at_day(node, day)
    except ValueError:
        return None
    return resolved


def _check_pairs(model: MethodologyFile, report: Callable[..., None]) -> None:
    for index, pair in enumerate(model.counter_pairs):
        for key, name in (("indicator", pair.indicator), ("against", pair.against)):
            if name not in model.indicators:
                known = one_of(model.indicators, instead_of=name)
                report(("counter_pairs", index, key), f"没有指标 “{name}”", known)


def _check_ids(model: MethodologyFile, report: Callable[..., None]) -> None:
    """Refuse an id that a level uses twice: evidence is filed by id."""
    for name, level in model.levels.items():
        taken = dict.fromkeys((*level.paths(), *level.gate_indicators), "节点或指标")
        sections = (
            (("bonus", "items"), list(level.bonus.items)),
            (("deductions", "items"), list(level.deductions.items)),
            (("vetoes",), list(level.vetoes)),
            (("recurrences",), list(level.recurrences)),
        )
        for at, keys in sections:
            for key in keys:
                if key in taken:
                    report(("levels", name, *at, key), f"编号 “{key}” 已用于{taken[key]}", "换一个编号")
                taken[key] = at[0]


def _check_levels(model: MethodologyFile, campaign: Campaign, report: Callable[..., None]) -> None:
    for name in model.levels:
        if name not in campaign.levels:
            known = one_of(campaign.levels, instead_of=name)
            report(("levels", name), f"层级 “{name}” 不在 campaign.yaml 里", known)
    used = {leaf for level in model.levels.values() for leaf in leaves(level.tree)}
    used |= {gate for level in model.levels.values() for gate in level.gate_indicators}
    for name, indicator in model.indicators.items():
        if name not in used:
            report(("indicators", name), f"指标 “{name}” 没有用在任何层级", "放进某个层级的 tree，或删去")
        elif indicator.rule is None and any(name in leaves(x.tree) for x in model.levels.values()):
            report(("indicators", name), f"指标 “{name}” 计入得分但没有 rule", "写上计分办法 rule")


def _check_tree(model: MethodologyFile, level: Level, at: Loc, report: Callable[..., None]) -> None:
    seen: dict[str, tuple[str, ...]] = {}
    for path, node in walk(level.tree):
        loc = _tree_loc(at, path)
        key = path[-1]
        if key in seen:
            report(loc, f"编号 “{key}” 在同一层级重复", "每个节点和指标的编号在一个层级里只出现一次")
        seen[key] = path
        if node.children and key in model.indicators:
            report(loc, f"节点编号 “{key}” 同指标编号相同", "换一个编号，或去掉 children")
        if not node.children and key not in model.indicators:
            report(loc, f"没有指标 “{key}”", one_of(model.indicators, instead_of=key))
        for index, gate in enumerate(node.gates):
            if gate.indicator not in model.indicators:
                known = one_of(model.indicators, instead_of=gate.indicator)
                report((*loc, "gates", index), f"门槛用的指标 “{gate.indicator}” 不存在", known)
        if node.children:
            full = 100.0 if node.points is None else float(node.points)
            _check_shares(node.children, model, full, (*loc, "children"), report)
    _check_shares(level.tree, model, float(level.full), (*at, "tree"), report)


def _tree_loc(at: Loc, path: tuple[str, ...]) -> Loc:
    loc: Loc = (*at, "tree", path[0])
    for key in path[1:]:
        loc = (*loc, "children", key)
    return loc


def _check_shares(
    siblings: dict[str, Node],
    model: MethodologyFile,
    full: float,
    loc: Loc,
    report: Callable[..., None],
) -> None:
    by_points = [node.points is not None for node in siblings.values()]
    if any(by_points) != all(by_points):
        report(loc, "同级里有的写 weight、有的写 points", "同级统一用一种")
        return
    wanted, kind = (full, "分值") if all(by_points) else (float(model.weights_sum), "权重")
    total = sum(float(node.share) for node in siblings.values())
    if abs(total - wanted) > _WEIGHT_TOLERANCE * max(1.0, wanted):
        listed = " + ".join(f"{key} {float(node.share):g}" for key, node in siblings.items())
        report(loc, f"{kind}合计 {total:g}({listed})", f"{wanted:g}")


def _check_after_total(level: Level, at: Loc, campaign: Campaign, report: Callable[..., None]) -> None:
    ids = set(level.paths())
    for index, name in enumerate(level.rank.tie_break):
        if name not in ids:
            loc = (*at, "rank", "tie_break", index)
            report(loc, f"并列判别用的 “{name}” 不在这一层级的 tree 里", one_of(ids, instead_of=name))
    merge = level.groups.merge_into
    if merge is not None and merge not in campaign.groups:
        report((*at, "groups"), f"没有组别 “{merge}”", one_of(campaign.groups, instead_of=merge))
    grades = level.grades
    order = grades.order if grades else ()
    for section, rules in (("vetoes", level.vetoes), ("recurrences", level.recurrences)):
        for name, rule in rules.items():
            if rule.grade_cap not in order:
                loc = (*at, section, name, "grade_cap")
                report(loc, f"等次 “{rule.grade_cap}” 不在 grades.order 里", one_of(order))
    _check_across_periods(level, at, report)
    if grades is not None:
        _check_grades(grades, (*at, "grades"), campaign, report)


def _check_across_periods(level: Level, at: Loc, report: Callable[..., None]) -> None:
    """Refuse to compose a period of longer ones, and of nothing."""
    for whole, plan in level.composition.items():
        loc = (*at, "composition", whole)
        for part in plan:
            if PERIOD_KINDS.index(part) > PERIOD_KINDS.index(whole):
                report((*loc, part), f"{whole} 不能由更长的 {part} 合成", f"{whole} 或更短的期")
        if not plan or any(weight <= 0 for weight in plan.values()):
            report(loc, "合成的权重须为正", "如 {quarter: 60, year: 40}")
    for name, rule in level.recurrences.items():
        for whole in rule.within:
            if PERIOD_KINDS.index(rule.periods) >= PERIOD_KINDS.index(whole):
                loc = (*at, "recurrences", name, "within")
                report(loc, f"{whole} 里没有多个 {rule.periods}", f"比 {rule.periods} 更长的期")


def _check_grades(grades: Grades, at: Loc, campaign: Campaign, report: Callable[..., None]) -> None:
    order = grades.order
    if len(set(order)) < len(order):
        report((*at, "order"), "等次重复", "每个等次只写一次")
    for section in ("cutoffs", "quotas"):
        for name in getattr(grades, section):
            if name not in order:
                report((*at, section, name), f"等次 “{name}” 不在 order 里", one_of(order, instead_of=name))
    for name, quota in grades.quotas.items():
        for group in quota.extra:
            if group not in campaign.groups:
                known = one_of(campaign.groups, instead_of=group)
                report((*at, "quotas", name, "extra", group), f"没有组别 “{group}”", known)
    bounds = [bound for name in order if (bound := grades.cutoffs.get(name)) is not None]
    if any(a <= b for a, b in pairwise(bounds)):
        report((*at, "cutoffs"), "等次的分数线没有从高到低", "order 靠前的等次分数线更高")
    if grades.cutoffs.get(order[-1]) is not None:
        report((*at, "cutoffs"), f"最低等次 “{order[-1]}” 不应有分数线", "null")


def _rule_faults(
    model: MethodologyFile, name: str, indicator: Indicator, day: dt.date
) -> Iterator[tuple[Loc, str, str]]:
    rule = indicator.rule
    if rule is None:
        return
    loc: Loc = ("indicators", name, "rule")
    rule = _on(rule, day)
    if rule is None:  # no version in force yet: nothing to contradict
        return
    for full in sorted(_full_marks(model, name)):
        for message, expected in rule.faults(indicator.direction, full):
            yield loc, message, expected
    known = set(indicator.measure.sides)
    for side in sorted(rule.asked_sides - known):
        yield loc, f"计分办法用到的 “{side}” 不是这个指标值的附带量", one_of(known, instead_of=side)
    if rule.apply_to == "rows" and indicator.measure.kind not in {
        "mean",
        "median",
        "schedule_deviation",
    }:
        yield loc, "apply_to: rows 只能用于 mean、median、schedule_deviation", "apply_to: value"


def _full_marks(model: MethodologyFile, name: str) -> set[float]:
    levels = [level.full_marks() for level in model.levels.values()]
    return {marks[name] for marks in levels if name in marks} or {100.0}


def _measures(model: MethodologyFile) -> Iterator[tuple[Loc, Measure]]:
    """Yield every measure of the file with its place."""
    for name, indicator in model.indicators.items():
        yield ("indicators", name, "measure"), indicator.measure
    for name, level in model.levels.items():
        for section in ("bonus", "deductions"):
            for key, item in getattr(level, section).items.items():
                yield ("levels", name, section, "items", key, "measure"), item.measure
        for key, veto in level.vetoes.items():
            yield ("levels", name, "vetoes", key, "measure"), veto.measure
