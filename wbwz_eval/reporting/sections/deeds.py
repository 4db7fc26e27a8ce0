"""The monthly check's look at what has no deadline: campaigns, visits, publicity, discipline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wbwz_eval.reporting.pieces import Piece, Prose, Stack
from wbwz_eval.reporting.sections.listing import Shown, listing
from wbwz_eval.reporting.wording import percent
from wbwz_eval.tracking import deeds

if TYPE_CHECKING:
    from wbwz_eval.tracking.situation import Situation

_BY_KIND = (Shown("kind", "类别"), Shown("n", "次数", "count"), Shown("entities", "涉及对象", "count"))


def month_deeds(situation: Situation) -> Stack:
    """Return activities by campaign, visits, on-site meetings, discipline, dispatching and publicity."""
    parts: list[Piece] = []
    campaigns = deeds.campaigns(situation)
    if len(campaigns):
        columns: tuple[Shown, ...] = (
            Shown("campaign", "载体活动"),
            Shown("planned", "本月计划", "count"),
            Shown("done", "已完成", "count"),
            Shown("share", "完成率", "share", 0),
        )
        parts.append(listing("载体活动", campaigns, columns))
    if visits := deeds.visits(situation):
        seen, solved = visits["visited_n"], visits["solved_n"]
        said = f"民情走访：应访 {visits['planned_n']:.0f} 户，实访 {seen:.0f} 户"
        said += f"（{percent(seen / visits['planned_n'], 0)}）" if visits["planned_n"] else ""
        said += f"；收集问题 {visits['raised_n']:.0f} 个，解决 {solved:.0f} 个"
        said += f"（{percent(solved / visits['raised_n'], 0)}）。" if visits["raised_n"] else "。"
        parts.append(Prose((said,)))
    for caption, ledger, day in (
        ("现场会、观摩会和专项督查", "inspections", "held_on"),
        ("整治庸懒散检查", "conduct_checks", "checked_on"),
    ):
        table = deeds.by_kind(situation, ledger, day)
        if len(table):
            parts.append(listing(caption, table, _BY_KIND))
    reached, of, told = deeds.dispatched(situation)
    if reached:
        parts.append(Prose((f"本月调度 {reached} 个对象，占 {percent(reached / of, 0)}。",)))
        if len(told):
            columns = (Shown("name", "对象"), Shown("experience", "经验做法", "long"))
            parts.append(listing("调度中总结的经验", told, columns, most=15))
    publicity = deeds.publicity(situation)
    if len(publicity):
        columns = (
            Shown("channel", "媒体"),
            Shown("n", "刊发（篇）", "count"),
            Shown("entities", "涉及对象", "count"),
            Shown("repeats", "重复（不计）", "count"),
        )
        parts.append(listing("宣传报道", publicity, columns))
    return Stack(tuple(parts) or (Prose(("本月没有这些台账的记录。",)),))
