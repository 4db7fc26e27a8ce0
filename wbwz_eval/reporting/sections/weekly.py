"""The weekly dispatch: tasks and lights, what is overdue, who did not report, a page for each unit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from wbwz_eval.campaign.returns import LATE as RETURNED_LATE
from wbwz_eval.campaign.returns import MISSING, returns_of
from wbwz_eval.reporting.pieces import Bullets, Cell, Column, Piece, Prose, Sheet, Stack, Table
from wbwz_eval.reporting.wording import NONE, listed, number, signed
from wbwz_eval.tracking.matters import OVERDUE, RUNNING, all_matters, matters, order_due, tracked_ledgers
from wbwz_eval.tracking.progress import GREEN, RED, UNREPORTED, YELLOW, bands, progress

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from wbwz_eval.tracking.situation import Situation

    Row = Mapping[Hashable, Any]

_SUPERVISED, _APPEALS = "supervised", "appeals"
_LIGHTS = (RED, YELLOW, GREEN, UNREPORTED)
_MARKS = {RED: "● 红", YELLOW: "▲ 黄", GREEN: "○ 绿", UNREPORTED: "— 未报"}
_AHEAD_DAYS = 7
_MOST = 60


def dispatch_findings(situation: Situation) -> Bullets:
    """Return what the meeting should know first."""
    tasks = _running(situation)
    counts = tasks["light"].value_counts()
    said = "、".join(f"{light}灯 {counts.get(light, 0)} 项" for light in _LIGHTS[:3])
    red = tasks[tasks["light"] == RED]
    turned = int((red["turned"]).sum())
    found = [
        (
            "范围",
            f"在推进的重点工作 {len(tasks)} 项：{said}，未报 {counts.get(UNREPORTED, 0)} 项。"
            if len(tasks)
            else "没有在推进的重点工作。",
        ),
        ("红灯", f"{_by_unit(red)}。其中连续两周黄灯转红 {turned} 项。" if len(red) else ""),
        ("停滞", _stalled(tasks)),
        ("未报", _missing(situation)),
        ("督办", _supervised_said(situation)),
        ("诉求", _appeals_said(situation)),
    ]
    return Bullets(tuple((head, text) for head, text in found if text))


def meeting_sheet(situation: Situation) -> Stack:
    """Return the sheet for the meeting: red and yellow tasks, and what has to be coordinated."""
    limits = bands(situation)
    tasks = _running(situation)
    wanted = tasks[tasks["light"].isin([RED, YELLOW]) | (tasks["reported"] & (tasks["help_needed"] != ""))]
    wanted = wanted.assign(order=wanted["light"].map(_LIGHTS.index)).sort_values(
        ["order", "deviation", "entity_id"], kind="stable"
    )
    rule = (
        f"按 {limits.indicator} 的界限：偏差不低于 {signed(limits.yellow, 0)} 个百分点为绿，低于 "
        f"{signed(limits.yellow, 0)} 为黄，低于 {signed(limits.red, 0)} 为红；连续两周黄灯转红。"
    )
    if wanted.empty:
        return Stack((Prose((rule,), "note"), Prose(("本周没有红灯、黄灯和需协调的事项。",))))
    return Stack(
        (Prose((rule,), "note"), _task_table(f"会议研究事项（{len(wanted)} 项）", wanted, units=True))
    )


def successions(situation: Situation) -> Piece:
    """Return the tasks that follow on another one, and how far that one is (压茬推进)."""
    tasks = _running(situation)
    chained = tasks[(tasks["follows"] != "") & tasks["before"].notna()]
    if chained.empty:
        return Prose(("没有登记前后衔接的重点工作。",))
    rows = tuple(
        (
            Cell(row["name"]),
            Cell(row["title"], below=str(row["task"])),
            Cell(_pct(row["actual"])),
            Cell(str(row["follows"])),
            Cell(_pct(row["before"])),
            Cell("压茬推进" if row["before"] < 100 else "前项已完"),  # noqa: PLR2004 - percent
        )
        for row in chained.to_dict("records")
    )
    columns = (
        Column("单位", "wide"),
        Column("任务", "wide"),
        Column("实际进度", "number"),
        Column("前置任务"),
        Column("前置进度", "number"),
        Column("衔接"),
    )
    return Table(f"前后衔接的任务（{len(rows)} 项）", columns, rows, head=1)


def deadlines(situation: Situation) -> Stack:
    """Return what is overdue and under supervision, appeals due, and who has not reacted yet."""
    return Stack((_supervised(situation), _appeals(situation), _unanswered(situation)))


def non_reporters(situation: Situation) -> Stack:
    """Return who owed a report for the week and did not give it, by name; nobody is scored 0 for it."""
    table = _returns(situation)
    parts: list[Piece] = []
    for state, said in ((MISSING, "没有报"), (RETURNED_LATE, "迟报")):
        own = table[table["state"] == state]
        names = situation.names(own["entity_id"]).tolist()
        parts.append(Prose((f"{said}的单位 {len(names)} 个{'：' + '、'.join(names) if names else ''}。",)))
    silent = progress(situation)
    silent = silent[silent["silent"]]
    if len(silent):
        parts.append(Prose((f"过了时限、没有完成、也不再上报的任务 {len(silent)} 项：{_by_unit(silent)}。",)))
    return Stack(tuple(parts))


def unit_pages(situation: Situation) -> Stack:
    """Return a page for each unit: its tasks, and what is overdue or falls due."""
    tasks = _running(situation)
    due, older = _falls_due(situation)
    sheets = []
    for entity, name in situation.entities["name"].items():
        own, soon = tasks[tasks["entity_id"] == entity], due[due["entity_id"] == entity]
        parts: list[Piece] = [
            _task_table(f"重点工作（{len(own)} 项）", own, units=False)
            if len(own)
            else Prose(("没有在推进的重点工作。",))
        ]
        if len(soon):
            parts.append(_matter_table(situation, f"逾期和一周内到期的事项（{len(soon)} 项）", soon))
        if (more := int(older.get(str(entity), 0))) > 0:
            parts.append(Prose((f"逾期超过一个季度的另有 {more} 项，见月检查。",), "note"))
        sheets.append(Sheet(f"{entity} {name}", tuple(parts)))
    return Stack(tuple(sheets))


def _running(situation: Situation) -> pd.DataFrame:
    table = progress(situation)
    return table[~table["silent"]].reset_index(drop=True)


def _by_unit(table: pd.DataFrame) -> str:
    counts = table.groupby("name", sort=False).size()
    return listed((f"{name} {count} 项" for name, count in counts.items()), 8)


def _stalled(tasks: pd.DataFrame) -> str:
    long = tasks[(tasks["stalled"] >= 2) & tasks["reported"]]  # noqa: PLR2004 - two weeks, as with yellow
    if long.empty:
        return ""
    worst = long.sort_values("stalled", ascending=False).iloc[0]
    longest = f"{worst['name']}“{worst['title']}”，{worst['stalled']} 周"
    return f"两周以上没有进展的 {len(long)} 项，最长的是{longest}。"


def _returns(situation: Situation) -> pd.DataFrame:
    table = returns_of(situation.campaign, situation.period)
    ledger = bands(situation).measure.ledger
    return table[(table["ledger"] == ledger) & table["entity_id"].isin(situation.entities.index)]


def _missing(situation: Situation) -> str:
    table = _returns(situation)
    names = situation.names(table.loc[table["state"] == MISSING, "entity_id"]).tolist()
    return f"应报 {len(table)} 个单位，没有报的 {len(names)} 个：{listed(names, 8)}。" if names else ""


def _open(situation: Situation, ledger: str) -> pd.DataFrame:
    if ledger not in tracked_ledgers(situation):
        return pd.DataFrame(columns=["entity_id", "state", "late", "due"])
    table = matters(situation, ledger)
    return table[table["state"].isin([RUNNING, OVERDUE])]


def _orders(situation: Situation) -> pd.DataFrame:
    table = _open(situation, _SUPERVISED)
    table = table[table["state"] == OVERDUE]
    table = table.assign(order=order_due(table["late"], situation.methodology.escalation))
    return table.sort_values(["late", "entity_id"], ascending=[False, True], kind="stable")


def _supervised_said(situation: Situation) -> str:
    table = _orders(situation)
    if table.empty:
        return ""
    counts = table["order"].value_counts()
    said = "、".join(
        f"{order}单 {counts[order]} 件" for order in situation.methodology.escalation if order in counts
    )
    return (
        f"逾期未办结的督办事项 {len(table)} 件，按逾期工作日应发{said}。"
        if said
        else f"逾期未办结的督办事项 {len(table)} 件。"
    )


def _supervised(situation: Situation) -> Piece:
    table = _orders(situation)
    if table.empty:
        return Prose(("没有逾期未办结的督办事项。",))
    rows = situation.rows(_SUPERVISED).set_index("row_id")
    shown = table.head(_MOST)
    issued = shown["row_id"].map(rows["colour"]) if "colour" in rows else pd.Series("", index=shown.index)
    cells = tuple(
        (
            Cell(row["name"]),
            Cell(row["title"], below=str(row["row_id"])),
            Cell(_day(row["due"])),
            Cell(number(row["late"], 0)),
            Cell(f"{row['order']}单" if row["order"] else NONE, strong=bool(row["order"])),
            Cell(f"{colour}单" if colour not in {"", "无"} else "未发"),
        )
        for row, colour in zip(shown.to_dict("records"), issued, strict=True)
    )
    steps = "，".join(
        f"{order}单满 {float(days):g} 个工作日" for order, days in situation.methodology.escalation.items()
    )
    notes = [f"升级：{steps}。"] if steps else []
    if len(table) > len(shown):
        notes.append(f"只列逾期最久的 {len(shown)} 件，其余见各单位页和月检查。")
    columns = (
        Column("单位", "wide"),
        Column("督办事项", "wide"),
        Column("时限"),
        Column("逾期工作日", "number"),
        Column("应发"),
        Column("已发"),
    )
    return Table(f"逾期未办结的督办事项（{len(table)} 件）", columns, cells, tuple(notes), head=1)


def _appeals_said(situation: Situation) -> str:
    table = _open(situation, _APPEALS)
    if table.empty:
        return ""
    over = int((table["state"] == OVERDUE).sum())
    return f"在办群众诉求 {len(table)} 件，其中逾期 {over} 件，一周内到期 {len(_soon(situation, table))} 件。"


def _soon(situation: Situation, table: pd.DataFrame) -> pd.DataFrame:
    until = situation.end + np.timedelta64(_AHEAD_DAYS, "D")
    return table[(table["state"] == RUNNING) & (table["due"] <= until)]


def _appeals(situation: Situation) -> Piece:
    table = _open(situation, _APPEALS)
    wanted = pd.concat([table[table["state"] == OVERDUE], _soon(situation, table)])
    if wanted.empty:
        return Prose(("没有逾期或一周内到期的群众诉求。",))
    counts = pd.crosstab(wanted["name"], wanted["state"]).reindex(columns=[OVERDUE, RUNNING], fill_value=0)
    order = wanted.drop_duplicates("name")["name"]
    rows = tuple(
        (Cell(str(name)), *(Cell(f"{counts.loc[name, state] or NONE}") for state in (OVERDUE, RUNNING)))
        for name in order
    )
    columns = (Column("单位", "wide"), Column("逾期（件）", "number"), Column("一周内到期（件）", "number"))
    return Table(f"群众诉求到期情况（{len(wanted)} 件）", columns, rows)


def _unanswered(situation: Situation) -> Piece:
    """Return the matters of which nobody has taken the first step yet, by unit."""
    parts = []
    for ledger in tracked_ledgers(situation):
        track = situation.campaign.codebook.ledgers[ledger].track
        if track is not None and track.responded:
            table = matters(situation, ledger)
            parts.append(table[table["responded"].isna() & table["done"].isna()])
    waiting = pd.concat(parts) if parts else pd.DataFrame()
    if waiting.empty:
        return Prose(("交办事项都已有首次响应。",))
    days = situation.campaign.calendar.workdays_between(
        waiting["opened"].to_numpy("datetime64[D]"), situation.end.astype("datetime64[D]")
    )
    waiting = waiting.assign(days=days).sort_values(["days", "entity_id"], ascending=[False, True])
    rows = tuple(
        (
            Cell(row["name"]),
            Cell(row["title"], below=str(row["row_id"])),
            Cell(_day(row["opened"])),
            Cell(number(row["days"], 0)),
        )
        for row in waiting.head(_MOST).to_dict("records")
    )
    columns = (
        Column("单位", "wide"),
        Column("交办事项", "wide"),
        Column("交办日期"),
        Column("已过工作日", "number"),
    )
    return Table(f"还没有首次响应的事项（{len(waiting)} 件）", columns, rows, head=1)


def _falls_due(situation: Situation) -> tuple[pd.DataFrame, pd.Series]:
    """Return what is overdue or falls due, and how much of each unit's has been overdue for longer."""
    table = all_matters(situation)
    found = pd.concat([table[table["state"] == OVERDUE], _soon(situation, table)])
    # what has been late for a quarter is in the monthly check, not in this week's work
    recent = (found["due"] >= situation.end - np.timedelta64(92, "D")).to_numpy()
    older = found[~recent].groupby("entity_id").size()
    return found[recent].sort_values(["entity_id", "due"], kind="stable"), older


