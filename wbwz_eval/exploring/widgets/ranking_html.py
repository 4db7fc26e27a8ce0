"""The live table: places now and before, totals, grades, and each rank interval as a line."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from wbwz_eval.exploring.shown import stamped

if TYPE_CHECKING:
    import pandas as pd

_STYLE = """<style>
.wbwz-live{border-collapse:collapse;font-size:14px;min-width:36em}
.wbwz-live caption{text-align:left;padding:4px 0;font-weight:bold}
.wbwz-live th,.wbwz-live td{padding:2px 10px;border-bottom:1px solid #ddd;text-align:left}
.wbwz-live .n{text-align:right;font-variant-numeric:tabular-nums}
.wbwz-live .up{font-weight:bold}.wbwz-live .down{color:#9c1c1c;font-weight:bold}
.wbwz-live .own td{background:#f6ecec}
</style>"""
_WIDTH, _HEIGHT, _EDGE = 220, 14, 6
_HEADS = (
    ("位次", "n"),
    ("原位次", "n"),
    ("变化", ""),
    ("名称", ""),
    ("总分", "n"),
    ("原总分", "n"),
    ("等次", ""),
)


def ranking_html(ranking: pd.DataFrame, bounds: pd.DataFrame | None, own: str = "", stamp: str = "") -> str:
    """Return a what-if's ranking as one table a group, rank intervals beside.

    Args:
        ranking: See :meth:`.WhatIf.ranking`.
        bounds: By ``entity_id``: ``low``, ``high``; None where the places cannot be drawn.
        own: The entity that is marked.
        stamp: Stands over each group's table, which may be far below the sliders; empty for none.
    """
    parts = [_STYLE]
    for _, group in ranking.groupby("group", sort=False):
        parts.append(_group(group, bounds, own, stamp))
    return "".join(parts)


def _group(table: pd.DataFrame, bounds: pd.DataFrame | None, own: str, stamp: str) -> str:
    size = len(table)
    heads = "".join(f'<th scope="col" class="{kind}">{title}</th>' for title, kind in _HEADS)
    if bounds is not None:
        heads += f'<th scope="col">位次区间（1–{size}，十次抽取中九次）</th>'
    rows = "".join(_row(row, bounds, own, size) for row in table.to_dict("records"))
    caption = f"{stamped(stamp)}{escape(str(table['group_name'].iloc[0]))}（{size} 个）"
    return (
        f'<table class="wbwz-live"><caption>{caption}</caption>'
        f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
    )


def _row(row: dict[Any, Any], bounds: pd.DataFrame | None, own: str, size: int) -> str:
    kind, moved = _moved(row["moved"])
    cells = [
        ("n", _number(row["rank"], 0)),
        ("n", _number(row["rank_before"], 0)),
        (kind, moved),
        ("", escape(str(row["name"]))),
        ("n", _number(row["total"], 2)),
        ("n", _number(row["total_before"], 2)),
        ("", escape(str(row["grade"]))),
    ]
    if bounds is not None:
        ends = bounds.loc[row["entity_id"]]
        cells.append(("", _line(float(ends["low"]), float(ends["high"]), float(row["rank"]), size)))
    mark = ' class="own"' if row["entity_id"] == own else ""
    ident = escape(str(row["entity_id"]))
    inner = "".join(f'<td class="{kind}">{text}</td>' for kind, text in cells)
    return f'<tr data-entity="{ident}"{mark}>{inner}</tr>'


def _moved(places: float) -> tuple[str, str]:
    if places != places or places == 0:  # noqa: PLR0124 - who is not ranked has moved nowhere
        return "", "—"
    return ("up", f"↑{places:g}") if places > 0 else ("down", f"↓{-places:g}")


def _number(value: float, digits: int) -> str:
    return "—" if value != value else f"{value:.{digits}f}"  # noqa: PLR0124 - NaN


def _line(low: float, high: float, rank: float, size: int) -> str:
    """Draw an interval on the line of all places; nothing for who is not ranked."""
    if low != low or rank != rank:  # noqa: PLR0124 - NaN
        return "—"
    step = (_WIDTH - 2 * _EDGE) / max(size - 1, 1)
    left, right, at = (_EDGE + step * (place - 1) for place in (low, high, rank))
    y = f'y1="{_HEIGHT / 2}" y2="{_HEIGHT / 2}"'
    said = f"第 {low:g} 至 {high:g} 名"
    return (
        f'<svg width="{_WIDTH}" height="{_HEIGHT}" role="img" aria-label="{said}"><title>{said}</title>'
        f'<line x1="{_EDGE}" x2="{_WIDTH - _EDGE}" {y} stroke="#e4e4e4"/>'
        f'<line x1="{left:.1f}" x2="{right:.1f}" {y} stroke="#6b6b6b" stroke-width="3"/>'
        f'<circle cx="{at:.1f}" cy="{_HEIGHT / 2}" r="4.5" fill="#9c1c1c"/></svg> {low:g}–{high:g}'
    )
