"""Rules in words: the text of a 考核办法, and the formula with its numbers put in."""

from __future__ import annotations

from functools import singledispatch
from itertools import pairwise

from wbwz_eval.scoring import bands, relative_rules, rules
from wbwz_eval.scoring.rule_base import Direction, RuleBase, Test

_SIGNS = {"at_least": "≥", "above": ">", "at_most": "≤", "below": "<"}
_SCOPES = {"group": "本组", "level": "全部"}
_SIDES = {
    "value": "指标值",
    "n": "样本量",
    "numerator": "分子",
    "denominator": "分母",
    "yellow_run": "连续黄灯次数",
    "lowered": "下调目标数",
    "bad_share": "差评占比",
    "unknown_share": "不了解占比",
    "ballots": "有效票数",
    "void_ballots": "废票数",
}


def number(value: float) -> str:
    """Write a number plainly: no exponent, no trailing zeros, at most 6 decimals."""
    text = f"{float(value):.6f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def rule_text(rule: RuleBase, direction: Direction, full: float, unit: str) -> str:
    """Return the rule as a sentence for the method table."""
    parts = [_text(rule, direction, full, unit)]
    if rule.apply_to == "rows":
        parts.insert(0, "逐项计分后平均")
    parts += [f"{_condition(test)} 的计 {number(test.points)} 分" for test in rule.overrides]
    parts += [f"每有 1 件 {name} 扣 {number(each)} 分" for name, each in rule.minus_counts.items()]
    return "；".join(parts)


def _condition(test: Test) -> str:
    name, bound = test.comparison
    return f"{side_name(test.side)} {_SIGNS[name]} {number(bound)}"


def side_name(side: str) -> str:
    """Return what people call a side number; counts are named by the methodology itself."""
    return _SIDES.get(side, side)


def worked(rule: RuleBase, direction: Direction, full: float, value: float) -> str:
    """Return the rule's formula with the value put in, without its result."""
    return _worked(rule, direction, full, value)


@singledispatch
def _text(rule: RuleBase, direction: Direction, full: float, unit: str) -> str:
    raise TypeError(type(rule))


@singledispatch
def _worked(rule: RuleBase, direction: Direction, full: float, value: float) -> str:
    return f"{number(value)} → {_text(rule, direction, full, '')}"


@_text.register
def _(rule: rules.Proportional, direction: Direction, full: float, unit: str) -> str:
    text = f"≥{number(rule.target)}{unit} 得满分 {number(full)}"
    if rule.threshold > 0:
        text += f"，{number(rule.threshold)}{unit} 以上按比例，不足计 0"
    else:
        text += "，不足按比例"
    if rule.over_cap > 0:
        text += f"，超额按比例加分，至多加 {number(rule.over_cap * 100)}%"
    return text


@_worked.register
def _(rule: rules.Proportional, direction: Direction, full: float, value: float) -> str:
    if value < rule.threshold:
        return f"{number(value)} < {number(rule.threshold)}，计 0"
    if value >= rule.target and not rule.over_cap > 0:
        return f"达到 {number(rule.target)}，满分 {number(full)}"
    ratio = f"{number(full)} × {number(value)} ÷ {number(rule.target)}"
    if value >= rule.target * (1 + rule.over_cap):
        return f"min({ratio}, {number(full * (1 + rule.over_cap))})"
    return ratio


@_text.register
def _(rule: rules.ThresholdSlope, direction: Direction, full: float, unit: str) -> str:
    sign, worse = ("≥", "低") if direction == "up" else ("≤", "高")
    counting = {"proportional": "", "whole": "(不足一档不计)", "started": "(不足一档按一档)"}
    return (
        f"{sign}{number(rule.threshold)}{unit} 得满分 {number(full)}，"
        f"每{worse} {number(rule.step)}{unit} 扣 {number(rule.minus)} 分{counting[rule.partial]}，"
        f"最低 {number(rule.floor)} 分"
    )


@_worked.register
def _(rule: rules.ThresholdSlope, direction: Direction, full: float, value: float) -> str:
    high, low = (rule.threshold, value) if direction == "up" else (value, rule.threshold)
    if high <= low:
        return f"达到 {number(rule.threshold)}，满分 {number(full)}"
    steps = f"({number(high)} − {number(low)}) ÷ {number(rule.step)}"
    steps = {"proportional": steps, "whole": f"⌊{steps}⌋", "started": f"⌈{steps}⌉"}[rule.partial]
    return f"max({number(full)} − {number(rule.minus)} × {steps}, {number(rule.floor)})"


@_text.register
def _(rule: rules.Efficacy, direction: Direction, full: float, unit: str) -> str:
    text = (
        f"功效系数：不允许值 {number(rule.unacceptable)}{unit} 得 {number(rule.base * full / 100)}，"
        f"满意值 {number(rule.satisfied)}{unit} 得 {number((rule.base + rule.span) * full / 100)}"
    )
    if rule.clip is None:
        return f"{text}，不封顶保底"
    return f"{text}，限于 {number(rule.clip[0])}—{number(rule.clip[1])} 分"


@_worked.register
def _(rule: rules.Efficacy, direction: Direction, full: float, value: float) -> str:
    low, high = number(rule.unacceptable), number(rule.satisfied)
    formula = f"{number(rule.base)} + {number(rule.span)} × ({number(value)} − {low}) ÷ ({high} − {low})"
    if full != 100.0:  # noqa: PLR2004 - percent
        formula = f"({formula}) × {number(full)} ÷ 100"
    if rule.clip is not None:
        formula = f"{formula}，限于 {number(rule.clip[0])}—{number(rule.clip[1])}"
    return formula


