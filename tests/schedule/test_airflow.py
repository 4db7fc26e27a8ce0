"""The DAG: what stands in it, and, where there is an Airflow, what that makes of it."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from awkward_names import AWKWARD
from little import campaign, day, receive
from test_timers import PLAIN
from typer.testing import CliRunner

from wbwz_eval.cli import app
from wbwz_eval.reporting.errors import ReportError
from wbwz_eval.scheduling import run_due
from wbwz_eval.scheduling.airflow_dag import airflow_dag
from wbwz_eval.scheduling.alerts import Hooks
from wbwz_eval.scheduling.place import Where
from wbwz_eval.scheduling.records import records

AIRFLOW = os.environ.get("WBWZ_AIRFLOW", "")
needs_airflow = pytest.mark.skipif(
    not AIRFLOW, reason="WBWZ_AIRFLOW names no Python with Airflow 3: it is never a dependency"
)


def constants(text: str) -> dict[str, object]:
    """Return what is assigned on the first level, as far as it is literal."""
    found = {}
    for line in ast.parse(text).body:
        if isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name):
            found[line.targets[0].id] = ast.literal_eval(line.value)
        elif isinstance(line, ast.Assign):
            names = [name.id for name in line.targets[0].elts]
            found |= dict(zip(names, ast.literal_eval(line.value), strict=True))
    return found


def test_the_dag_is_told_where_and_when():
    call = replace(PLAIN, campaign=f"/x/{AWKWARD}/c", hooks=Hooks("tell 'me'"))
    text = airflow_dag(call, "Asia/Shanghai")
    compile(text, "dag.py", "exec")
    told = constants(text)
    assert told["CRON"] == "5 6 * * *"
    assert (told["ZONE"], told["WORK"], told["NAME"]) == ("Asia/Shanghai", "/data", call.name)
    start = ["/venv/bin/python", "-P", "-X", "utf8", "-m", "wbwz_eval.cli"]
    assert told["RUN_DUE"] == [*start, "run-due", f"/x/{AWKWARD}/c", "--out", "/data/reports/c"]
    assert told["DUE"] == [*start, "due", f"/x/{AWKWARD}/c", "--out", "/data/reports/c", "--format", "json"]
    assert told["ENVIRONMENT"]["WBWZ_ON_FAILURE"] == "tell 'me'"
    assert (told["FAILED"], told["BLOCKED"]) == (run_due.FAILED, run_due.BLOCKED)


def test_it_imports_nothing_but_airflow_and_what_python_brings():
    nodes = list(ast.walk(ast.parse(airflow_dag(PLAIN, "UTC"))))
    names = {name.name for node in nodes if isinstance(node, ast.Import) for name in node.names}
    names |= {node.module for node in nodes if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in names} == {
        "airflow",
        "datetime",
        "json",
        "os",
        "subprocess",
        "zoneinfo",
    }


def test_an_address_that_everybody_could_read_is_refused():
    with pytest.raises(ReportError, match="WBWZ_WEBHOOK"):
        airflow_dag(replace(PLAIN, hooks=Hooks(webhook="https://h/x")), "UTC")


def test_what_is_due_comes_with_what_the_dag_asks_for(tmp_path):
    where = campaign(tmp_path, due_since="2011-09-26")
    told = constants(airflow_dag(replace(PLAIN, campaign=str(where.campaign)), "UTC"))
    arguments = told["DUE"][told["DUE"].index("due") :]
    shown = CliRunner().invoke(app, [*arguments, "--date", "2011-09-27"])
    items = json.loads(shown.stdout)
    due = [item for item in items if item["state"] in ("due", "late")]
    assert [(item["report"], item["period"]) for item in due] == [("weekly_dispatch", "2011-W38")]


@pytest.fixture
def airflow(tmp_path):
    """Run a command of Airflow in a home of its own."""
    home = tmp_path / "airflow"
    (home / "dags").mkdir(parents=True)
    has = os.environ | {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(home / "dags"),
    }

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [AIRFLOW, "-m", "airflow", *words],
            env=has,
            cwd=home,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    return run


@needs_airflow
def test_airflow_runs_it(airflow, awkward, written, tmp_path):
    where = campaign(awkward, due_since="2011-09-26", whole="yes")
    for week, on in (("2011-9-25", "2011-09-26"), ("2011-10-2", "2011-10-08")):
        receive(where, week, on)
    written(where.campaign, "--for", "airflow")
    (dag,) = (awkward / "schedule").glob("*_dag.py")
    (tmp_path / "airflow" / "dags" / "wbwz_dag.py").write_bytes(dag.read_bytes())
    name = constants(dag.read_text("utf-8"))["NAME"]
    assert airflow("db", "migrate").returncode == 0
    done = airflow("dags", "test", name, "2011-10-09")
    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-5000:]
    reports = awkward / "reports" / "wbwz-2011"
    found = records(reports / "runs")
    # one run for each period that was due; the last task had nothing to do
    assert [(one.asked.split("、")[0], one.day, one.starter.by, one.starter.via) for one in found] == [
        ("weekly_dispatch", day("2011-10-09"), "Airflow", "airflow"),
        ("weekly_dispatch", day("2011-10-09"), "Airflow", "airflow"),
    ]
    assert [one.period for record in reversed(found) for one in record.sets] == ["2011-W38", "2011-W39"]
    assert sorted(path.parent.name for path in Path(reports).glob("*/*.html")) == ["2011-W38", "2011-W39"]


@needs_airflow
def test_each_entity_is_a_task_of_its_own(airflow, awkward, written, panjin_copy, tmp_path):
    folder = shutil.copytree(panjin_copy, awkward / panjin_copy.name)
    where = Where.of(folder, awkward / "reports" / "panjin-2023")
    written(where.campaign, "--for", "airflow")
    (dag,) = (awkward / "schedule").glob("*_dag.py")
    (tmp_path / "airflow" / "dags" / "wbwz_dag.py").write_bytes(dag.read_bytes())
    assert airflow("db", "migrate").returncode == 0
    done = airflow("dags", "test", constants(dag.read_text("utf-8"))["NAME"], "2023-06-20")
    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-5000:]
    # the campaign has six districts
    assert set(re.findall(r"make_one map_index=(\d+)", said)) == set("012345")
    assert len(list(where.of_period("term").glob("entity_profile-D*-internal.html"))) == 6
    sets = {one.report: one for record in records(where.runs) for one in record.sets}
    # whoever marks it finds all of them
    profiles = sets["entity_profile"]
    assert (profiles.state, profiles.made, profiles.kept) == ("done", 0, 6)
    assert sets["quarterly_bulletin"].state == "done"
