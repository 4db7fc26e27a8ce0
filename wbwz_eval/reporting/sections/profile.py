"""How far each entity gets in each dimension."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from wbwz_eval.reporting import charts
from wbwz_eval.reporting.pieces import Cell, Column, Picture, Piece, Prose, Stack, Table
from wbwz_eval.reporting.view import MANY, Peers, attained, digits, dimensions, peers
from wbwz_eval.reporting.wording import number

if TYPE_CHECKING:
    from wbwz_eval.scoring.scores import Scores

_FEW = 5
_LEAST_SPAN = 10.0


def profile(scores: Scores) -> Stack:
    """Return a heat table by group; of the groups' medians where there are many entities."""
    shares = attained(scores, scores.scores)
    low, high = shares.min(), shares.max()
    if len(scores.scores) > MANY:
        return Stack((_group_table(scores, low, high),))
    tables = [_entity_table(scores, group, low, high) for group in peers(scores)]
    return Stack(tuple(tables))


def _titles(scores: Scores) -> tuple[Column, ...]:
    return tuple(Column(d.name, "number") for d in dimensions(scores))


def _shade(value: float, low: float, high: float) -> float:
    """Return how dark a value is: the highest of its dimension darkest, the lowest white.

    Where all are close together they are alike in shade.
    """
    below = (high - value) / max(high - low, _LEAST_SPAN)
    return 0.0 if below != below else 1.0 - below  # noqa: PLR0124 - NaN


def _entity_table(scores: Scores, group: Peers, low: pd.Series[float], high: pd.Series[float]) -> Table:
    places, shares = digits(scores), attained(scores, group.table)
    ids = [d.id for d in dimensions(scores)]
    rows = []
    for name, share in zip(group.table["name"], shares.to_dict("records"), strict=True):
        cells = [Cell(number(share[d], places), shade=_shade(share[d], low[d], high[d])) for d in ids]
        rows.append((Cell(str(name)), *cells))
    if len(group.table) > 1:
        middle = shares.median()
        medians = [Cell(number(middle[d], places), strong=True) for d in ids]
        rows.append((Cell("本组中位数", strong=True), *medians))
    columns = (Column("被评对象", "wide"), *_titles(scores))
    return Table(f"{group.name}：各维度得分率（%，按位次排列）", columns, tuple(rows), even=True)


def _group_table(scores: Scores, low: pd.Series[float], high: pd.Series[float]) -> Table:
    places, rows = digits(scores), []
    for group in peers(scores):
        shares = attained(scores, group.table)
        cells = []
        for d in dimensions(scores):
            column = shares[d.id].dropna()
            middle = float(column.median()) if len(column) else float("nan")
            ends = f"{number(column.min(), places)}~{number(column.max(), places)}" if len(column) else ""
            cells.append(
                Cell(number(middle, places), below=ends, shade=_shade(middle, low[d.id], high[d.id]))
            )
        rows.append((Cell(group.name), Cell(str(len(group.table))), *cells))
    columns = (Column("组别", "wide"), Column("个数", "number"), *_titles(scores))
    notes = ("每格为该组得分率的中位数，小字为最低至最高。",)
    return Table("各组各维度得分率（%）", columns, tuple(rows), notes, even=True)


def profile_chart(scores: Scores) -> Piece:
    """Return where all entities lie in each dimension, or in words why there is no picture."""
    scored = attained(scores, scores.scores).dropna(how="all")
    if len(scored) < _FEW:
        return Prose((f"有得分的对象不足 {_FEW} 个，不作分布图。",), "note")
    places, names = digits(scores), scores.scores["name"]
    strips, said = [], []
    for d in dimensions(scores):
        column = scored[d.id].dropna()
        if column.empty:
            said.append(f"{d.name}没有得分")
            continue
        middle, low, high = float(column.median()), float(column.min()), float(column.max())
        strips.append(
            charts.Strip(
                d.name,
                tuple(column),
                middle,
                f"中位 {number(middle, places)}",
                *_ends(column, names, places),
            )
        )
        said.append(f"{d.name}中位 {number(middle, places)}，{number(low, places)} 至 {number(high, places)}")
    if not strips:
        return Prose(("各维度都没有得分，不作分布图。",), "note")
    everything = scored.to_numpy().ravel()
    lowest = float(pd.Series(everything).min())
    highest = float(pd.Series(everything).max())
    pad = max(0.04 * (highest - lowest), 1.0)
    return Picture(
        charts.strips(strips, (lowest - pad, highest + pad)),
        f"各维度得分率的分布：{'；'.join(said)}。",
        "各维度得分率（%）的分布（每条竖线一个对象，菱形为中位数）",
    )


def _ends(column: pd.Series[float], names: pd.Series[str], places: int) -> tuple[str, str]:
    """Name the lowest and the highest; one name for both where they look the same."""
    ends = [float(column.min()), float(column.max())]
    shown = [number(end, places) for end in ends]
    if shown[0] == shown[1]:
        both = f"{shown[0]}（{len(column)} 个）"
        return both, both
    said = []
    for end, text in zip(ends, shown, strict=True):
        who = column.index[column == end]
        said.append(f"{text}（{len(who)} 个）" if len(who) > 1 else f"{text} {names[who[0]]}")
    return said[0], said[1]
