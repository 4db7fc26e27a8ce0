"""Places by group: with movement, grade, ties, and intervals where samples are small."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wbwz_eval.reporting import charts
from wbwz_eval.reporting.pieces import Cell, Column, Picture, Piece, Prose, Stack, Table
from wbwz_eval.reporting.view import MANY, Peers, digits, has_intervals, peers
from wbwz_eval.reporting.wording import NONE, listed, number, percent, place

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

    import pandas as pd

    from wbwz_eval.scoring.scores import Scores

TOP, BOTTOM = 10, 5
_WHOLE = 1 - 1e-9


def ranking(scores: Scores) -> Stack:
    """Return, for each group, its ranking table, and a picture where intervals ask for it."""
    groups, many = peers(scores), len(scores.scores) > MANY
    notes = dict.fromkeys(note for group in groups for note in _notes(scores, group))
    parts: list[Piece] = [Prose(tuple(notes), "note")] if notes else []
    if many:
        parts += _spread(scores)
    for each in groups:
        parts.append(ranking_table(scores, each, shorten=many))
        if not many and has_intervals(each.ranked) and len(each.ranked) > 1:
            parts.append(_interval_picture(scores, each))
    return Stack(tuple(parts))


def composition(scores: Scores) -> Stack:
    """Return of which periods each base total is composed; nothing where it is the period's own."""
    parts = scores.parts
    if parts.empty:
        return Stack(())
    places, named = digits(scores), parts.drop_duplicates("period")
    base = parts.pivot_table(index="entity_id", columns="period", values="base")
    names = [str(period) for period in named["period"]]
    table = scores.scores[["entity_id", "name", "group_name", "base"]].merge(base, on="entity_id")
    rows = tuple(
        (
            Cell(row["name"], below=row["group_name"]),
            *(Cell(number(row[period], places)) for period in names),
            Cell(number(row["base"], places), strong=True),
        )
        for row in table.head(2 * MANY).to_dict("records")
    )
    columns = (
        Column("被评对象", "wide"),
        *(Column(name, "number") for name in named["period_name"]),
        Column("合成基础分", "number"),
    )
    note = "各期是当期单独计算的基础分；合成的权重见计分办法。维度得分按本期台账单独计算。"
    return Stack((Table("基础分由各期合成", columns, rows, (note,)),))


def everybody(scores: Scores) -> Stack:
    """Return the full ranking tables where :func:`ranking` had to shorten them."""
    if len(scores.scores) <= MANY:
        return Stack((Prose(("正文已列出全部对象。",), "note"),))
    return Stack(tuple(ranking_table(scores, each, shorten=False) for each in peers(scores)))


def ranking_table(scores: Scores, group: Peers, *, shorten: bool) -> Table:
    """Return one group's table; ``shorten`` keeps the first ten and the last five places."""
    ranked, columns = len(group.ranked), _columns(scores, group)
    rows = [tuple(column[1](row) for column in columns) for row in group.table.to_dict("records")]
    if shorten and ranked > TOP + BOTTOM:
        left_out = f"其余 {len(rows) - TOP - BOTTOM} 个见附录"
        gap = (Cell("…"), Cell(left_out), *(Cell("") for _ in columns[2:]))
        rows = [*rows[:TOP], gap, *rows[ranked - BOTTOM : ranked]]
    size = (
        f"{len(group.table)} 个"
        if ranked == len(group.table)
        else f"{len(group.table)} 个，有位次 {ranked} 个"
    )
    return Table(f"{group.name}（{size}）", tuple(column for column, _ in columns), tuple(rows), head=1)


def _columns(scores: Scores, group: Peers) -> list[tuple[Column, Callable[[Mapping[Hashable, Any]], Cell]]]:
    """Return each column and how to fill it; a column that says nothing is left out."""
    table, places = group.table, digits(scores)
    every: list[tuple[bool, Column, Callable[[Mapping[Hashable, Any]], Cell]]] = [
        (True, Column("位次", "number"), _place_cell),
        (True, Column("被评对象", "wide"), lambda row: Cell(row["name"])),
        (True, Column("总分", "number"), lambda row: _total_cell(row, places)),
        (
            bool(_in_doubt(table).any()),
            Column("位次区间", "number"),
            lambda row: Cell(_places(row["rank_low"], row["rank_high"])),
        ),
        (
            scores.header["previous_period"] is not None,
            Column("进退", "number"),
            lambda row: Cell(movement(row)),
        ),
        (bool((table["grade"] != "").any()), Column("等次"), lambda row: Cell(row["grade"] or NONE)),
        (
            bool((table["bonus"] != 0).any()),
            Column("附加", "number"),
            lambda row: Cell(_points(row["bonus"], "+", places)),
        ),
        (
            bool((table["deduction"] != 0).any()),
            Column("扣分", "number"),
            lambda row: Cell(_points(row["deduction"], "−", places)),
        ),
        (
            bool((table["coverage"] < _WHOLE).any()),
            Column("数据覆盖", "number"),
            lambda row: Cell(percent(row["coverage"], 0)),
        ),
        (
            any(_remark(row) for row in table.to_dict("records")),
            Column("备注", "wide"),
            lambda row: Cell(_remark(row)),
        ),
    ]
    return [(column, fill) for says, column, fill in every if says]


