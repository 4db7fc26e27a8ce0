"""Bonus, deduction and veto, each with the clause that it stands on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wbwz_eval.reporting.pieces import Cell, Column, Piece, Prose, Stack, Table
from wbwz_eval.reporting.view import digits, is_public
from wbwz_eval.reporting.wording import NONE, number

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    import pandas as pd

    from wbwz_eval.scoring.scores import Scores

KINDS = {"veto": "一票否优", "deduction": "扣分", "bonus": "附加分"}
_SIGNS = {"deduction": "−", "bonus": "+"}


def adjustments(scores: Scores) -> Stack:
    """Return the list of each kind; the internal edition adds the document and the ledger row.

    The internal edition also lists what did not count, with the reason.
    """
    table = scores.adjustments
    counted = table["counted"].astype(bool)
    parts: list[Piece] = []
    for kind, title in KINDS.items():
        found = table[(table["kind"] == kind) & counted]
        if found.empty:
            parts.append(Prose((f"本期没有{title}。",)))
        else:
            parts.append(_table(scores, f"{title}（{len(found)} 项）", kind, found))
    refused = table[~counted]
    if len(refused):
        parts.append(_refused(scores, refused))
    capped = _capped(scores)
    if capped:
        parts.append(Prose((capped,), "note"))
    return Stack(tuple(parts))


def _named(scores: Scores, table: pd.DataFrame) -> list[Mapping[Hashable, Any]]:
    names = scores.scores.set_index("entity_id")[["name", "group_name"]]
    who = table["entity_id"].map(names["name"])
    group = table["entity_id"].map(names["group_name"])
    return list(table.assign(who=who, group_name=group).to_dict("records"))


def _table(scores: Scores, caption: str, kind: str, found: pd.DataFrame) -> Table:
    places, sign = digits(scores), _SIGNS.get(kind, "")
    columns = [Column("被评对象", "wide"), Column("事项", "wide")]
    if sign:
        columns.append(Column("分值", "number"))
    columns.append(Column("依据条款", "wide"))
    if not is_public(scores):
        columns += [Column("认定", "wide"), Column("说明", "long"), Column("台账", "wide")]
    rows = []
    for row in _named(scores, found):
        cells = [Cell(str(row["who"]), below=str(row["group_name"])), Cell(str(row["name"]))]
        if sign:
            cells.append(Cell(f"{sign}{number(row['points'], places)}"))
        cells.append(Cell(str(row["clause"]) or "未注明"))
        if not is_public(scores):
            cells += [
                Cell(str(row["decided_by"]) or NONE, below=str(row["doc_no"])),
                Cell(str(row["detail"]) or NONE),
                _evidence(row),
            ]
        rows.append(tuple(cells))
    return Table(caption, tuple(columns), tuple(rows))


def _evidence(row: Mapping[Hashable, Any]) -> Cell:
    if not row["row_id"]:
        return Cell("各期位次")
    return Cell(str(row["row_id"]), below=f"{row['source']} 第 {row['source_row']} 行")


def _refused(scores: Scores, refused: pd.DataFrame) -> Table:
    columns = (
        Column("被评对象", "wide"),
        Column("类别"),
        Column("事项", "wide"),
        Column("未计原因", "wide"),
        Column("台账", "wide"),
    )
    rows = [
        (
            Cell(str(row["who"])),
            Cell(KINDS[str(row["kind"])]),
            Cell(str(row["name"])),
            Cell(str(row["reason"])),
            _evidence(row),
        )
        for row in _named(scores, refused)
    ]
    return Table(f"已登记但未计入（{len(rows)} 项）", columns, tuple(rows))


def _capped(scores: Scores) -> str:
    """Say where a cap made less of the items than they add up to."""
    table = scores.adjustments[scores.adjustments["counted"].astype(bool)]
    said = []
    for kind in ("bonus", "deduction"):
        listed = table[table["kind"] == kind].groupby("entity_id")["points"].sum()
        applied = scores.scores.set_index("entity_id")[kind].reindex(listed.index)
        held = int((listed > applied + 1e-9).sum())
        if held:
            said.append(f"{KINDS[kind]}有 {held} 个对象按封顶或折算计，各项分值相加大于实际计入。")
    return "".join(said)
