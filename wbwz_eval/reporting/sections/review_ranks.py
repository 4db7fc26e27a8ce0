"""How sure the places are, and what moves them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from wbwz_eval.reporting import charts
from wbwz_eval.reporting.pieces import Picture, Piece, Prose, Stack
from wbwz_eval.reporting.sections.listing import Shown, listing
from wbwz_eval.reporting.sections.review_findings import REST, SURE, neighbours
from wbwz_eval.reporting.wording import listed, number, percent, place

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wbwz_eval.reporting.reviewing import Review
    from wbwz_eval.review.uncertainty.choices import Choices

_CHARTED = 15
_MOST = 20
_WORDS = {
    "as_written": "按办法",
    "min_max": "极差标准化",
    "z_score": "标准分",
    "percentile_rank": "百分位",
    "arithmetic": "算术平均",
    "geometric": "几何平均",
    "harmonic": "调和平均",
    "redistribute": "权重分给同级",
    "full_marks": "按满分",
    "group_mean": "按组平均",
    "zero": "计 0 分",
    "winsorise": "压到第 5、95 百分位",
}


def declared_choices(review: Review) -> Piece:
    """Return what was declared uncertain, so that the reader knows what the intervals stand on."""
    choices = review.robustness.choices.on(review.scored.level)
    rows = [{"choice": choice, "range": said} for choice, said in _declared(choices)]
    notes = (
        (
            f"每次抽样从各项选择里各取一种，重新计分、排位；共 {choices.draws} 次，种子 {choices.seed}，"
            "同一种子得到同样的结果。"
        ),
    )
    return listing(
        "声明的不确定选择",
        pd.DataFrame(rows),
        (Shown("choice", "选择"), Shown("range", "范围", "long")),
        notes=notes,
    )


def _declared(choices: Choices) -> list[tuple[str, str]]:
    said = []
    weights = choices.weights
    if weights is not None:
        how = (
            f"每个权重各在 ±{percent(weights.spread, 0)} 内均匀变动，同级再折成原来的合计"
            if weights.how == "uniform"
            else f"同级权重按 Dirichlet 分布，集中度 {weights.concentration:g}"
        )
        said.append(("权重", how))
    for key, name in (
        ("normalisation", "计分方式"),
        ("aggregation", "汇总方法"),
        ("missing", "缺数处理"),
        ("outliers", "极端值处理"),
    ):
        words = getattr(choices, key)
        if len(words) > 1:
            said.append((name, "、".join(_WORDS[word] for word in words)))
    if choices.exclude:
        one_of = " 之一" if len(choices.exclude) > 1 else ""
        said.append(("剔除一项指标", f"不剔除，或剔除 {'、'.join(choices.exclude)}{one_of}"))
    if choices.targets:
        said.append(("目标与门槛", f"各在 ±{percent(choices.targets, 0)} 内变动"))
    if choices.measurement:
        said.append(("数据误差", "比率在其 95% 区间（Wilson）所示的误差内变动"))
    if choices.raters:
        said.append(("评议人", "评议票重抽（Bayes 自助法，Rubin 1981）"))
    return said


def rank_intervals(review: Review) -> Stack:
    """Return each group's places with the interval that nine draws of ten stay in."""
    table = review.robustness.entities
    parts: list[Piece] = []
    for name, group in table.groupby("group_name", sort=False):
        shown = group.head(_CHARTED)
        worst = float(group[["high", "rank"]].max().max())
        items = [
            charts.Dot(
                f"{place(row['rank'])} {row['name']}",
                row["rank"],
                f"{row['low']}–{row['high']}",
                row["low"],
                row["high"],
            )
            for row in shown.to_dict("records")
        ]
        wide = group.iloc[int((group["high"] - group["low"]).argmax())]
        widest = (
            f"区间最宽的是{wide['name']}，第 {wide['low']} 到 {wide['high']} 位"
            if wide["low"] < wide["high"]
            else "各个的区间都只有一个位次"
        )
        alt = f"{name}各对象的位次和九成区间；{widest}。"
        more = f"，只画前 {len(shown)} 个" if len(shown) < len(group) else ""
        caption = f"{name}：位次（点）与九成抽样所在的区间（线）{more}"
        parts.append(Picture(charts.dots(items, (0.5, max(worst, 2.0) + 0.5)), alt, caption))
    return Stack(tuple(parts))


def rank_table(review: Review) -> Piece:
    """Return places, intervals and how likely each grade is."""
    table = review.robustness.entities
    grades = [grade for grade in review.header["grade_order"] if grade in table]
    table = table.assign(
        interval=[f"{low}–{high}" for low, high in zip(table["low"], table["high"], strict=True)]
    )
    columns = (
        Shown("name", "对象", below="group_name"),
        Shown("rank", "位次", "count"),
        Shown("interval", "九成区间", "text"),
        Shown("same", "位次不变", "share", 0),
        Shown("over_next", "先于下一位", "share", 0),
        Shown("grade", "等次", "text"),
        *(Shown(grade, f"{grade}的可能", "share", 0) for grade in grades),
    )
    notes: tuple[str, ...] = (
        "九成区间：抽样位次的第 5 到第 95 百分位。",
        "先于下一位：排在表中下一个之前的抽样所占的份额，并列算一半。",
    )
    if grades:
        notes += ("等次的可能只看按办法的尺度计分的抽样：别的尺度没有分数线。",)
    return listing("位次、区间和等次的可能", table, columns, most=60, notes=notes, rest=REST)


