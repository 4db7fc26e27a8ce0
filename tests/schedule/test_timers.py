"""The texts of timers: what each system makes of them, by its own rules."""

from __future__ import annotations

import ast
import shutil
import subprocess
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest
from awkward_names import AWKWARD
from typer.testing import CliRunner

from wbwz_eval.cli import app
from wbwz_eval.reporting.errors import ReportError
from wbwz_eval.scheduling.alerts import Hooks
from wbwz_eval.scheduling.timers import (
    Call,
    cron_lines,
    cron_word,
    launcher,
    systemd_service,
    systemd_timer,
    systemd_word,
    windows_task,
)

PLAIN = Call(
    campaign="/data/c",
    reports="/data/reports/c",
    python="/venv/bin/python",
    work="/data",
    folder="/data/schedule",
    hour=6,
    minute=5,
    user="office",
    hooks=Hooks(),
)
WINDOWS = replace(
    PLAIN,
    campaign="C:\\考核 甲&乙\\c",
    reports="C:\\考核 甲&乙\\reports\\c",
    python="C:\\Program Files\\Python\\python.exe",
    work="C:\\考核 甲&乙",
    folder="C:\\考核 甲&乙\\schedule",
    separator="\\",
)


def cron_hands_over(command: str) -> str:
    r"""Return what cron gives the shell: up to the first ``%``; ``\%`` is one (crontab(5)).

    A backslash before anything else stays, and what comes after it is not looked at, as in Debian's cron.
    """
    out, place = "", 0
    while place < len(command):
        if command[place] == "%":
            return out
        if command[place] == "\\" and place + 1 < len(command):
            out += "%" if command[place + 1] == "%" else command[place : place + 2]
            place += 2
            continue
        out += command[place]
        place += 1
    return out


@pytest.mark.parametrize("text", ["/plain", AWKWARD, "'", "%", "\\%", "\\", "''%%''", "a\\\\%b", "$(x) `x`"])
def test_cron_and_the_shell_leave_a_word_as_it_was(text):
    handed = cron_hands_over(f"printf %s {cron_word(text)}".replace("%s", "\\%s"))
    done = subprocess.run(["/bin/sh", "-c", handed], capture_output=True, text=True, check=True)
    assert done.stdout == text


def test_the_lines_of_a_crontab():
    comment, daily, reboot = cron_lines(PLAIN, "/data/schedule/x.py").splitlines()
    assert daily == f"5 6 * * * '/venv/bin/python' -I '/data/schedule/x.py' # {PLAIN.name}"
    assert reboot == "@reboot" + daily.removeprefix("5 6 * * *")
    assert comment.startswith("#")
    assert comment.endswith(f"# {PLAIN.name}")


def test_a_line_that_cron_would_cut_off_is_refused():
    with pytest.raises(ReportError, match="990"):
        cron_lines(PLAIN, "/" + "考" * 330)
    # of three bytes each: 320 of them fit
    assert cron_lines(PLAIN, "/" + "考" * 300)


def systemd_reads(word: str) -> str:
    """Return what systemd takes a quoted word for (systemd.syntax, systemd.unit: specifiers)."""
    assert word.startswith('"')
    assert word.endswith('"')
    out, rest = "", word[1:-1]
    while rest:
        if rest[0] == "\\":
            assert rest[1] in '\\"'
            out, rest = out + rest[1], rest[2:]
        else:
            assert rest[0] != '"'
            out, rest = out + rest[0], rest[1:]
    assert "%" not in out.replace("%%", "")
    return out.replace("%%", "%")


def test_systemd_leaves_a_word_as_it_was():
    assert systemd_reads(systemd_word(AWKWARD)) == AWKWARD


def test_a_service_that_waits_for_nothing_and_a_timer_that_catches_up_once():
    service = systemd_service(PLAIN, "/data/schedule/x.py").splitlines()
    assert 'ExecStart=":/venv/bin/python" -I "/data/schedule/x.py"' in service
    assert {"Type=oneshot", "User=office", "SuccessExitStatus=3"} <= set(service)
    assert 'ReadWritePaths="/data/c" "/data/reports/c"' in service
    timer = systemd_timer(PLAIN).splitlines()
    assert {"OnCalendar=*-*-* 06:05:00", "Persistent=true", "WantedBy=timers.target"} <= set(timer)


@pytest.mark.parametrize("mark", ["'", '"', "\\"])
def test_a_program_that_systemd_never_starts_is_refused(mark):
    with pytest.raises(ReportError, match="systemd"):
        systemd_service(replace(PLAIN, python=f"/x{mark}y/python"), "/x.py")


