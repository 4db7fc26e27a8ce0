"""Telling somebody that a run went wrong: a command, or an address on the network.

Both are given on the command line or by the environment, never by ``campaign.yaml``: a campaign's folder
is data that travels, and what comes with data is not run. What is told has numbers and the names of
reports and periods, no error texts, which may quote a ledger.
"""

from __future__ import annotations

import http.client
import json
import os
import shlex
import subprocess
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from wbwz_eval.reporting.errors import ReportError
from wbwz_eval.scheduling.records import Alert

if TYPE_CHECKING:
    from pathlib import Path

    from wbwz_eval.scheduling.records import Record

_COMMAND_SECONDS, _WEBHOOK_SECONDS = 60.0, 10.0
_TOLD = 500


@dataclass(frozen=True)
class Hooks:
    """Who is told of a failure.

    Attributes:
        command: A command with its arguments; run without a shell.
        webhook: An http or https address that gets the message by POST as JSON.
    """

    command: str | None = None
    webhook: str | None = None

    def check(self) -> None:
        """Raise a :class:`ReportError` for what can never work, before anything runs."""
        if self.webhook is not None and urlsplit(self.webhook).scheme not in {"http", "https"}:
            msg = f"通知地址 “{self.webhook}” 不对；应为 http:// 或 https:// 开头的地址"
            raise ReportError(msg)
        if self.command is not None and not _words(self.command):
            msg = f"通知命令 “{self.command}” 读不出来；引号要成对"
            raise ReportError(msg)


def tell(hooks: Hooks, record: Record, folder: Path) -> tuple[Alert, ...]:
    """Tell everybody who is to be told; what goes wrong with that is in what comes back.

    The command finds the message on its standard input, and ``WBWZ_RUN``, ``WBWZ_EXIT_CODE`` and
    ``WBWZ_RECORD`` (the record's file) in its environment.
    """
    message = json.dumps(message_of(record), ensure_ascii=False).encode()
    alerts = []
    if hooks.command is not None:
        alerts.append(_run(hooks.command, message, record, folder))
    if hooks.webhook is not None:
        alerts.append(_post(hooks.webhook, message))
    return tuple(alerts)


def message_of(record: Record) -> dict[str, Any]:
    """Return what is told of a run."""
    return {
        "campaign": record.campaign,
        "run": record.number,
        "day": record.day.isoformat(),
        "by": record.starter.by,
        "exit_code": record.exit_code,
        "could_not_start": bool(record.error),
        "failed_reports": record.failed_reports,
        "failed": [[one.report, one.period] for one in record.sets if one.state == "failed"],
        "blocked": [[one.report, one.period] for one in record.sets if one.state == "blocked"],
    }


def _run(command: str, message: bytes, record: Record, folder: Path) -> Alert:
    told = {"WBWZ_RUN": record.number, "WBWZ_EXIT_CODE": record.exit_code, "WBWZ_RECORD": folder}
    environment = os.environ | {name: str(value) for name, value in told.items()}
    program = _words(command)[0]
    try:
        done = subprocess.run(  # noqa: S603 - whoever starts the run says what is run
            _words(command),
            input=message,
            env=environment,
            capture_output=True,
            timeout=_COMMAND_SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        return Alert(kind="command", target=program, told=False, error=str(error)[:_TOLD])
    said = (done.stderr or done.stdout).decode(errors="replace").strip()
    failure = "" if done.returncode == 0 else f"退出码 {done.returncode} {said}"[:_TOLD]
    return Alert(kind="command", target=program, told=not failure, error=failure)


def _words(command: str) -> list[str]:
    try:
        return shlex.split(command, posix=os.name == "posix")
    except ValueError:
        return []


def _post(address: str, message: bytes) -> Alert:
    # the scheme was checked: a file is not an address
    request = urllib.request.Request(  # noqa: S310
        address, message, {"Content-Type": "application/json; charset=utf-8"}
    )
    failure = ""
    try:
        with urllib.request.urlopen(request, timeout=_WEBHOOK_SECONDS):  # noqa: S310
            pass
    except (OSError, http.client.HTTPException, ValueError) as error:
        failure = str(error)[:_TOLD]
    # what comes after the host is often as good as a password
    parts = urlsplit(address)
    port = f":{parts.port}" if parts.port else ""
    return Alert(
        kind="webhook", target=f"{parts.scheme}://{parts.hostname}{port}", told=not failure, error=failure
    )
