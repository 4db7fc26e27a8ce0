"""Commands that a scheduler calls, and those that tell how things stand."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from wbwz_eval.campaign.faults import CampaignError
from wbwz_eval.campaign.whole_files import write_whole
from wbwz_eval.cli.arguments import CampaignArgument, Format, day_of
from wbwz_eval.cli.printing import print_rows
from wbwz_eval.cli.reports import JobsOption
from wbwz_eval.reporting.batch import TIMEOUT
from wbwz_eval.scheduling import status as standing
from wbwz_eval.scheduling.ahead import entities_of, make_ahead
from wbwz_eval.scheduling.alerts import Hooks
from wbwz_eval.scheduling.as_of import VIEWS, Snapshot
from wbwz_eval.scheduling.lease import LostError, RunningError, read_holder
from wbwz_eval.scheduling.owed import Asked, Item, items
from wbwz_eval.scheduling.place import Where
from wbwz_eval.scheduling.records import Record, read_record, records
from wbwz_eval.scheduling.run_due import RUNNING, Options
from wbwz_eval.scheduling.run_due import run_due as run_what_is_due

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wbwz_eval.scheduling.ahead import Ahead
    from wbwz_eval.scheduling.run_due import Ended

_LINES = 30
_COLUMNS = ("report", "period", "cutoff", "publish_by", "state", "overdue", "reason")

DateOption = Annotated[
    dt.datetime | None, typer.Option("--date", formats=["%Y-%m-%d"], help="当作哪一天；默认今天")
]
OutOption = Annotated[Path | None, typer.Option(help="报告文件夹；默认 reports/活动")]
OnlyOption = Annotated[list[str] | None, typer.Option("--only", help="只看这种报告，可写多次")]


def due(
    campaign: CampaignArgument,
    date: DateOption = None,
    *,
    only: OnlyOption = None,
    everything: Annotated[bool, typer.Option("--all", help="已出的和所有未到的也列出")] = False,
    each: Annotated[
        bool, typer.Option("--each", help="每个被评对象一份的报告，逐个对象列出（csv 和 json）")
    ] = False,
    form: Annotated[Format, typer.Option("--format", help="输出格式")] = Format.table,
    out: OutOption = None,
) -> None:
    """按活动日历应出什么:报告、期、截止日、期限,已出、应出、逾期、未到,或受阻于什么."""
    where, day = Where.of(campaign, out), day_of(date)
    snapshot = Snapshot(campaign, where.work / VIEWS)
    found = items(snapshot, where, day, Asked(tuple(only or ())))
    shown = found if everything else _at_hand(found)
    if form is not Format.table:
        about = {item.key: entities_of(snapshot.campaign, item) for item in shown} if each else None
        _write_table(shown, form, about)
        return
    if each:
        raise CampaignError("--each 只用于 --format csv 或 json")
    rows = [
        (
            item.report.name,
            item.report.title,
            item.owing.period.id,
            item.owing.cutoff or "—",
            item.owing.publish_by or "—",
            item.state_name,
            standing.first_line(item.reason),
        )
        for item in shown
    ]
    print_rows(f"{day} 应出的报告", ("报告", "名称", "期", "截止日", "期限", "状态", "说明"), rows)
    if len(shown) < len(found):
        sys.stdout.write(f"…另有 {len(found) - len(shown)} 项已出或未到，全部列出用 --all\n")


def _at_hand(found: list[Item]) -> list[Item]:
    """Return what is not there, and of what is still to come the next of each report."""
    coming: set[str] = set()
    shown = []
    for item in found:
        is_next = item.state == "waiting" and item.report.name not in coming
        if is_next:
            coming.add(item.report.name)
        if is_next or item.state not in {"waiting", "done"}:
            shown.append(item)
    return shown


def _write_table(shown: list[Item], form: Format, about: Mapping[tuple[str, str], list[str]] | None) -> None:
    # pandas takes long to import for a command that a scheduler calls
    import pandas as pd  # noqa: PLC0415

    table = pd.DataFrame(
        [
            {
                "report": item.report.name,
                "period": item.owing.period.id,
                "cutoff": str(item.owing.cutoff or ""),
                "publish_by": str(item.owing.publish_by or ""),
                "state": item.state,
                "overdue": item.overdue,
                "reason": item.reason,
                "entity": entity,
            }
            for item in shown
            for entity in (about or {}).get(item.key) or [""]
        ],
        columns=[*_COLUMNS, *([] if about is None else ["entity"])],
    )
    if form is Format.csv:
        sys.stdout.write(table.to_csv(index=False, lineterminator="\n"))
    else:
        sys.stdout.write(table.to_json(orient="records", force_ascii=False, indent=1) + "\n")


def run_due(
    campaign: CampaignArgument,
    date: DateOption = None,
    *,
    backfill: Annotated[
        tuple[str, str] | None,
        typer.Option(metavar="FROM TO", help="补出这两天之间结束的各期；也可写期，如 2011-W40 2011-W51"),
    ] = None,
    only: OnlyOption = None,
    entity: Annotated[
        list[str] | None,
        typer.Option(
            help="先出这个被评对象的，可写多次；不记为出齐，几个可以同时运行，最后再运行不带它的一次"
        ),
    ] = None,
    jobs: JobsOption = None,
    timeout: Annotated[
        float | None, typer.Option(help="笔记本一个单元格最多运行几秒；0 为不限", min=0)
    ] = TIMEOUT,
    by: Annotated[str | None, typer.Option(envvar="WBWZ_BY", help="由谁或什么启动；默认 用户@主机")] = None,
    on_failure: Annotated[
        str | None, typer.Option(envvar="WBWZ_ON_FAILURE", metavar="CMD", help="失败时运行的命令")
    ] = None,
    webhook: Annotated[
        str | None, typer.Option(envvar="WBWZ_WEBHOOK", metavar="URL", help="失败时通知的地址（POST，JSON）")
    ] = None,
    out: OutOption = None,
) -> None:
    """出齐到今天应出而没有出的报告,给定时任务用:重复运行无害,随时可以中断再来.

    退出码：0 应出的都有了；1 有失败的，或活动文件有误；3 另一个 run-due 正在运行，这一次没有做什么；
    4 没有失败的，但有受阻的（如没有数据、没有生效的办法）。
    """
    where = Where.of(campaign, out)
    first, last = _span(campaign, backfill)
    options = Options(
        asked=Asked(tuple(only or ()), first, last),
        jobs=jobs,
        timeout=timeout or None,
        hooks=Hooks(on_failure, webhook),
        by=by,
    )
    if entity:
        _print_ahead(make_ahead(where, day_of(date), options, entity))
        return
    try:
        ended = run_what_is_due(where, day_of(date), options)
    except (RunningError, LostError) as error:
        sys.stderr.write(f"{error}\n")
        raise typer.Exit(RUNNING) from None
    _print_ended(where, ended)
    if ended.exit_code:
        raise typer.Exit(ended.exit_code)


def _span(campaign: Path, backfill: tuple[str, str] | None) -> tuple[dt.date | None, dt.date | None]:
    """Return the days that were given, or those of the periods."""
    if backfill is None:
        return None, None
    days = []
    for text, edge in zip(backfill, ("start", "end"), strict=True):
        try:
            # fromisoformat would take a week for its Monday
            days.append(dt.datetime.strptime(text, "%Y-%m-%d").date())
        except ValueError:
            from wbwz_eval.campaign.folder import open_campaign  # noqa: PLC0415

            days.append(getattr(open_campaign(campaign).period(text), edge))
    return days[0], days[1]


def _print_ended(where: Where, ended: Ended) -> None:
    record = ended.record
    if record is None:
        sys.stdout.write("没有应出而未出的报告\n" if not ended.troubles else "能出的都已出\n")
    elif record.error:
        sys.stderr.write(f"{record.error}\n")
    else:
        sys.stdout.write(f"第 {record.number} 次运行：{standing.outcome(record)}\n")
        _print_failures(record)
        sys.stdout.write(f"报告在 {where.reports}，记录：wbwz runs show {where.campaign} {record.number}\n")
    for item in [item for item in ended.troubles if item.state == "blocked"][:_LINES]:
        told = standing.first_line(item.reason)
        sys.stdout.write(f"受阻 {item.report.title} {item.owing.period.id}：{told}\n")
    for alert in record.alerts if record is not None else ():
        if not alert.told:
            sys.stderr.write(f"通知没有送到 {alert.target}：{alert.error}\n")
    if ended.unrecorded:
        sys.stderr.write(f"{ended.unrecorded}\n")


def _print_ahead(ahead: Ahead) -> None:
    sys.stdout.write(
        f"新出 {ahead.made} 份，原有 {ahead.kept} 份；由下一次不带 --entity 的 run-due 记为出齐\n"
    )
    for each in ahead.failed:
        sys.stdout.write(f"失败 {each.subject or '整期'}：{each.error}\n  再试：{each.command}\n")
    for reason in ahead.blocked:
        sys.stdout.write(f"受阻 {reason}\n")
    if ahead.exit_code:
        raise typer.Exit(ahead.exit_code)


def _print_failures(record: Record) -> None:
    failed = [(one, each) for one in record.sets for each in one.failed]
    for one, each in failed[:_LINES]:
        what = " ".join(filter(None, (one.report, one.period, each.subject or each.level)))
        sys.stdout.write(f"失败 {what}：{each.error}\n  再试：{each.command}\n")
    if len(failed) > _LINES:
        sys.stdout.write(f"…失败共 {len(failed)} 份\n")


class _ListByDefault(TyperGroup):
    """Takes ``wbwz runs CAMPAIGN`` for ``wbwz runs list CAMPAIGN``."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command; what is none is a campaign."""
        if args and args[0] not in self.commands:
            args = ["list", *args]
        return super().resolve_command(ctx, args)