def _place_cell(row: Mapping[Hashable, Any]) -> Cell:
    return Cell(place(row["rank"]), below="并列" if row["tie"] else "", strong=row["rank"] == 1)


def _total_cell(row: Mapping[Hashable, Any], places: int) -> Cell:
    return Cell(number(row["total"], places), below=_span(row["total_low"], row["total_high"], places))


def _in_doubt(table: pd.DataFrame) -> pd.Series[bool]:
    return table["rank"].notna() & (table["rank_low"] < table["rank_high"])


def movement(row: Mapping[Hashable, Any]) -> str:
    """Write how many places an entity moved; in brackets where the interval holds the old place."""
    moved, before = row["movement"], row["previous_rank"]
    if row["rank"] != row["rank"]:
        return NONE
    if before != before:  # noqa: PLR0124 - NaN
        return "新"
    if moved == 0:
        return "平"
    text = f"{'↑' if moved > 0 else '↓'}{abs(moved):g}"
    return text if moved_clearly(row) else f"({text})"


def moved_clearly(row: Mapping[Hashable, Any]) -> bool:
    """Return whether the old place lies outside the interval of the new one."""
    before = row["previous_rank"]
    return bool(row["movement"] != 0 and (before < row["rank_low"] or before > row["rank_high"]))


def _span(low: float, high: float, places: int) -> str:
    return f"{number(low, places)}~{number(high, places)}" if low == low else ""  # noqa: PLR0124 - NaN


def _places(low: float, high: float) -> str:
    return place(low) if low == high or low != low else f"{place(low)}~{place(high)}"  # noqa: PLR0124 - NaN


def _points(value: float, sign: str, places: int) -> str:
    return f"{sign}{number(value, places)}" if value else NONE


def _remark(row: Mapping[Hashable, Any]) -> str:
    said = []
    if row["standing"] != "参评":
        said.append(str(row["standing"]))
    if row["veto"]:
        said.append(f"等次受限（{row['veto']}）")
    return "、".join(said)


def _notes(scores: Scores, group: Peers) -> list[str]:
    notes = []
    places, ranked = digits(scores), group.ranked
    if has_intervals(ranked):
        notes.append(
            "总分下的小字是 95% 区间（小样本指标所致）；位次区间是各总分区间容许的最好和最差位次，"
            "区间相交的先后不能区分。"
        )
    if any(movement(row).startswith("(") for row in ranked.to_dict("records")):
        notes.append("括号内的进退没有超出位次区间，不宜当作真实变化。")
    if not ranked["tie"].all() and _same_on_paper(ranked, places):
        notes.append(f"总分显示 {places} 位小数；显示相同而位次不同的，按办法规定的位数和并列处理顺序排定。")
    if (ranked["movement"] != 0).any() and scores.header["previous_period"]:
        notes.append(f"进退与{scores.header['previous_period_name']}相比；“新”为上期没有同组位次。")
    return notes


def _same_on_paper(ranked: pd.DataFrame, places: int) -> bool:
    shown = ranked["total"].map(lambda total: number(total, places))
    return bool(((shown == shown.shift()) & (ranked["rank"] != ranked["rank"].shift())).any())


def _interval_picture(scores: Scores, group: Peers) -> Picture:
    places, ranked = digits(scores), group.ranked
    items = [
        charts.Dot(
            f"{place(row['rank'])} {row['name']}",
            row["total"],
            number(row["total"], places),
            row["total_low"],
            row["total_high"],
        )
        for row in ranked.to_dict("records")
    ]
    first = ranked[ranked["rank_low"] == 1]
    alt = f"{group.name}各对象的总分及其 95% 区间，由高到低。"
    if len(first) > 1:
        alt += f"可能居首的有 {len(first)} 个：{listed(first['name'])}。"
    caption = f"{group.name}：总分与 95% 区间（横线相交的，先后不能区分）"
    return Picture(charts.dots(items, _limits(ranked)), alt, caption)


def _limits(table: pd.DataFrame) -> tuple[float, float]:
    low = float(table[["total", "total_low"]].min().min())
    high = float(table[["total", "total_high"]].max().max())
    pad = max(0.06 * (high - low), 0.5)
    return low - pad, high + pad


def _spread(scores: Scores) -> list[Piece]:
    """Return where the totals of many entities lie, by group."""
    places = digits(scores)
    groups = [group for group in peers(scores) if len(group.ranked) > 1]
    if not groups:
        return []
    strips = []
    for group in groups:
        totals = group.ranked["total"]
        middle = float(totals.median())
        strips.append(
            charts.Strip(
                f"{group.name}",
                tuple(totals),
                middle,
                f"中位 {number(middle, places)}",
                number(totals.min(), places),
                number(totals.max(), places),
            )
        )
    ranked = scores.scores[scores.scores["rank"].notna()]
    said = "；".join(
        f"{strip.label}{strip.middle_text}，{strip.low_label} 至 {strip.high_label}" for strip in strips
    )
    picture = charts.strips(
        strips, _limits(ranked.assign(total_low=ranked["total"], total_high=ranked["total"]))
    )
    return [Picture(picture, f"各组总分的分布：{said}。", "各组总分的分布（每条竖线一个对象，菱形为中位数）")]
