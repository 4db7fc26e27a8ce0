"""Commands that hand reports on: into the outbox, and by mail."""

from __future__ import annotations

import os
import sys
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from wbwz_eval.campaign.folder import open_campaign
from wbwz_eval.cli.arguments import CampaignArgument, PeriodArgument
from wbwz_eval.cli.printing import print_rows
from wbwz_eval.reporting.errors import ReportError
from wbwz_eval.reporting.place import reports_folder
from wbwz_eval.reporting.wording import listed
from wbwz_eval.scheduling import mail as mailing
from wbwz_eval.scheduling import outbox as laying
from wbwz_eval.scheduling.smtp import Server, parse_server

_PASSWORD = "WBWZ_SMTP_PASSWORD"  # noqa: S105 - the variable's name
_SHOWN = 30
_KIB = 1024


def outbox(
    campaign: CampaignArgument,
    period: PeriodArgument,
    *,
    out: Annotated[Path | None, typer.Option(help="发件箱文件夹；默认 outbox/活动")] = None,
    reports: Annotated[Path | None, typer.Option(help="报告所在文件夹；默认 reports/活动/期")] = None,
    zipped: Annotated[bool, typer.Option("--zip", help="每个收件人另出一个压缩包")] = False,
) -> None:
    """把一期出完的报告按收件人分放:各得其可看的,不多不少;没有出完或改过的不放,退出码 1."""
    opened = open_campaign(campaign)
    span = opened.period(period)
    root = _root(campaign, out)
    laid = laying.lay_out(opened, span, reports or reports_folder(opened, span.id), root, zipped=zipped)
    counts: Counter[str] = Counter(one.state for one in laid.handed)
    told = "，".join(f"{name} {counts[state]}" for state, name in laying.STATES.items() if counts[state])
    sys.stdout.write(f"收件人 {len(laid.handed)} 个：{told}\n" if laid.handed else "没有可放的\n")
    for one in laid.handed:
        for note in one.notes:
            sys.stdout.write(f"{one.recipient} {note}\n")
    if laid.unclaimed:
        more = f"…共 {len(laid.unclaimed)} 份" if len(laid.unclaimed) > _SHOWN else ""
        sys.stdout.write(f"没有收件人的报告：{'、'.join(laid.unclaimed[:_SHOWN])}{more}\n")
    sys.stdout.write(f"在 {root}\n")
    for refused in laid.refused:
        sys.stderr.write(f"没有放 {refused.name}：{refused.reason}\n")
    if laid.refused:
        raise typer.Exit(1)


def mail(
    campaign: CampaignArgument,
    period: PeriodArgument,
    *,
    root: Annotated[Path | None, typer.Option("--outbox", help="发件箱文件夹；默认 outbox/活动")] = None,
    smtp: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="邮件服务器，465 端口全程加密")
    ] = None,
    sender: Annotated[str | None, typer.Option("--from", metavar="ADDRESS", help="发件地址")] = None,
    send: Annotated[bool, typer.Option("--send/--dry-run", help="真的寄出；默认只列出将寄什么")] = False,
    user: Annotated[
        str, typer.Option(envvar="WBWZ_SMTP_USER", help=f"登录名；密码只从环境变量 {_PASSWORD} 取")
    ] = "",
    require_tls: Annotated[bool, typer.Option("--require-tls", help="服务器不支持加密就不寄")] = False,
    again: Annotated[
        list[str] | None, typer.Option(metavar="RECIPIENT", help="寄过或不知寄到没有的也再寄，可写多次")
    ] = None,
) -> None:
    """把发件箱里一期的报告寄给有地址的收件人:一人一封,寄过的不再寄;默认只试,不寄."""
    opened = open_campaign(campaign)
    span = opened.period(period)
    posting = mailing.Posting(again=tuple(again or ()))
    if send:
        if not smtp or not sender:
            raise ReportError("要寄出，请写 --smtp 主机:端口 和 --from 发件地址")
        address = mailing.parse_sender(sender)
        password = os.environ.get(_PASSWORD, "")
        if user and not password:
            msg = f"有登录名 {user}，没有密码；密码放在环境变量 {_PASSWORD} 里"
            raise ReportError(msg)
        host, port = parse_server(smtp)
        server = Server(host, port, user, password, require_tls, address.partition("@")[2])
        posting = mailing.Posting(server, address, tuple(again or ()))
    found = mailing.mail(opened, span, _root(campaign, root), posting)
    addressed = [one for one in found if one.state != "no_address"]
    heads = ("收件人", "名称", "地址", "文件", "KiB", "状态", "说明")
    rows = [
        (
            one.recipient,
            one.name,
            one.address,
            one.files,
            -(-one.size // _KIB),
            mailing.STATES[one.state],
            one.error,
        )
        for one in addressed
    ]
    if rows:
        print_rows(f"{span.id} 的邮件", heads, rows)
    counts = Counter(mailing.STATES[one.state] for one in found)
    sys.stdout.write("，".join(f"{name} {count}" for name, count in counts.items()) + "\n")
    without = [one.name for one in found if one.state == "no_address"]
    if without:
        sys.stdout.write(f"没有地址的：{listed(without, 8)}；地址写在 campaign.yaml 的 recipients 里\n")
    if not send:
        sys.stdout.write("这是试运行，没有寄出；寄出用 --send\n")
    if any(one.state in {"failed", "unclear"} for one in found):
        raise typer.Exit(1)


def _root(campaign: Path, given: Path | None) -> Path:
    return given or Path(laying.OUTBOX_FOLDER) / campaign.resolve().name
