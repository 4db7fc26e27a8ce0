"""Benchmarks in a bulletin: the funnel, the rings, and the difference from their leaders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wbwz_eval.reporting.pieces import Piece, Prose, Stack
from wbwz_eval.reporting.sections.listing import Shown, listing
from wbwz_eval.reporting.wording import percent
from wbwz_eval.tracking.benchmarking import against_leaders, benchmarks, by_ring, funnel

if TYPE_CHECKING:
    from wbwz_eval.tracking.situation import Situation


def benchmark_funnel(situation: Situation) -> Stack:
    """Return how many benchmarks have come how far, by stage and by ring, and the gap to each ring."""
    table = benchmarks(situation)
    if table.empty:
        return Stack((Prose(("本层级没有对标台账的记录。",)),))
    rings = by_ring(situation)
    due, reached = int(table["due"].sum()), int((table["due"] & table["reached"]).sum())
    said = f"对标 {len(table)} 项，应达标 {due} 项，已达标 {reached} 项"
    said += f"（{percent(reached / due)}）。" if due else "。"
    wider, doubtful = int(rings["wider"].sum()), int(rings["doubtful"].sum())
    if wider:
        said += f"差距比期初扩大的 {wider} 项。"
    if doubtful:
        said += f"台账记为达标、夺标而当前差距仍大于零的 {doubtful} 项，应当核实。"
    parts: list[Piece] = [
        Prose((said,)),
        listing(
            "对标漏斗",
            funnel(situation),
            (
                Shown("stage", "阶段"),
                Shown("at", "现在此阶段", "count"),
                Shown("through", "已进入或越过", "count"),
                Shown("share", "占全部", "share", 0),
            ),
        ),
        listing(
            "各圈层",
            rings,
            (
                Shown("ring", "标杆圈层"),
                Shown("n", "标杆", "count"),
                Shown("due", "应达标", "count"),
                Shown("reached", "已达标", "count"),
                Shown("closed", "差距缩小（中位）", "share", 0),
                Shown("wider", "差距扩大", "count"),
            ),
        ),
    ]
    leaders = against_leaders(situation)
    if len(leaders):
        columns = [Shown("name", "对象", below="item"), Shown("own", "本单位值", "number", 1)]
        columns += [Shown(str(ring), f"与{ring}之差", "signed", 1) for ring in leaders.columns[4:]]
        note = "差 = 本单位值 − 该圈层先进单位的值；指标有的以高为好、有的以低为好，台账未注明方向。"
        parts.append(listing("与各圈层先进单位对照", leaders, columns, most=24, notes=(note,)))
    return Stack(tuple(parts))
