"""One idempotent command: makes all that is due and not there, in order, and leaves a record.

Safe to start twice at once, to end at any point and to start again. What day it is, is an argument.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from wbwz_eval.campaign.faults import CampaignError
from wbwz_eval.reporting.batch import TIMEOUT, run_batch
from wbwz_eval.reporting.executors import processes, processors
from wbwz_eval.reporting.place import clear_left
from wbwz_eval.reporting.unchanged import code_digest
from wbwz_eval.scheduling.alerts import Hooks, tell
from wbwz_eval.scheduling.as_of import VIEWS, Snapshot, tidy
from wbwz_eval.scheduling.lease import BEAT, DEAD_AFTER, only_one
from wbwz_eval.scheduling.owed import Asked, Item, items, to_make, troubles
from wbwz_eval.scheduling.records import (
    Logbook,
    Looked,
    Record,
    ReportSet,
    Starter,
    mark_interrupted,
    write_looked,
)
from wbwz_eval.scheduling.sets import Done, Making

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from wbwz_eval.reporting.batch import Order, Outcome
    from wbwz_eval.scheduling.lease import Lease
    from wbwz_eval.scheduling.place import Where
    from wbwz_eval.scheduling.sets import Make

ALL_WELL, FAILED, RUNNING, BLOCKED = 0, 1, 3, 4
"""Exit codes: all that is due is there; something failed; another run is on; something is blocked."""


def now() -> dt.datetime:
    """Return the machine's clock, for the times in records; what is due does not depend on it."""
    return dt.datetime.now(dt.UTC)


@dataclass(frozen=True)
class Options:
    """How a run is to go.

    Attributes:
        asked: Which part of what is owed; see :class:`wbwz_eval.scheduling.owed.Asked`.
        jobs: How many reports at a time; as many as there are processors if None.
        timeout: Seconds that a cell of a report may take, None = any time.
        hooks: Who is told of a failure.
        by: Who starts it; the user and the machine if None.
        make: What makes reports, in place of :func:`wbwz_eval.reporting.batch.run_batch`.
        clock: The time for the records.
        beat, dead_after: See :func:`wbwz_eval.scheduling.lease.only_one`.
    """

    asked: Asked = field(default_factory=Asked)
    jobs: int | None = None
    timeout: float | None = TIMEOUT
    hooks: Hooks = field(default_factory=Hooks)
    by: str | None = None
    make: Make | None = None
    clock: Callable[[], dt.datetime] = now
    beat: float = BEAT
    dead_after: float = DEAD_AFTER


@dataclass(frozen=True)
class Ended:
    """How a run ended.

    Attributes:
        exit_code: Of the command.
        record: What it leaves; None where nothing was due.
        troubles: What is late or blocked when it ends.
        unrecorded: Why the record could not be written; empty where it was.
    """

    exit_code: int
    record: Record | None
    troubles: tuple[Item, ...] = ()
    unrecorded: str = ""


def run_due(where: Where, day: dt.date, options: Options | None = None) -> Ended:
    """Make all that is due on a day and not there.

    Args:
        where: The campaign's folders.
        day: The day.
        options: How.

    Raises:
        RunningError: Another run is on; nothing was done.
        ReportError: What was asked for does not exist.
        CampaignError: The folder is no campaign.
    """
    options = options or Options()
    options.asked.check()
    options.hooks.check()
    if not where.campaign.is_dir():
        message = f"{where.campaign} 不是活动文件夹"
        raise CampaignError(message)
    starter = Starter.here(options.by)
    began = options.clock().isoformat(timespec="seconds")
    with contextlib.ExitStack() as stack:
        try:
            lease = stack.enter_context(
                only_one(
                    where.work,
                    where.campaign,
                    starter.by,
                    began,
                    beat=options.beat,
                    dead_after=options.dead_after,
                )
            )
        except OSError as error:
            # a full disk keeps nobody from being told
            return _Run(where, day, options, starter, began, None).refused(error)
        return _Run(where, day, options, starter, began, lease).do()


def maker(options: Options, named: Path, kept: contextlib.ExitStack) -> Make:
    """Return what makes reports, in processes that stay warm from one period to the next."""
    pool: Executor | None = None

    def make(folder: Path, orders: Sequence[Order], out: Path) -> list[Outcome]:
        nonlocal pool
        pool = pool or kept.enter_context(processes(options.jobs or processors()))
        return run_batch(folder, orders, out=out, pool=pool, named=named, timeout=options.timeout)

    return options.make or make


