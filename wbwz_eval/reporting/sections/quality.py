"""How good the data are: missing, late, small, excused, not covered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wbwz_eval.reporting.pieces import Cell, Column, Piece, Prose, Stack, Table
from wbwz_eval.reporting.view import is_public
from wbwz_eval.reporting.wording import NONE, listed, percent

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    import pandas as pd

    from wbwz_eval.scoring.scores import Scores

_MOST_NAMES, _MOST_CHECKED = 8, 40
_CHECKED = "核对提示"
_MEANINGS = {
    "缺数": "指标没有数据，按办法规定的缺数办法处理",
    "迟报": "截止日之后才报送，本期不计",
    "小样本": "样本不足规定数量，不单独计分或只展示",
    "数据不足": "计分的下级权重不足规定比例，本节点不计分",
    "不适用": "经批准不适用",
    "未核实": "没有核实人或核实日期，不计",
    "撤回": "报送后撤回，不计",
    "否优要件不全": "缺条款、认定机关或文号，不生效",
    "核对提示": "台账前后或相互之间对不上，照常计分，请核对",
    "报表迟报": "截止日之后才交来",
    "报表缺报": "应报的台账一行也没有，也没有报“本期无”",
}
_ITEMS = {"缺数", "小样本", "数据不足", "不适用", "否优要件不全"}
_WHOLE = 1 - 1e-9


def quality(scores: Scores) -> Stack:
    """Return a summary by kind and who is not wholly covered; the internal edition adds the list."""
    parts: list[Piece] = [_summary(scores), _coverage(scores)]
    if len(scores.quality) and not is_public(scores):
        parts += _details(scores)
    return Stack(tuple(parts))


def amounts(scores: Scores) -> pd.DataFrame:
    """Return by kind (column ``kind``) how many items or rows, and how many entities.

    A value that is missing is one item; what was late, withdrawn or not
    verified is counted in ledger rows.
    """
    table = scores.quality
    amount = table["count"].where(~table["kind"].isin(list(_ITEMS)), 1)
    grouped = table.assign(amount=amount).groupby("kind", sort=False)
    found = grouped.agg(amount=("amount", "sum"), entities=("entity_id", "nunique")).reset_index()
    return found.set_index("kind").loc[_in_order(found["kind"])].reset_index()


def unit_of(kind: str) -> str:
    """Return what the amount of a kind counts."""
    return "项次" if kind in _ITEMS else "行"


def _summary(scores: Scores) -> Piece:
    found = amounts(scores)
    if found.empty:
        return Prose(("本期没有缺数、迟报、小样本、撤回或未核实的数据。",))
    rows = tuple(
        (
            Cell(row["kind"]),
            Cell(f"{int(row['amount'])} {unit_of(row['kind'])}"),
            Cell(f"{int(row['entities'])} 个"),
            Cell(_MEANINGS.get(row["kind"], "")),
        )
        for row in found.to_dict("records")
    )
    columns = (Column("情形"), Column("数量", "number"), Column("涉及对象", "number"), Column("含义", "long"))
    small = scores.header.get("small_sample")
    notes = (f"样本少于 {small:g} 的率附 95% 区间。",) if small else ()
    return Table("数据情况", columns, rows, notes)


def _coverage(scores: Scores) -> Piece:
    table = scores.scores
    partly = table[table["coverage"] < _WHOLE].sort_values(["coverage", "entity_id"])
    if partly.empty:
        return Prose((f"{len(table)} 个对象的指标全部有数据，数据覆盖都是 100%。",))
    whole = len(table) - len(partly)
    lead = f"数据覆盖（计分指标的权重占比）100% 的有 {whole} 个，不足的有 {len(partly)} 个"
    worst = [f"{row['name']}（{percent(row['coverage'], 0)}）" for row in partly.to_dict("records")]
    return Prose((f"{lead}：{listed(worst, 12)}。",))


def _details(scores: Scores) -> list[Piece]:
    """Return who is concerned, by indicator, and how many rows, by ledger."""
    table = scores.quality
    items = table["kind"].isin(list(_ITEMS))
    parts: list[Piece] = []
    if items.any():
        parts.append(_by_indicator(scores, table[items]))
    if not items.all():
        parts.append(_by_ledger(table[~items]))
    checked = table[table["kind"] == _CHECKED]
    if len(checked):
        parts.append(_checked(checked))
    return parts


def _by_indicator(scores: Scores, table: pd.DataFrame) -> Table:
    names = dict(zip(scores.nodes["node"], scores.nodes["name"], strict=True))
    names |= dict(zip(scores.method["指标代码"], scores.method["二级指标"], strict=True))
    rows = []
    for kind in _in_order(table["kind"]):
        for what, part in table[table["kind"] == kind].groupby("indicator", sort=False):
            who = [f"{row['name']}{_sample(row)}" for row in part.to_dict("records")]
            rows.append(
                (
                    Cell(names.get(what, str(what)), below=str(what)),
                    Cell(kind),
                    Cell(listed(who, _MOST_NAMES)),
                )
            )
    columns = (Column("指标或事项", "wide"), Column("情形"), Column("对象", "long"))
    return Table("按指标", columns, tuple(rows))


def _sample(row: Mapping[Hashable, Any]) -> str:
    return f"（n={row['count']}）" if row["kind"] == "小样本" else ""


def _by_ledger(table: pd.DataFrame) -> Table:
    kinds = _in_order(table["kind"])
    rows = []
    for ledger, part in table.groupby("ledger", sort=False):
        # the detail of a ledger's rows begins with the ledger's name
        name = part["detail"].str.split("：", n=1).str[0].iloc[0]
        counts = part.groupby("kind")["count"].sum()
        who = listed(dict.fromkeys(part["name"]), _MOST_NAMES)
        cells = [Cell(f"{int(counts.get(kind, 0)) or NONE}") for kind in kinds]
        rows.append((Cell(str(name), below=str(ledger)), *cells, Cell(who)))
    columns = (
        Column("台账", "wide"),
        *(Column(f"{kind}（行）", "number") for kind in kinds),
        Column("对象", "long"),
    )
    return Table("按台账", columns, tuple(rows))


def _checked(table: pd.DataFrame) -> Table:
    """Return what the checks found, each with its place."""
    rows = tuple(
        (Cell(row["name"]), Cell(row["detail"])) for row in table.head(_MOST_CHECKED).to_dict("records")
    )
    more = len(table) - len(rows)
    notes = (f"另有 {more} 处，用 wbwz check 列出全部。",) if more else ()
    return Table("核对提示", (Column("对象"), Column("内容和位置", "long")), rows, notes)


def _in_order(kinds: pd.Series[str]) -> list[str]:
    order = {kind: index for index, kind in enumerate(_MEANINGS)}
    return sorted(set(kinds), key=lambda kind: (order.get(kind, len(order)), kind))
