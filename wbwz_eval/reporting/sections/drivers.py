"""What drove the change against the period before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from wbwz_eval.reporting import charts
from wbwz_eval.reporting.pieces import Cell, Column, Picture, Piece, Prose, Stack, Table
from wbwz_eval.reporting.view import digits, dimension_of, dimensions
from wbwz_eval.reporting.wording import signed

if TYPE_CHECKING:
    from wbwz_eval.scoring.scores import Scores

MOVERS = 5
_REASONS = 3
_ADDED = {"bonus": "附加分", "deduction": "扣分", "composition": "各期合成"}
_REST = "rest"


def compared(scores: Scores) -> pd.DataFrame:
    """Return who has a total in both periods, with ``delta`` = total − previous total."""
    table = scores.scores
    both = table[table["total"].notna() & table["previous_total"].notna()]
    return both.assign(delta=both["total"] - both["previous_total"])


def parts_of_change(scores: Scores) -> pd.DataFrame:
    """Return, by entity, the part of the change that each dimension, bonus and deduction has.

    Index entity_id, columns dimension ids, ``bonus``, ``deduction`` and
    ``rest``: what rounding, and a cap on the total, leave over.
    """
    both = compared(scores).set_index("entity_id")
    changes = scores.changes[scores.changes["entity_id"].isin(both.index)]
    top = changes["node"].map(dimension_of(scores)).fillna(changes["node"])
    parts = changes.assign(part=top).pivot_table(
        index="entity_id", columns="part", values="change", aggfunc="sum", fill_value=0.0
    )
    names = [*(d.id for d in dimensions(scores)), *_ADDED]
    parts = parts.reindex(index=both.index, columns=names, fill_value=0.0)
    return parts.assign(**{_REST: both["delta"] - parts.sum(axis=1)})


def drivers(scores: Scores) -> Stack:
    """Return the mean change by dimension, then the largest rises and falls, taken apart."""
    both = compared(scores)
    if both.empty:
        return Stack((Prose((no_comparison(scores),)),))
    up = both[both["delta"] > 0].nlargest(MOVERS, "delta")
    down = both[both["delta"] < 0].nsmallest(MOVERS, "delta")
    parts: list[Piece] = [_mean_picture(scores, both)]
    for word, table in (("上升", up), ("下降", down)):
        if table.empty:
            parts.append(Prose((f"没有对象的总分比上期{word}。",)))
        else:
            parts.append(_movers(scores, f"总分{word}最多的 {len(table)} 个", table))
    return Stack(tuple(parts))


def no_comparison(scores: Scores) -> str:
    """Say why there is nothing to compare with."""
    if scores.header["previous_period"] is None:
        return "本期之前没有可比的一期，不作升降分析。"
    return f"没有对象在本期和{scores.header['previous_period_name']}都有总分，不作升降分析。"


def _movers(scores: Scores, caption: str, table: pd.DataFrame) -> Table:
    places, parts = digits(scores), parts_of_change(scores)
    titles = {d.id: d.name for d in dimensions(scores)} | _ADDED | {_REST: "舍入封顶"}
    shown = parts.loc[table["entity_id"]]
    # a column of nothing but noughts says nothing
    kept = [
        name
        for name in titles
        if name not in {*_ADDED, _REST}
        or any(float(signed(v, places).replace("−", "-")) for v in shown[name])
    ]
    reach = float(shown.abs().to_numpy().max()) or 1.0
    rows = []
    for row in table.to_dict("records"):
        part = shown.loc[row["entity_id"]]
        cells = [Cell(signed(part[name], places), shade=abs(float(part[name])) / reach) for name in kept]
        reasons = Cell(_reasons(scores, str(row["entity_id"]), row["delta"]))
        name = Cell(str(row["name"]), below=str(row["group_name"]))
        rows.append((name, Cell(signed(row["delta"], places), strong=True), *cells, reasons))
    columns = (
        Column("被评对象", "wide"),
        Column("总分变化", "number"),
        *(Column(titles[name], "number") for name in kept),
        Column("主要来自", "long"),
    )
    return Table(f"{caption}（与{scores.header['previous_period_name']}相比，分）", columns, tuple(rows))


def _reasons(scores: Scores, entity: str, delta: float) -> str:
    """Name the leaves that moved the total most in its own direction."""
    places = digits(scores)
    own = scores.changes[scores.changes["entity_id"] == entity]
    same = (
        own[own["change"] > 0].nlargest(_REASONS, "change")
        if delta > 0
        else (own[own["change"] < 0].nsmallest(_REASONS, "change"))
    )
    said = [
        f"{row['name']} {signed(row['change'], places)}"
        for row in same.to_dict("records")
        if float(signed(abs(row["change"]), places)) > 0
    ]
    return "、".join(said)


def _mean_picture(scores: Scores, both: pd.DataFrame) -> Picture:
    places, mean = digits(scores), parts_of_change(scores).mean()
    titles = {d.id: d.name for d in dimensions(scores)} | _ADDED
    items = [
        charts.Bar(title, float(mean[name]), signed(float(mean[name]), places))
        for name, title in titles.items()
        if name not in _ADDED or round(float(mean[name]), places) != 0
    ]
    whole = signed(float(both["delta"].mean()), places)
    said = "、".join(f"{item.label} {item.text}" for item in items)
    return Picture(
        charts.bars(items),
        f"{len(both)} 个对象的总分平均变化 {whole} 分，其中：{said}。",
        f"总分平均变化 {whole} 分的来源（{len(both)} 个两期都有总分的对象）",
    )
