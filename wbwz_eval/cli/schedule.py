"""The command that writes what a scheduler needs to call ``run-due``."""

from __future__ import annotations

import getpass
import os
import re
import shlex
import sys
import tempfile
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from wbwz_eval.campaign.faults import CampaignError
from wbwz_eval.campaign.folder import CONFIGURATION
from wbwz_eval.campaign.whole_files import write_whole
from wbwz_eval.cli.arguments import CampaignArgument
from wbwz_eval.scheduling.airflow_dag import airflow_dag
from wbwz_eval.scheduling.alerts import Hooks
from wbwz_eval.scheduling.place import Where
from wbwz_eval.scheduling.timers import (
    Call,
    cron_lines,
    launcher,
    systemd_service,
    systemd_timer,
    windows_task,
)

_CLOCK = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")
_ONLY_OWN = 0o700


class Engine(StrEnum):
    """What is to start ``run-due``."""

    cron = "cron"
    systemd = "systemd"
    windows = "windows"
    airflow = "airflow"


@dataclass
class _Written:
    """Files by name, those that only their owner may read, and what else is said."""

    files: dict[str, bytes] = field(default_factory=dict)
    secret: dict[str, bytes] = field(default_factory=dict)
    install: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


def schedule(
    campaign: CampaignArgument,
    engine: Annotated[Engine, typer.Option("--for", help="由什么启动")],
    at: Annotated[str, typer.Option(metavar="HH:MM", help="每天几点，按机器的时钟")] = "06:30",
    out: Annotated[Path, typer.Option(help="文件写在哪个文件夹")] = Path("schedule"),
    on_failure: Annotated[str | None, typer.Option(metavar="CMD", help="失败时运行的命令")] = None,
    webhook: Annotated[str | None, typer.Option(metavar="URL", help="失败时通知的地址（POST，JSON）")] = None,
    reports: Annotated[Path | None, typer.Option(help="报告文件夹；默认 reports/活动")] = None,
) -> None:
    """写出定时任务的文件,并说明怎样装上;自己什么也不装."""
    if not (campaign / CONFIGURATION[0]).is_file():
        msg = f"{campaign} 不是活动文件夹：没有 {CONFIGURATION[0]}"
        raise CampaignError(msg)
    clock = _CLOCK.fullmatch(at)
    if clock is None:
        msg = f"时间 “{at}” 不对；应为 00:00 至 23:59，如 06:30"
        raise CampaignError(msg)
    call = Call(
        campaign=str(campaign.resolve()),
        reports=str(Where.of(campaign, reports).reports.absolute()),
        python=sys.executable,
        work=str(Path.cwd()),
        folder=str(out.absolute()),
        hour=int(clock[1]),
        minute=int(clock[2]),
        user=getpass.getuser(),
        hooks=Hooks(on_failure, webhook),
        separator=os.sep,
    )
    call.check()
    written = _WRITERS[engine](call)
    out.mkdir(parents=True, exist_ok=True)
    for name, data in written.secret.items():
        _write_secret(out / name, data)
    for name, data in written.files.items():
        write_whole(out / name, data)
    for name in (*written.secret, *written.files):
        sys.stdout.write(f"已写 {out / name}\n")
    for remark in (*written.remarks, *_elsewhere(engine)):
        sys.stdout.write(f"{remark}\n")
    sys.stdout.write("装上：\n" + "".join(f"  {line}\n" for line in written.install))


def _elsewhere(engine: Engine) -> tuple[str, ...]:
    here = os.name == "nt"
    if engine is Engine.airflow or (engine is Engine.windows) == here:
        return ()
    return ("注意：这台机器不用它；文件里的路径是这台机器的，请在要运行的机器上再写一次",)


def _cron(call: Call) -> _Written:
    program, lines = f"{call.name}-cron.py", f"{call.name}.cron"
    text = launcher(call, "cron", call.path(f"{call.name}-cron.log"))
    mark, table = shlex.quote(f"# {call.name}"), shlex.quote(call.path(lines))
    return _Written(
        {lines: cron_lines(call, call.path(program)).encode()},
        {program: text.encode()},
        (f"(crontab -l 2>/dev/null | grep -vF -- {mark}; cat {table}) | crontab -",),
        (f"最近一次运行打印了什么，在 {call.path(f'{call.name}-cron.log')}；记录用 wbwz runs 看",),
    )


def _systemd(call: Call) -> _Written:
    program = f"{call.name}-systemd.py"
    service, timer = f"{call.name}.service", f"{call.name}.timer"
    # what a service may write has to be there before it starts
    Path(call.reports).mkdir(parents=True, exist_ok=True)
    both = " ".join(shlex.quote(call.path(name)) for name in (service, timer))
    return _Written(
        {
            service: systemd_service(call, call.path(program)).encode(),
            timer: systemd_timer(call).encode(),
        },
        {program: launcher(call, "systemd", None).encode()},
        (
            f"sudo install -m 644 {both} /etc/systemd/system/",
            f"sudo systemctl daemon-reload && sudo systemctl enable --now {timer}",
        ),
        (f"最近一次运行打印了什么：journalctl -u {service}；记录用 wbwz runs 看",),
    )


def _windows(call: Call) -> _Written:
    program, task = f"{call.name}-windows.py", f"{call.name}.xml"
    text = launcher(call, "Windows 任务计划程序", call.path(f"{call.name}-windows.log"))
    whom = '/RU "%USERDOMAIN%\\%USERNAME%" /RP *'
    return _Written(
        {task: windows_task(call, call.path(program))},
        {program: text.encode()},
        (f'schtasks /Create /TN "{call.name}" /XML "{call.path(task)}" {whom} /F',),
        ("要问一次密码：没有人登录时也要运行",),
    )


def _airflow(call: Call) -> _Written:
    name, zone = f"{call.name.replace('-', '_')}_dag.py", _zone()
    return _Written(
        {name: airflow_dag(call, zone).encode()},
        {},
        (f"cp {shlex.quote(call.path(name))} Airflow 的 dags 文件夹/",),
        (
            f"时区 {zone}，在文件的 ZONE 里改",
            f"Airflow 的任务要能运行 {call.python}，能写活动和报告的文件夹",
        ),
    )


_WRITERS = {
    Engine.cron: _cron,
    Engine.systemd: _systemd,
    Engine.windows: _windows,
    Engine.airflow: _airflow,
}


def _zone() -> str:
    """Return the name of the machine's time zone, as far as it tells."""
    named = os.environ.get("TZ", "").removeprefix(":")
    if "/" in named and not named.startswith("/"):
        return named
    linked = os.path.realpath("/etc/localtime").partition("/zoneinfo/")[2]
    return linked or "UTC"


def _write_secret(path: Path, data: bytes) -> None:
    """Write a file that nobody else may read, not for a moment."""
    handle, beside = tempfile.mkstemp(prefix=".half-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(beside).chmod(_ONLY_OWN)
        Path(beside).replace(path)
    except OSError:
        Path(beside).unlink(missing_ok=True)
        raise
