"""A command that is killed, or whose disk fails, at any moment leaves a folder that replays cleanly."""

from __future__ import annotations

import datetime as dt
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from interrupted import calls_of, failing_from, killed_at
from support import approve, bare_copy

from wbwz_eval import open_campaign
from wbwz_eval.campaign.frozen import read_freeze
from wbwz_eval.campaign.submit import Handing, submit
from wbwz_eval.scoring.freezing import freeze
from wbwz_eval.scoring.verify import is_intact, verify

HEADER = "行号,截至日期,办结率\n"
FIRST = HEADER + "R1,2023-04-30,98\n"
SECOND = HEADER + "R1,2023-04-30,97\nR2,2023-04-30,96\n"
HOW = Handing("D1", dt.date(2023, 5, 8), operator="试", registered_at="2023-05-08T09:00:00+00:00")
DAY, PERIOD = dt.date(2023, 7, 31), "term"


def put(folder: Path, name: str, text: str) -> Path:
    path = folder.parent / name
    path.write_text(text, encoding="utf-8")
    return path


def rates(folder: Path, *, cached: bool) -> dict[str, float]:
    rows = open_campaign(folder, cached=cached).ledger("hotline").rows
    return dict(zip(rows["row_id"], rows["closed_rate"], strict=True))


@pytest.fixture
def one_in(tmp_path: Path) -> Path:
    """A campaign with one submission."""
    folder = bare_copy("panjin-2023", tmp_path)
    submit(open_campaign(folder), [put(folder, "一.csv", FIRST)], HOW)
    return folder


def is_whole(folder: Path) -> int:
    """See that the folder is what it was before a second submission, or after it; returns which."""
    stored = open_campaign(folder).inbox.read()
    expected = [{"R1": 98.0}, {"R1": 97.0, "R2": 96.0}][len(stored) - 1]
    for one in stored:
        open_campaign(folder).inbox.original(one.receipt)
    assert rates(folder, cached=False) == rates(folder, cached=True) == expected
    return len(stored)


def again(folder: Path, file: Path) -> None:
    """Submit once more: the row is there once, and no half file stays."""
    done = submit(open_campaign(folder), [file], HOW)
    assert done[0].receipt.number == 2
    assert is_whole(folder) == 2
    assert not [path for path in (folder / "submissions").rglob("*") if path.name.startswith(".half-")]


def test_submit_killed_before_each_call_to_the_system(one_in: Path, tmp_path: Path) -> None:
    file = put(one_in, "二.csv", SECOND)
    campaign = open_campaign(one_in)
    # from here on every call could be the one that matters
    copy = tmp_path / "try"
    shutil.copytree(one_in, copy)
    count = calls_of(lambda: submit(open_campaign(copy), [file], HOW))
    ends = set()
    for number in range(1, count + 1, max(1, count // 60)):
        shutil.rmtree(copy)
        shutil.copytree(one_in, copy)
        killed_at(number, lambda: submit(open_campaign(copy), [file], HOW))
        ends.add(is_whole(copy))
        again(copy, file)
    # some were killed before the receipt was there, some after
    assert ends == {1, 2}
    assert len(campaign.inbox.read()) == 1


def test_submit_while_the_disk_is_full(one_in: Path, tmp_path: Path) -> None:
    file = put(one_in, "二.csv", SECOND)
    copy = tmp_path / "try"
    shutil.copytree(one_in, copy)
    count = calls_of(lambda: submit(open_campaign(copy), [file], HOW))
    ends = set()
    for number in range(1, count + 1, max(1, count // 60)):
        shutil.rmtree(copy)
        shutil.copytree(one_in, copy)
        end = failing_from(number, lambda: submit(open_campaign(copy), [file], HOW))
        assert end != "trace", number
        ends.add((end, is_whole(copy)))
        again(copy, file)
    assert ("told", 1) in ends


def test_freeze_killed_at_many_moments(panjin_copy: Path, tmp_path: Path) -> None:
    copy = tmp_path / "try"
    approve(panjin_copy, "2023-inferred", DAY)
    shutil.copytree(panjin_copy, copy)
    count = calls_of(lambda: freeze(copy, PERIOD, "王某", DAY))
    ends = set()
    chance = random.Random(1)
    for number in [*sorted(chance.sample(range(1, count + 1), 20)), *range(count - 3, count + 1)]:
        shutil.rmtree(copy)
        shutil.copytree(panjin_copy, copy)
        killed_at(number, lambda: freeze(copy, PERIOD, "王某", DAY))
        record = read_freeze(copy, PERIOD)
        ends.add(record is not None)
        if record is None:
            freeze(copy, PERIOD, "王某", DAY)
        assert is_intact(verify(copy, PERIOD))
        assert [path.name for path in (copy / "frozen" / PERIOD).iterdir()] == ["1"]
    assert ends == {True, False}


def test_the_command_killed_at_random_moments(one_in: Path) -> None:
    chance = random.Random(2)
    file = put(one_in, "二.csv", SECOND)
    command = [sys.executable, "-m", "wbwz_eval.cli", "submit", str(one_in), str(file), "--from", "D1"]
    start = time.monotonic()
    subprocess.run([*command, "--received", "2023-05-08"], check=True, capture_output=True)
    whole = time.monotonic() - start
    shutil.rmtree(one_in / "submissions")
    submit(open_campaign(one_in), [one_in.parent / "一.csv"], HOW)
    for _ in range(6):
        process = subprocess.Popen([*command, "--received", "2023-05-08"], stdout=subprocess.DEVNULL)
        # most of the time goes into starting up; what is written, is written at the end
        time.sleep(whole * chance.uniform(0.6, 1.05))
        process.kill()
        process.wait()
        is_whole(one_in)
    again(one_in, file)
