"""The selection of models: how many for which quota, who, with how many votes, on notice since when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wbwz_eval.reporting.pieces import Bullets, Piece, Prose, Stack
from wbwz_eval.reporting.sections.listing import Shown, listing
from wbwz_eval.reporting.wording import listed
from wbwz_eval.tracking.models import ELECTED, by_dimension, candidates

if TYPE_CHECKING:
    import pandas as pd

    from wbwz_eval.tracking.situation import Situation

_APART = "评选是对结果的运用：得票和当选不计入任何一期的得分，台账本身不许指标读取。"


def selection_findings(situation: Situation) -> Piece:
    """Return what the selection came to."""
    table = candidates(situation)
    if table.empty:
        return Prose(("本期没有标兵提名。", _APART))
    counts = by_dimension(table)
    elected = table[table["result"] == ELECTED]
    again = elected[elected["before"] > 0]
    found = [
        ("提名", f"提名 {len(table)} 人次，当选 {len(elected)}，公示中 {int(counts['in_notice'].sum())}。"),
        ("名额", _over(counts)),
        ("公示", _notice(table)),
        (
            "连任",
            f"{len(again)} 人此前已当选过：{listed(again['name'], 8)}。"
            if len(again)
            else "没有此前已当选的。",
        ),
        ("界限", _APART),
    ]
    return Bullets(tuple((head, said) for head, said in found if said))


def selection_by_dimension(situation: Situation) -> Piece:
    """Return quota and numbers by dimension."""
    table = candidates(situation)
    if table.empty:
        return Prose(("没有提名。",))
    columns = (
        Shown("dimension", "维度"),
        Shown("quota", "名额", "count"),
        Shown("nominated", "提名", "count"),
        Shown("elected", "当选", "count"),
        Shown("in_notice", "公示中", "count"),
    )
    return listing("各维度名额和结果", by_dimension(table), columns)


def nominees(situation: Situation) -> Stack:
    """Return the candidates of each dimension, most votes first."""
    table = candidates(situation)
    if table.empty:
        return Stack((Prose(("没有候选人。",)),))
    columns = (
        Shown("name", "候选人", below="group_name"),
        Shown("score", "评选得分", "number"),
        Shown("votes", "得票", "count"),
        Shown("notice_start", "公示起", "day"),
        Shown("notice_end", "公示止", "day"),
        Shown("notice_days", "公示（工作日）", "count"),
        Shown("result", "结果", "text"),
    )
    return Stack(
        tuple(
            listing(f"{dimension}（{len(part)} 人）", part, columns)
            for dimension, part in table.groupby("dimension", sort=False)
        )
    )


def _over(counts: pd.DataFrame) -> str:
    over = counts[counts["over"] > 0]
    said = "、".join(f"{row['dimension']}多 {row['over']} 人" for row in over.to_dict("records"))
    return f"当选超过名额的维度：{said}。" if said else "各维度当选均在名额之内。"


def _notice(table: pd.DataFrame) -> str:
    elected = table[table["result"] == ELECTED]
    without = elected[elected["notice_days"].isna()]
    if len(without):
        return f"当选而没有公示日期的 {len(without)} 人：{listed(without['name'], 8)}。"
    if elected.empty:
        return ""
    return f"当选者公示最短 {elected['notice_days'].min():.0f} 个工作日。"
