"""Two at once, on one machine or on two that share a folder; and who is dead."""

from __future__ import annotations

import contextlib
import json
import threading
import time

import pytest
from filelock import FileLock
from little import Maker, campaign, day, options, receive

from wbwz_eval.scheduling.lease import (
    HOLDER,
    LOCK,
    Holder,
    LostError,
    RunningError,
    boot,
    only_one,
    read_holder,
)
from wbwz_eval.scheduling.records import run_numbers
from wbwz_eval.scheduling.run_due import ALL_WELL, BLOCKED, run_due

BEAT, DEAD = 0.05, 0.4


def held(folder, **how):
    return only_one(folder, folder, "甲", "2012-01-04T07:00", **{"beat": BEAT, "dead_after": DEAD, **how})


def other_machine(folder, beat: int = 0) -> None:
    """Leave what a run on another machine leaves."""
    folder.mkdir(exist_ok=True)
    written = Holder("t", "乙", "另一台", "another boot", 77, "2012-01-04T06:00", beat)
    (folder / HOLDER).write_text(json.dumps(vars(written)), encoding="utf-8")


def test_the_second_says_who_runs_and_does_nothing(tmp_path):
    where = campaign(tmp_path)
    receive(where, "2011-9-25", "2011-09-26")
    begun, go_on = threading.Event(), threading.Event()
    first = Maker()

    def slow(folder, orders, out):
        begun.set()
        assert go_on.wait(20)
        return first(folder, orders, out)

    ended = []
    running = threading.Thread(
        target=lambda: ended.append(run_due(where, day("2011-09-27"), options(slow, by="值班员")))
    )
    running.start()
    assert begun.wait(20)
    second = Maker()
    with pytest.raises(RunningError, match="值班员") as error:
        run_due(where, day("2011-09-27"), options(second))
    assert error.value.holder.by == "值班员"
    go_on.set()
    running.join()
    assert (second.made, len(first.made)) == ([], 1)
    # two weeks before anything had come in are blocked
    assert [one.exit_code for one in ended] == [BLOCKED]
    assert run_numbers(where.runs) == [1]
    assert read_holder(where.work) is None
    assert run_due(where, day("2011-09-27"), options(second)).record is None


def test_the_lock_falls_and_nothing_stays(tmp_path):
    for _ in range(2):
        with held(tmp_path) as own:
            assert read_holder(tmp_path).token == own.holder.token
        assert {path.name for path in tmp_path.iterdir()} <= {LOCK}


def test_who_was_killed_on_this_machine_is_followed_at_once(tmp_path):
    left = Holder("t", "乙", "本机", boot(), 77, "2012-01-04T06:00")
    (tmp_path / HOLDER).write_text(json.dumps(vars(left)), encoding="utf-8")
    began = time.monotonic()
    with held(tmp_path, dead_after=30):
        pass
    assert time.monotonic() - began < 10


def test_another_machine_that_lives_is_left_alone(tmp_path):
    other_machine(tmp_path)
    done = threading.Event()

    def beat():
        number = 0
        while not done.wait(BEAT):
            number += 1
            other_machine(tmp_path, number)

    beating = threading.Thread(target=beat)
    beating.start()
    try:
        with pytest.raises(RunningError, match="另一台 进程 77"), held(tmp_path):
            pass
    finally:
        done.set()
        beating.join()
    assert read_holder(tmp_path).host == "另一台"


def test_another_machine_that_is_dead_is_followed_whatever_its_clock_said(tmp_path):
    other_machine(tmp_path)
    began = time.monotonic()
    with held(tmp_path) as own:
        assert time.monotonic() - began >= DEAD
        assert read_holder(tmp_path).token == own.holder.token


def test_a_file_cut_short_is_somebodys_until_it_has_not_changed(tmp_path):
    (tmp_path / HOLDER).write_bytes(b'{"token": "t", "by"')
    with held(tmp_path):
        assert read_holder(tmp_path).by == "甲"


def test_who_stood_still_too_long_finds_out(tmp_path):
    with held(tmp_path) as own:
        own.check()
        other_machine(tmp_path)
        until = time.monotonic() + 10
        lost = False
        while not lost and time.monotonic() < until:
            time.sleep(BEAT)
            try:
                own.check()
            except LostError:
                lost = True
        assert lost
    # and leaves the other's file alone
    assert read_holder(tmp_path).host == "另一台"


def test_of_many_that_see_a_dead_one_a_single_one_follows(tmp_path, monkeypatch):
    """Without locks of the system, as on a disk that has none: the file alone decides."""
    other_machine(tmp_path)

    def none(self, *arguments, **names):
        raise NotImplementedError

    monkeypatch.setattr(FileLock, "acquire", none)
    holding, refused, errors = [], [], []
    start, end = threading.Barrier(8), threading.Event()

    def try_it():
        start.wait()
        try:
            with held(tmp_path) as own:
                holding.append(own.holder.token)
                end.wait(20)
        except RunningError:
            refused.append(1)
        except Exception as error:  # noqa: BLE001
            errors.append(error)

    threads = [threading.Thread(target=try_it) for _ in range(8)]
    for thread in threads:
        thread.start()
    until = time.monotonic() + 20
    while len(holding) + len(refused) + len(errors) < 8 and time.monotonic() < until:
        time.sleep(0.02)
    assert errors == []
    assert (len(holding), len(refused)) == (1, 7)
    end.set()
    for thread in threads:
        thread.join()


def test_two_runs_that_both_believe_they_are_alone_make_one_whole_set(tmp_path, monkeypatch):
    """The worst that a shared folder without locks allows: it costs time, not reports."""
    where = campaign(tmp_path)
    receive(where, "2011-9-25", "2011-09-26")

    class Free:
        holder = Holder("t", "甲", "h", "b", 1, "")

        def check(self):
            """Find nothing wrong."""

    monkeypatch.setattr(
        "wbwz_eval.scheduling.run_due.only_one", lambda *_, **__: contextlib.nullcontext(Free())
    )
    makers = [Maker(), Maker()]
    codes = []
    threads = [
        threading.Thread(target=lambda m=m: codes.append(run_due(where, day("2011-10-18"), options(m))))
        for m in makers
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(codes) == 2
    names = [path.parent.name for path in where.reports.glob("*/*.html")]
    assert sorted(names) == ["2011-W38", "2011-W39", "2011-W40", "2011-W41"]
    assert run_due(where, day("2011-10-18"), options(Maker())).record is None
    assert len(run_numbers(where.runs)) == len(set(run_numbers(where.runs)))
    assert ALL_WELL == 0