def close_calls(review: Review) -> Piece:
    """Return the neighbours that are not told apart, and the least change of a weight that swaps each."""
    pairs = neighbours(review)
    unsure = pairs[pairs["over_next"] < SURE]
    told = review.swaps.assign(
        odds=review.swaps["ahead_id"].map(pairs.set_index("entity_id")["over_next"]),
        size=review.swaps["change"].abs(),
    )
    told = told[told["change"].notna()].sort_values("size", kind="stable")
    said = (
        f"相邻的 {len(pairs)} 对里，{len(unsure)} 对的先后把握不足 {percent(SURE, 0)}。"
        if len(pairs)
        else "没有相邻的对象可比。"
    )
    if told.empty:
        return Prose((said, "没有哪一个维度的权重单独变动能使相邻的两个互换。"))
    columns = (
        Shown("ahead", "在前", below="group_name"),
        Shown("behind", "在后"),
        Shown("odds", "在前的把握", "share", 0),
        Shown("node_name", "变动的权重"),
        Shown("weight", "现在（%）", "number"),
        Shown("needed", "互换时（%）", "number"),
        Shown("change", "变动（百分点）", "signed"),
    )
    note = "只动一个维度的权重、其余维度按比例让出时，使两者互换的最小变动；由全套计分规则求得。"
    return Stack(
        (Prose((said,)), listing("最容易互换的相邻对象", told, columns, most=_MOST, notes=(note,), rest=REST))
    )


def rank_drivers(review: Review) -> Piece:
    """Return which choice explains how much of the shifts in place."""
    table = review.robustness.drivers
    known = table[table["total"].notna()].sort_values("total", ascending=False, kind="stable")
    if known.empty:
        return Prose(("声明的各种选择都不移动位次，没有什么要解释的。",))
    items = [
        charts.Dot(
            str(row["name"]),
            row["total"],
            number(row["total"], 2),
            max(row["total_low"], 0.0),
            row["total_high"],
        )
        for row in known.to_dict("records")
    ]
    most = known.iloc[0]
    alt = f"各种选择的总效应；最大的是{most['name']}，{number(most['total'], 2)}。"
    caption = "各种选择对位次移动的总效应（Sobol 指数）与 95% 区间"
    known = known.assign(
        first_interval=[_interval(row, "first") for row in known.to_dict("records")],
        total_interval=[_interval(row, "total") for row in known.to_dict("records")],
    )
    columns = (
        Shown("name", "选择"),
        Shown("first", "一阶", "number", 2),
        Shown("first_interval", "95% 区间", "text"),
        Shown("total", "总效应", "number", 2),
        Shown("total_interval", "95% 区间", "text"),
    )
    notes = (
        "一阶：只由这种选择解释的份额；总效应：连同它与别的选择的共同作用。两者相差大，说明选择之间相互影响。",
        "估计：Saltelli 等（2010）、Jansen（1999）；区间由自助法得到，略低于 0 的是估计误差。",
    )
    high = max(1.0, float(known["total_high"].max()))
    return Stack(
        (
            Picture(charts.dots(items, (0.0, high * 1.02)), alt, caption),
            listing("位次移动由什么解释", known, columns, notes=notes),
        )
    )


def _interval(row: Mapping[Any, Any], kind: str) -> str:
    return f"{number(row[f'{kind}_low'], 2)}–{number(row[f'{kind}_high'], 2)}"


def leave_outs(review: Review) -> Piece:
    """Return what becomes of the places when an indicator or dimension is left out."""
    table = review.without
    moving = table[table["moved"] > 0]
    if moving.empty:
        return Prose(("去掉任何一项指标或维度，位次都不变。",))
    idle = table[table["moved"] == 0]
    moving = moving.assign(
        case=[
            f"{row['entity']}（{place(row['rank'])}→{place(row['rank_without'])}）"
            for row in moving.to_dict("records")
        ]
    )
    columns = (
        Shown("name", "去掉", below="kind"),
        Shown("shift", "平均移动（位）", "number", 2),
        Shown("moved", "位次变动的", "count"),
        Shown("case", "移动最大的"),
    )
    notes: tuple[str, ...] = ("它的权重分给同级。",)
    if len(idle):
        notes += (f"去掉后位次都不变的：{listed(idle['name'], 8)}。",)
    return listing("逐一去掉指标和维度", moving, columns, most=_MOST, notes=notes, rest=REST)
