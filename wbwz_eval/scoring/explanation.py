"""One entity explained: each node as a formula with its numbers put in.

What is printed can be recalculated by hand: each line is a formula with its
numbers put in, and its result is the number of the line above.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from wbwz_eval.scoring.measured import OUT_OF_PERIOD
from wbwz_eval.scoring.measures import Product
from wbwz_eval.scoring.points import (
    MISSING,
    NOT_APPLICABLE,
    POLICY_NAMES,
    SCORED,
    SMALL_N,
    policy_of,
    rounding_digits,
    row_points,
    row_values,
)
from wbwz_eval.scoring.rule_words import number, rule_text, side_name, worked
from wbwz_eval.scoring.scored import ScoredPeriod

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wbwz_eval.scoring.points import RawValues
    from wbwz_eval.scoring.tree import Aggregation, Node

ROW_COLUMNS = ("source", "source_row", "row_id", "counted", "reason", "value", "weight")
_EXCEPTIONS_SHOWN = 5


@dataclass(frozen=True)
class Explanation:
    """One node explained: its own formula in ``lines``, then its parts.

    ``rows`` are the ledger rows of an indicator or item (columns
    ``ROW_COLUMNS``), counted or not, with the reason; empty for other nodes.
    """

    id: str
    title: str
    lines: tuple[str, ...]
    rows: pd.DataFrame
    parts: tuple[Explanation, ...] = ()

    def find(self, node: str) -> Explanation | None:
        """Return the part with this id, at any depth."""
        if self.id == node:
            return self
        return next((found for part in self.parts if (found := part.find(node))), None)

    def ids(self) -> Iterator[str]:
        """Yield the ids of this node and all its parts."""
        yield self.id
        for part in self.parts:
            yield from part.ids()


class Explainer:
    """Explains the scores of one entity in one evaluated period."""

    def __init__(self, scored: ScoredPeriod, entity: str) -> None:
        """Explain ``entity``, one of ``scored.entities``."""
        self.scored, self.entity = scored, entity
        self.at = int(scored.entities.index.get_indexer(pd.Index([entity]))[0])
        self.result, self.level = scored.evaluation, scored.level
        self.none = pd.DataFrame(columns=list(ROW_COLUMNS))

    def total(self) -> Explanation:
        """Return the total with everything that it is made of."""
        result, level, at = self.result, self.level, self.at
        total = _shown(result.total[at])
        base, bonus, deduction = result.base[at], result.bonus[at], result.deduction[at]
        if np.isnan(result.total[at]):
            lines = [f"没有总分：{result.standing[at]}"]
        else:
            parts_sum = number(result.total_unrounded[at])
            text = f"总分 = 基础分 {_shown(base)} + 附加分 {number(bonus)} − 扣分 {number(deduction)}"
            lines = [f"{text} = {parts_sum}" + ("" if parts_sum == total else f" → {total}")]
        if level.total_cap is not None:
            lines.append(f"总分至多 {number(level.total_cap)}")
        own = self.scored.parts[self.scored.parts["entity_id"] == self.entity]
        if len(own):
            lines.append(_composition(own, base))
        lines.append(
            self._formula(
                "本期基础分" if len(own) else "基础分",
                level.tree,
                level.aggregation,
                float(level.full),
                result.tree.base_unrounded[at],
                result.tree.base[at],
            )
        )
        lines.append(self._place())
        parts = [self._node(name, node) for name, node in level.tree.items()]
        parts += [
            self._item(kind, name, item.name, item.cap)
            for kind, section in (("附加分", level.bonus), ("扣分", level.deductions))
            for name, item in section.items.items()
        ]
        for name, veto in level.vetoes.items():
            in_force = self.scored.after.vetoed[name][at]
            text = f"生效：等次不高于“{veto.grade_cap}”({veto.clause})" if in_force else "没有生效的否优"
            parts.append(Explanation(name, f"否优 {name} {veto.name}", (text,), self._rows(name)))
        parts += [self._recurrence(name) for name in self.scored.recurrences]
        name = str(self.scored.entities["name"].iloc[at])
        title = f"{self.entity} {name} {self.scored.period.id} 总分 {total}"
        return Explanation("total", title, tuple(lines), self.none, tuple(parts))

    def _recurrence(self, name: str) -> Explanation:
        rule, times = self.level.recurrences[name], self.scored.recurrences[name][self.at]
        place = "末位" if rule.place == "last" else "首位"
        effect = f"满 {number(rule.times)} 次等次不高于“{rule.grade_cap}”({rule.clause})"
        said = f"{place} {number(times)} 次，{effect}"
        return Explanation(name, f"跨期 {name} {rule.name}", (said,), self.none)

    def _place(self) -> str:
        result, at = self.result, self.at
        if np.isnan(result.rank[at]):
            return f"位次：无({result.standing[at]})"
        group = result.groups.names[result.groups.codes[at]]
        named = self.scored.campaign.groups
        group_name = named[group].name if group in named else group
        tie = "，并列" if result.tied[at] else ""
        order = self.level.grades.order if self.level.grades else ()
        grade = f"；等次 {order[result.grade[at]]}" if order and result.grade[at] >= 0 else ""
        size = int(result.groups.sizes()[result.groups.codes[at]])
        where = f"{group_name} {size} 家中" if self.level.rank.scope == "group" else "全部中"
        return f"位次：{where}第 {number(result.rank[at])}{tie}{grade}"

    def _node(self, name: str, node: Node) -> Explanation:
        if not node.children:
            return self._indicator(name, node)
        tree, at = self.result.tree, self.at
        full = 100.0 if node.points is None else float(node.points)
        lines = [
            self._formula(
                name, node.children, node.aggregation, full, tree.unrounded[name][at], tree.score[name][at]
            )
        ]
        if np.isnan(tree.score[name][at]):
            lines.append(
                f"数据不足：有分的权重占 {tree.covered[name][at]:.1%}，须 {float(node.min_coverage):.1%}"
            )
        parts = [self._node(key, child) for key, child in node.children.items()]
        for gate in node.gates:
            indicator = self.scored.methodology.indicators[gate.indicator]
            value = self.scored.raws[gate.indicator].value[at]
            bound = f"< {number(gate.below)}" if gate.below is not None else f"> {number(gate.above or 0.0)}"
            state = f"起作用，{name} 不高于 {number(gate.cap)}" if tree.gated[name][at] else "不起作用"
            measured = f"门槛 {gate.indicator} {indicator.name} = {_shown(value)}{indicator.unit}"
            lines.append(f"{measured}；{bound} 时限 {number(gate.cap)} 分：{state}")
            if gate.indicator in self.level.gate_indicators:
                title = f"门槛 {gate.indicator} {indicator.name} {_shown(value)}{indicator.unit}"
                parts.append(
                    Explanation(
                        gate.indicator, title, (self._value_line(gate.indicator),), self._rows(gate.indicator)
                    )
                )
        title = f"{name} {node.name} {_shown(tree.score[name][at])} 分({self._share(node, name)})"
        return Explanation(name, title, tuple(lines), self.none, tuple(parts))

    def _share(self, node: Node, name: str) -> str:
        kind = "权重" if node.points is None else "分值"
        effective = self.result.tree.effective[name][self.at]
        return f"{kind} {number(node.share)}，实际占总分 {effective:.2%}"

    def _formula(
        self,
        name: str,
        children: Mapping[str, Node],
        how: Aggregation,
        full: float,
        unrounded: float,
        score: float,
    ) -> str:
        tree, at = self.result.tree, self.at
        scored = {key: child for key, child in children.items() if not np.isnan(tree.score[key][at])}
        left_out = [key for key in children if key not in scored]
        by_points = any(child.points is not None for child in children.values())
        weights = sum(float(child.share) for child in scored.values())
        note = f"({'、'.join(left_out)} 无分，权重分给其余)" if left_out else ""
        digits = self.scored.methodology.rounding.node
        if not scored:
            return f"{name} 无分{note}"
        if how == "arithmetic" and by_points:
            text = " + ".join(f"{key} {_shown(tree.score[key][at])}" for key in scored)
            if left_out:
                text = f"({text}) × {number(full)} ÷ {number(weights)}"
        elif how == "arithmetic":
            text = " + ".join(
                f"{key} {_shown(tree.score[key][at])}×{number(child.share)}" for key, child in scored.items()
            )
            scale = "" if full == 100.0 else f" × {number(full)} ÷ 100"  # noqa: PLR2004 - percent
            text = f"({text}) ÷ {number(weights)}{scale}"
        else:
            kind = "几何平均" if how == "geometric" else "调和平均"
            listed = "、".join(
                f"{key} {_shown(tree.score[key][at])}(权 {number(child.share)})"
                for key, child in scored.items()
            )
            text = f"{kind}[{listed}]"
        value = f"{number(unrounded)}" + (
            "" if digits is None or number(unrounded) == number(score) else f" → {_shown(score)}"
        )
        return f"{name} = {text} = {value}{note}"

    def _indicator(self, name: str, node: Node) -> Explanation:
        at, result = self.at, self.result
        indicator = self.scored.methodology.indicators[name]
        points = result.points[name]
        full = 100.0 if node.points is None else float(node.points)
        lines = [self._value_line(name)]
        rule = indicator.rule
        if rule is not None:
            lines.append(f"计分办法：{rule_text(rule, indicator.direction, full, indicator.unit)}")
        if points.status[at] == SCORED and rule is not None:
            lines.append(self._points_line(name, full))
        else:
            why = {MISSING: "没有数据", SMALL_N: "样本不足", NOT_APPLICABLE: "不适用"}
            state = why.get(int(points.status[at]), "不计分")
            filled = "" if np.isnan(points.points[at]) else f" → {_shown(points.points[at])} 分"
            lines.append(f"{state},{POLICY_NAMES[policy_of(indicator, int(points.status[at]))]}{filled}")
        if not np.isnan(points.points[at]):
            part = result.tree.contribution[name][at]
            lines.append(f"折入总分 {part:.4f}")
        title = f"{name} {indicator.name} {_shown(points.points[at])} 分({self._share(node, name)})"
        return Explanation(name, title, tuple(lines), self._rows(name))

    def _value_line(self, name: str) -> str:
        indicator = self.scored.methodology.indicators[name]
        raw: RawValues = self.scored.raws[name]
        at, spec = self.at, indicator.measure
        value = raw.value[at]
        if np.isnan(value):
            return f"指标值：无(计入 {number(raw.n[at])} 行)"
        top, bottom = raw.sides["numerator"][at], raw.sides["denominator"][at]
        scale = float(getattr(spec, "factor", getattr(spec, "scale", 1.0)) or 1.0)
        text = f"指标值 = {number(value)}{indicator.unit}"
        if isinstance(spec, Product):
            shares = [raw.sides[f"share_{k}"][at] for k in range(1, len(spec.of) + 1)]
            factors = " × ".join(number(share) for share in [*shares, scale])
            text = f"指标值 = {factors} = {number(value)}{indicator.unit}"
        elif bottom not in (1.0, 0.0) and not np.isnan(bottom):
            times = "" if scale == 1.0 else f" × {number(scale)}"
            text = f"指标值 = {number(top)} ÷ {number(bottom)}{times} = {number(value)}{indicator.unit}"
        digits = rounding_digits(self.scored.methodology, indicator)["value"]
        if digits is not None:
            text += f" → 取 {digits} 位小数"
        if raw.low is not None and raw.high is not None and not np.isnan(raw.low[at]):
            text += f"；n = {number(raw.n[at])}，95% 区间 {raw.low[at]:.1f}—{raw.high[at]:.1f}"
        return text

    def _points_line(self, name: str, full: float) -> str:
        at = self.at
        indicator, points = self.scored.methodology.indicators[name], self.result.points[name]
        rule = indicator.rule
        assert rule is not None
        unrounded, rounded = points.unrounded[at], points.points[at]
        value = self.result.points[name].value[at]
        if rule.apply_to == "rows":
            text = self._row_mean(name, full)
        else:
            text = worked(rule, indicator.direction, full, value)
            for side, each in rule.minus_counts.items():
                count = self.scored.raws[name].sides[side][at]
                if count:
                    text = f"({text}) − {number(each)} × {number(count)}({side_name(side)})"
            held = [test for test in rule.overrides if self._holds(name, test.side, test.comparison)]
            if held:
                text = f"{side_name(held[0].side)}触发特别规定，计 {number(held[0].points)}"
        result = number(unrounded)
        if number(unrounded) != number(rounded):
            result += f" → {_shown(rounded)}"
        exceptions = self._exceptions(name, full) if rule.apply_to == "rows" else ""
        return f"得分 = {text} = {result}{exceptions}"

    def _counted(self, name: str) -> pd.DataFrame:
        rows = self.scored.measured[name].rows
        own = rows[(rows["entity_id"] == self.entity) & rows["counted"]]
        return own.sort_values(["source", "source_row"])

    def _exceptions(self, name: str, full: float) -> str:
        """Say which rows have the points of an exception to the rule, and why."""
        indicator, own = self.scored.methodology.indicators[name], self._counted(name)
        assert indicator.rule is not None
        raw = row_values(indicator, own, full)
        told: dict[int, str] = {}
        for test in indicator.rule.overrides:
            for at in np.flatnonzero(test.holds(raw)):
                why = f"{side_name(test.side)} {number(raw.side(test.side)[at])}"
                told.setdefault(int(at), f"；{own['row_id'].iloc[at]} {why}，计 {number(test.points)} 分")
        more = f"；…共 {len(told)} 行" if len(told) > _EXCEPTIONS_SHOWN else ""
        return "".join(told[at] for at in sorted(told)[:_EXCEPTIONS_SHOWN]) + more

    def _row_mean(self, name: str, full: float) -> str:
        """Write the mean of the rows' points with the points put in, in the order of the rows."""
        own = self._counted(name)
        points = row_points(self.scored.methodology.indicators[name], own, full)
        weight = own["weight"].to_numpy(np.float64)
        if (weight == 1.0).all():
            return f"({' + '.join(number(each) for each in points)}) ÷ {len(points)}"
        terms = " + ".join(f"{number(p)}×{number(w)}" for p, w in zip(points, weight, strict=True))
        return f"({terms}) ÷ {number(weight.sum())}"

    def _holds(self, name: str, side: str, comparison: tuple[str, float]) -> bool:
        raw = self.scored.raws[name]
        value = self.result.points[name].value[self.at] if side == "value" else raw.sides[side][self.at]
        test, bound = comparison
        return bool(
            {
                "at_least": value >= bound,
                "above": value > bound,
                "at_most": value <= bound,
                "below": value < bound,
            }[test]
        )

    def _item(self, kind: str, name: str, title: str, cap: float | None) -> Explanation:
        value = float(np.nan_to_num(self.scored.measured[name].table["value"].iloc[self.at]))
        held = value if cap is None else min(value, float(cap))
        text = f"{number(value)} 分" if held == value else f"{number(value)} 分，限 {number(held)} 分"
        return Explanation(name, f"{kind} {name} {title} {number(held)} 分", (text,), self._rows(name))

    def _rows(self, name: str) -> pd.DataFrame:
        rows = self.scored.measured[name].rows
        own = rows[rows["entity_id"] == self.entity]
        # what counts first, then what came close, rows of other periods last
        order = np.select([own["counted"], own["reason"] != OUT_OF_PERIOD], [0, 1], 2)
        own = own.assign(_order=order).sort_values(["_order", "source", "source_row"])
        return own[["ledger", *ROW_COLUMNS]].reset_index(drop=True)


def _shown(value: float) -> str:
    return "—" if np.isnan(value) else number(value)


def _composition(own: pd.DataFrame, base: float) -> str:
    """Write the base total as the weighted mean of periods, each with its own base total."""
    terms = " + ".join(
        f"{row['period']} {number(row['base'])}×{number(round(row['weight'], 6))}"
        for row in own.to_dict("records")
    )
    unrounded = float(own["contribution"].sum())
    return f"基础分 = {terms} = {number(unrounded)} → {_shown(base)}"