runs = typer.Typer(help="运行记录：列出，打开一次。", no_args_is_help=True, cls=_ListByDefault)


@runs.command("list")
def runs_list(
    campaign: CampaignArgument,
    most: Annotated[int, typer.Option("--most", help="最多列出几次，0 为全部", min=0)] = _LINES,
    out: OutOption = None,
) -> None:
    """列出 run-due 的各次运行,最近的在前."""
    where = Where.of(campaign, out)
    found = [_as_it_is(where, record) for record in records(where.runs, most or None)]
    if not found:
        sys.stdout.write("还没有运行过\n")
        return
    print_rows("运行记录", standing.RUN_HEADS, standing.run_rows(found))


@runs.command("show")
def runs_show(
    campaign: CampaignArgument,
    number: Annotated[int, typer.Argument(metavar="N", help="第几次运行")],
    form: Annotated[Format, typer.Option("--format", help="输出格式，json 为整个记录")] = Format.table,
    out: OutOption = None,
) -> None:
    """打开一次运行的记录:谁启动,凭什么,每份报告怎样,哪个单元格出错."""
    where = Where.of(campaign, out)
    record = _as_it_is(where, read_record(where.runs, number))
    if form is Format.json:
        sys.stdout.write(record.model_dump_json(indent=1) + "\n")
        return
    if form is Format.csv:
        raise CampaignError("运行记录没有 csv 格式；应为 table 或 json")
    starter = record.starter
    facts = (
        ("活动", record.campaign),
        ("为哪一天", record.day),
        ("由谁", f"{starter.by}（{starter.user}@{starter.host}{f'，{starter.via}' if starter.via else ''}）"),
        ("开始", standing.local(record.began_at)),
        ("用时", standing.duration(record.seconds)),
        ("结果", standing.outcome(record)),
        ("退出码", "—" if record.exit_code is None else record.exit_code),
        ("只做", record.asked or "全部应出的"),
        ("程序", f"wbwz_eval {record.package_version}，{record.code[:12]}，Python {record.python}"),
        ("回执", f"{record.receipts} 件"),
        *((f"输入 {name}", digest[:16]) for name, digest in record.inputs.items()),
    )
    for name, told in facts:
        sys.stdout.write(f"{name}：{told}\n")
    rows = [
        (
            one.period,
            one.report,
            {"done": "已出", "failed": "失败", "blocked": "受阻"}[one.state],
            one.made,
            one.kept,
            len(one.failed),
            standing.duration(record.seconds_of.get(one.period, 0.0)),
            standing.first_line(one.reason) or "；".join(one.notes),
        )
        for one in record.sets
    ]
    if rows:
        print_rows("各期的报告", ("期", "报告", "状态", "新出", "原有", "失败", "该期用时", "说明"), rows)
    _print_failed(record)
    for alert in record.alerts:
        told = "已送到" if alert.told else f"没有送到：{alert.error}"
        sys.stdout.write(f"通知 {alert.target}：{told}\n")


