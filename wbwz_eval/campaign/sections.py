"""Which part of a received sheet is which ledger: its header, its columns, its rows."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from wbwz_eval.campaign.grid import MOST_ROWS, UnreadableError
from wbwz_eval.campaign.ledgers import ENTITY, OWN, ROW_ID
from wbwz_eval.campaign.written import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from wbwz_eval.campaign.grid import Sheet
    from wbwz_eval.campaign.ledgers import Codebook, Labels

_HEADER_WITHIN = 30
_FEWEST_COLUMNS = 2
SHEET_NAME_LENGTH = 31
"""Excel cuts a sheet's name there."""

OPTIONS_SHEET = "选项"
"""The hidden sheet of a template's choices."""

_EXPLANATIONS = ("填表说明", "填报说明", "说明", "封面", "目录", "使用说明", "退回说明")
_TAIL = re.compile(r"\([^()]*\)$")
_TOTAL = re.compile(r"(?:本?[页月季年])?(?:合计|总计|小计|共计|累计):?")
_NOTE = re.compile(
    r"(注|备注|说明|填报|填表|审核|制表|负责人|单位负责人|联系电话|联系人|报送单位|报送日期)[^:]{0,6}:"
)


PERIOD_LABEL = "期"
"""Before the id of the period that a template was handed out for, on its explanation."""


@dataclass(frozen=True)
class Section:
    """Where a ledger stands in a sheet: how to read it again.

    Attributes:
        ledger: The ledger's id.
        sheet: The sheet's name; empty for a CSV file.
        header: The row of the header as a spreadsheet shows it.
        columns: Field code → column, from 0.
    """

    ledger: str
    sheet: str
    header: int
    columns: dict[str, int]


def told_period(sheet: Sheet) -> str:
    """Return the id of the period that an explanation names; empty where it names none."""
    for row in sheet.rows:
        if len(row) > 1 and row[0] == PERIOD_LABEL:
            return row[1].split(" ")[0]
    return ""


@dataclass(frozen=True)
class Found:
    """A recognised section and what stands in its header besides.

    ``unknown`` are labels of columns that no field has, ``twice`` labels that stand there twice;
    both with their columns.
    """

    section: Section
    unknown: tuple[tuple[str, int], ...]
    twice: tuple[tuple[str, int], ...]


def is_explanation(sheet: Sheet) -> bool:
    """Return whether a sheet explains the workbook, or is empty, and holds no rows to read."""
    return not sheet.rows or plain(sheet.name) in _EXPLANATIONS


def recognise(sheet: Sheet, name: str, codebook: Codebook) -> Found | None:
    """Find the ledger that a sheet holds.

    Args:
        sheet: As received.
        name: What may name the ledger beside the header: the sheet's name, or a CSV file's.
        codebook: The campaign's ledgers.

    Returns:
        None where neither the name nor the header tells which ledger it is.
    """
    words = codebook.labels
    named = _named(name, codebook)
    best: tuple[float, int, str] = (0.0, 0, "")
    for place, row in enumerate(sheet.rows[:_HEADER_WITHIN]):
        points: dict[str, float] = {}
        for text in {tidy_label(text, words) for text in row if text}:
            for ledger, (_, weight) in words.get(text, {}).items():
                if named in {None, ledger}:
                    points[ledger] = points.get(ledger, 0.0) + weight
        if points:
            ledger = max(points, key=points.__getitem__)
            if points[ledger] > best[0]:
                best = (points[ledger], place, ledger)
            if points[ledger] > sum(map(bool, row)) / 2:
                break
    score, place, ledger = best
    if not ledger:
        return None
    found = _columns(sheet, place, ledger, words)
    enough = len(found.section.columns) >= _FEWEST_COLUMNS
    # the columns that all ledgers share do not tell one from another
    return found if enough and (named is not None or score >= OWN) else None


