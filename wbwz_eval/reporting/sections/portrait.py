"""One entity: where it stands among its peers, what was lost and why, what would gain most."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from wbwz_eval.reporting.pieces import Bullets, Cell, Column, Piece, Prose, Stack, Table
from wbwz_eval.reporting.view import attained, digits, dimension_of, dimensions, is_public
from wbwz_eval.reporting.wording import NONE, number, percent, place, signed
from wbwz_eval.scoring.measured import SUPERSEDED
from wbwz_eval.tracking.matters import OVERDUE, RUNNING, all_matters

if TYPE_CHECKING:
    from wbwz_eval.reporting.portraits import Portrait

# as much as fits one printed page
TOP_GAINS, _MOST_LOST, _MOST_MATTERS, _MOST_BENCHMARKS = 3, 5, 5, 3
_ENOUGH_FOR_A_TREND = 3
_BENCHMARKS = "benchmarks"


def place_among_peers(portrait: Portrait) -> Bullets:
    """Return total, place, grade and movement in words."""
    own, places = portrait.own, digits(portrait.scores)
    size = len(portrait.peers)
    found = [
        ("总分", f"{number(float(own['total']), places)} 分，{own['group_name']}（{size} 个）{_place(own)}。")
    ]
    if own["grade"]:
        veto = f"；否优（{own['veto']}）" if own["veto"] else ""
        found.append(("等次", f"{own['grade']}{veto}。"))
    if own["coverage"] < 1:
        found.append(("数据", f"计分指标的权重中 {percent(own['coverage'], 0)} 有数据，其余按办法处理。"))
    found += _trend_said(portrait)
    return Bullets(tuple(found))


def _place(own: pd.Series) -> str:
    if pd.isna(own["rank"]):
        return str(own["standing"])
    doubt = own["rank_low"] < own["rank_high"]
    span = f"（位次区间 {place(own['rank_low'])}~{place(own['rank_high'])}）" if doubt else ""
    return f"第 {place(own['rank'])} 位{'并列' if own['tie'] else ''}{span}"


def _trend_said(portrait: Portrait) -> list[tuple[str, str]]:
    """Say which way the mean of three periods goes; a single period is noise."""
    totals = [float(total) for total in portrait.trend["total"].dropna()]
    if len(totals) <= _ENOUGH_FOR_A_TREND:
        return []
    last, before = (sum(part) / _ENOUGH_FOR_A_TREND for part in (totals[-3:], totals[-4:-1]))
    said = f"近三期平均 {number(last, 1)} 分，比前一个三期平均 {signed(last - before, 1)} 分。"
    return [("走势", said)]


def five_dimensions(portrait: Portrait) -> Table:
    """Return each dimension against the median and the best of the group."""
    scores, peers = portrait.scores, portrait.peers
    share = attained(scores, peers).set_index(peers["entity_id"])
    own, middle, best = share.loc[portrait.entity].to_dict(), share.median(), share.max()
    places = digits(scores)
    rows = tuple(
        (
            Cell(d.name),
            Cell(number(own[d.id], places), strong=True),
            Cell(number(middle[d.id], places)),
            Cell(number(best[d.id], places)),
            Cell(signed(own[d.id] - middle[d.id], places)),
            Cell(signed(own[d.id] - best[d.id], places)),
        )
        for d in dimensions(scores)
    )
    heads = ("得分率", "组内中位", "组内最好", "与中位差", "与最好差")
    columns = (Column("维度", "wide"), *(Column(head, "number") for head in heads))
    return Table("五维得分率（%）", columns, rows, even=True)


def trend(portrait: Portrait) -> Table:
    """Return the totals and places of the last periods, one column each."""
    places, table = digits(portrait.scores), portrait.trend.to_dict("records")
    lines = (
        ("总分", [number(row["total"], places) for row in table]),
        ("组内中位", [number(row["middle"], places) for row in table]),
        (
            "位次 / 个数",
            [
                f"{place(row['rank'])} / {row['group_size']}" if row["rank"] == row["rank"] else NONE
                for row in table
            ],
        ),
    )
    rows = tuple((Cell(head), *(Cell(text) for text in texts)) for head, texts in lines)
    columns = (Column("项目", "wide"), *(Column(row["period_name"], "number") for row in table))
    return Table("历期", columns, rows, even=True)


def lost_points(portrait: Portrait) -> Stack:
    """Return where points were lost, most first, and each deduction with its reason and row."""
    scores, places = portrait.scores, digits(portrait.scores)
    nodes = scores.nodes
    own = nodes[(nodes["entity_id"] == portrait.entity) & (nodes["kind"] == "indicator")]
    lost = own["effective_weight"] * scores.header["total_full"] - own["contribution"]
    own = own.assign(lost=lost)
    own = own[own["lost"] > 0.5 * 10.0**-places].sort_values("lost", ascending=False).head(_MOST_LOST)
    names = {d.id: d.name for d in dimensions(scores)}
    dims = dimension_of(scores)
    rows = tuple(
        (
            Cell(row["name"], below=f"{row['node']} {names.get(dims[row['node']], '')}"),
            Cell(f"{number(row['value'], places)}{row['unit']}"),
            Cell(f"{number(row['points'], places)} / {row['full']:g}"),
            Cell(f"−{number(row['lost'], places)}"),
            Cell(_uncounted(portrait, row["node"])),
        )
        for row in own.to_dict("records")
    )
    columns = [
        Column("指标", "wide"),
        Column("值", "number"),
        Column("得分 / 满分", "number"),
        Column("失总分", "number"),
        Column("未计入的台账行", "long"),
    ]
    parts: list[Piece] = []
    if rows:
        cut = len(columns) - 1 if is_public(scores) else len(columns)
        parts.append(Table("失分最多的指标", tuple(columns[:cut]), tuple(row[:cut] for row in rows)))
    else:
        parts.append(Prose(("各指标都是满分。",)))
    parts += _deductions(portrait)
    return Stack(tuple(parts))


def _uncounted(portrait: Portrait, indicator: str) -> str:
    """Say which rows of an indicator did not count, by reason."""
    rows = portrait.scores.rows
    # a report that a later one replaces is no fault
    faulty = ~rows["counted"].astype(bool) & (rows["reason"] != SUPERSEDED)
    rows = rows[(rows["indicator"] == indicator) & faulty]
    if rows.empty:
        return NONE
    counts = rows.groupby("reason", sort=False)["row_id"].agg(["size", "first"])
    return "；".join(
        f"{reason} {line['size']} 行（如 {line['first']}）" for reason, line in counts.iterrows()
    )


def _deductions(portrait: Portrait) -> list[Piece]:
    table = portrait.scores.adjustments
    table = table[(table["kind"] == "deduction") & table["counted"].astype(bool)]
    if table.empty:
        return [Prose(("本期没有扣分。",))]
    places = digits(portrait.scores)
    rows = []
    for row in table.to_dict("records"):
        cells = [
            Cell(row["name"], below=str(row["clause"])),
            Cell(f"−{number(row['points'], places)}"),
        ]
        if not is_public(portrait.scores):
            cells += [
                Cell(str(row["detail"]) or NONE, below=str(row["doc_no"])),
                Cell(str(row["row_id"]), below=f"{row['source']} 第 {row['source_row']} 行"),
            ]
        rows.append(tuple(cells))
    columns = [Column("事项和条款", "wide"), Column("扣分", "number")]
    if not is_public(portrait.scores):
        columns += [Column("说明", "long"), Column("台账", "wide")]
    return [Table(f"扣分（{len(rows)} 项）", tuple(columns), tuple(rows))]


def gains(portrait: Portrait) -> Piece:
    """Return the three improvements that would gain most, and what each would take."""
    if is_public(portrait.scores):
        return Prose(("公开版不列。",), "note")
    table, places = portrait.gains.head(TOP_GAINS), digits(portrait.scores)
    if table.empty:
        return Prose(("各指标都已是组内最好。",))
    rows = tuple(
        (
            Cell(row["name"], below=str(row["indicator"])),
            Cell(_needed(row["value"], row["best"], row["unit"], row["items"], places)),
            Cell(f"+{number(row['gain'], places)}"),
            Cell(f"{number(row['total'], places)}（第 {place(row['rank'])} 位）"),
        )
        for row in table.to_dict("records")
    )
    columns = (
        Column("指标", "wide"),
        Column("做到组内最好要", "long"),
        Column("总分提高", "number"),
        Column("届时总分", "number"),
    )
    notes = ("每一行都是把这一个指标换成组内最好的情况、其他都不变，由计分程序重新计算的结果。",)
    return Table("最能提高总分的三项", columns, rows, notes)


def _needed(value: float, best: float, unit: str, items: float, places: int) -> str:
    said = f"由 {number(value, places)}{unit} 到 {number(best, places)}{unit}"
    return said if items != items or items < 1 else f"{said}，约差 {items:.0f} 件"  # noqa: PLR0124 - NaN


def own_matters(portrait: Portrait) -> Stack:
    """Return benchmarks, and the promises and other matters that are open."""
    situation = portrait.situation
    if situation is None:
        return Stack((Prose(("公开版不列。",), "note"),))
    parts: list[Piece] = []
    codebook = situation.campaign.codebook.ledgers
    if _BENCHMARKS in codebook:
        parts += _benchmarks(situation.rows(_BENCHMARKS), situation.end)
    table = all_matters(situation)
    table = table[table["state"].isin([RUNNING, OVERDUE])].sort_values("due", kind="stable")
    if table.empty:
        parts.append(Prose(("没有在办和逾期的事项。",)))
        return Stack(tuple(parts))
    rows = tuple(
        (
            Cell(row["title"], below=f"{codebook[row['ledger']].name} {row['row_id']}"),
            Cell(NONE if pd.isna(row["due"]) else f"{row['due']:%Y-%m-%d}"),
            Cell(f"逾期 {row['late']:.0f} 个工作日" if row["state"] == OVERDUE else "在办"),
        )
        for row in table.head(_MOST_MATTERS).to_dict("records")
    )
    more = len(table) - len(rows)
    counts = table["ledger"].map({ledger: schema.name for ledger, schema in codebook.items()}).value_counts()
    said = "、".join(f"{name} {count}" for name, count in counts.items())
    notes = (f"只列最早到期的 {len(rows)} 件；全部：{said}。",) if more > 0 else ()
    columns = (Column("事项", "wide"), Column("时限"), Column("情况"))
    parts.append(Table(f"承诺和其他在办、逾期事项（{len(table)} 件）", columns, rows, notes))
    return Stack(tuple(parts))


def _benchmarks(rows: pd.DataFrame, end: object) -> list[Piece]:
    rows = rows[(rows["as_of"] <= end).to_numpy()].sort_values("as_of", kind="stable")
    last = rows.drop_duplicates("benchmark_no", keep="last").tail(_MOST_BENCHMARKS)
    if last.empty:
        return [Prose(("没有登记标杆。",))]
    cells = tuple(
        (
            Cell(row["item"], below=str(row["benchmark_no"])),
            Cell(row["peer"], below=str(row["ring"])),
            Cell(row["stage"] or NONE),
            Cell(number(row["gap_start"], 1)),
            Cell(number(row["gap_now"], 1)),
        )
        for row in last.to_dict("records")
    )
    columns = (
        Column("对标项目", "wide"),
        Column("标杆", "wide"),
        Column("阶段"),
        Column("起始差距", "number"),
        Column("现有差距", "number"),
    )
    return [Table("对标", columns, cells)]
