"""What an operating system's own timers need to call ``wbwz run-due`` once a day.

One small program, the launcher, holds the command with its folders, options and environment; a line for
cron, a service and a timer for systemd, or a task for Windows start it. So what may be secret stands in
one file that others cannot read and on no command line, and the timers' own ways of quoting meet only the
paths of two files. Everything here is text: nothing is installed.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wbwz_eval.reporting.errors import ReportError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wbwz_eval.scheduling.alerts import Hooks

CRON_BYTES = 990
"""Debian's cron takes 1000 bytes of command, the last one a zero, and cuts off what is longer."""

_SCHEMA = "http://schemas.microsoft.com/windows/2004/02/mit/task"
_NOT_SAFE = re.compile(r"[^A-Za-z0-9]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_NO_PROGRAM = re.compile(r"""["'\\]""")
_EXPANDED = re.compile(r"%[^%]+%|\$\(")


@dataclass(frozen=True)
class Call:
    """The call of ``run-due`` that is to happen by itself; all paths absolute, as this system writes them.

    Attributes:
        campaign, reports: The campaign's folder, and that of its reports.
        python: The interpreter that has the package.
        work: The working folder.
        folder: Where the files of the timer are, ending without a separator.
        hour, minute: When, by the clock of the machine.
        user: Who is to run it.
        hooks: Who is told of a failure.
        separator: Between the parts of a path.
    """

    campaign: str
    reports: str
    python: str
    work: str
    folder: str
    hour: int
    minute: int
    user: str
    hooks: Hooks
    separator: str = "/"

    def check(self) -> None:
        """Raise a :class:`ReportError` for what no timer can be told."""
        self.hooks.check()
        told = (self.campaign, self.reports, self.python, self.work, self.folder, self.user)
        for text in (*told, self.hooks.command or "", self.hooks.webhook or ""):
            if _CONTROL.search(text):
                msg = f"{text!r} 里有换行之类的控制字符或不是 UTF-8 的字节，不能写进定时任务；请先改名"
                raise ReportError(msg)

    @property
    def title(self) -> str:
        """The campaign's name."""
        return self.campaign.rsplit(self.separator, 1)[-1]

    @property
    def name(self) -> str:
        """A name that every system takes, and that two campaigns of one name do not share."""
        letters = _NOT_SAFE.sub("-", self.title).strip("-")
        digest = hashlib.sha256(self.campaign.encode()).hexdigest()[:6]
        return "-".join(filter(None, ("wbwz", letters, digest)))

    def path(self, name: str) -> str:
        """Return the path of one of the timer's files."""
        return f"{self.folder}{self.separator}{name}"

    def arguments(self, command: str) -> list[str]:
        """Return a command of ours for this campaign, from the interpreter on.

        ``-P``: a file of the working folder that is called like a module is not taken for one.
        """
        start = [self.python, "-P", "-X", "utf8", "-m", "wbwz_eval.cli"]
        return [*start, command, self.campaign, "--out", self.reports]

    def environment(self, by: str) -> dict[str, str]:
        """Return what the command's environment has beside the timer's own, which may be next to nothing.

        Args:
            by: Who starts it, for the record of the run.
        """
        found = {"PYTHONUTF8": "1", "WBWZ_BY": by}
        if self.separator == "/":
            programs = self.python.rsplit("/", 1)[0]
            path = f"{programs}:/usr/local/bin:/usr/bin:/bin"
            found |= {"LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "PATH": path}
        if self.hooks.command is not None:
            found["WBWZ_ON_FAILURE"] = self.hooks.command
        if self.hooks.webhook is not None:
            found["WBWZ_WEBHOOK"] = self.hooks.webhook
        return found


def launcher(call: Call, by: str, log: str | None) -> str:
    """Return the program that a timer starts.

    Args:
        call: What it runs.
        by: Who starts it, for the record of the run.
        log: The file that gets what the last run printed; None leaves it to the timer.
    """
    return f'''"""由 wbwz schedule 写出：{_within(call.title)} 的 run-due。要改，改这里，或再写一次。"""

import os
import subprocess
import sys

COMMAND = {_listed(call.arguments("run-due"))}
ENVIRONMENT = {_mapped(call.environment(by))}
WORK = {call.work!r}
LOG = {log!r}


def log():
    """打不开记录文件（如磁盘已满）也照样运行。"""
    try:
        return None if LOG is None else open(LOG, "wb")
    except OSError as error:
        print(error, file=sys.stderr)
        return None


sys.exit(
    subprocess.run(
        COMMAND,
        cwd=WORK,
        env=os.environ | ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        stdout=log(),
        stderr=subprocess.STDOUT,
    ).returncode
)
'''


def cron_lines(call: Call, program: str) -> str:
    """Return the lines of a crontab that start the launcher every day, and after the machine has started.

    Each line ends with the same mark, by which it can be found and replaced.

    Args:
        call: What it runs, and when.
        program: The launcher's path.

    Raises:
        ReportError: The command is longer than cron takes.
    """
    mark = f"# {call.name}"
    command = f"{cron_word(call.python)} -I {cron_word(program)} {mark}"
    if len(command.encode()) > CRON_BYTES:
        length = f"cron 的一行命令最多 {CRON_BYTES} 字节，这里有 {len(command.encode())}"
        msg = f"{length}；请把文件放到路径短些的文件夹（--out）"
        raise ReportError(msg)
    return (
        f"# 每天一次，开机再补一次；没有应出的就什么也不做 {mark}\n"
        f"{call.minute} {call.hour} * * * {command}\n"
        f"@reboot {command}\n"
    )


def cron_word(text: str) -> str:
    r"""Quote a word for the shell that cron calls; cron itself takes ``%`` for the end of the command.

    ``\%`` stands outside the quotes, since not every cron takes the backslash away.
    """
    quoted = text.replace("'", "'\"'\"'").replace("%", "'\\%'")
    return f"'{quoted}'"


def systemd_service(call: Call, program: str) -> str:
    """Return the service: it starts, makes what is due and ends; what it may write are two folders.

    Args:
        call: What it runs.
        program: The launcher's path.

    Raises:
        ReportError: The interpreter's path has what systemd takes in no program's, however quoted.
    """
    if _NO_PROGRAM.search(call.python):
        msg = f"systemd 不接受路径里有引号或反斜杠的程序 {call.python}；请把 Python 环境建在别的文件夹"
        raise ReportError(msg)
    words = " ".join([systemd_word(f":{call.python}"), "-I", systemd_word(program)])
    folders = " ".join(systemd_word(folder) for folder in (call.campaign, call.reports))
    return f"""# 由 wbwz schedule 写出
[Unit]
Description=wbwz run-due（{_doubled(call.title)}）

[Service]
Type=oneshot
User={_doubled(call.user)}
ExecStart={words}
# 3：另一个 run-due 正在运行，这一次没有做什么
SuccessExitStatus=3
Nice=10

# 只能写这两个文件夹；自己的 /tmp；--on-failure 的命令也受此限制
ProtectSystem=strict
ProtectHome=read-only
ReadWritePaths={folders}
PrivateTmp=yes
PrivateDevices=yes
NoNewPrivileges=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectClock=yes
ProtectHostname=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
SystemCallArchitectures=native
# 库自己的缓存，不写进家目录
CacheDirectory={call.name}
Environment=MPLCONFIGDIR=%C/{call.name} IPYTHONDIR=/tmp/ipython JUPYTER_RUNTIME_DIR=/tmp/jupyter
"""


def systemd_timer(call: Call) -> str:
    """Return the timer of the service of the same name."""
    return f"""# 由 wbwz schedule 写出
[Unit]
Description=wbwz run-due（{_doubled(call.title)}）

[Timer]
OnCalendar=*-*-* {call.hour:02}:{call.minute:02}:00
# 关机时错过的，开机后补一次，不论错过几次；错过的各期由 run-due 逐期补出
Persistent=true

[Install]
WantedBy=timers.target
"""


def systemd_word(text: str) -> str:
    r"""Quote a word of a unit file: ``%`` begins a specifier, and a backslash an escape, also in quotes.

    The dollar needs nothing, since the command begins with a colon.
    """
    escaped = _doubled(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def windows_task(call: Call, program: str) -> bytes:
    """Return the task for ``schtasks /Create /XML``, in UTF-16 as Windows writes them.

    Args:
        call: What it runs, and when.
        program: The launcher's path.

    Raises:
        ReportError: A path would be taken for a variable; there is no way to quote it.
    """
    for text in (call.python, program, call.work):
        if _EXPANDED.search(text):
            msg = f"Windows 会把 “{text}” 里的 %…% 或 $( 当作变量，没有办法写进任务；请先改名"
            raise ReportError(msg)
    task = ET.Element("Task", {"version": "1.2", "xmlns": _SCHEMA})
    _add(task, {"RegistrationInfo": {"Description": f"wbwz run-due {call.title}"}})
    trigger = {
        "StartBoundary": f"2024-01-01T{call.hour:02}:{call.minute:02}:00",
        "Enabled": "true",
        "ScheduleByDay": {"DaysInterval": "1"},
    }
    _add(task, {"Triggers": {"CalendarTrigger": trigger}})
    _add(task, {"Principals": {"Principal": {"LogonType": "Password", "RunLevel": "LeastPrivilege"}}})
    settings = {
        "MultipleInstancesPolicy": "IgnoreNew",
        "DisallowStartIfOnBatteries": "false",
        "StopIfGoingOnBatteries": "false",
        # what was missed while the machine was off is started once it is on
        "StartWhenAvailable": "true",
        "Enabled": "true",
        "ExecutionTimeLimit": "PT0S",
    }
    _add(task, {"Settings": settings})
    arguments = subprocess.list2cmdline(["-I", program])
    action = {"Command": call.python, "Arguments": arguments, "WorkingDirectory": call.work}
    _add(task, {"Actions": {"Exec": action}})
    task.find("Principals/Principal").set("id", "Author")  # type: ignore[union-attr] # it was just added
    task.find("Actions").set("Context", "Author")  # type: ignore[union-attr] # the same
    ET.indent(task)
    text = ET.tostring(task, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-16"?>\n{text}\n'.replace("\n", "\r\n").encode("utf-16")


def _add(parent: ET.Element, told: Mapping[str, object]) -> None:
    for name, value in told.items():
        child = ET.SubElement(parent, name)
        if isinstance(value, dict):
            _add(child, value)
        else:
            child.text = str(value)


def _doubled(text: str) -> str:
    return text.replace("%", "%%")


def _within(text: str) -> str:
    """Return a text for a docstring: what could end it is taken out."""
    return text.replace("\\", "").replace('"', "")


def _listed(words: list[str]) -> str:
    return "[\n" + "".join(f"    {word!r},\n" for word in words) + "]"


def _mapped(values: Mapping[str, str]) -> str:
    return "{\n" + "".join(f"    {name!r}: {value!r},\n" for name, value in values.items()) + "}"
