"""Commands that make reports: one, one for each entity, or all that a period owes."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from wbwz_eval.campaign.folder import open_campaign
from wbwz_eval.cli.arguments import CampaignArgument, PeriodArgument
from wbwz_eval.reporting.batch import TIMEOUT, Outcome, owed, run_batch
from wbwz_eval.reporting.catalogue import find_report
from wbwz_eval.reporting.errors import ReportError
from wbwz_eval.reporting.progress import steps
from wbwz_eval.reporting.run import run_report
from wbwz_eval.review.uncertainty.choices import FEWEST, MOST


class Form(StrEnum):
    """What a report comes in beside the page."""

    pdf = "pdf"
    docx = "docx"
    xlsx = "xlsx"


OutOption = Annotated[Path | None, typer.Option(help="输出文件夹；默认 reports/活动/期")]
JobsOption = Annotated[int | None, typer.Option(help="同时几个；默认按处理器个数", min=1)]
FormOption = Annotated[list[Form] | None, typer.Option("--form", help="网页之外再出的格式，可写多次")]
RedHeadOption = Annotated[bool, typer.Option("--red-head", help="PDF 和 DOCX 用红头")]
DaskOption = Annotated[
    str | None, typer.Option(help="在 Dask 集群上出：调度器的地址，如 tcp://主机:8786；不写则在本机")
]
TimeoutOption = Annotated[float, typer.Option(help="笔记本的一格最多几秒，超过就结束它", min=1)]
ForceOption = Annotated[bool, typer.Option("--force", help="没有变化的也重做")]


def report(
    name: Annotated[str, typer.Argument(metavar="REPORT", help="报告名，如 quarterly_bulletin")],
    campaign: CampaignArgument,
    period: Annotated[str | None, typer.Argument(metavar="[PERIOD]", help="期；不写则为最近一期")] = None,
    level: Annotated[str, typer.Option(help="层级")] = "unit",
    edition: Annotated[
        str, typer.Option(help="internal(内部)、public(公开)或 restricted(限阅)")
    ] = "internal",
    entity: Annotated[str | None, typer.Option(help="被评对象编号：只用于一个对象一份的报告")] = None,
    against: Annotated[
        str | None,
        typer.Option(help="要回测的办法版本；只用于评价办法检验，不写则为待决定的版本，- 为不回测"),
    ] = None,
    draws: Annotated[
        int | None, typer.Option(help="抽样次数；只用于评价办法检验", min=FEWEST, max=MOST)
    ] = None,
    authority: Annotated[str | None, typer.Option(help="干部管理权限：只用于问责附件")] = None,
    *,
    all_entities: Annotated[bool, typer.Option("--all-entities", help="每个层级的每个对象各一份")] = False,
    out: OutOption = None,
    jobs: JobsOption = None,
    dask: DaskOption = None,
    timeout: TimeoutOption = TIMEOUT,
    force: ForceOption = False,
    form: FormOption = None,
    red_head: RedHeadOption = False,
) -> None:
    """运行一份报告,得到执行过的笔记本和网页(HTML),以及要的其他格式."""
    if all_entities:
        opened = open_campaign(campaign)
        wanted = period or find_report(name).last_period(opened).id
        orders = owed(opened, opened.period(wanted), names=[name])
        _print_outcomes(
            campaign,
            run_batch(
                campaign,
                orders,
                out=out,
                jobs=jobs,
                dask=dask,
                force=force,
                forms=form or (),
                red_head=red_head,
                timeout=timeout,
            ),
        )
        return
    own = {"entity": entity, "authority": authority, "against": against, "draws": draws}
    parameters = {name: value for name, value in own.items() if value is not None}
    page = run_report(
        name,
        campaign,
        period,
        level=level,
        edition=edition,
        out=out,
        parameters=parameters,
        forms=form or (),
        red_head=red_head,
        timeout=timeout,
    )
    sys.stdout.write(f"报告已生成 {page}\n")


def report_set(
    campaign: CampaignArgument,
    period: PeriodArgument,
    *,
    out: OutOption = None,
    jobs: JobsOption = None,
    dask: DaskOption = None,
    timeout: TimeoutOption = TIMEOUT,
    force: ForceOption = False,
    form: FormOption = None,
    red_head: RedHeadOption = False,
) -> None:
    """一期应出的全部报告:各层级、各版本、每个对象的画像;已出而没有变化的不重做."""
    opened = open_campaign(campaign)
    orders = owed(opened, opened.period(period))
    if not orders:
        msg = f"{period} 没有应出的报告"
        raise ReportError(msg)
    _print_outcomes(
        campaign,
        run_batch(
            campaign,
            orders,
            out=out,
            jobs=jobs,
            dask=dask,
            force=force,
            forms=form or (),
            red_head=red_head,
            timeout=timeout,
        ),
    )


def site(
    campaign: CampaignArgument,
    out: Annotated[Path | None, typer.Option(help="输出文件夹；默认 site/活动")] = None,
) -> None:
    """写出公开的静态网站:不需要服务器、脚本和网络;只含公开版的内容."""
    # nbconvert and matplotlib take seconds to import, and every command starts with this module
    from wbwz_eval.reporting.site import write_site  # noqa: PLC0415

    with steps("站点", 3) as advance:
        page = write_site(campaign, out, advance=advance)
    sys.stdout.write(f"站点已生成 {page}\n")


def _print_outcomes(campaign: Path, outcomes: list[Outcome]) -> None:
    failed = [outcome for outcome in outcomes if outcome.page is None]
    kept = sum(outcome.kept for outcome in outcomes)
    done = len(outcomes) - len(failed) - kept
    sys.stdout.write(f"报告 {len(outcomes)} 份：新出 {done}，没有变化 {kept}，失败 {len(failed)}\n")
    for outcome in failed:
        sys.stdout.write(f"失败 {outcome.order.command(campaign)}\n  {outcome.error}\n")
    pages = [outcome.page for outcome in outcomes if outcome.page is not None]
    for folder in dict.fromkeys(page.parent for page in pages):
        sys.stdout.write(f"在 {folder}\n")
    if failed:
        raise typer.Exit(1)
