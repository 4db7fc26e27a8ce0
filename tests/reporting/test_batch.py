"""A batch survives what ends processes: each report is there whole, or not at all, and is made exactly once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from wbwz_eval.campaign.whole_files import digest
from wbwz_eval.reporting import batch, executors
from wbwz_eval.reporting.batch import Order, run_batch
from wbwz_eval.reporting.catalogue import Report, find_report
from wbwz_eval.reporting.errors import LostProcessError, ReportError
from wbwz_eval.reporting.warm import kept

KERNEL = {"name": "python3", "language": "python", "display_name": "Python 3"}
ORDERS = [Order("entity_profile", "term", "district", "internal", f"D{i}") for i in range(1, 7)]


def whole(folder: Path) -> set[str]:
    """Check that each page in a folder is a whole report; returns their stems."""
    found = set()
    for manifest in folder.glob("*.report.json"):
        made = json.loads(manifest.read_text(encoding="utf-8"))
        for name, sha256 in made["files"].items():
            assert digest((folder / name).read_bytes()) == sha256, name
        found.add(manifest.name.removesuffix(".report.json"))
    for page in folder.glob("*.html"):
        assert page.read_text(encoding="utf-8").rstrip().endswith("</html>")
    for notebook in set(folder.glob("*.ipynb")) - set(folder.glob("*.failed.ipynb")):
        cells = [cell for cell in json.loads(notebook.read_text())["cells"] if cell["cell_type"] == "code"]
        assert all(cell["execution_count"] for cell in cells), notebook
    return found


def break_profile_of(entity: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the notebook of profiles fail for one entity, after the cell with the parameters."""
    book = nbformat.read(find_report("entity_profile").notebook_path(), 4)
    book.cells.insert(2, new_code_cell(f"if entity == {entity!r}: raise RuntimeError('no ' + entity)"))
    path = tmp_path / "entity_profile.ipynb"
    nbformat.write(book, path)
    monkeypatch.setattr(Report, "notebook_path", lambda _: path)


class _Lost:
    """Begins reports like this computer does, but loses the first of them a number of times."""

    def __init__(self, times: int) -> None:
        self.times, self.begun = times, 0

    def on(self, folder, workers):
        real = executors.on_this_computer(folder, workers)
        outer = self

        class Losing:
            def __enter__(self):
                begin = real.__enter__()

                def begin_or_lose(planned):
                    outer.begun += 1
                    future = begin(planned)
                    if planned.parameters["entity"] == "D1" and outer.times > 0:
                        outer.times -= 1
                        future.cancel()
                        future.result = lost
                    return future

                return begin_or_lose

            def __exit__(self, *how):
                return real.__exit__(*how)

        def lost(*_):
            message = "lost"
            raise LostProcessError(message)

        return Losing()


def test_what_a_killed_process_left_half_written_is_cleared_away(panjin_copy, tmp_path):
    out = tmp_path / "out"
    old, young = out / ".report-old", out / ".report-young"
    for left in (old, young):
        left.mkdir(parents=True)
        (left / "half.html").write_text("<html>", encoding="utf-8")
    os.utime(old, (time.time() - 700, time.time() - 700))
    run_batch(panjin_copy, ORDERS[:1], out=out)
    assert not old.exists()
    # another command may be writing it
    assert young.exists()


@pytest.mark.parametrize(("times", "made"), [(2, True), (3, False)])
def test_only_what_was_lost_is_tried_again_and_not_for_ever(panjin_copy, tmp_path, monkeypatch, times, made):
    losing = _Lost(times)
    monkeypatch.setattr(batch, "on_this_computer", losing.on)
    outcomes = run_batch(panjin_copy, ORDERS[:2], out=tmp_path / "out", jobs=1)
    assert [outcome.page is not None for outcome in outcomes] == [made, True]
    assert losing.begun == 2 + min(times, 2)
    if not made:
        assert "试过 3 次" in outcomes[0].error


def test_a_notebook_that_fails_is_not_tried_again(panjin_copy, tmp_path, monkeypatch):
    losing = _Lost(0)
    monkeypatch.setattr(batch, "on_this_computer", losing.on)
    break_profile_of("D1", tmp_path, monkeypatch)
    outcomes = run_batch(panjin_copy, ORDERS[:2], out=tmp_path / "out", jobs=2)
    assert [outcome.page is not None for outcome in outcomes] == [False, True]
    assert "RuntimeError: no D1" in outcomes[0].error
    assert losing.begun == 2
    assert whole(tmp_path / "out") == {"entity_profile-D2-internal"}


