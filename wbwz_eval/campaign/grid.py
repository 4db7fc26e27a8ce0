"""A sheet as received: texts in rows, before anyone knows which ledger it is."""

from __future__ import annotations

from dataclasses import dataclass, field

MOST_ROWS = 200_000
"""Filled rows in one sheet: some hundred times what a unit reports, and still read in seconds."""

MOST_COLUMNS = 400


class UnreadableError(Exception):
    """A file cannot be read as a table.

    Args:
        message: Why, in Chinese, to read on from the file's name.
        expected: What would be right, or empty.
    """

    def __init__(self, message: str, expected: str = "") -> None:
        """Keep both texts."""
        super().__init__(message, expected)
        self.message = message
        self.expected = expected


@dataclass(frozen=True)
class Sheet:
    """The filled rows of one sheet, or of a CSV file.

    Attributes:
        name: The sheet's name; empty for a CSV file.
        numbers: The row of each filled row as a spreadsheet shows it, from 1, ascending.
        rows: The texts of each filled row from column A on, without white space around them;
            rows may differ in length. Numbers are written with a point and up to 15 digits, dates as
            2011-09-30, shares formatted in percent as 98.5%.
        hidden: Rows that the spreadsheet does not show.
        formulas: How many cells were formulas; they stand with their results.
        without_result: Row and column (from 0) of the formulas that carry none.
        merged: Rectangles of merged cells: first and last row, first and last column (from 0).
    """

    name: str
    numbers: list[int]
    rows: list[list[str]]
    hidden: frozenset[int] = frozenset()
    formulas: int = 0
    without_result: frozenset[tuple[int, int]] = frozenset()
    merged: tuple[tuple[int, int, int, int], ...] = ()


@dataclass(frozen=True)
class Sheets:
    """All visible sheets of a file, and the names of those that are hidden and so not read."""

    sheets: tuple[Sheet, ...]
    hidden: tuple[str, ...] = field(default=())


def letters(column: int) -> str:
    """Return a column (from 0) as a spreadsheet calls it: A, B, … Z, AA."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(ord("A") + rest) + name
    return name
