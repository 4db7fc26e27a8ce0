"""Ended at any moment, on a full disk, started again: everything that is owed is there once and whole."""

from __future__ import annotations

import json
import os
import random
import resource
import shutil
import sys
from pathlib import Path

import pytest
from little import Maker, campaign, day, options, pages, receive

from wbwz_eval.campaign.folder import open_campaign
from wbwz_eval.scheduling.marks import MARKS
from wbwz_eval.scheduling.records import records
from wbwz_eval.scheduling.run_due import FAILED, run_due

sys.path.insert(0, str(Path(__file__).parents[1] / "faults"))

from interrupted import calls_of, failing_from, killed_at

MOMENTS = 10
DATE = "2011-10-09"


@pytest.fixture(scope="module")
def ready(tmp_path_factory):
    """A campaign of which two weeks are due, and the pages that they are to give."""
    where = campaign(tmp_path_factory.mktemp("ready"))
    receive(where, "2011-9-25", "2011-09-26", problem="甲")
    receive(where, "2011-10-2", "2011-10-08", problem="乙")
    open_campaign(where.campaign).replay()
    # what a process does only once is done
    run(copied(where, tmp_path_factory.mktemp("once")))
    return where


def copied(ready, to):
    shutil.copytree(ready.campaign, to / "wbwz-2011")
    return type(ready)(to / "wbwz-2011", to / "reports")


def run(where, maker=None):
    return run_due(where, day(DATE), options(maker or Maker(), beat=0.5))


def whole(where, expected) -> None:
    """See that all is there once and whole, and that nothing half is left."""
    assert pages(where) == expected
    names = sorted(path.name for path in where.reports.rglob("*") if path.is_file())
    per_week = [
        MARKS,
        *(f"weekly_dispatch-unit-internal{end}" for end in (".html", ".ipynb", ".report.json")),
    ]
    assert [name for name in names if name in per_week] == sorted(per_week * len(expected))
    assert not list(where.work.rglob(".half-*"))
    assert {path.name for path in where.work.iterdir()} <= {".lock", "views"}
    for record in records(where.runs):
        assert record.state in {"finished", "interrupted", "refused"}


def test_killed_at_any_moment_and_started_again(ready, tmp_path):
    reference = copied(ready, tmp_path / "reference")
    calls = calls_of(lambda: run(reference))
    expected = pages(reference)
    assert len(expected) == 2
    moments = sorted(random.Random(7).sample(range(1, calls), MOMENTS))
    killed = 0
    for number, moment in enumerate(moments):
        where = copied(ready, tmp_path / str(number))
        killed += killed_at(moment, lambda where=where: run(where))
        maker = Maker()
        run(where, maker)
        whole(where, expected)
        assert run(where, maker).record is None
        assert len(maker.made) <= 2
    # how many calls a run makes differs a little from run to run
    assert killed >= MOMENTS - 1


def test_what_was_left_half_written_goes_when_nobody_can_be_at_it(ready, tmp_path):
    where = copied(ready, tmp_path)
    old, young = (where.of_period("2011-W38") / f".report-{name}" for name in ("old", "young"))
    for left in (old, young):
        left.mkdir(parents=True)
        (left / "page.html").write_bytes(b"<p>")
    os.utime(old, (0, 0))
    run(where)
    assert not old.exists()
    # it may be that of a command that writes at this moment
    assert young.exists()


def test_killed_again_and_again(ready, tmp_path):
    where = copied(ready, tmp_path / "one")
    reference = copied(ready, tmp_path / "reference")
    run(reference)
    for moment in (400, 900, 1500):
        killed_at(moment, lambda: run(where))
    run(where)
    whole(where, pages(reference))


def test_a_disk_that_fills_up_in_the_middle_of_a_report(ready, tmp_path):
    """No file may be longer than what the records need: pages are, and cannot be written."""
    where = copied(ready, tmp_path / "one")
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
        try:
            ended = run(where, Maker(size=300_000))
            os._exit(ended.exit_code)
        finally:
            os._exit(99)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == FAILED
    assert pages(where) == {}
    assert not list(where.reports.glob("*/.report-*"))
    (record,) = records(where.runs)
    assert [one.state for one in record.sets] == ["failed", "failed"]
    assert "File too large" in record.sets[0].failed[0].error
    lines = (where.runs / "000001" / "log.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line)["event"] for line in lines][-1] == "ended"
    # somebody made room
    run(where, Maker(size=300_000))
    assert len(pages(where)) == 2
    assert min(len(page) for page in pages(where).values()) > 300_000


def test_a_disk_without_any_room_is_told_in_plain_words(ready, tmp_path):
    reference = copied(ready, tmp_path / "reference")
    calls = calls_of(lambda: run(reference))
    expected = pages(reference)
    for number, moment in enumerate(random.Random(3).sample(range(1, calls), 6)):
        where = copied(ready, tmp_path / str(number))
        assert failing_from(moment, lambda where=where: run(where)) in {"done", "told"}
        run(where)
        whole(where, expected)
