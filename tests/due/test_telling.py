"""What a run leaves to read, whom it tells, and what the status says."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from little import Maker, campaign, day, options, receive
from typer.testing import CliRunner

from wbwz_eval.cli import app
from wbwz_eval.reporting.errors import ReportError
from wbwz_eval.scheduling import status as standing
from wbwz_eval.scheduling.alerts import Hooks
from wbwz_eval.scheduling.records import Looked, read_record, records, write_looked
from wbwz_eval.scheduling.run_due import BLOCKED, FAILED, run_due

ROOT = Path(__file__).parents[2]


@pytest.fixture
def where(tmp_path):
    made = campaign(tmp_path, due_since="2011-09-26")
    receive(made, "2011-9-25", "2011-09-26")
    return made


@pytest.fixture
def listener(monkeypatch):
    """A server on this machine that keeps what it is told, and answers as it is asked to."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    told: list[dict[str, object]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            told.append(json.loads(body))
            self.send_response(500 if self.path.startswith("/broken") else 204)
            self.end_headers()

        def log_message(self, *_):
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", told
    server.shutdown()
    thread.join()
    server.server_close()


def wbwz(*arguments: object):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_a_run_leaves_who_what_with_what_and_how_it_ended(where):
    clock = iter(dt.datetime(2011, 10, 10, 7, 0, second, tzinfo=dt.UTC) for second in range(60))
    ended = run_due(
        where, day("2011-10-10"), options(Maker(fail=["2011-W39"]), by="定时任务", clock=lambda: next(clock))
    )
    record = read_record(where.runs, 1)
    assert record == ended.record
    assert (record.state, record.exit_code, record.day) == ("finished", FAILED, day("2011-10-10"))
    assert (record.starter.by, record.receipts, record.campaign) == ("定时任务", 3, "wbwz-2011")
    assert record.began_at == "2011-10-10T07:00:00+00:00"
    assert record.ended_at > record.began_at
    assert {"campaign.yaml", "entities.csv", "ledgers.yaml", "submissions/receipts/000003.json"} <= set(
        record.inputs
    )
    assert [(one.report, one.period, str(one.cutoff), one.state, one.made) for one in record.sets] == [
        ("weekly_dispatch", "2011-W38", "2011-09-26", "done", 1),
        ("weekly_dispatch", "2011-W39", "2011-10-08", "failed", 0),
    ]
    assert set(record.seconds_of) == {"2011-W38", "2011-W39"}
    (failed,) = record.sets[1].failed
    assert (failed.level, failed.edition, failed.cell) == ("unit", "internal", 7)
    log = [json.loads(line) for line in (where.runs / "000001" / "log.jsonl").read_text("utf-8").splitlines()]
    assert [line["event"] for line in log] == [
        "begun",
        *["period_begun", "report", "period_ended"] * 2,
        "ended",
    ]
    assert all(dt.datetime.fromisoformat(line["at"]).year == 2011 for line in log)