def _matter_table(situation: Situation, caption: str, table: pd.DataFrame) -> Table:
    codebook = situation.campaign.codebook.ledgers
    rows = tuple(
        (
            Cell(codebook[row["ledger"]].name),
            Cell(row["title"], below=str(row["row_id"])),
            Cell(_day(row["due"])),
            Cell(f"逾期 {number(row['late'], 0)} 个工作日" if row["state"] == OVERDUE else "即将到期"),
        )
        for row in table.to_dict("records")
    )
    columns = (Column("台账", "wide"), Column("事项", "wide"), Column("时限"), Column("情况"))
    return Table(caption, columns, rows, head=1)


def _task_table(caption: str, table: pd.DataFrame, *, units: bool) -> Table:
    columns = [
        *([Column("单位", "wide")] if units else []),
        Column("任务", "wide"),
        Column("灯"),
        Column("计划", "number"),
        Column("实际", "number"),
        Column("偏差", "number"),
        Column("停滞（周）", "number"),
        Column("问题和需协调事项", "long"),
    ]
    rows = []
    for row in table.to_dict("records"):
        told = "；".join(filter(None, (row["problem"], row["help_needed"]))) if row["reported"] else ""
        rows.append(
            (
                *([Cell(row["name"])] if units else []),
                Cell(row["title"], below=" ".join(filter(None, (str(row["task"]), str(row["person"]))))),
                Cell(
                    _MARKS[row["light"]],
                    below="连续黄转红" if row["turned"] and row["reported"] else "",
                    strong=row["light"] == RED,
                ),
                Cell(_pct(row["planned"])),
                Cell(_pct(row["actual"])),
                Cell(signed(row["deviation"], 1)),
                Cell(str(row["stalled"]) if row["stalled"] else NONE),
                Cell(told or NONE),
            )
        )
    return Table(caption, tuple(columns), tuple(rows), head=1 if units else 0)


def _pct(value: float) -> str:
    return NONE if value != value else f"{number(value, 1)}%"  # noqa: PLR0124 - NaN


def _day(day: pd.Timestamp) -> str:
    return NONE if pd.isna(day) else f"{day:%Y-%m-%d}"