def _print_failed(record: Record) -> None:
    rows = [
        (
            one.period,
            one.report,
            each.subject or each.level,
            "—" if each.cell is None else f"In [{each.cell}]",
            each.error,
            each.command,
        )
        for one in record.sets
        for each in one.failed
    ]
    if rows:
        print_rows("失败的", ("期", "报告", "对象", "单元格", "原因", "再试"), rows)


def _as_it_is(where: Where, record: Record) -> Record:
    """Return a record; one that says it runs, though nobody does, was interrupted."""
    holder = read_holder(where.work)
    if record.state == "running" and (holder is None or holder.token != record.token):
        return record.model_copy(update={"state": "interrupted"})
    return record


def status(
    campaign: CampaignArgument,
    date: DateOption = None,
    html: Annotated[Path | None, typer.Option(metavar="OUT", help="写成网页")] = None,
    out: OutOption = None,
) -> None:
    """一眼看清:什么逾期了,为什么,下一期何时,最近几次运行怎样.有逾期或受阻的,退出码 1."""
    where = Where.of(campaign, out)
    found = standing.status(where, day_of(date))
    if html is not None:
        # fonts and nbconvert take seconds to import, and a timer calls these commands
        from wbwz_eval.scheduling.status_page import page  # noqa: PLC0415

        write_whole(html, page(found).encode())
        sys.stdout.write(f"状态页：{html}\n")
    sys.stdout.write(f"{found.day} {found.campaign.name}：{found.headline}\n{found.watch}\n")
    for title, heads, rows in (
        ("逾期和受阻的", standing.TROUBLE_HEADS, standing.trouble_rows(found)),
        ("期限内应出的", standing.IN_TIME_HEADS, standing.in_time_rows(found)),
        ("各种报告", standing.COMING_HEADS, standing.coming_rows(found)),
        ("最近的运行", standing.RUN_HEADS, standing.run_rows(found.records)),
    ):
        if rows:
            print_rows(title, heads, rows[:_LINES])
            if len(rows) > _LINES:
                sys.stdout.write(f"…另有 {len(rows) - _LINES} 项，全部用 wbwz due 列出\n")
    if not found.is_well:
        raise typer.Exit(1)