@pytest.mark.parametrize(
    ("variable", "via"), [("INVOCATION_ID", "systemd"), ("AIRFLOW_CTX_DAG_ID", "airflow"), ("X", "")]
)
def test_the_scheduler_that_started_it_is_recognised(where, monkeypatch, variable, via):
    for name in ("INVOCATION_ID", "AIRFLOW_CTX_DAG_ID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, "1")
    assert run_due(where, day("2011-09-27"), options(Maker())).record.starter.via == via


TELL = "import json, os, sys; told = json.load(sys.stdin); open('told.json', 'w').write(json.dumps([told, os.environ['WBWZ_RUN'], os.environ['WBWZ_EXIT_CODE'], os.environ['WBWZ_RECORD']]))"


def test_a_failure_is_told_by_command_and_on_the_network(where, listener, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    address, told = listener
    script = tmp_path / "通知.py"
    script.write_text(TELL, encoding="utf-8")
    hooks = Hooks(f"{sys.executable} '{script}'", f"{address}/hook?key=secret")
    ended = run_due(where, day("2011-10-10"), options(Maker(fail=["2011-W39"]), hooks=hooks))
    assert [(alert.kind, alert.told, alert.error) for alert in ended.record.alerts] == [
        ("command", True, ""),
        ("webhook", True, ""),
    ]
    expected = {
        "campaign": "wbwz-2011",
        "run": 1,
        "day": "2011-10-10",
        "by": ended.record.starter.by,
        "exit_code": 1,
        "could_not_start": False,
        "failed_reports": 1,
        "failed": [["weekly_dispatch", "2011-W39"]],
        "blocked": [],
    }
    assert told == [expected]
    message, number, code, folder = json.loads((tmp_path / "told.json").read_text("utf-8"))
    assert (message, number, code) == (expected, "1", "1")
    assert Path(folder) == where.runs / "000001"
    # the address may carry a password: it is not kept
    assert "secret" not in (where.runs / "000001" / "record.json").read_text("utf-8")


def test_all_well_tells_nobody(where, listener):
    address, told = listener
    ended = run_due(where, day("2011-10-10"), options(Maker(), hooks=Hooks("false", address)))
    assert (ended.exit_code, ended.record.alerts, told) == (0, (), [])


@pytest.mark.parametrize(
    ("command", "path", "errors"),
    [
        ("false", "/broken", ["退出码 1", "500"]),
        ("no-such-program-here", "", ["no-such-program-here", ""]),
    ],
)
def test_a_hook_that_fails_hides_nothing(where, listener, command, path, errors):
    address, _ = listener
    hooks = Hooks(command, f"{address}{path}")
    ended = run_due(where, day("2011-10-10"), options(Maker(fail=["2011-W39"]), hooks=hooks))
    assert ended.exit_code == FAILED
    for alert, error in zip(ended.record.alerts, errors, strict=True):
        assert alert.told == (not error)
        assert error in alert.error
    assert read_record(where.runs, 1).alerts == ended.record.alerts
    assert "没有送到" in standing.outcome(ended.record)


def test_nobody_at_the_address_hides_nothing(where, monkeypatch):
    monkeypatch.delenv("http_proxy", raising=False)
    hooks = Hooks(webhook="http://127.0.0.1:9/")
    ended = run_due(where, day("2011-10-10"), options(Maker(fail=["2011-W39"]), hooks=hooks))
    assert (ended.exit_code, ended.record.alerts[0].told) == (FAILED, False)


@pytest.mark.parametrize("hooks", [Hooks(webhook="file:///etc/passwd"), Hooks("echo 'open")])
def test_a_hook_that_can_never_work_is_told_first(where, hooks):
    with pytest.raises(ReportError, match="通知"):
        run_due(where, day("2011-10-10"), options(Maker(), hooks=hooks))


def test_a_campaign_that_cannot_be_read_is_told_too(where, listener):
    address, told = listener
    (where.campaign / "entities.csv").write_text("编号\n", encoding="utf-8")
    run_due(where, day("2011-10-10"), options(Maker(), hooks=Hooks(webhook=address)))
    assert [(one["exit_code"], one["could_not_start"]) for one in told] == [(FAILED, True)]


def test_a_disk_that_takes_nothing_at_all_is_told_too(where, listener, monkeypatch):
    address, told = listener

    def full(*_, **__):
        raise OSError(28, "No space left on device", "x")

    monkeypatch.setattr("wbwz_eval.scheduling.lease._create", full)
    monkeypatch.setattr("wbwz_eval.scheduling.records.write_whole", full)
    monkeypatch.setattr("pathlib.Path.mkdir", _allowed(Path.mkdir, where.runs, full))
    ended = run_due(where, day("2011-10-10"), options(Maker(), hooks=Hooks(webhook=address)))
    assert ended.exit_code == FAILED
    assert "No space left" in ended.record.error
    assert "No space left" in ended.unrecorded
    assert [one["could_not_start"] for one in told] == [True]


def _allowed(mkdir, forbidden, full):
    def make(path, *arguments, **names):
        return full() if forbidden in (path, *path.parents) else mkdir(path, *arguments, **names)

    return make


def test_an_interrupted_run_is_seen_as_such(where):
    with pytest.raises(KeyboardInterrupt):
        run_due(where, day("2011-10-10"), options(_stopped))
    assert records(where.runs)[0].state == "interrupted"
    # killed outright, it says that it runs; nobody holds the lock
    path = where.runs / "000001" / "record.json"
    path.write_text(path.read_text("utf-8").replace('"interrupted"', '"running"'), encoding="utf-8")
    shown = wbwz("runs", where.campaign, "--out", where.reports)
    assert "中断" in shown.stdout
    run_due(where, day("2011-10-10"), options(Maker()))
    assert [record.state for record in records(where.runs)] == ["finished", "interrupted"]


def _stopped(*_):
    raise KeyboardInterrupt


def test_status_says_what_is_late_and_why(where):
    found = standing.status(where, day("2011-10-20"))
    assert not found.is_well
    whys = {(item.report.name, item.owing.period.id): found.why(item) for item in found.troubles}
    assert whys["weekly_dispatch", "2011-W38"] == "run-due 还没有运行过"
    assert found.headline.startswith("逾期 ")
    run_due(where, day("2011-10-08"), options(Maker()))
    found = standing.status(where, day("2011-10-20"))
    whys = {(item.report.name, item.owing.period.id): found.why(item) for item in found.troubles}
    assert ("weekly_dispatch", "2011-W38") not in whys
    assert whys["weekly_dispatch", "2011-W39"] == "截止日以后 run-due 没有运行过（上次是 2011-10-08）"
    run_due(where, day("2011-10-20"), options(Maker(fail=["2011-W39"])))
    found = standing.status(where, day("2011-10-20"))
    whys = {(item.report.name, item.owing.period.id): found.why(item) for item in found.troubles}
    assert "1 份失败" in whys["weekly_dispatch", "2011-W39"]
    assert "单元格 In [7]" in whys["weekly_dispatch", "2011-W39"]
    weekly = next(one for one in standing.coming(found) if one.report.name == "weekly_dispatch")
    # W38 to W41 have their cut-offs by then (the last one on 17 October); W42's is on 24 October
    assert (weekly.done, weekly.owed) == (3, 4)
    assert (weekly.last.owing.period.id, weekly.next.owing.period.id) == ("2011-W41", "2011-W42")
    item = next(item for item in found.troubles if item.key == ("weekly_dispatch", "2011-W39"))
    # in time until 9 October
    assert standing.overdue_days(item, found.day) == 11


def test_the_status_page_needs_nothing_else_and_takes_no_text_for_markup(where, tmp_path):
    evil = "<script>alert(1)</script> \U0001f600 & “坏”"

    def broken(*_):
        raise ValueError(evil)

    run_due(where, day("2011-10-20"), options(broken, by=evil))
    out = tmp_path / "status.html"
    shown = wbwz("status", where.campaign, "--out", where.reports, "--date", "2011-10-20", "--html", out)
    assert shown.exit_code == 1
    html = out.read_text("utf-8")
    page = BeautifulSoup(html, "html.parser")
    assert not page.find_all("script")
    assert "<script>alert(1)</script>" in page.get_text()
    assert not page.find_all(src=True)
    assert not page.find_all("link")
    assert "http" not in html.replace("http-equiv", "")
    assert page.select_one(".verdict").get_text(" ", strip=True).startswith("要处理 逾期")
    assert "data:font/woff;base64," in html
    assert str(where.campaign) not in html


def test_all_well_says_so(tmp_path):
    where = campaign(tmp_path, due_since="2011-10-24")
    found = standing.status(where, day("2011-10-20"))
    assert found.is_well
    assert found.headline == "没有逾期的，也没有受阻的"
    write_looked(
        where.runs, Looked(at="2011-10-20T07:00:00+00:00", day=day("2011-10-20"), by="cron", exit_code=0)
    )
    assert "cron" in standing.status(where, day("2011-10-20")).watch


def test_the_commands_tell_the_same(where, monkeypatch):
    where_is = ("--out", where.reports)
    due = wbwz(
        "due",
        where.campaign,
        *where_is,
        "--date",
        "2011-10-09",
        "--only",
        "weekly_dispatch",
        "--format",
        "csv",
    )
    assert due.stdout.splitlines() == [
        "report,period,cutoff,publish_by,state,overdue,reason",
        "weekly_dispatch,2011-W38,2011-09-26,2011-09-27,late,True,还没有出",
        "weekly_dispatch,2011-W39,2011-10-08,2011-10-09,due,False,还没有出",
        "weekly_dispatch,2011-W40,2011-10-10,2011-10-11,waiting,False,",
    ]
    run_due(where, day("2011-10-10"), options(Maker(fail=["2011-W39"]), by="甲"))
    shown = wbwz("runs", "show", where.campaign, 1, *where_is)
    for told in (
        "甲",
        "2011-10-10",
        "In [7]",
        "ValueError: 坏",
        "输入 campaign.yaml",
        "wbwz report weekly_dispatch",
    ):
        assert told in shown.stdout.replace("\n", ""), told
    whole = json.loads(wbwz("runs", "show", where.campaign, 1, *where_is, "--format", "json").stdout)
    assert whole == read_record(where.runs, 1).model_dump(mode="json")
    listed = wbwz("runs", where.campaign, *where_is).stdout
    assert listed == wbwz("runs", "list", where.campaign, *where_is).stdout
    assert "失败 1 项" in listed
    monkeypatch.setattr("wbwz_eval.scheduling.run_due.run_batch", _broken_batch)
    ran = wbwz("run-due", where.campaign, *where_is, "--date", "2011-10-10", "--only", "weekly_dispatch")
    assert ran.exit_code == FAILED
    assert "失败 weekly_dispatch 2011-W39" in ran.stdout
    nothing = wbwz("run-due", where.campaign, *where_is, "--date", "2011-09-20", "--only", "weekly_dispatch")
    assert (nothing.exit_code, nothing.stdout) == (0, "没有应出而未出的报告\n")


def _broken_batch(folder, orders, *, out, **_):
    return Maker(fail=["2011-W39"])(folder, orders, out)


def test_backfill_takes_days_and_periods(where, monkeypatch):
    monkeypatch.setattr("wbwz_eval.scheduling.run_due.run_batch", _broken_batch)
    common = ("--out", where.reports, "--date", "2011-12-01", "--only", "weekly_dispatch")
    ran = wbwz("run-due", where.campaign, *common, "--backfill", "2011-W40", "2011-10-23")
    assert ran.exit_code == 0, ran.output
    assert [one.period for one in records(where.runs)[0].sets] == ["2011-W40", "2011-W41", "2011-W42"]
    assert records(where.runs)[0].asked == "weekly_dispatch、2011-10-03 至 2011-10-23"
    # a week is the whole week, at either end
    assert wbwz("run-due", where.campaign, *common, "--backfill", "2011-W39", "2011-W39").exit_code == 1
    assert [one.period for one in records(where.runs)[0].sets] == ["2011-W39"]


def test_another_run_is_exit_code_3(where):
    held = (
        "import sys, time; from pathlib import Path; from wbwz_eval.scheduling.lease import only_one\n"
        "with only_one(Path(sys.argv[1]), Path(sys.argv[1]), '别人', ''):\n    print('in', flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", held, str(where.work)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "in\n"
        ran = wbwz("run-due", where.campaign, "--out", where.reports, "--date", "2011-10-10")
        other.kill()
    assert ran.exit_code == 3
    assert "别人" in ran.stderr
    assert not where.runs.exists()
    # killed, it is in nobody's way
    assert run_due(where, day("2011-10-10"), options(Maker())).exit_code == 0


def test_what_is_blocked_is_exit_code_4(tmp_path):
    where = campaign(tmp_path)
    ran = wbwz(
        "run-due", where.campaign, "--out", where.reports, "--date", "2011-09-14", "--only", "weekly_dispatch"
    )
    assert ran.exit_code == BLOCKED
    assert "受阻 周调度单 2011-W36：到截止日 2011-09-13 没有收到任何报送" in ran.stdout