def argv(line: str) -> list[str]:
    """Split a command line as the C runtime of Windows does (Microsoft, "Parsing C command-line arguments")."""
    words, word, quoted, begun, place = [], "", False, False, 0
    while place < len(line):
        slashes = 0
        while place < len(line) and line[place] == "\\":
            slashes, place = slashes + 1, place + 1
        at = line[place] if place < len(line) else ""
        if at == '"':
            word += "\\" * (slashes // 2)
            begun = True
            if slashes % 2:
                word += '"'
            else:
                quoted = not quoted
        else:
            word += "\\" * slashes
            begun = begun or bool(slashes)
            if at in " \t" and at and not quoted:
                if begun:
                    words.append(word)
                word, begun = "", False
            elif at:
                word, begun = word + at, True
        place += 1
    return [*words, word] if begun else words


SPACE = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"


def test_a_task_of_windows_has_what_schtasks_needs():
    program = WINDOWS.path("x.py")
    data = windows_task(WINDOWS, program)
    assert data.startswith((b"\xff\xfe", b"\xfe\xff"))
    assert data.decode("utf-16").startswith('<?xml version="1.0" encoding="UTF-16"?>')
    task = ET.fromstring(data)
    assert (task.tag, task.get("version")) == (f"{SPACE}Task", "1.2")
    trigger = task.find(f"{SPACE}Triggers/{SPACE}CalendarTrigger")
    # a sequence in the schema (Task Scheduler Schema, triggerBaseType): in this order
    assert [child.tag.removeprefix(SPACE) for child in trigger] == [
        "StartBoundary",
        "Enabled",
        "ScheduleByDay",
    ]
    assert trigger[0].text.endswith("T06:05:00")
    settings = {child.tag.removeprefix(SPACE): child.text for child in task.find(f"{SPACE}Settings")}
    assert settings["StartWhenAvailable"] == "true"
    assert settings["ExecutionTimeLimit"] == "PT0S"
    assert settings["MultipleInstancesPolicy"] == "IgnoreNew"
    actions = task.find(f"{SPACE}Actions")
    principal = task.find(f"{SPACE}Principals/{SPACE}Principal")
    assert actions.get("Context") == principal.get("id")
    assert principal.find(f"{SPACE}RunLevel").text == "LeastPrivilege"
    action = {child.tag.removeprefix(SPACE): child.text for child in actions.find(f"{SPACE}Exec")}
    assert action["Command"] == WINDOWS.python
    assert argv(action["Arguments"]) == ["-I", program]
    assert action["WorkingDirectory"] == WINDOWS.work


@pytest.mark.parametrize("folder", ["C:\\%TEMP%", "C:\\a%b%c", "C:\\$(Arg0)"])
def test_what_windows_would_take_for_a_variable_is_refused(folder):
    with pytest.raises(ReportError, match="变量"):
        windows_task(WINDOWS, f"{folder}\\x.py")


def test_the_launcher_says_what_is_run_with_what():
    call = replace(PLAIN, hooks=Hooks("mail -s '失败' a@b", "https://h/x?k=%20"))
    tree = ast.parse(launcher(call, "cron", "/data/x.log"))
    told = {
        line.targets[0].id: ast.literal_eval(line.value) for line in tree.body if isinstance(line, ast.Assign)
    }
    start = ["/venv/bin/python", "-P", "-X", "utf8", "-m", "wbwz_eval.cli"]
    assert told["COMMAND"] == [*start, "run-due", "/data/c", "--out", "/data/reports/c"]
    assert told["ENVIRONMENT"] == {
        "PYTHONUTF8": "1",
        "WBWZ_BY": "cron",
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "PATH": "/venv/bin:/usr/local/bin:/usr/bin:/bin",
        "WBWZ_ON_FAILURE": "mail -s '失败' a@b",
        "WBWZ_WEBHOOK": "https://h/x?k=%20",
    }
    assert (told["WORK"], told["LOG"]) == ("/data", "/data/x.log")
    # on Windows the path is the system's own affair
    assert "PATH" not in WINDOWS.environment("x")


def test_a_campaign_cannot_put_code_into_the_launcher():
    text = launcher(replace(PLAIN, campaign='/x/"""\nimport evil\n"""\\'), "cron", None)
    imported = [
        name.name for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Import) for name in node.names
    ]
    assert imported == ["os", "subprocess", "sys"]


def test_two_campaigns_of_one_name_do_not_share_a_timer():
    other = replace(PLAIN, campaign="/other/c")
    assert PLAIN.name != other.name
    assert PLAIN.name.startswith("wbwz-c-")
    chinese = replace(PLAIN, campaign="/x/考核")
    assert chinese.name.isascii()


@pytest.mark.parametrize("text", ["a\nb", "a\x00b", "a\x7fb", "a\udcffb"])
@pytest.mark.parametrize("part", ["campaign", "reports", "python", "work", "folder", "user"])
def test_what_no_timer_can_be_told_is_refused(part, text):
    with pytest.raises(ReportError, match="控制字符"):
        replace(PLAIN, **{part: text}).check()
    PLAIN.check()


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_the_hour_is_one_for_systemd():
    when = next(line for line in systemd_timer(PLAIN).splitlines() if line.startswith("OnCalendar="))
    done = subprocess.run(
        ["systemd-analyze", "calendar", when.partition("=")[2]], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "06:05:00" in done.stdout


@pytest.mark.parametrize("at", ["24:00", "6", "6:5", "06:60", "６:30"])
def test_an_hour_that_is_none_is_told(at, sample, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shown = CliRunner().invoke(app, ["schedule", str(sample.path), "--for", "cron", "--at", at])
    assert shown.exit_code == 1
    assert at in str(shown.exception)
    assert not list(tmp_path.iterdir())
