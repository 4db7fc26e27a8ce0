"""What was mailed: a log that only grows, so that nothing goes out twice and no doubt is passed over."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from wbwz_eval.reporting.errors import ReportError

if TYPE_CHECKING:
    from pathlib import Path

SENT = "sent.jsonl"
_MODE = 0o600

State = Literal["begun", "sent", "failed"]


class Attempt(BaseModel):
    """A message on its way.

    Attributes:
        at: When (UTC).
        period, recipient, address: What of, to whom and where.
        digest: SHA-256 of the parcel's manifest, which names the SHA-256 of every file in it.
        state: ``begun`` before the text is handed to the server, then what the server said. Where nothing
            follows, nobody knows whether it took the message.
        error: What the server said.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    at: str
    period: str
    recipient: str
    address: str
    digest: str
    state: State
    error: str = ""


class SentLog:
    """The log of an outbox; only for who holds the outbox."""

    def __init__(self, root: Path) -> None:
        """Read what was sent.

        Raises:
            ReportError: A line of it cannot be read: then nobody knows what went out.
        """
        self._path = root / SENT
        self._attempts: list[Attempt] = []
        # a last line without its end was cut by a power failure: what it was to announce was never done
        written = self._path.read_bytes() if self._path.exists() else b""
        *lines, self._torn = written.split(b"\n")
        for number, line in enumerate(lines, 1):
            try:
                self._attempts += [Attempt.model_validate_json(line)] if line.strip() else []
            except ValidationError as error:
                msg = f"{self._path} 第 {number} 行读不出来，不知道寄过什么；请从备份恢复"
                raise ReportError(msg) from error

    def state(self, period: str, recipient: str, address: str, digest: str) -> State | None:
        """Return how far a parcel has come on its way to an address; None where it was never begun."""
        key = (period, recipient, address, digest)
        states = [
            one.state for one in self._attempts if (one.period, one.recipient, one.address, one.digest) == key
        ]
        # once sent, it is sent, whatever was tried after that
        return "sent" if "sent" in states else states[-1] if states else None

    def has_earlier(self, period: str, recipient: str, digest: str) -> bool:
        """Return whether somebody was sent something else of the same period before."""
        return any(
            (one.period, one.recipient, one.state) == (period, recipient, "sent") and one.digest != digest
            for one in self._attempts
        )

    def add(self, attempt: Attempt) -> None:
        """Write an attempt down, on the disk for certain, before anything else is done.

        Raises:
            OSError: It cannot be written.
        """
        if self._torn:
            os.truncate(self._path, self._path.stat().st_size - len(self._torn))
        line = json.dumps(attempt.model_dump(), ensure_ascii=False).encode() + b"\n"
        handle = os.open(
            self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0), _MODE
        )
        with os.fdopen(handle, "ab") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
        self._path.chmod(_MODE)
        self._torn = b""
        self._attempts.append(attempt)
