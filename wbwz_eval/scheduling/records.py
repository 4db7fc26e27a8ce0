"""What each run leaves: a record that says who, with what, and what became of it, and a log as it went.

``runs/000012/record.json`` and ``runs/000012/log.jsonl`` beside the reports; ``runs/looked.json`` says when
somebody last looked, be it that nothing was due.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import getpass
import json
import os
import platform
import socket
from typing import TYPE_CHECKING, Literal, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from wbwz_eval.campaign.faults import CampaignError
from wbwz_eval.campaign.whole_files import write_whole
from wbwz_eval.scheduling.marks import FailedReport

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

RECORD, LOG, LOOKED = "record.json", "log.jsonl", "looked.json"
_DIGITS = 6
_ATTEMPTS = 1000

STATE_NAMES = {
    "running": "正在运行",
    "finished": "完成",
    "interrupted": "中断",
    "refused": "没有开始",
}


class Starter(BaseModel):
    """Who or what starts runs.

    Attributes:
        by: As they call themselves, or the user and the machine.
        user, host: Who was logged in, and where.
        via: The scheduler that started it, as far as it leaves a trace; empty where none does.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    by: str
    user: str
    host: str
    via: str = ""

    @staticmethod
    def here(by: str | None = None) -> Starter:
        """Return who starts something in this process."""
        try:
            user = getpass.getuser()
        except (OSError, KeyError):
            # a container's user may have no name
            user = ""
        host = socket.gethostname()
        return Starter(by=by or f"{user}@{host}".lstrip("@"), user=user, host=host, via=_scheduler())


def _scheduler() -> str:
    """Return the scheduler that the environment tells of."""
    for variable, name in (("AIRFLOW_CTX_DAG_ID", "airflow"), ("INVOCATION_ID", "systemd")):
        if os.environ.get(variable):
            return name
    return ""


class ReportSet(BaseModel):
    """What became of one report of one period in a run.

    Attributes:
        report, period: Which one.
        cutoff: The last day on which what was received counts.
        basis: See :class:`wbwz_eval.scheduling.marks.Mark`; empty where it could not be said.
        state: ``blocked`` where none could be begun.
        made, kept: How many were made, and how many stood there already.
        failed: Those that could not be.
        reason: Why they are blocked.
        notes: What else is to be known.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    report: str
    period: str
    cutoff: dt.date | None
    basis: str = ""
    state: Literal["done", "failed", "blocked"]
    made: int = 0
    kept: int = 0
    failed: tuple[FailedReport, ...] = ()
    reason: str = ""
    notes: tuple[str, ...] = ()


class Alert(BaseModel):
    """Somebody was told of a failure, or was to be."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["command", "webhook"]
    target: str
    told: bool
    error: str = ""


