"""The sample campaign's whole term, day by day: what is owed is made once, and nothing else is.

python benchmarks/soak.py [--from DAY] [--to DAY] [--every DAYS] [--only REPORT]... [--jobs N] [--keep FOLDER]
python benchmarks/soak.py --moments 200 [--seed 1]
python benchmarks/soak.py --kills 20 [--seed 1]

The first form copies the sample campaign without its submissions and lets days pass: on each day what
came in on that day is registered, then run-due is called, as a timer would. What the calendar owes is
counted beforehand from the cut-offs alone, independently of run-due; of a period by whose cut-off nothing
at all had come in, nothing can be made, and run-due must call it blocked. In the end every owed report must
be there once and whole, made by exactly one run, and a last run must find nothing to do.

It prints what was owed and made, the days and the runs, and how long they took: all runs together, the
longest, and the median of a day on which nothing is due (what a daily timer costs).

The second form ends run-due by SIGKILL at random calls to the system, of all that it makes for two weeks,
with reports that cost nothing; starts it again; and counts what is not there once and whole. The third
does so at random times with real notebooks in processes of their own: every other time they are ended
with it (a power cut), else they are left behind.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import io
import json
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from wbwz_eval import open_campaign
from wbwz_eval.campaign.receipts import Inbox
from wbwz_eval.campaign.whole_files import digest
from wbwz_eval.reporting.catalogue import REPORTS
from wbwz_eval.scheduling.marks import is_whole, read_marks
from wbwz_eval.scheduling.owed import Asked
from wbwz_eval.scheduling.place import Where
from wbwz_eval.scheduling.run_due import Options, run_due

_TESTS = Path(__file__).parents[1] / "tests"
sys.path[:0] = [str(_TESTS), str(_TESTS / "due"), str(_TESTS / "faults")]

import little  # noqa: E402 - the tests' own little campaign
from interrupted import calls_of, killed_at  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wbwz_eval.campaign.receipts import Stored
    from wbwz_eval.scheduling.records import Record

SAMPLE = Path(__file__).parents[1] / "data" / "wbwz-2011"
_DAY = dt.timedelta(1)
_WEEKS = ("2011-W37", "2011-W38", "2011-W39")
_MANIFEST = "weekly_dispatch-unit-internal.report.json"
_NOT_COPIED = ("results", "submissions", "frozen", ".cache", ".lock", ".due")


class Post:
    """Registers the sample's submissions in the order of the days on which they came in."""

    def __init__(self, folder: Path) -> None:
        """Take over a campaign without submissions."""
        self._from, self._to = Inbox(SAMPLE / "submissions"), Inbox(folder / "submissions")
        stored = self._from.read()
        self._left: list[Stored] = sorted(
            stored, key=lambda one: (one.receipt.received_on, one.receipt.number)
        )
        self._number, self._previous = 0, ""
        self._to.originals.mkdir(parents=True)
        self._to.receipts.mkdir()

    def until(self, day: dt.date) -> int:
        """Register what came in by a day; returns how many there are."""
        while self._left and self._left[0].receipt.received_on <= day:
            receipt = self._left.pop(0).receipt
            self._number += 1
            source = self._from.originals / receipt.original
            if not (self._to.originals / receipt.original).exists():
                shutil.copy2(source, self._to.originals / receipt.original)
            renumbered = receipt.model_copy(update={"number": self._number, "previous": self._previous})
            data = renumbered.to_bytes()
            (self._to.receipts / f"{self._number:06d}.json").write_bytes(data)
            self._previous = digest(data)
        return self._number


def fresh(to: Path) -> Path:
    """Copy the sample campaign as it was before anything came in."""
    folder = to / SAMPLE.name
    shutil.copytree(SAMPLE, folder, ignore=shutil.ignore_patterns(*_NOT_COPIED))
    return folder


def expected(
    folder: Path, first: dt.date, last: dt.date, only: Sequence[str]
) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    """Return the reports and periods that are owed by a day, and those by whose cut-off nothing had come in.

    From the cut-offs and the days on which something came in alone.
    """
    campaign = open_campaign(folder)
    since = min(one.receipt.received_on for one in Inbox(SAMPLE / "submissions").read())
    ends = {
        (report.name, period.id): campaign.cutoff(period)
        for report in REPORTS
        if not report.on_request and (not only or report.name in only)
        for kind in report.kinds
        if kind in campaign.cutoff_workdays
        for period in campaign.periods(kind)
        if first <= campaign.cutoff(period) < last
    }
    before = {key for key, cutoff in ends.items() if cutoff < since}
    return set(ends) - before, before


