"""The campaign as a whole: trajectories, who rose, what was changed, what was learned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wbwz_eval.reporting.pieces import Bullets, Cell, Column, Piece, Prose, Stack, Table
from wbwz_eval.reporting.sections.listing import Shown, listing
from wbwz_eval.reporting.view import MANY, digits
from wbwz_eval.reporting.wording import NONE, listed, number, place, signed
from wbwz_eval.review.history import climbers, winners
from wbwz_eval.tracking.achievements import innovation_counts

if TYPE_CHECKING:
    import pandas as pd

    from wbwz_eval.reporting.terms import Term

_NAMED = 5


def term_findings(term: Term) -> Bullets:
    """Return what the campaign came to."""
    scores, places = term.scores.scores, digits(term.scores)
    history = term.history
    periods = history["period"].nunique()
    first = scores[scores["rank"] == 1]
    found = [("范围", f"{term.header['level_name']} {len(scores)} 个，分 {periods} 个季度评价。")]
    if len(first):
        said = listed((f"{row['group_name']} {row['name']}" for row in first.to_dict("records")), 8)
        found.append(("居首", f"全程居组内首位的：{said}。"))
    middle = history.groupby("period_name", sort=False)["total"].median()
    if len(middle) > 1:
        change = signed(float(middle.iloc[-1] - middle.iloc[0]), places)
        ends = f"{number(float(middle.iloc[0]), places)} 到 {number(float(middle.iloc[-1]), places)}"
        found.append(("走势", f"季度总分的中位数从 {ends}（{change} 分）。"))
    moved = climbers(history)
    clear = moved[moved["clear"] & (moved["moved"] > 0)]
    if len(moved):
        names = f"：{listed(clear['name'], _NAMED)}" if len(clear) else ""
        found.append(("上升", f"位次上升且首尾两季位次区间不相交的 {len(clear)} 个{names}。"))
    won = winners(history)
    again = won[won["times"] > 1]
    if len(won):
        names = "、".join(f"{row['name']} {row['times']} 次" for row in again.head(_NAMED).to_dict("records"))
        found.append(("首位", f"各季居首的共 {len(won)} 个，其中多次居首 {len(again)} 个：{names}。"))
    if len(term.restated):
        count = term.restated.drop_duplicates(["period", "name"]).shape[0]
        found.append(("更正", f"发布后更正 {count} 个对象次，见更正一节。"))
    return Bullets(tuple(found))


def trajectories(term: Term) -> Stack:
    """Return each entity's place, quarter by quarter, with its total below; darker is further ahead."""
    history, places = term.history, digits(term.scores)
    if history.empty:
        return Stack((Prose(("没有可以列出的各期结果。",)),))
    names = history.drop_duplicates("period")
    last = history.drop_duplicates("entity_id", keep="last")
    shown, note = last, "大字是组内位次，小字是总分；底色越深，位次越靠前。"
    if len(last) > MANY:
        # the ends of each group tell the story, the workbook has everybody
        ahead = last.groupby("group")["rank"].rank(method="first")
        behind = last.groupby("group")["rank"].rank(method="first", ascending=False)
        shown = last[(ahead <= _NAMED) | (behind <= _NAMED)]
        note += f"每组只列最后一季的前 {_NAMED} 名和后 {_NAMED} 名，共 {len(last)} 个对象。"
    parts: list[Piece] = []
    for group, members in shown.sort_values(["rank", "entity_id"]).groupby("group_name", sort=True):
        rows = tuple(
            (Cell(row["name"]), *_path(history[history["entity_id"] == row["entity_id"]], names, places))
            for row in members.to_dict("records")
        )
        columns = (Column("对象", "wide"), *(Column(name, "number") for name in names["period_name"]))
        parts.append(Table(str(group), columns, rows, even=True))
    return Stack((Prose((note,), "note"), *parts))


