"""Mistakes in a campaign's files, told all at once and in words that an office understands."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# A wrong date format repeats in every row: past this many, more lines tell a reader nothing new.
PRINTED_FAULTS = 200

_SHOWN_CHARACTERS = 60


@dataclass(frozen=True)
class Fault:
    """One mistake, where it is, and what would be right.

    Args:
        file: The file as people know it: its path relative to the campaign.
        message: What is wrong, in Chinese. Where ``value`` is given it reads on from the value.
        expected: What would be right, or empty.
        sheet, row, column: Place in a table; ``row`` counts as a spreadsheet does, the header being
            1.
        value: The offending value.
        cell: The cell as a spreadsheet calls it, such as ``D5``; then ``row`` is not printed.
        line: Line of a YAML file, from 1.
        key: Path of the key in a YAML file, such as ``levels.unit.full``.
    """

    file: str
    message: str
    expected: str = ""
    sheet: str | None = None
    row: int | None = None
    column: str | None = None
    value: object | None = None
    line: int | None = None
    key: str | None = None
    cell: str | None = None

    def __str__(self) -> str:
        """Return the one Chinese line that people read."""
        place = [self.file]
        if self.sheet is not None:
            place.append(f"工作表“{self.sheet}”")
        if self.cell is not None:
            place.append(self.cell)
        elif self.row is not None:
            place.append(f"第 {self.row} 行")
        elif self.line is not None:
            place.append(f"第 {self.line} 行")
        if self.column is not None:
            place.append(f"“{self.column}”列")
        if self.key:
            place.append(f"“{self.key}”")
        said = self.message
        if self.value is not None:
            shown = str(self.value)
            if f"“{shown}”" not in said:
                if len(shown) > _SHOWN_CHARACTERS:
                    shown = f"{shown[:_SHOWN_CHARACTERS]}…"
                said = f"“{shown}” {said}"
        line = f"{' '.join(place)}: {said}"
        return f"{line};应为 {self.expected}" if self.expected else line


class CampaignError(Exception):
    """A campaign cannot be used as it stands; carries every fault that was found.

    Args:
        header: What could not be done, in Chinese.
        faults: The faults behind it.
    """

    def __init__(self, header: str, faults: Iterable[Fault] = ()) -> None:
        """Keep the header and the faults."""
        self.header = header
        self.faults = tuple(faults)
        # Both in args, so that the error survives the way back from a worker process.
        super().__init__(header, self.faults)

    def __str__(self) -> str:
        """Return the header and one line for each fault, the first 200 of them."""
        lines = [self.header, *(str(fault) for fault in self.faults[:PRINTED_FAULTS])]
        if len(self.faults) > PRINTED_FAULTS:
            lines.append(f"…共 {len(self.faults)} 处,以上只列出前 {PRINTED_FAULTS} 处")
        return "\n".join(lines)


class FaultList:
    """Faults gathered while files are read, so that they are told in one pass."""

    def __init__(self) -> None:
        """Start without faults."""
        self._faults: list[Fault] = []

    def add(
        self,
        file: str,
        message: str,
        *,
        expected: str = "",
        sheet: str | None = None,
        row: int | None = None,
        column: str | None = None,
        value: object | None = None,
        line: int | None = None,
        key: str | None = None,
    ) -> None:
        """Add one fault; the arguments are the fields of :class:`Fault`."""
        self._faults.append(Fault(file, message, expected, sheet, row, column, value, line, key))

    def extend(self, faults: Iterable[Fault]) -> None:
        """Add faults that were found elsewhere."""
        self._faults.extend(faults)

    def raise_if_any(self, header: str) -> None:
        """Raise a :class:`CampaignError` with all faults if there is one."""
        if self._faults:
            raise CampaignError(header, self._faults)

    def __len__(self) -> int:
        """Return how many faults there are."""
        return len(self._faults)

    def __iter__(self) -> Iterator[Fault]:
        """Go through the faults in the order in which they were found."""
        return iter(self._faults)


def nearest(word: str, words: Iterable[str], *, cutoff: float = 0.5) -> str | None:
    """Return the word most like ``word``, or None where none is as near as ``cutoff`` (0 to 1)."""
    found = difflib.get_close_matches(word, list(words), n=1, cutoff=cutoff)
    return found[0] if found else None


def one_of(words: Iterable[str], *, instead_of: str = "") -> str:
    """Say which words would be right, the one nearest to ``instead_of`` first."""
    allowed = list(words)
    close = nearest(instead_of, allowed)
    listed = "、".join(allowed) or "(无)"
    return f"{close}(可用的: {listed})" if close else f"其中之一: {listed}"
