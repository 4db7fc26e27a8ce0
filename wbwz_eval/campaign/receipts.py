"""Submissions as received, never altered, and the receipt of each: what of it counts.

``submissions/originals/<sha-256>.<kind>`` holds the files; ``submissions/receipts/<number>.json`` the
receipts, in the order of receipt. Each receipt carries the SHA-256 of the one before, so that no
earlier one can be altered unseen.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from wbwz_eval.campaign.faults import CampaignError, Fault
from wbwz_eval.campaign.whole_files import digest, write_whole

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

SUBMISSIONS = "submissions"
OFFICE = "office"
"""Who submits for the working group's office itself."""

Status = Literal["accepted", "partial", "refused"]
STATUS_ZH = {"accepted": "已收", "partial": "部分收下", "refused": "退回"}

_NAME = re.compile(r"([0-9]{6,})\.json")
# as Receipt.to_bytes begins
_PREVIOUS = re.compile(rb'\{\n "number": [0-9]+,\n "previous": "([0-9a-f]*)",\n')


class CountedSection(BaseModel):
    """A ledger's part of a submission: where it stands, and which of its rows count.

    Attributes:
        ledger, sheet, header, columns: See :class:`wbwz_eval.campaign.sections.Section`.
        accepted: The rows that count, as ``4-40,42``.
        names: Entities by the names that stand in the file.
        key: The fields that row numbers were made of where they were left empty.
        new, changed, unchanged, withdrawn, refused: Numbers of rows; a withdrawn row is also a
            new or a changed one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    ledger: str
    sheet: str
    header: int
    columns: dict[str, int]
    accepted: str
    names: dict[str, str] = {}
    key: tuple[str, ...] = ()
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    withdrawn: int = 0
    refused: int = 0


class FaultNote(BaseModel):
    """A fault as a receipt keeps it; see :class:`wbwz_eval.campaign.faults.Fault`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    message: str
    expected: str = ""
    sheet: str | None = None
    row: int | None = None
    cell: str | None = None
    column: str | None = None
    value: str | None = None

    def as_fault(self, file: str) -> Fault:
        """Return the fault of a file."""
        return Fault(file=file, **self.model_dump())


class Receipt(BaseModel):
    """What was received, and what of it counts.

    Attributes:
        number: Place in the order of receipt, from 1.
        previous: SHA-256 of the receipt before; empty for the first.
        file: The file's name as sent.
        sha256, size, kind: Digest, bytes and ending of the original.
        sender: An entity's id, or ``office``.
        received_on: The day on which it came in: what counts for a cut-off.
        registered_at: When this receipt was written (UTC).
        operator: Who was logged in.
        period: Id of the period that it is the return for; empty where nothing says so.
        accept_valid: Whether good rows count although others have faults.
        status: ``refused`` where nothing counts.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: int
    previous: str
    file: str
    sha256: str
    size: int
    kind: str
    sender: str
    received_on: dt.date
    registered_at: str
    operator: str
    accept_valid: bool
    period: str = ""
    status: Status
    sections: tuple[CountedSection, ...]
    faults: tuple[FaultNote, ...] = ()
    notices: tuple[str, ...] = ()
    package_version: str

    @property
    def original(self) -> str:
        """The name of the original in ``originals``."""
        return f"{self.sha256}.{self.kind}"

    def judgement(self) -> dict[str, Any]:
        """Return which rows count and what is wrong: no matter when, by whom, and what they changed."""
        told = self.model_dump(include={"sha256", "sender", "status", "sections", "faults"})
        for section in told["sections"]:
            for count in ("new", "changed", "unchanged", "withdrawn"):
                del section[count]
        return told

    def to_bytes(self) -> bytes:
        """Return the receipt as it is stored."""
        lines = []
        for name, value in self.model_dump(mode="json", exclude_defaults=True).items():
            text = json.dumps(value, ensure_ascii=False)
            if isinstance(value, list):
                # one line for each section, fault and notice: for people to read, and not long
                items = ",\n  ".join(json.dumps(item, ensure_ascii=False) for item in value)
                text = f"[\n  {items}\n ]" if value else "[]"
            lines.append(f' "{name}": {text}')
        return ("{\n" + ",\n".join(lines) + "\n}\n").encode()


@dataclass(frozen=True)
class Stored:
    """A stored receipt: its file's name, bytes and their SHA-256."""

    name: str
    data: bytes = field(repr=False)
    sha256: str

    @cached_property
    def receipt(self) -> Receipt:
        """The receipt. Most are never asked for: what they let count is in the cache.

        Raises:
            CampaignError: The file is damaged.
        """
        try:
            return Receipt.model_validate_json(self.data)
        except ValidationError as error:
            message = f"回执 {self.name} 已损坏,请从备份恢复"
            raise CampaignError(message) from error

    @property
    def previous(self) -> str:
        """The SHA-256 of the one before, as this one has it."""
        found = _PREVIOUS.match(self.data)
        return found[1].decode() if found else self.receipt.previous


