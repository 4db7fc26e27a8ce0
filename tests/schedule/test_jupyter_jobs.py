"""Jobs from JupyterLab: what is written is a value, and, where there is jupyter-scheduler, a job runs."""

from __future__ import annotations

import json
import os
import subprocess
import time
import urllib.request
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from wbwz_eval.reporting.catalogue import REPORTS
from wbwz_eval.reporting.errors import ReportError
from wbwz_eval.scheduling.job_values import typed_values

JUPYTER = os.environ.get("WBWZ_JUPYTER_SCHEDULER", "")
KERNEL = {"name": "python3", "language": "python", "display_name": "Python 3"}
PARAMETERS = 'period: str = "2012-Q3"\ndraws = 100\nshare: float = 0.5\nquick = False\nday = today()'


def notebook(*cells: str, parameters: str = PARAMETERS):
    first = new_code_cell(parameters, metadata={"tags": ["parameters"]})
    return new_notebook(cells=[first, *map(new_code_cell, cells)], metadata={"kernelspec": KERNEL})


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("period", "2012-Q4", "2012-Q4"),
        ("period", "12", "12"),
        ("period", "", ""),
        ("draws", "250", 250),
        ("share", "0.25", 0.25),
        ("share", "1", 1.0),
        ("quick", "true", True),
        ("quick", "否", False),
        ("day", "2012-01-01", "2012-01-01"),
    ],
)
def test_a_text_becomes_what_the_notebook_has(name, text, value):
    (found,) = typed_values(notebook(), {name: text}).values()
    assert (type(found), found) == (type(value), value)


def test_all_that_is_wrong_is_told_at_once():
    texts = {"perod": "2012-Q4", "draws": "many", "share": "half", "quick": "perhaps", "period": "ok"}
    with pytest.raises(ReportError) as error:
        typed_values(notebook(), texts)
    lines = str(error.value).splitlines()
    assert len(lines) == 4
    assert "perod" in lines[0]
    assert "period" in lines[0]
    assert [word in line for word, line in zip(("many", "half", "perhaps"), lines[1:], strict=True)] == [
        True
    ] * 3


def test_a_notebook_without_parameters_takes_none():
    bare = new_notebook(cells=[new_code_cell("1")], metadata={"kernelspec": KERNEL})
    assert typed_values(bare, {}) == {}
    with pytest.raises(ReportError, match="没有参数"):
        typed_values(bare, {"period": "x"})
    with pytest.raises(ReportError, match="读不出来"):
        typed_values(notebook(parameters="a = = 1"), {"a": "x"})


def test_every_report_says_what_it_takes():
    for report in REPORTS:
        book = nbformat.read(report.notebook_path(), as_version=4)
        for parameter in report.parameters:
            text = "7" if parameter.type is int else "7x"
            (value,) = typed_values(book, {parameter.name: text}).values()
            assert type(value) is parameter.type, (report.name, parameter.name)


class Server:
    """A Jupyter server with the scheduler's extension, spoken to as JupyterLab does."""

    def __init__(self, root: Path, home: Path) -> None:
        self.log = home / "server.log"
        folders = {f"JUPYTER_{name}_DIR": str(home / name.lower()) for name in ("DATA", "RUNTIME", "CONFIG")}
        manager = "wbwz_eval.scheduling.jupyter_jobs.PapermillExecutionManager"
        command = [
            JUPYTER, "-m", "jupyter_server", "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1",
            "--ServerApp.port=0", "--IdentityProvider.token=t", f"--ServerApp.root_dir={root}",
            "--ServerApp.jpserver_extensions=jupyter_scheduler=True",
            f"--Scheduler.execution_manager_class={manager}",
        ]  # fmt: skip
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command, cwd=root, env=os.environ | folders, stdout=log, stderr=subprocess.STDOUT
            )
        self.address = self._wait(home / "runtime")

    def _wait(self, runtime: Path) -> str:
        until = time.monotonic() + 60
        while time.monotonic() < until and self.process.poll() is None:
            for path in runtime.glob("jpserver-*.json"):
                address = json.loads(path.read_text("utf-8"))["url"]
                try:
                    with urllib.request.urlopen(f"{address}scheduler/config?token=t", timeout=5):
                        return address
                except OSError:
                    continue
            time.sleep(0.2)
        raise AssertionError(self.log.read_text("utf-8"))

    def ask(self, what: str, body: object | None = None) -> dict[str, object]:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"{self.address}scheduler/{what}", data, {"Authorization": "token t"}
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read() or b"null")

    def job(self, name: str, **parameters: str) -> dict[str, object]:
        """Run a notebook as a job; returns how it ended."""
        asked = {
            "name": name,
            "input_uri": name,
            "runtime_environment_name": Path(JUPYTER).name,
            "output_formats": ["ipynb", "html"],
            "parameters": parameters,
        }
        number = self.ask("jobs", asked)["job_id"]
        until = time.monotonic() + 120
        while time.monotonic() < until:
            job = self.ask(f"jobs/{number}")
            if job["status"] in ("COMPLETED", "FAILED"):
                self.ask(f"jobs/{number}/download_files")
                return job
            time.sleep(0.5)
        raise AssertionError(self.log.read_text("utf-8"))


def outputs(root: Path, job: dict[str, object]) -> dict[str, Path]:
    """Return the files of a job once they are where the user sees them."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        paths = (root / "jobs").glob(f"*{job['job_id']}*/*-*.*")
        ends = {".ipynb": "}", ".html": "</html>"}
        found = {
            path.suffix: path
            for path in paths
            if path.read_text("utf-8").rstrip().endswith(ends[path.suffix])
        }
        if {".ipynb", ".html"} <= set(found):
            return found
        time.sleep(0.2)
    raise AssertionError(list((root / "jobs").rglob("*")))


@pytest.mark.skipif(
    not JUPYTER, reason="WBWZ_JUPYTER_SCHEDULER names no Python with this package and its extra “scheduler”"
)
def test_a_job_runs_with_values_and_fails_visibly(tmp_path):
    root, home = tmp_path / "根", tmp_path / "home"
    for folder in (root, home):
        folder.mkdir()
    (root / "beside.txt").write_text("旁", encoding="utf-8")
    evil = "x'; open('taken', 'w') #\"\"\""
    book = notebook(
        "print(repr(period), draws + 1)\nprint(open('beside.txt', encoding='utf-8').read())",
        "if draws == 7: raise ValueError('坏')",
        parameters='period = ""\ndraws = 1',
    )
    nbformat.write(book, root / "book.ipynb")
    server = Server(root, home)
    try:
        well = server.job("book.ipynb", period=evil, draws="41")
        assert well["status"] == "COMPLETED", well
        made = outputs(root, well)
        executed = nbformat.read(made[".ipynb"], as_version=4)
        printed = "".join(
            output.get("text", "") for cell in executed.cells for output in cell.get("outputs", [])
        )
        assert printed == f"{evil!r} 42\n旁\n"
        assert "42" in made[".html"].read_text("utf-8")
        assert not list(tmp_path.rglob("taken"))
        failed = server.job("book.ipynb", draws="7")
        assert failed["status"] == "FAILED"
        assert "ValueError: 坏" in failed["status_message"]
        assert "In [4]" in failed["status_message"]
        assert "ValueError" in outputs(root, failed)[".html"].read_text("utf-8")
        refused = server.job("book.ipynb", perod="x")
        assert refused["status"] == "FAILED"
        assert "perod" in refused["status_message"]
    finally:
        server.process.terminate()
        server.process.wait(20)
