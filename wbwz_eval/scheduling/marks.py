"""What became of a period's reports, marked beside them: take the reports away, and they are owed again."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from wbwz_eval.campaign.whole_files import write_whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

MARKS = ".due.json"


class FailedReport(BaseModel):
    """A report that could not be made.

    Attributes:
        level, edition, subject: Which one.
        error: Why.
        cell: Number of the notebook's cell that failed; None where it was none.
        command: What makes this one report again.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    level: str
    edition: str
    subject: str = ""
    error: str
    cell: int | None = None
    command: str


class Mark(BaseModel):
    """What became of one report of a period, with all its levels, editions and subjects.

    Attributes:
        state: ``blocked`` where none could be begun.
        basis: What they stand on; see :meth:`wbwz_eval.scheduling.as_of.Snapshot.basis`.
        configuration: The rest of what they stand on.
        day, run: When, in which run.
        made: The names of the manifests of those that are there.
        failed: Those that are not.
        reason: Why they are blocked.
        notes: What else is to be known, such as a level without data.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    state: Literal["done", "failed", "blocked"]
    basis: str
    configuration: str
    day: dt.date
    run: int
    made: tuple[str, ...] = ()
    failed: tuple[FailedReport, ...] = ()
    reason: str = ""
    notes: tuple[str, ...] = ()


def read_marks(folder: Path) -> dict[str, Mark]:
    """Read the marks of a period's folder by report; none where they are not there, or damaged."""
    try:
        written = json.loads((folder / MARKS).read_bytes())
        return {name: Mark.model_validate_json(json.dumps(mark)) for name, mark in written.items()}
    except (FileNotFoundError, NotADirectoryError, ValueError, AttributeError, ValidationError):
        return {}


def write_marks(folder: Path, marks: Mapping[str, Mark]) -> None:
    """Put the marks beside the reports; they outlast a loss of power only together with those.

    Raises:
        OSError: They cannot be written; then the old ones stay.
    """
    settle_reports(folder, (name for mark in marks.values() for name in mark.made))
    written = {name: mark.model_dump(mode="json", exclude_defaults=True) for name, mark in marks.items()}
    text = json.dumps(written, ensure_ascii=False, indent=1, sort_keys=True)
    write_whole(folder / MARKS, f"{text}\n".encode())


def is_whole(folder: Path, manifest: str) -> bool:
    """Return whether a report is there with all the files that its manifest names."""
    try:
        return all((folder / name).stat().st_size for name in [*_files(folder, manifest)])
    except (OSError, ValueError, KeyError):
        return False


def settle_reports(folder: Path, manifests: Iterable[str]) -> None:
    """See that reports outlast a loss of power, where the system can be asked to."""
    if os.name != "posix":
        return
    for manifest in manifests:
        with contextlib.suppress(ValueError, KeyError, FileNotFoundError):
            for name in [manifest, *_files(folder, manifest)]:
                handle = os.open(folder / name, os.O_RDONLY)
                try:
                    os.fsync(handle)
                finally:
                    os.close(handle)


def _files(folder: Path, manifest: str) -> list[str]:
    return list(json.loads((folder / manifest).read_bytes())["files"])