@dataclass(frozen=True)
class Inbox:
    """A campaign's ``submissions`` folder."""

    folder: Path

    @property
    def originals(self) -> Path:
        """The folder of the files as received."""
        return self.folder / "originals"

    @property
    def receipts(self) -> Path:
        """The folder of the receipts."""
        return self.folder / "receipts"

    def paths(self) -> list[Path]:
        """Return the receipts' files in order.

        Raises:
            CampaignError: One of them is missing.
        """
        if not self.receipts.is_dir():
            return []
        found = {
            int(name[1]): path for path in self.receipts.iterdir() if (name := _NAME.fullmatch(path.name))
        }
        missing = sorted(set(range(1, max(found, default=0) + 1)) - set(found))
        if missing:
            numbers = "、".join(str(number) for number in missing[:10])
            message = f"缺少回执 {numbers}: {SUBMISSIONS}/receipts 里的文件不能删除,请从备份恢复"
            raise CampaignError(message)
        return [found[number] for number in sorted(found)]

    def read(self) -> list[Stored]:
        """Read all receipts, in order.

        Raises:
            CampaignError: A receipt is missing or damaged, or is not the one that the next one
                followed.
        """
        stored: list[Stored] = []
        for path in self.paths():
            data = path.read_bytes()
            one = Stored(path.name, data, digest(data))
            if one.previous != (stored[-1].sha256 if stored else ""):
                for each in (*stored[-1:], one):
                    each.receipt  # noqa: B018 - tells that it is damaged
                # the altered one is the one before, or this one's own line about it
                message = (
                    f"回执 {len(stored)} 与回执 {path.name} 中记下的摘要不符: 其中一个被改动过,请从备份恢复"
                )
                raise CampaignError(message)
            stored.append(one)
        if stored:
            stored[-1].receipt  # noqa: B018 - no later one vouches for it
        return stored

    def original(self, receipt: Receipt) -> bytes:
        """Return a submission's file, unaltered.

        Raises:
            CampaignError: It is missing or was altered.
        """
        path = self.originals / receipt.original
        try:
            data = path.read_bytes()
        except FileNotFoundError as error:
            message = f"缺少回执 {receipt.number} 的原件 {path.name}(“{receipt.file}”),请从备份恢复"
            raise CampaignError(message) from error
        if digest(data) != receipt.sha256:
            message = f"回执 {receipt.number} 的原件 {path.name}(“{receipt.file}”)被改动过,请从备份恢复"
            raise CampaignError(message)
        return data

    def keep(self, data: bytes, kind: str) -> str:
        """Store a file as received, once; returns its SHA-256."""
        name = digest(data)
        path = self.originals / f"{name}.{kind}"
        if not path.is_file() or path.stat().st_size != len(data):
            write_whole(path, data)
        return name

    def add(self, receipt: Receipt) -> Stored:
        """Store the next receipt."""
        data = receipt.to_bytes()
        name = f"{receipt.number:06d}.json"
        write_whole(self.receipts / name, data)
        return Stored(name, data, digest(data))


def chain(stored: Sequence[Stored]) -> str:
    """Return a digest of all receipts up to the last of these: it carries those of all before."""
    return stored[-1].sha256 if stored else ""


def ranges(numbers: NDArray[np.int64]) -> str:
    """Write ascending row numbers as ``4-40,42``."""
    if not len(numbers):
        return ""
    cuts = np.flatnonzero(np.diff(numbers) != 1) + 1
    parts = np.split(numbers, cuts)
    return ",".join(f"{part[0]}-{part[-1]}" if len(part) > 1 else f"{part[0]}" for part in parts)


def numbers_of(text: str) -> NDArray[np.int64]:
    """Read what :func:`ranges` wrote."""
    parts = []
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        parts.append(np.arange(int(first), int(last or first) + 1, dtype=np.int64))
    return np.concatenate(parts) if parts else np.empty(0, dtype=np.int64)
