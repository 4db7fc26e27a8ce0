"""Commands that score and explain."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.tree import Tree

from wbwz_eval.campaign.folder import open_campaign
from wbwz_eval.cli.arguments import CampaignArgument, Format, PeriodArgument
from wbwz_eval.reporting.progress import steps
from wbwz_eval.scoring.explain import Explanation
from wbwz_eval.scoring.explain import explain as explain_score
from wbwz_eval.scoring.results import evaluate_period, write_results

if TYPE_CHECKING:
    import pandas as pd

ROWS_SHOWN = 20


def score(
    campaign: CampaignArgument,
    period: PeriodArgument,
    level: Annotated[str | None, typer.Option(help="只算一个层级；不写则全部")] = None,
    form: Annotated[Format, typer.Option("--format", help="输出格式")] = Format.table,
) -> None:
    """计算一期的得分,每个被评对象一行(不写文件)."""
    opened = open_campaign(campaign)
    span = opened.period(period)
    if level is not None:
        opened.entities_at(level, span)
    with steps("计分") as advance:
        scored = evaluate_period(opened, span.id, advance, only=level)
    tables = {name: scores.scores for name, scores in scored.items()}
    if form is Format.json:
        records = [record for table in tables.values() for record in _records(table)]
        sys.stdout.write(json.dumps(records, ensure_ascii=False, indent=1) + "\n")
    elif form is Format.csv:
        for table in tables.values():
            sys.stdout.write(table.to_csv(index=False, lineterminator="\n"))
    else:
        for name, scores in scored.items():
            _print_scores(scores.header, tables[name])


def _records(table: pd.DataFrame) -> list[dict[str, object]]:
    return json.loads(table.to_json(orient="records", double_precision=15, force_ascii=False))


_COLUMNS = {
    "rank": "位次",
    "entity_id": "编号",
    "name": "名称",
    "group_name": "组别",
    "base": "基础分",
    "bonus": "附加",
    "deduction": "扣分",
    "total": "总分",
    "tie": "并列",
    "grade": "等次",
    "veto": "否优",
    "coverage": "覆盖",
    "movement": "进退",
    "standing": "状态",
}


def _print_scores(header: dict[str, object], table: pd.DataFrame) -> None:
    console = Console()
    console.print(
        f"[bold]{escape(str(header['campaign']))}[/] {header['period_name']} {header['level_name']}"
        f"  截止 {header['cutoff']}  办法 {header['methodology_version']}  [red]{header['mark']}[/]",
        highlight=False,
    )
    dimensions = {item["id"]: item["name"] for item in header["dimensions"]}  # type: ignore[attr-defined]
    columns = list(_COLUMNS)
    names = [*columns[:4], *dimensions, *columns[4:]]
    titles = {**_COLUMNS, **dimensions}
    ordered = table.sort_values(["group", "rank", "entity_id"], na_position="last")
    out = _table(ordered, names, titles)
    # a pipe takes any width; a narrow terminal gets fewer columns rather than cut ones
    if console.is_terminal:
        spare = [*_SPARE, *dimensions]
        dropped = 0
        while spare and _width(console, out) > console.width:
            names.remove(spare.pop(0))
            dropped += 1
            out = _table(ordered, names, titles)
        console.print(out)
        if dropped:
            console.print(f"终端较窄，省略 {dropped} 列；全部列用 --format csv")
    else:
        Console(width=_width(console, out)).print(out)


_SPARE = ["standing", "coverage", "base", "bonus", "deduction", "group_name", "movement", "veto"]
"""Columns in the order in which a narrow terminal goes without them."""


def _width(console: Console, table: Table) -> int:
    """Return the columns of a terminal that a table wants."""
    return console.measure(table, options=console.options.update(max_width=10_000)).maximum


def _table(rows: pd.DataFrame, names: list[str], titles: dict[str, str]) -> Table:
    out = Table(row_styles=["", "dim"])
    for name in names:
        out.add_column(titles[name], no_wrap=True)
    for row in rows[names].to_dict("records"):
        out.add_row(*[_cell(str(name), row[name]) for name in names])
    return out


def _cell(name: str, value: object) -> str:
    if isinstance(value, bool):
        return "并列" if value else ""
    if isinstance(value, float):
        if value != value:  # noqa: PLR0124 - NaN
            return "—"
        if name == "coverage":
            return f"{value:.0%}"
        if name == "movement":
            return f"{value:+.0f}"
        return f"{value:g}"
    return escape(str(value))


def evaluate(campaign: CampaignArgument, period: PeriodArgument) -> None:
    """计算一期的全部层级,写入 results/期/(同样的输入,逐字节相同)."""
    with steps("计分") as advance:
        folder = write_results(campaign, period, advance)
    sys.stdout.write(f"结果已写入 {folder}\n")


def explain(
    campaign: CampaignArgument,
    period: PeriodArgument,
    entity: Annotated[str, typer.Argument(metavar="ENTITY", help="被评对象编号，如 U01")],
    node: Annotated[str | None, typer.Argument(metavar="[NODE]", help="维度或指标代码；不写则全部")] = None,
    rows: Annotated[int, typer.Option(help="每个指标最多列出几行台账；0 为全部")] = ROWS_SHOWN,
) -> None:
    """解释一个得分:公式代入数字,直到台账行(含未计入的行和原因)."""
    explanation = explain_score(campaign, period, entity, node)
    Console(width=None if sys.stdout.isatty() else 1000, soft_wrap=True).print(
        _tree(explanation, rows), soft_wrap=True
    )


def _tree(node: Explanation, most: int) -> Tree:
    tree = Tree(f"[bold]{escape(node.title)}[/]")
    for line in node.lines:
        tree.add(escape(line))
    if len(node.rows):
        _add_rows(tree, node, most)
    for part in node.parts:
        tree.children.append(_tree(part, most))
    return tree


def _add_rows(tree: Tree, node: Explanation, most: int) -> None:
    counted = int(node.rows["counted"].sum())
    branch = tree.add(f"台账行：计入 {counted} 行，未计入 {len(node.rows) - counted} 行")
    shown = node.rows if most == 0 else node.rows.head(most)
    for row in shown.to_dict("records"):
        state = "计入" if row["counted"] else "不计"
        reason = f"({row['reason']})" if row["reason"] else ""
        value = "" if row["value"] != row["value"] else f" 值 {row['value']:g}"
        branch.add(
            escape(f"{row['source']} 第 {row['source_row']} 行 {row['row_id']} {state}{reason}{value}")
        )
    if len(shown) < len(node.rows):
        branch.add(f"…另有 {len(node.rows) - len(shown)} 行，用 --rows 0 全部列出")
