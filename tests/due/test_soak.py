"""The benchmark's own reckoning: it counts what is owed by itself, and sees what is wrong."""

from __future__ import annotations

import argparse
import datetime as dt
import sys
from pathlib import Path

import pytest
from little import Maker

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

import soak

WEEKS = argparse.Namespace(
    first=dt.date(2011, 9, 19), last=dt.date(2011, 10, 11), every=1, only=["weekly_dispatch"], jobs=None
)


@pytest.fixture
def batch(monkeypatch):
    """Makes reports without notebooks."""
    maker = Maker()
    monkeypatch.setattr(
        "wbwz_eval.scheduling.run_due.run_batch",
        lambda folder, orders, *, out, **_: maker(folder, orders, out),
    )
    return maker


def test_three_weeks_day_by_day(tmp_path, batch, capsys):
    assert soak.soak(tmp_path, WEEKS)
    assert [period for _, period in batch.made] == ["2011-W37", "2011-W38", "2011-W39", "2011-W40"]
    told = capsys.readouterr().out
    assert "days 23, runs that made something 4" in told
    # made on the day after each cut-off: 19 and 26 September, 8 and 10 October
    assert [line.split()[0] for line in told.splitlines() if line.startswith("  2011")] == [
        "2011-09-20",
        "2011-09-27",
        "2011-10-09",
        "2011-10-11",
    ]
    assert "4 owed, 4 made, 4 times: good" in told


def test_what_is_not_made_is_wrong(tmp_path, batch, capsys):
    batch.fail.add("2011-W38")
    two = argparse.Namespace(**vars(WEEKS) | {"last": dt.date(2011, 9, 28)})
    assert not soak.soak(tmp_path, two)
    assert "WRONG ('weekly_dispatch', '2011-W38') was never made" in capsys.readouterr().out