class Record(BaseModel):
    """One run.

    Attributes:
        number: Its place among the runs, from 1.
        token: What stands in the lock while it runs.
        state: ``interrupted`` where it was ended from outside, which the next run finds out.
        day: The day for which it worked out what is due.
        began_at, ended_at, seconds: When, on the machine's clock (UTC), and how long.
        starter: Who or what started it.
        asked: What was asked for, where it was not all.
        package_version, code, python: What it ran with; ``code`` is a digest.
        inputs: SHA-256 of each input file of the campaign, by path, and how many ``receipts`` there were.
        sets: What became of each report and period.
        seconds_of: Period → how long its reports took.
        error: Why nothing could be done at all.
        exit_code: Of the command.
        alerts: Who was told.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: int
    token: str
    state: Literal["running", "finished", "interrupted", "refused"]
    campaign: str
    day: dt.date
    began_at: str
    ended_at: str = ""
    seconds: float = 0.0
    starter: Starter
    asked: str = ""
    package_version: str
    code: str
    python: str = platform.python_version()
    inputs: dict[str, str] = {}
    receipts: int = 0
    sets: tuple[ReportSet, ...] = ()
    seconds_of: dict[str, float] = {}
    error: str = ""
    exit_code: int | None = None
    alerts: tuple[Alert, ...] = ()

    def count(self, state: str) -> int:
        """Return how many report sets ended so."""
        return sum(one.state == state for one in self.sets)

    @property
    def failed_reports(self) -> int:
        """How many single reports failed."""
        return sum(len(one.failed) for one in self.sets)

    @property
    def state_name(self) -> str:
        """The state as people call it."""
        return STATE_NAMES[self.state]


class Logbook:
    """The folder of one run."""

    def __init__(self, folder: Path, clock: Callable[[], dt.datetime]) -> None:
        """Use :meth:`begin`."""
        self.folder = folder
        self._clock = clock

    @classmethod
    def begin(cls, runs: Path, clock: Callable[[], dt.datetime]) -> Self:
        """Take the next number; no two runs have the same.

        Raises:
            OSError: The folder cannot be written.
        """
        runs.mkdir(parents=True, exist_ok=True)
        number = max(run_numbers(runs), default=0) + 1
        for taken in range(_ATTEMPTS):
            with contextlib.suppress(FileExistsError):
                folder = runs / f"{number + taken:0{_DIGITS}d}"
                folder.mkdir()
                return cls(folder, clock)
        raise FileExistsError(runs)

    @property
    def number(self) -> int:
        """The run's number."""
        return int(self.folder.name)

    def log(self, event: str, **told: object) -> None:
        """Add a line to the log; a log that cannot be written does not end the run."""
        line = {"at": self._clock().isoformat(timespec="milliseconds"), "event": event, **told}
        with contextlib.suppress(OSError), (self.folder / LOG).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False, default=str) + "\n")

    def write(self, record: Record) -> None:
        """Put the record there as it stands.

        Raises:
            OSError: It cannot be written.
        """
        write_record(self.folder, record)


def write_record(folder: Path, record: Record) -> None:
    """Write a run's record, whole."""
    text = json.dumps(record.model_dump(mode="json"), ensure_ascii=False, indent=1)
    write_whole(folder / RECORD, f"{text}\n".encode())


def run_numbers(runs: Path) -> list[int]:
    """Return the numbers of all runs, in order."""
    if not runs.is_dir():
        return []
    return sorted(int(path.name) for path in runs.iterdir() if path.name.isdigit() and path.is_dir())


def read_record(runs: Path, number: int) -> Record:
    """Read the record of a run.

    Raises:
        CampaignError: There is none of that number, or it is damaged.
    """
    path = runs / f"{number:0{_DIGITS}d}" / RECORD
    try:
        return Record.model_validate_json(path.read_bytes())
    except FileNotFoundError as error:
        known = run_numbers(runs)
        listed = f"有的是 {known[0]} 至 {known[-1]}" if known else "还没有运行过"
        message = f"没有第 {number} 次运行；{listed}"
        raise CampaignError(message) from error
    except ValidationError as error:
        message = f"第 {number} 次运行的记录 {path} 已损坏"
        raise CampaignError(message) from error


def records(runs: Path, most: int | None = None) -> list[Record]:
    """Return the records that can be read, the newest first."""
    found: list[Record] = []
    for number in reversed(run_numbers(runs)):
        # one that was ended before it had a record has nothing to tell
        with contextlib.suppress(CampaignError):
            found.append(read_record(runs, number))
        if most is not None and len(found) == most:
            break
    return found


def mark_interrupted(runs: Path) -> None:
    """Say of runs that claim to run that they were ended from outside; only for who runs alone."""
    for number in reversed(run_numbers(runs)):
        with contextlib.suppress(CampaignError):
            record = read_record(runs, number)
            if record.state == "running":
                folder = runs / f"{number:0{_DIGITS}d}"
                write_record(folder, record.model_copy(update={"state": "interrupted"}))
            elif record.state == "finished":
                return


class Looked(BaseModel):
    """When somebody last looked whether anything is due."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at: str
    day: dt.date
    by: str
    via: str = ""
    exit_code: int


def write_looked(runs: Path, looked: Looked) -> None:
    """Write down that somebody looked."""
    runs.mkdir(parents=True, exist_ok=True)
    write_whole(runs / LOOKED, looked.model_dump_json().encode() + b"\n")


def read_looked(runs: Path) -> Looked | None:
    """Return when somebody last looked; None where nobody has."""
    try:
        return Looked.model_validate_json((runs / LOOKED).read_bytes())
    except (FileNotFoundError, NotADirectoryError, ValidationError):
        return None