@_text.register
def _(rule: rules.EfficacyTiers, direction: Direction, full: float, unit: str) -> str:
    tiers = "、".join(f"{number(tier.standard)}{unit}→系数 {number(tier.coefficient)}" for tier in rule.tiers)
    return f"分档功效系数：{tiers}，档间按功效系数调整，最低档以下系数 {number(rule.below_lowest)}"


@_worked.register
def _(rule: rules.EfficacyTiers, direction: Direction, full: float, value: float) -> str:
    sign = 1 if direction == "up" else -1
    best = rule.tiers[0]
    if sign * value >= sign * best.standard:
        return f"{number(full)} × {number(best.coefficient)}"
    for upper, lower in pairwise(rule.tiers):
        if sign * value >= sign * lower.standard:
            gain = f"({number(upper.coefficient)} − {number(lower.coefficient)})"
            way = (
                f"({number(value)} − {number(lower.standard)})"
                f" ÷ ({number(upper.standard)} − {number(lower.standard)})"
            )
            return f"{number(full)} × {number(lower.coefficient)} + {number(full)} × {gain} × {way}"
    return f"{number(full)} × {number(rule.below_lowest)}"


@_text.register
def _(rule: bands.Bands, direction: Direction, full: float, unit: str) -> str:
    parts = [f"{_band(band, unit)} 得 {number(band.points)}" for band in rule.bands]
    if rule.otherwise is not None:
        parts.append(f"其余得 {number(rule.otherwise)}")
    return "，".join(parts)


def _band(band: bands.Band, unit: str) -> str:
    low = "" if band.from_ is None else f"≥{number(band.from_)}{unit}"
    high = "" if band.to is None else f"<{number(band.to)}{unit}"
    own = "且".join(part for part in (low, high) if part) or "任意值"
    return f"{own}且 {_condition(band.if_)}" if band.if_ else own


@_text.register
def _(rule: rules.Deduct, direction: Direction, full: float, unit: str) -> str:
    start = full if rule.start is None else rule.start
    each = "" if float(rule.per) == 1.0 else f"每 1{unit} 扣 {number(rule.per)} 分，"
    return f"起评 {number(start)} 分，逐项扣分，{each}扣至 {number(rule.floor)} 分为止"


@_worked.register
def _(rule: rules.Deduct, direction: Direction, full: float, value: float) -> str:
    start = full if rule.start is None else rule.start
    return f"max({number(start)} − {number(rule.per)} × {number(value)}, {number(rule.floor)})"


@_text.register
def _(rule: rules.Add, direction: Direction, full: float, unit: str) -> str:
    start = f"{number(rule.start)} 分起，" if rule.start > 0 else ""
    return f"{start}每 1{unit} 得 {number(rule.per)} 分，至多 {number(rule.cap)} 分"


@_worked.register
def _(rule: rules.Add, direction: Direction, full: float, value: float) -> str:
    return f"min({number(rule.start)} + {number(rule.per)} × {number(value)}, {number(rule.cap)})"


@_text.register
def _(rule: rules.AsIs, direction: Direction, full: float, unit: str) -> str:
    text = "指标值即得分"
    if rule.low is not None:
        text += f"，不低于 {number(rule.low)}"
    if rule.high is not None:
        text += f"，不高于 {number(rule.high)}"
    return text


@_worked.register
def _(rule: rules.AsIs, direction: Direction, full: float, value: float) -> str:
    text = number(value)
    text = text if rule.low is None else f"max({text}, {number(rule.low)})"
    return text if rule.high is None else f"min({text}, {number(rule.high)})"


@_text.register
def _(rule: relative_rules.ByRank, direction: Direction, full: float, unit: str) -> str:
    if rule.minus_share is not None:
        how = f"每降一位减满分的 {number(rule.minus_share * 100)}%"
    else:
        how = "按名次得 " + "、".join(number(points) for points in rule.places or ())
    return f"按{_SCOPES[rule.scope]}排名：第 1 名满分 {number(full)}，{how}，最低 {number(rule.floor)}"


@_text.register
def _(rule: relative_rules.RelativeToBest, direction: Direction, full: float, unit: str) -> str:
    share = "本值 ÷ 最优值" if direction == "up" else "最优值 ÷ 本值"
    return f"与{_SCOPES[rule.scope]}最优比：{number(full)} × {share}"


@_text.register
def _(rule: relative_rules.MinMax, direction: Direction, full: float, unit: str) -> str:
    low = "最小值" if rule.low is None else number(rule.low)
    high = "最大值" if rule.high is None else number(rule.high)
    return f"极差标准化({_SCOPES[rule.scope]})：{low} 至 {high} 折成 0—{number(full)} 分"


@_text.register
def _(rule: relative_rules.ZScore, direction: Direction, full: float, unit: str) -> str:
    spread = f"{number(rule.centre)} + {number(rule.spread)} × Z"
    return f"标准分({_SCOPES[rule.scope]})：{spread}"


@_text.register
def _(rule: relative_rules.PercentileRank, direction: Direction, full: float, unit: str) -> str:
    return f"百分位({_SCOPES[rule.scope]})：优于他人的比例 × {number(full)}"


@_text.register
def _(rule: relative_rules.DistanceToReference, direction: Direction, full: float, unit: str) -> str:
    return f"与参照值 {number(rule.reference)}{unit} 的距离({_SCOPES[rule.scope]})：达到得 {number(full)}"