class _Run:
    """One run that has the campaign to itself."""

    def __init__(
        self, where: Where, day: dt.date, options: Options, starter: Starter, began: str, lease: Lease | None
    ) -> None:
        self._where, self._day, self._options = where, day, options
        self._starter, self._began = starter, began
        self._token = "" if lease is None else lease.holder.token
        self._check: Callable[[], None] = _nothing if lease is None else lease.check
        self._started = time.monotonic()
        self._unrecorded = ""

    def do(self) -> Ended:
        """Look what is due; where something is, make it and leave a record."""
        with contextlib.suppress(OSError):
            mark_interrupted(self._where.runs)
            for folder in self._where.reports.glob("*/"):
                clear_left(folder)
        try:
            snapshot = Snapshot(self._where.campaign, self._where.work / VIEWS)
            found = items(snapshot, self._where, self._day, self._options.asked)
        except (CampaignError, OSError) as error:
            ended = self.refused(error)
        else:
            todo = to_make(found, self._options.asked)
            if todo:
                ended = self._make(snapshot, todo)
            else:
                in_trouble = tuple(troubles(found))
                ended = Ended(BLOCKED if in_trouble else ALL_WELL, None, in_trouble)
        looked = Looked(
            at=self._began,
            day=self._day,
            by=self._starter.by,
            via=self._starter.via,
            exit_code=ended.exit_code,
        )
        try:
            write_looked(self._where.runs, looked)
        except OSError as error:
            said = self._unrecorded or _unwritten(self._where.runs, error)
            return replace(ended, exit_code=ended.exit_code or FAILED, unrecorded=said)
        return ended

    def _make(self, snapshot: Snapshot, todo: Sequence[Item]) -> Ended:
        book = self._book()
        record = self._record(book, "running")
        record = record.model_copy(
            update={"inputs": snapshot.campaign.digest_inputs(), "receipts": snapshot.receipts}
        )
        self._write(book, record)
        book.log("begun", day=self._day, by=self._starter.by, due=[item.key for item in todo])
        view = None
        try:
            with contextlib.ExitStack() as kept:
                make = maker(self._options, self._where.campaign, kept)
                making = Making(snapshot, self._where, self._day, book.number, make, self._check)
                for period, own in groupby(todo, key=lambda item: item.owing.period.id):
                    self._check()
                    started = time.monotonic()
                    book.log("period_begun", period=period)
                    done, seen = making.period(list(own))
                    view = seen or view
                    record = self._with(record, book, done, time.monotonic() - started)
                    self._write(book, record)
        except BaseException as error:
            self._write(book, self._ended(record, "interrupted", None))
            book.log("interrupted", why=type(error).__name__)
            raise
        tidy(self._where.work / VIEWS, view)
        in_trouble = tuple(troubles(items(snapshot, self._where, self._day, self._options.asked)))
        blocked = record.count("blocked") or any(item.state == "blocked" for item in in_trouble)
        code = FAILED if record.count("failed") else BLOCKED if blocked else ALL_WELL
        return self._end(book, record, code, in_trouble)

    def refused(self, error: CampaignError | OSError) -> Ended:
        """Leave a record of a run that could not even begin: that must be noticed as well."""
        book = self._book()
        why = str(error) if isinstance(error, CampaignError) else _unread(error)
        record = self._record(book, "refused").model_copy(update={"error": why})
        return self._end(book, record, FAILED, ())

    def _end(self, book: Logbook, record: Record, code: int, in_trouble: tuple[Item, ...]) -> Ended:
        state = "refused" if record.state == "refused" else "finished"
        record = self._ended(record, state, code)
        # before anybody is told, who may open it
        self._write(book, record)
        if code != ALL_WELL:
            record = record.model_copy(
                update={"alerts": tell(self._options.hooks, record, book.folder.absolute())}
            )
            for alert in record.alerts:
                book.log("alert", **alert.model_dump())
            self._write(book, record)
        book.log("ended", exit_code=code, seconds=record.seconds)
        if self._unrecorded:
            code = code or FAILED
        return Ended(code, record, in_trouble, self._unrecorded)

    def _book(self) -> Logbook:
        try:
            return Logbook.begin(self._where.runs, self._options.clock)
        except OSError as error:
            self._unrecorded = _unwritten(self._where.runs, error)
            return Logbook(self._where.runs / f"{0:06d}", self._options.clock)

    def _record(self, book: Logbook, state: str) -> Record:
        asked = self._options.asked
        told = [*asked.reports, *(f"{asked.first} 至 {asked.last}" for _ in [0] if asked.backfills)]
        return Record(
            number=book.number,
            token=self._token,
            state=state,
            campaign=self._where.campaign.resolve().name,
            day=self._day,
            began_at=self._began,
            starter=self._starter,
            asked="、".join(told),
            package_version=version("wbwz_eval"),
            code=code_digest(),
        )

    def _ended(self, record: Record, state: str, code: int | None) -> Record:
        ended_at = self._options.clock().isoformat(timespec="seconds")
        seconds = round(time.monotonic() - self._started, 3)
        return record.model_copy(
            update={"state": state, "exit_code": code, "ended_at": ended_at, "seconds": seconds}
        )

    def _with(self, record: Record, book: Logbook, done: Sequence[Done], seconds: float) -> Record:
        """Add what became of a period's reports."""
        sets = tuple(_set_of(one) for one in done)
        for one in sets:
            book.log("report", **one.model_dump(mode="json", exclude_defaults=True))
        period = done[0].item.owing.period.id
        book.log("period_ended", period=period, seconds=round(seconds, 3))
        times = record.seconds_of | {period: round(record.seconds_of.get(period, 0.0) + seconds, 3)}
        return record.model_copy(update={"sets": (*record.sets, *sets), "seconds_of": times})

    def _write(self, book: Logbook, record: Record) -> None:
        """Write the record; on a full disk the run goes on, and says so in the end."""
        try:
            book.write(record)
            self._unrecorded = ""
        except OSError as error:
            self._unrecorded = _unwritten(book.folder, error)


def _nothing() -> None:
    """Check nothing."""


def _unread(error: OSError) -> str:
    return f"不能读写 {error.filename or ''}：{error.strerror or error}"


def _unwritten(path: Path, error: OSError) -> str:
    return f"不能写运行记录 {path}：{error.strerror or error}"


def _set_of(done: Done) -> ReportSet:
    mark, item = done.mark, done.item
    return ReportSet(
        report=item.report.name,
        period=item.owing.period.id,
        cutoff=item.owing.cutoff,
        basis=mark.basis,
        state=mark.state,
        made=done.made,
        kept=done.kept,
        failed=mark.failed,
        reason=mark.reason,
        notes=mark.notes,
    )