def _path(own: pd.DataFrame, names: pd.DataFrame, places: int) -> list[Cell]:
    by_period = {row["period"]: row for row in own.to_dict("records")}
    cells = []
    for period in names["period"]:
        row = by_period.get(period)
        if row is None:
            cells.append(Cell(NONE))
            continue
        known, size = row["rank"] == row["rank"], max(float(row["group_size"]), 1.0)
        shade = 0.9 * (1.0 - (row["rank"] - 1.0) / size) if known else 0.0
        cells.append(Cell(place(row["rank"]), below=number(row["total"], places), shade=shade))
    return cells


def risers(term: Term) -> Piece:
    """Return who rose and who fell most between the first and the last quarter."""
    table = climbers(term.history)
    if table.empty:
        return Prose(("没有对象在两个以上的季度有位次，不作比较。",))
    table = table.assign(said=table["clear"].map({True: "是", False: "否"}))
    columns = (
        Shown("name", "对象", below="group_name"),
        Shown("first", "最初位次", "count"),
        Shown("last", "最后位次", "count"),
        Shown("moved", "进退", "signed", 0),
        Shown("gained", "总分变化", "signed", digits(term.scores)),
        Shown("said", "超出区间", "text"),
    )
    note = "超出区间：首尾两季的位次区间不相交；“否”的进退不宜当作真实变化。"
    parts: list[Piece] = [Prose((note,), "note")]
    for caption, part in (
        ("上升最多", table[table["moved"] > 0].head(10)),
        ("下降最多", table[table["moved"] < 0][::-1].head(10)),
    ):
        parts.append(listing(caption, part, columns) if len(part) else Prose((f"没有位次{caption[:2]}的。",)))
    return Stack(tuple(parts))


def what_changed(term: Term) -> Stack:
    """Return the versions of the method, changed targets and groups, and what was corrected."""
    campaign, span = term.situation.campaign, term.situation.period
    versions = [
        f"{one.version} 自 {one.effective_from} 起"
        for one in campaign.methodology_versions
        if one.effective_from <= span.end
    ]
    parts: list[Piece] = [Prose((f"评价办法：{'；'.join(versions)}。",))]
    targets = term.situation.rows("targets")
    if "target" in targets:
        ordered = targets.sort_values(["entity_id", "item", "set_on"], kind="stable")
        before = ordered.groupby(["entity_id", "item"])["target"].shift()
        changed = ordered[before.notna() & (ordered["target"] != before)]
        earlier = before[changed.index]
        changed = changed.assign(
            before=earlier,
            name=term.situation.names(changed["entity_id"]),
            raised=changed["target"] >= earlier,
        ).sort_values("raised", kind="stable")
        if len(changed):
            lowered = int((changed["target"] < changed["before"]).sum())
            columns = (
                Shown("name", "对象", below="item"),
                Shown("set_on", "日期", "day"),
                Shown("before", "原目标", "number"),
                Shown("target", "现目标", "number"),
                Shown("reason", "理由", "long"),
            )
            parts.append(
                listing(f"目标调整（{len(changed)} 次，其中下调 {lowered} 次）", changed, columns, most=20)
            )
    history = term.history
    groups = history.groupby("entity_id").agg(
        name=("name", "last"), path=("group_name", lambda own: "→".join(dict.fromkeys(own)))
    )
    moved = groups[groups["path"].str.contains("→")]
    if len(moved):
        said = listed((f"{row['name']}（{row['path']}）" for row in moved.to_dict("records")), 8)
        parts.append(Prose((f"换过组的 {len(moved)} 个：{said}。",)))
    if len(term.restated):
        columns = (
            Shown("name", "对象", below="period"),
            Shown("item", "项目", "text"),
            Shown("old", "原", "text"),
            Shown("new", "现", "text"),
            Shown("reason", "原因", "long"),
        )
        parts.append(listing("发布后的更正", term.restated, columns))
    else:
        parts.append(Prose(("各季结果发布后没有更正。",)))
    return Stack(tuple(parts))


def term_results(term: Term) -> Prose:
    """Return in one paragraph what innovation came to over the whole time."""
    said = [
        f"{title} {count}{f' / {of}' if of else ''} 项"
        for title, count, of in innovation_counts(term.situation)
    ]
    return Prose(("；".join(said) + "。" if said else "没有创新成果的记录。",))
