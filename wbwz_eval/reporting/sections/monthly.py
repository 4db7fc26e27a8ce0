"""The monthly check: every ledger's standing, verification on site, tasks passed down, gaps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from wbwz_eval.campaign.returns import LATE as RETURNED_LATE
from wbwz_eval.campaign.returns import MISSING, returns_of
from wbwz_eval.reporting.pieces import Bullets, Cell, Column, Piece, Prose, Stack, Table
from wbwz_eval.reporting.wording import NONE, listed, percent
from wbwz_eval.tracking.inspection import arrivals, gaps, passed_down, verified
from wbwz_eval.tracking.matters import OVERDUE, all_matters, summary

if TYPE_CHECKING:
    from wbwz_eval.tracking.situation import Situation

_MOST, _FEW = 40, 8


def check_findings(situation: Situation) -> Bullets:
    """Return what the month comes to."""
    table = summary(situation)
    due, in_time = int(table["due"].sum()), int(table["in_time"].sum())
    checked = verified(situation)
    tree, missing = passed_down(situation), gaps(situation)
    lonely = int((~tree["owned"]).sum())
    found = [
        (
            "到期",
            f"本月到期事项 {due} 件，按期办结 {in_time} 件（{percent(in_time / due)}）。" if due else "",
        ),
        ("逾期", _worst(table)),
        ("未核实", _unverified(table)),
        ("核查", _checked_said(checked)),
        ("无主任务", f"{lonely} 项任务没有党组织承接。" if lonely else ""),
        ("缺项", f"台账要素缺项 {int(missing['rows'].sum())} 处。" if len(missing) else ""),
        ("报送", _returns_said(situation)),
    ]
    return Bullets(tuple((head, said) for head, said in found if said))


def ledgers_standing(situation: Situation) -> Stack:
    """Return the standing of every ledger of matters, and what came in to the others."""
    table = summary(situation)
    parts: list[Piece] = []
    if table.empty:
        parts.append(Prose(("没有有时限的事项。",)))
    else:
        rows = tuple(
            (
                Cell(row["name"]),
                *(Cell(_count(row[code])) for code in ("opened", "due", "in_time", "late")),
                Cell(percent(row["in_time"] / row["due"], 0) if row["due"] else NONE),
                *(Cell(_count(row[code])) for code in ("running", "overdue", "unverified")),
            )
            for row in table.to_dict("records")
        )
        heads = ("本月新增", "本月到期", "按期", "逾期", "按期率", "在办", "逾期未结", "办结未核实")
        columns = (Column("台账", "wide"), *(Column(head, "number") for head in heads))
        notes = ("在办和逾期未结为月末的全部，不论何时到期；办结而没有人核实的，按办法不计为完成。",)
        parts.append(Table("有时限的事项", columns, rows, notes))
    came = arrivals(situation)
    if len(came):
        rows = tuple(
            (Cell(row["name"]), Cell(str(row["rows"])), Cell(f"{row['entities']} / {row['owing']}"))
            for row in came.to_dict("records")
        )
        columns = (Column("台账", "wide"), Column("本月收到（行）", "number"), Column("涉及对象", "number"))
        parts.append(Table("其他台账", columns, rows))
    return Stack(tuple(parts))


def overdue_by_entity(situation: Situation) -> Piece:
    """Return who has how many overdue matters in which ledgers, most first."""
    table = all_matters(situation)
    late = table[table["state"] == OVERDUE]
    if late.empty:
        return Prose(("月末没有逾期未办结的事项。",))
    names = {ledger: schema.name for ledger, schema in situation.campaign.codebook.ledgers.items()}
    rows = []
    order = late["entity_id"].value_counts(sort=True)
    for entity in order.index[:_MOST]:
        own = late[late["entity_id"] == entity]
        counts = own["ledger"].map(names).value_counts()
        where = listed((f"{name} {count}" for name, count in counts.items()), _FEW)
        rows.append(
            (Cell(own["name"].iloc[0]), Cell(str(len(own))), Cell(f"{own['late'].max():.0f}"), Cell(where))
        )
    more = len(order) - len(rows)
    notes = (f"只列最多的 {len(rows)} 个，另有 {more} 个对象有逾期事项。",) if more > 0 else ()
    columns = (
        Column("对象", "wide"),
        Column("逾期（件）", "number"),
        Column("最长（工作日）", "number"),
        Column("台账", "long"),
    )
    return Table(f"月末逾期未办结（{len(late)} 件）", columns, tuple(rows), notes)


def on_site(situation: Situation) -> Piece:
    """Return what verification on site found, by entity."""
    table = verified(situation)
    if table.empty:
        return Prose(("本月没有核查记录。用 wbwz sample 抽取名单，核实后以办公室名义报送。",))
    lead = _checked_said(table)
    table = table.sort_values(["share", "checked"], ascending=False, kind="stable")
    shown = table[table["different"] > 0].head(_MOST)
    if shown.empty:
        return Prose((f"{lead}自报与核实全部一致。",))
    rows = tuple(
        (
            Cell(row["name"]),
            Cell(str(row["checked"])),
            Cell(str(row["different"])),
            Cell(percent(row["share"])),
        )
        for row in shown.to_dict("records")
    )
    columns = (
        Column("对象", "wide"),
        Column("核查（项）", "number"),
        Column("不一致", "number"),
        Column("差异率", "number"),
    )
    return Stack((Prose((lead,)), Table("有差异的对象", columns, rows)))


def cascade_tree(situation: Situation) -> Stack:
    """Return the tasks that no organisation owns, and the tree of those that are passed down."""
    tree = passed_down(situation)
    if tree.empty:
        return Stack((Prose(("没有分解到这一层级的任务。",)),))
    parts: list[Piece] = []
    orphans = tree[~tree["owned"]]
    if len(orphans):
        rows = tuple(
            (
                Cell(row["name"]),
                Cell(row["task"], below=str(row["task_no"] or row["row_id"])),
                _due(row["due"]),
            )
            for row in orphans.head(_MOST).to_dict("records")
        )
        columns = (Column("党组织", "wide"), Column("任务", "wide"), Column("时限"))
        more = len(orphans) - len(rows)
        notes = (f"另有 {more} 项。",) if more > 0 else ()
        parts.append(Table(f"没有党组织承接的任务（{len(orphans)} 项）", columns, rows, notes, head=1))
    else:
        parts.append(Prose(("每项任务都有党组织承接。",)))
    roots = int((tree["depth"] == 0).sum())
    deepest = int(tree["depth"].max()) + 1
    parts.append(Prose((f"分解任务 {len(tree)} 项，源头 {roots} 项，最深 {deepest} 级。",)))
    if deepest > 1:
        shown = tree.head(_MOST)
        rows = tuple(
            (
                Cell("　" * row["depth"] + ("└ " if row["depth"] else "") + row["task"]),
                Cell(str(row["assigned_to"]) or "无"),
                _due(row["due"]),
            )
            for row in shown.to_dict("records")
        )
        more = len(tree) - len(shown)
        notes = (f"另有 {more} 项，见任务分解台账。",) if more > 0 else ()
        columns = (Column("任务", "wide"), Column("承接", "wide"), Column("时限"))
        parts.append(Table("分解树", columns, rows, notes))
    return Stack(tuple(parts))


def entry_gaps(situation: Situation) -> Piece:
    """Return which entries miss what they should say."""
    table = gaps(situation)
    if table.empty:
        return Prose(("台账要素齐全。",))
    rows = tuple(
        (
            Cell(row["message"]),
            Cell(row["name"]),
            Cell(str(row["rows"])),
            Cell(listed(row["entities"], _FEW)),
        )
        for row in table.to_dict("records")
    )
    columns = (
        Column("缺项", "wide"),
        Column("台账", "wide"),
        Column("行数", "number"),
        Column("对象", "long"),
    )
    return Table("要素缺项", columns, rows)


def returned(situation: Situation) -> Piece:
    """Return who owed which ledger in the month and was late or did not report."""
    table = _owed(situation)
    if table.empty:
        return Prose(("本月没有应报的台账。",))
    names = {ledger: schema.name for ledger, schema in situation.campaign.codebook.ledgers.items()}
    rows = []
    for (ledger, due), part in table.groupby(["ledger", "period"], sort=False):
        absent = part[part["state"] == MISSING]
        late = int((part["state"] == RETURNED_LATE).sum())
        who = listed(situation.names(absent["entity_id"]), _FEW) or NONE
        cells = (str(due), str(len(part)), _count(late), _count(len(absent)))
        rows.append((Cell(names[str(ledger)]), *(Cell(text) for text in cells), Cell(who)))
    columns = (
        Column("台账", "wide"),
        Column("期"),
        Column("应报", "number"),
        Column("迟报", "number"),
        Column("缺报", "number"),
        Column("缺报的对象", "long"),
    )
    return Table("报送情况", columns, tuple(rows))


def _owed(situation: Situation) -> pd.DataFrame:
    table = returns_of(situation.campaign, situation.period)
    return table[table["entity_id"].isin(situation.entities.index)]


def _returns_said(situation: Situation) -> str:
    table = _owed(situation)
    late, missing = (int((table["state"] == state).sum()) for state in (RETURNED_LATE, MISSING))
    return f"应报 {len(table)} 份次，迟报 {late}，缺报 {missing}。" if late or missing else ""


def _worst(table: pd.DataFrame) -> str:
    total = int(table["overdue"].sum())
    if not total:
        return ""
    most = table.sort_values("overdue", ascending=False).head(3)
    names = "、".join(
        f"{row['name']} {row['overdue']} 件" for row in most.to_dict("records") if row["overdue"]
    )
    return f"月末逾期未办结 {total} 件，最多的是{names}。"


def _unverified(table: pd.DataFrame) -> str:
    count = int(table["unverified"].sum())
    return f"本月办结而没有人核实的 {count} 件，按办法不计为完成。" if count else ""


def _checked_said(table: pd.DataFrame) -> str:
    if table.empty:
        return ""
    checked, different = int(table["checked"].sum()), int(table["different"].sum())
    rate = percent(different / checked)
    return f"现场核查 {len(table)} 个对象 {checked} 项，不一致 {different} 项，差异率 {rate}。"


def _count(count: float) -> str:
    return f"{int(count)}" if count else NONE


def _due(day: pd.Timestamp) -> Cell:
    return Cell(NONE if pd.isna(day) else f"{day:%Y-%m-%d}")
