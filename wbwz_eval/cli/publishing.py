"""Commands around publication: check, freeze, appeal, verify."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import pandas as pd
import typer

from wbwz_eval.campaign.appeals import Decision, decide, read_appeals, register
from wbwz_eval.campaign.check import ERROR, check_rows
from wbwz_eval.campaign.folder import open_campaign
from wbwz_eval.campaign.returns import IN_TIME, LATE, MISSING, returns_of
from wbwz_eval.cli.arguments import CampaignArgument, DayOption, PeriodArgument, day_of
from wbwz_eval.cli.printing import print_rows
from wbwz_eval.reporting.place import reports_folder
from wbwz_eval.reporting.progress import steps
from wbwz_eval.reporting.verify import verify_reports
from wbwz_eval.scoring.freezing import corrections
from wbwz_eval.scoring.freezing import freeze as freeze_period
from wbwz_eval.scoring.verify import SAME, is_intact
from wbwz_eval.scoring.verify import verify as verify_period

if TYPE_CHECKING:
    from wbwz_eval.campaign.folder import Campaign

_NAMES_SHOWN = 12

VersionOption = Annotated[int | None, typer.Option("--version", help="第几版；不写则为最后一版")]


def check(
    campaign: CampaignArgument,
    period: Annotated[str | None, typer.Argument(metavar="[PERIOD]", help="期；不写则查全部台账")] = None,
) -> None:
    """审核:谁该报没报、谁迟报;台账之间对不对得上.有错误时不能计分,退出码 1."""
    opened = open_campaign(campaign)
    span = None if period is None else opened.period(period)
    if span is not None:
        _print_returns(opened, returns_of(opened, span))
    found = check_rows(opened, span)
    errors = int((found["severity"] == ERROR).sum())
    for row in found.to_dict("records"):
        name = opened.codebook.ledgers[row["ledger"]].name
        place = row["cell"] or f"第 {row['source_row']} 行"
        kind = "错误" if row["severity"] == ERROR else "提示"
        value = f"“{row['value']}” " if row["value"] else ""
        told = f"{kind} {name} {row['row_id']} {row['entity_id']} {value}{row['message']}"
        sys.stdout.write(f"{told}  [{row['source']} {place}]\n")
    sys.stdout.write(f"错误 {errors} 处，提示 {len(found) - errors} 处\n")
    if errors:
        raise typer.Exit(1)


def _print_returns(campaign: Campaign, table: pd.DataFrame) -> None:
    if table.empty:
        return
    rows = []
    for (ledger, due, level), part in table.groupby(["ledger", "period", "level"], sort=False):
        counts = part["state"].value_counts()
        late = [f"{name}(迟)" for name in part.loc[part["state"] == LATE, "entity_id"]]
        names = [*late, *part.loc[part["state"] == MISSING, "entity_id"]]
        more = "…" if len(names) > _NAMES_SHOWN else ""
        rows.append(
            (
                campaign.codebook.ledgers[str(ledger)].name,
                due,
                campaign.levels[str(level)],
                len(part),
                *(counts.get(state, 0) for state in (IN_TIME, LATE, MISSING)),
                "、".join(names[:_NAMES_SHOWN]) + more,
            )
        )
    heads = ("台账", "期", "层级", "应报", IN_TIME, LATE, MISSING, "迟报和缺报的")
    print_rows("报送情况", heads, rows)


def freeze(
    campaign: CampaignArgument,
    period: PeriodArgument,
    by: Annotated[str, typer.Option(help="由谁冻结")],
    on: DayOption = None,
) -> None:
    """冻结一期:此后这一期只凭现在的回执、办法和结果;有申诉成立后再冻结即为更正."""
    with steps("冻结") as advance:
        record = freeze_period(campaign, period, by, day_of(on), advance)
    sys.stdout.write(
        f"{record.period} 已冻结为第 {record.version} 版，凭回执 1 至 {record.through}；封签 {record.seal}\n"
    )
    if record.version > 1:
        _print_corrections(corrections(campaign, period, record.version))


_CORRECTIONS = {
    "entity_id": "编号",
    "name": "名称",
    "item": "项目",
    "old": "原",
    "new": "现",
    "reason": "原因",
    "approved_by": "批准人",
}


def _print_corrections(table: pd.DataFrame) -> None:
    print_rows("更正表", tuple(_CORRECTIONS.values()), table[list(_CORRECTIONS)].to_numpy())


def verify(
    campaign: CampaignArgument,
    period: PeriodArgument,
    version: VersionOption = None,
    reports: Annotated[
        Path | None, typer.Option(help="报告所在文件夹；默认 reports/活动/期，没有则只验证数据")
    ] = None,
) -> None:
    """验证已冻结的一期:核对每个摘要,从原件起全部重算,报告重新生成;有一处不符即退出码 1."""
    opened = open_campaign(campaign)
    span = opened.period(period)
    with steps("验证") as advance:
        found = verify_period(opened, span.id, version, advance)
    # the pages are of the last version
    if version is None:
        pages = verify_reports(campaign, span.id, reports or reports_folder(opened, span.id))
        found = pd.concat([found, pages], ignore_index=True)
    for kind, part in found.groupby("kind", sort=False):
        good = part["state"] == SAME
        sys.stdout.write(f"{kind}：{len(part)} 个，一致 {int(good.sum())} 个\n")
        shown = part if kind in {"重算", "冻结记录", "报告"} else part[~good]
        for row in shown.to_dict("records"):
            sys.stdout.write(f"  {row['state']} {row['file']} {row['note']}\n")
    if not is_intact(found):
        sys.stdout.write("与发布时不一致\n")
        raise typer.Exit(1)
    sys.stdout.write("与发布时完全一致\n")


appeal = typer.Typer(help="申诉：登记、决定、列出。", no_args_is_help=True)


@appeal.command("add")
def appeal_add(
    campaign: CampaignArgument,
    period: PeriodArgument,
    entity: Annotated[str, typer.Argument(metavar="ENTITY", help="申诉的对象编号")],
    text: Annotated[str, typer.Option(help="申诉理由")],
    node: Annotated[str, typer.Option(help="针对哪个指标，可不写")] = "",
    on: DayOption = None,
) -> None:
    """登记一件申诉."""
    opened = open_campaign(campaign)
    span = opened.period(period)
    opened.know_sender(entity)
    made = register(opened.path, span.id, entity, node, text, day_of(on))
    sys.stdout.write(f"已登记申诉 {made.number}：{entity} {span.id}\n")


@appeal.command("decide")
def appeal_decide(
    campaign: CampaignArgument,
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="申诉编号")],
    by: Annotated[str, typer.Option(help="由谁决定")],
    reason: Annotated[str, typer.Option(help="理由")],
    *,
    upheld: Annotated[bool, typer.Option("--upheld/--rejected", help="成立，或驳回")],
    receipt: Annotated[list[int] | None, typer.Option(help="据以更正的回执，可写多次")] = None,
    on: DayOption = None,
) -> None:
    """决定一件申诉;成立的,写明据以更正的回执,再用 wbwz freeze 出更正版."""
    opened = open_campaign(campaign)
    decision = Decision(
        upheld=upheld, reason=reason, by=by, decided_on=day_of(on), receipts=tuple(receipt or ())
    )
    counting = {one.receipt.number for one in opened.inbox.read() if one.receipt.status != "refused"}
    made = decide(opened.path, number, decision, counting)
    sys.stdout.write(f"申诉 {made.number}：{'成立' if upheld else '驳回'}\n")


@appeal.command("list")
def appeal_list(campaign: CampaignArgument) -> None:
    """列出全部申诉."""
    opened = open_campaign(campaign)
    for made in read_appeals(opened.path):
        state = "待决定"
        if made.decision is not None:
            verdict = "成立" if made.decision.upheld else "驳回"
            state = f"{verdict}({made.decision.by}：{made.decision.reason})"
        about = f"{made.period} {made.entity} {made.node}".strip()
        sys.stdout.write(f"{made.number} {made.registered_on} {about}：{made.text} → {state}\n")