def test_a_batch_goes_on_when_the_process_that_it_forks_from_is_ended(panjin_copy, tmp_path, monkeypatch):
    real, ended = batch._outcome, []  # noqa: SLF001 - the moment after a report

    def end_once(*arguments):
        outcome = real(*arguments)
        if not ended:
            parent = kept.REPORTS.parent()._process  # noqa: SLF001
            ended.append(parent.pid)
            os.kill(parent.pid, signal.SIGKILL)
        return outcome

    monkeypatch.setattr(batch, "_outcome", end_once)
    outcomes = run_batch(panjin_copy, ORDERS, out=tmp_path / "out", jobs=2)
    assert ended
    assert [outcome.error for outcome in outcomes] == [""] * len(ORDERS)
    assert len(whole(tmp_path / "out")) == len(ORDERS)


def test_a_cell_past_its_time_is_told_and_the_others_go_on(panjin_copy, tmp_path, monkeypatch):
    real = Report.notebook_path
    endless = tmp_path / "quarterly_bulletin.ipynb"
    cells = [new_code_cell('campaign = period = level = edition = ""', metadata={"tags": ["parameters"]})]
    cells += [new_code_cell("import time"), new_code_cell("while True: time.sleep(1)")]
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": KERNEL}), endless)
    monkeypatch.setattr(
        Report,
        "notebook_path",
        lambda report: endless if report.name == "quarterly_bulletin" else real(report),
    )
    bulletin = Order("quarterly_bulletin", "term", "district", "internal")
    outcomes = run_batch(panjin_copy, [bulletin, ORDERS[0]], out=tmp_path / "out", jobs=2, timeout=10)
    # the cell with the parameters comes before the one that is told
    assert "quarterly_bulletin.ipynb 的第 4 格超过了时限（10 秒）" in outcomes[0].error
    assert whole(tmp_path / "out") == {"entity_profile-D1-internal"}


def start(campaign: Path, out: Path) -> subprocess.Popen[bytes]:
    """Start a batch as a user does."""
    command = [sys.executable, "-m", "wbwz_eval.cli", "report", "entity_profile", str(campaign), "term"]
    command += ["--all-entities", "--out", str(out), "--jobs", "2"]
    return subprocess.Popen(  # one thread here, so that the child may be prepared
        command,
        stderr=subprocess.PIPE,
        start_new_session=True,
        preexec_fn=_hear_ctrl_c,  # noqa: PLW1509
    )


def _hear_ctrl_c() -> None:
    # what a shell starts in the background ignores it, the tests perhaps among it
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_after_ctrl_c_what_is_finished_stays_whole_and_the_next_run_does_the_rest(panjin_copy, tmp_path):
    out = tmp_path / "out"
    with start(panjin_copy, out) as process:
        until = time.monotonic() + 120
        while not list(out.glob("*.report.json")) and time.monotonic() < until:
            time.sleep(0.01)
        os.killpg(process.pid, signal.SIGINT)
        _, told = process.communicate(timeout=60)
    assert process.returncode != 0
    assert b"Traceback" not in told
    first = whole(out)
    assert 1 <= len(first) < 6
    assert not list(out.glob(".*"))
    outcomes = run_batch(panjin_copy, ORDERS, out=out)
    assert sum(outcome.kept for outcome in outcomes) == len(first)
    assert len(whole(out)) == 6


@pytest.mark.parametrize("moment", range(4))
def test_no_half_report_is_left_when_everything_is_killed(panjin_copy, tmp_path, moment):
    """Fifty moments are tried by benchmarks/kills.py."""
    out = tmp_path / "out"
    with start(panjin_copy, out) as process:
        until = time.monotonic() + 120
        while not out.exists() and time.monotonic() < until:
            time.sleep(0.01)
        time.sleep(0.3 * moment)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    whole(out)
    outcomes = run_batch(panjin_copy, ORDERS, out=out)
    assert [outcome.error for outcome in outcomes] == [""] * 6
    assert len(whole(out)) == 6


def test_an_unknown_engine_is_told(panjin_copy, tmp_path, monkeypatch):
    monkeypatch.setenv("WBWZ_ENGINE", "hot")
    with pytest.raises(ReportError, match="warm"):
        run_batch(panjin_copy, ORDERS[:1], out=tmp_path)