def _columns(sheet: Sheet, place: int, ledger: str, words: Labels) -> Found:
    columns: dict[str, int] = {}
    unknown, twice = [], []
    for column, text in enumerate(sheet.rows[place]):
        if not text:
            continue
        label = tidy_label(text, words)
        code = words.get(label, {}).get(ledger, ("", 0.0))[0]
        if not code:
            unknown.append((text, column))
        elif code in columns:
            twice.append((text, column))
        else:
            columns[code] = column
    section = Section(ledger, sheet.name, sheet.numbers[place], columns)
    return Found(section, tuple(unknown), tuple(twice))


def tidy_label(text: str, words: Mapping[str, object]) -> str:
    """Return a header's text as labels are written: without marks, units and line breaks."""
    label = plain(text).strip("*:").removesuffix("(必填)")
    return label if label in words else _TAIL.sub("", label).strip("*:")


def _named(name: str, codebook: Codebook) -> str | None:
    """Return the ledger whose name or id a sheet or file is called by; the longest where several are."""
    told = plain(name)
    found = {
        plain(word): ledger
        for ledger, schema in codebook.ledgers.items()
        for word in (schema.name, schema.name[:SHEET_NAME_LENGTH], ledger)
        if plain(word) in told
    }
    return found[max(found, key=len)] if found else None


@dataclass(frozen=True)
class Body:
    """The rows of a section that hold facts, as texts.

    Attributes:
        cells: Field code → texts, shape (rows,).
        numbers: The rows as a spreadsheet shows them, shape (rows,).
        totals, notes, hidden: Rows that were left out as totals or remarks, and rows that count
            though they are hidden.
        bare: How many rows had nothing but a row number and an entity, both filled.
        merged: How many cells got their text from a merged cell above them.
    """

    cells: dict[str, NDArray[np.object_]]
    numbers: NDArray[np.int64]
    totals: tuple[int, ...]
    notes: tuple[int, ...]
    hidden: tuple[int, ...]
    bare: int
    merged: int


def body_of(sheet: Sheet, section: Section) -> Body:
    """Return the rows below a section's header, without blanks, totals, remarks and repeated headers."""
    rows, merged = _unmerged(sheet, section)
    header = next(
        (row for number, row in zip(sheet.numbers, sheet.rows, strict=True) if number == section.header), []
    )
    told = [column for code, column in section.columns.items() if code not in {ROW_ID, ENTITY}]
    kept: list[list[str]] = []
    numbers: list[int] = []
    owner, bare = section.columns.get(ENTITY), 0
    totals: list[int] = []
    notes: list[int] = []
    for number, row in rows.items():
        first = next(filter(None, row), "")
        start = plain(first[:SHEET_NAME_LENGTH])
        if _TOTAL.fullmatch(start):
            totals.append(number)
        elif _NOTE.match(start):
            notes.append(number)
        elif row != header and any(row[column] for column in told if column < len(row)):
            kept.append(row)
            numbers.append(number)
        elif owner is not None and row != header and any(row[owner : owner + 1]):
            bare += 1
    cells = {
        code: np.array([row[column] if column < len(row) else "" for row in kept], dtype=object)
        for code, column in section.columns.items()
    }
    return Body(
        cells,
        np.array(numbers, dtype=np.int64),
        tuple(totals),
        tuple(notes),
        tuple(sorted(sheet.hidden.intersection(numbers))),
        bare,
        merged,
    )


def _unmerged(sheet: Sheet, section: Section) -> tuple[dict[int, list[str]], int]:
    """Return the rows below the header by number, and how many cells were merged with one above.

    A cell merged over rows of one column speaks for each of them.
    """
    start = bisect_right(sheet.numbers, section.header)
    numbers = sheet.numbers[start:]
    rows = dict(zip(numbers, sheet.rows[start:], strict=True))
    filled = 0
    for first, last, column, last_column in sheet.merged:
        row = rows.get(first, [])
        if column != last_column or column >= len(row) or not row[column]:
            continue
        for number in numbers[bisect_right(numbers, first) : bisect_right(numbers, last)]:
            below = [*rows[number], *[""] * (column + 1 - len(rows[number]))]
            below[column] = row[column]
            rows[number] = below
            filled += 1
            if filled > MOST_ROWS:
                raise UnreadableError("合并单元格太多", "取消合并,每行都填上内容")
    return rows, filled
