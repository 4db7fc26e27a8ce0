"""What ``wbwz schedule`` writes, run as the systems run it."""

from __future__ import annotations

import getpass
import json
import os
import pwd
import re
import shlex
import shutil
import stat
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from little import campaign
from test_timers import cron_hands_over
from typer.testing import CliRunner

from wbwz_eval.cli import app
from wbwz_eval.scheduling.records import read_looked, records
from wbwz_eval.scheduling.run_due import ALL_WELL, FAILED


@pytest.fixture
def where(awkward):
    """A campaign that owes nothing any more: a run looks, and is done at once."""
    return campaign(awkward, due_since="2020-01-01")


def only(folder: Path, ending: str) -> Path:
    (found,) = folder.glob(f"*{ending}")
    return found


def bare(command: str) -> subprocess.CompletedProcess[str]:
    """Run a command as cron does: by /bin/sh, with four variables, in the home."""
    home = pwd.getpwuid(os.getuid()).pw_dir
    has = {"HOME": home, "LOGNAME": getpass.getuser(), "SHELL": "/bin/sh", "PATH": "/usr/bin:/bin"}
    return subprocess.run(
        ["/bin/sh", "-c", command],
        env=has,
        cwd=home,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def daily(folder: Path) -> str:
    """Return the command of the crontab's daily line as the shell gets it."""
    line = only(folder, ".cron").read_text("utf-8").splitlines()[1]
    fields = line.split(" ", 5)
    assert fields[:5] == ["15", "7", "*", "*", "*"]
    return cron_hands_over(fields[5])


def test_the_line_runs_in_the_next_to_nothing_that_cron_gives(awkward, where, written):
    said = written(where.campaign, "--for", "cron", "--at", "07:15")
    folder = awkward / "schedule"
    done = bare(daily(folder))
    assert (done.returncode, done.stdout, done.stderr) == (ALL_WELL, "", "")
    looked = read_looked(awkward / "reports" / "wbwz-2011" / "runs")
    assert (looked.by, looked.exit_code) == ("cron", ALL_WELL)
    assert only(folder, ".log").read_text("utf-8") == "没有应出而未出的报告\n"
    assert str(only(folder, ".cron").name) in said


def test_a_failure_comes_through_with_who_is_to_be_told(awkward, where, written, tmp_path):
    told = tmp_path / "told"
    (where.campaign / "entities.csv").write_text("编号\n", encoding="utf-8")
    hook = f"cp /dev/stdin {shlex.quote(str(told))}"
    written(where.campaign, "--for", "cron", "--at", "07:15", "--on-failure", hook)
    done = bare(daily(awkward / "schedule"))
    assert done.returncode == FAILED
    (record,) = records(awkward / "reports" / "wbwz-2011" / "runs")
    assert (record.starter.by, record.state, record.exit_code) == ("cron", "refused", FAILED)
    assert json.loads(told.read_text("utf-8"))["exit_code"] == FAILED
    assert "entities.csv" in only(awkward / "schedule", ".log").read_text("utf-8")


def test_a_log_that_cannot_be_written_keeps_nothing_from_running(awkward, where, written):
    written(where.campaign, "--for", "cron", "--at", "07:15")
    name = only(awkward / "schedule", "-cron.py").name.replace(".py", ".log")
    (awkward / "schedule" / name).mkdir()
    done = bare(daily(awkward / "schedule"))
    assert done.returncode == ALL_WELL
    assert "没有应出" in done.stdout


def test_what_is_secret_stands_in_one_file_that_nobody_else_reads(awkward, where, written):
    written(where.campaign, "--for", "cron", "--webhook", "https://h/geheim", "--reports", awkward / "其他")
    written(
        where.campaign, "--for", "systemd", "--webhook", "https://h/geheim", "--reports", awkward / "其他"
    )
    holding = [path for path in (awkward / "schedule").iterdir() if b"geheim" in path.read_bytes()]
    assert sorted(path.suffix for path in holding) == [".py", ".py"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in holding} == {0o700}
    assert all(str(awkward / "其他").encode() in ascii_of(path) for path in holding)


def ascii_of(path: Path) -> bytes:
    """Return a program's text with the escapes of its literals taken back."""
    return path.read_bytes().replace(b"\\\\", b"\\").replace(b"\\'", b"'")


def test_what_lies_in_the_working_folder_is_not_run(awkward, where, written):
    (awkward / "json.py").write_text("raise SystemExit('json of another')", encoding="utf-8")
    (awkward / "schedule").mkdir()
    (awkward / "schedule" / "subprocess.py").write_text("raise SystemExit('taken')", encoding="utf-8")
    shutil.move(awkward / "json.py", awkward / "kept")
    written(where.campaign, "--for", "cron", "--at", "07:15")
    shutil.move(awkward / "kept", awkward / "json.py")
    assert bare(daily(awkward / "schedule")).returncode == ALL_WELL


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_systemd_finds_nothing_wrong(awkward, where, written):
    said = written(where.campaign, "--for", "systemd")
    service, timer = only(awkward / "schedule", ".service"), only(awkward / "schedule", ".timer")

    def verify() -> str:
        done = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", str(service), str(timer)],
            capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        own = [
            line for line in done.stderr.splitlines() if service.stem in line or str(awkward.parent) in line
        ]
        return "\n".join(own) + ("" if done.returncode == 0 else f"\nexit code {done.returncode}")

    assert verify() == ""
    assert f"enable --now {timer.name}" in said
    # it looks for the program where the unit says: the quoting is right
    text = service.read_text("utf-8")
    service.write_text(text.replace("/bin/python", "/bin/no-python"), encoding="utf-8")
    assert "no-python" in verify()


CRON, UNSHARE = shutil.which("cron") or "/usr/sbin/cron", shutil.which("unshare")


def _private() -> bool:
    if os.getuid() or not Path(CRON).exists() or UNSHARE is None or shutil.which("crontab") is None:
        return False
    return subprocess.run([UNSHARE, "--mount", "true"], check=False, capture_output=True).returncode == 0


@contextmanager
def _cron(tmp_path: Path, script: str):
    """Run cron where nothing but an empty crontab of its own is there, after a script."""
    folders = {"/etc/cron.d": "d", "/var/spool/cron": "spool", "/run": "run"}
    lines = []
    for place, name in folders.items():
        (tmp_path / name).mkdir()
        lines.append(f"mount --bind {shlex.quote(str(tmp_path / name))} {place}")
    (tmp_path / "spool" / "crontabs").mkdir()
    (tmp_path / "crontab").touch()
    lines.append(f"mount --bind {shlex.quote(str(tmp_path / 'crontab'))} /etc/crontab")
    text = "\n".join(["set -e", *lines, script, f"exec {CRON} -f"])
    process = subprocess.Popen([UNSHARE, "--mount", "sh", "-c", text], start_new_session=True)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(20)


@pytest.mark.skipif(
    not _private(), reason="cron is not installed, or cannot be run in a room of its own here"
)
def test_cron_itself_runs_it(awkward, where, written, tmp_path):
    said = written(where.campaign, "--for", "cron")
    install = re.search(r"装上：\n  (.*)", said)[1]
    own = "17 3 * * * /own/job 50\\% # mine"
    listed = tmp_path / "listed"
    script = (
        f"echo {shlex.quote(own)} | crontab -\n{install}\n{install}\ncrontab -l > {shlex.quote(str(listed))}"
    )
    with _cron(tmp_path, script) as process:
        runs = awkward / "reports" / "wbwz-2011" / "runs"
        until = time.monotonic() + 60
        while read_looked(runs) is None and time.monotonic() < until and process.poll() is None:
            time.sleep(0.2)
        assert read_looked(runs).by == "cron"
    # installed twice, it stands there once, and what stood there before still does
    lines = [line for line in listed.read_text("utf-8").splitlines() if line.strip()]
    assert lines == [own, *only(awkward / "schedule", ".cron").read_text("utf-8").splitlines()]


def test_nothing_is_written_for_what_is_no_campaign(awkward, python):
    command = [str(python), "-m", "wbwz_eval.cli", "schedule", str(awkward), "--for", "cron"]
    done = subprocess.run(command, cwd=awkward, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert "不是活动文件夹" in done.stderr
    assert not (awkward / "schedule").exists()


def test_for_another_system_it_says_so(tmp_path, sample, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for engine, foreign in (("cron", False), ("systemd", False), ("windows", True), ("airflow", False)):
        shown = CliRunner().invoke(app, ["schedule", str(sample.path), "--for", engine])
        assert shown.exit_code == 0, shown.output
        assert ("这台机器不用它" in shown.stdout) == foreign
    task = only(tmp_path / "schedule", ".xml")
    assert f'/XML "{task}" /RU' in shown_for(sample, "windows")


def shown_for(sample, engine: str) -> str:
    return CliRunner().invoke(app, ["schedule", str(sample.path), "--for", engine]).stdout