def soak(to: Path, arguments: argparse.Namespace) -> bool:
    """Let days pass; return whether all went well."""
    folder = fresh(to)
    where = Where(folder, to / "reports")
    campaign = open_campaign(folder)
    first = arguments.first or campaign.start
    last = arguments.last or campaign.cutoff(campaign.period("term")) + _DAY
    with (folder / "campaign.yaml").open("a", encoding="utf-8") as file:
        file.write(f"due_since: {first}\n")
    owed, empty = expected(folder, first, last, arguments.only)
    print(f"{first} to {last}: {len(owed)} report sets owed", flush=True)
    post, options = Post(folder), Options(asked=Asked(tuple(arguments.only)), jobs=arguments.jobs, by="soak")
    made: Counter[tuple[str, str]] = Counter()
    reports, blocked = 0, set[tuple[str, str]]()
    idle, busy, days = [], [], 0
    day = first
    while day <= last:
        post.until(day)
        began = time.perf_counter()
        with contextlib.redirect_stderr(io.StringIO()):
            ended = run_due(where, day, options)
        took = time.perf_counter() - began
        days += 1
        (idle if ended.record is None else busy).append(took)
        if ended.record is not None:
            reports += tell(ended.record, took)
            made.update((one.report, one.period) for one in ended.record.sets if one.state == "done")
            blocked |= {(one.report, one.period) for one in ended.record.sets if one.state == "blocked"}
        day = day + _DAY * arguments.every if day == last else min(last, day + _DAY * arguments.every)
    wrong = judge(where, owed, made, blocked)
    told = {(item.report.name, item.owing.period.id) for item in ended.troubles if item.state == "blocked"}
    if told != empty | blocked:
        wrong.append(f"blocked are {sorted(told)}, and not {sorted(empty | blocked)}")
    print(f"days {days}, runs that made something {len(busy)}, single reports {reports}, blocked {len(told)}")
    print(f"all runs {sum(busy) / 60:.1f} min, longest {max(busy, default=0):.1f} s, ", end="")
    print(f"a day on which nothing is due {statistics.median(idle or [0]):.2f} s")
    for line in wrong:
        print(f"WRONG {line}")
    print(f"{len(owed)} owed, {len(made)} made, {sum(made.values())} times: {'WRONG' if wrong else 'good'}")
    return not wrong


def tell(record: Record, took: float) -> int:
    """Print what a run made; return how many single reports."""
    count = sum(one.made for one in record.sets)
    periods = ", ".join(dict.fromkeys(one.period for one in record.sets))
    failed = f", FAILED {record.failed_reports}" if record.failed_reports else ""
    print(f"  {record.day} {periods}: {count} reports in {took:.1f} s{failed}", flush=True)
    for one in record.sets:
        for each in one.failed[:3]:
            print(f"    {one.report} {one.period} {each.subject}: {each.error.splitlines()[0]}")
        if one.state == "blocked":
            print(f"    {one.report} {one.period} blocked: {one.reason.splitlines()[0]}")
    return count


def judge(
    where: Where,
    owed: set[tuple[str, str]],
    made: Counter[tuple[str, str]],
    blocked: set[tuple[str, str]],
) -> list[str]:
    """Return what is wrong with what stands there."""
    wrong = [f"{key} was never made" for key in sorted(owed - set(made) - blocked)]
    wrong += [f"{key} was made {count} times" for key, count in made.items() if count != 1]
    wrong += [f"{key} is not owed" for key in sorted(set(made) - owed)]
    for report, period in sorted(made):
        mark = read_marks(where.of_period(period)).get(report)
        if mark is None or mark.state != "done":
            wrong.append(f"{report} {period} is not marked")
        elif not all(is_whole(where.of_period(period), name) for name in mark.made):
            wrong.append(f"{report} {period} is not whole")
    marked = sum(
        len(mark.made)
        for path in where.reports.glob("*/.due.json")
        for mark in read_marks(path.parent).values()
    )
    there = len(list(where.reports.glob("*/*.report.json")))
    return wrong + [f"{there} reports stand there, {marked} are marked"] * (there != marked)


