"""Who was held to account, for those who may decide on these cadres, and for nobody else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wbwz_eval.reporting.pieces import Piece, Prose, Stack
from wbwz_eval.reporting.sections.listing import Shown, listing

if TYPE_CHECKING:
    from wbwz_eval.tracking.situation import Situation


def accountability_cases(situation: Situation, authority: str) -> Stack:
    """Return the cases of the period that lie within one authority, each with person, clause and document."""
    rows = situation.dated("accountability", "decided_on")
    rows = rows[rows["authority"] == authority] if len(rows) else rows
    if rows.empty:
        return Stack((Prose((f"本期没有属于{authority}管理权限的问责。",)),))
    counts = "、".join(f"{kind} {n} 件" for kind, n in rows["kind"].value_counts().items())
    heavy = int((rows["severity"] == "重大损失").sum())
    appealed = int((rows["appealed"] == "是").sum())
    said = f"属于{authority}管理权限的问责 {len(rows)} 件：{counts}；"
    said += f"造成重大损失 {heavy} 件，提出申诉 {appealed} 件。"
    rows = rows.assign(name=situation.names(rows["entity_id"])).sort_values(
        ["decided_on", "row_id"], kind="stable"
    )
    columns = (
        Shown("name", "对象", below="row_id"),
        Shown("person", "责任人", "text"),
        Shown("matter", "事由", "long"),
        Shown("kind", "形式", "text"),
        Shown("severity", "后果", "text"),
        Shown("clause", "依据"),
        Shown("decided_by", "决定", below="doc_no"),
        Shown("decided_on", "日期", "day"),
        Shown("appealed", "申诉", "text"),
    )
    parts: list[Piece] = [Prose((said,)), listing("问责清单", rows, columns, most=len(rows))]
    return Stack(tuple(parts))