def kills(to: Path, count: int, seed: int) -> bool:
    """End run-due at random moments; return whether everything was whole after each restart."""
    folder = fresh(to)
    day = dt.date(2011, 10, 11)
    Post(folder).until(day)
    command = [sys.executable, "-m", "wbwz_eval.cli", "run-due", str(folder), "--date", str(day)]
    command += ["--backfill", _WEEKS[0], _WEEKS[-1], "--only", "weekly_dispatch", "--jobs", "1", "--out"]
    began = time.perf_counter()
    subprocess.run([*command, str(to / "reference")], check=True, capture_output=True)  # noqa: S603
    whole_run = time.perf_counter() - began
    print(
        f"{len(_WEEKS)} reports take {whole_run:.1f} s; {count} runs are ended at random moments", flush=True
    )
    draw, wrong, ended = random.Random(seed), 0, Counter[str]()
    for number in range(count):
        out = to / f"reports-{number}"
        with subprocess.Popen(  # noqa: S603
            [*command, str(out)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        ) as run:
            time.sleep(draw.uniform(0, whole_run))
            with contextlib.suppress(ProcessLookupError):
                (os.killpg if number % 2 else os.kill)(run.pid, signal.SIGKILL)
            run.wait()
        there = [out / week for week in _WEEKS if (out / week / _MANIFEST).exists()]
        ended[f"{len(there)} there" if run.returncode == -signal.SIGKILL else "was through"] += 1
        # what stands there is whole, or not there: its manifest comes last
        wrong += sum(not digests_agree(period, _MANIFEST) for period in there)
        again = subprocess.run([*command, str(out)], check=False, capture_output=True, text=True)  # noqa: S603
        for period in (out / week for week in _WEEKS):
            names = sorted(path.name for path in period.glob("*.*") if not path.name.startswith("."))
            good = [_MANIFEST.replace("report.json", end) for end in ("html", "ipynb", "report.json")]
            mark = read_marks(period).get("weekly_dispatch")
            if again.returncode or names != good or not digests_agree(period, _MANIFEST) or mark is None:
                wrong += 1
                print(f"WRONG after kill {number}: {again.returncode} {names} {again.stdout}{again.stderr}")
        shutil.rmtree(out)
    print(f"{dict(sorted(ended.items()))}, {wrong} not whole: {'WRONG' if wrong else 'good'}")
    return not wrong


def moments(to: Path, count: int, seed: int) -> bool:
    """End run-due at random calls to the system; return whether everything was whole after each restart."""
    day = dt.date(2011, 10, 9)
    ready = little.campaign(to / "ready")
    for week, on in (("2011-9-25", "2011-09-26"), ("2011-10-2", "2011-10-08")):
        little.receive(ready, week, on)
    open_campaign(ready.campaign).replay()

    def run(where: Where) -> Record | None:
        return run_due(where, day, little.options(little.Maker())).record

    def copied(name: str) -> Where:
        shutil.copytree(ready.campaign, to / name / ready.campaign.name)
        return Where(to / name / ready.campaign.name, to / name / "reports")

    # what a process does only once is done before anything is counted
    run(copied("once"))
    reference = copied("reference")
    calls = calls_of(lambda: run(reference))
    pages, wrong, through = little.pages(reference), 0, 0
    print(f"run-due makes {calls} calls to the system; it is ended at {count} of them", flush=True)
    draw = random.Random(seed)
    began = time.perf_counter()
    for number in range(count):
        where, moment = copied(str(number)), draw.randrange(1, calls)
        killed = killed_at(moment, lambda where=where: run(where))
        run(where)
        through += not killed
        good = little.pages(where) == pages and run(where) is None
        if not good or list(where.work.rglob(".half-*")):
            wrong += 1
            print(f"WRONG after call {moment}: killed {killed}, {list(little.pages(where))}")
        shutil.rmtree(to / str(number))
    took = time.perf_counter() - began
    print(
        f"{count} kills ({through} came too late) in {took:.0f} s, {wrong} not whole: "
        f"{'WRONG' if wrong else 'good'}"
    )
    return not wrong


def digests_agree(folder: Path, manifest: str) -> bool:
    """Return whether a report's files are those of its manifest."""
    files = json.loads((folder / manifest).read_text(encoding="utf-8"))["files"]
    return all(digest((folder / name).read_bytes()) == sha256 for name, sha256 in files.items())


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--from", dest="first", type=dt.date.fromisoformat)
    parser.add_argument("--to", dest="last", type=dt.date.fromisoformat)
    parser.add_argument("--every", type=int, default=1, help="days between two calls of run-due")
    parser.add_argument("--only", action="append", default=[], help="a report; may be given often")
    parser.add_argument("--jobs", type=int)
    parser.add_argument("--keep", type=Path, help="leave campaign and reports there")
    parser.add_argument("--moments", type=int, default=0)
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="wbwz-soak-") as temporary:
        to = arguments.keep or Path(temporary)
        to.mkdir(parents=True, exist_ok=True)
        if arguments.moments:
            good = moments(to, arguments.moments, arguments.seed)
        elif arguments.kills:
            good = kills(to, arguments.kills, arguments.seed)
        else:
            good = soak(to, arguments)
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
