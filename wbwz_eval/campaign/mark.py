"""A copy of what was sent with every faulty cell coloured, for the sender to mend and send again."""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from typing import TYPE_CHECKING

from openpyxl import Workbook, load_workbook
from openpyxl.cell import Cell
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill
from openpyxl.worksheet.worksheet import Worksheet

from wbwz_eval.campaign.received_file import read_received
from wbwz_eval.campaign.sections import SHEET_NAME_LENGTH
from wbwz_eval.campaign.workbook_bytes import put_text, workbook_bytes, writable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wbwz_eval.campaign.grid import Sheets
    from wbwz_eval.campaign.receipts import FaultNote, Receipt

FAULTS_SHEET = "退回说明"

# what loading with the look would put into memory cell by cell
_MOST_MERGED, _MOST_BYTES = 100_000, 100_000_000
_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\\x00-\x1f]")

_WRONG = PatternFill("solid", fgColor="FFC7CE")
_NOTE_WIDTH, _NOTE_HEIGHT = 300, 80
_COLUMNS = (("工作表", 24), ("位置", 10), ("列", 18), ("填的是", 24), ("问题", 40), ("应为", 50))


def marked_copy(data: bytes, receipt: Receipt) -> bytes:
    """Return a workbook with the faults of a receipt on their cells, and all of them on a sheet.

    A workbook keeps its look, unless it is too strange to be written again; then, and of a CSV
    file, the copy holds its texts.

    Raises:
        UnreadableError: The file cannot be read at all, so that nothing can be marked in it.
    """
    sheets = read_received(data)
    book = _loaded(data, sheets)
    if book is not None:
        try:
            return _with_faults(book, {}, receipt)
        except Exception:  # noqa: BLE001, S110 - what it loaded but cannot save it answers with any error
            pass
    return _with_faults(*_of_texts(sheets), receipt)


def _with_faults(book: Workbook, titles: Mapping[str, str], receipt: Receipt) -> bytes:
    for fault in receipt.faults:
        title = titles.get(fault.sheet or "", fault.sheet)
        _mark(book[title] if title in book.sheetnames else book.worksheets[0], fault)
    if FAULTS_SHEET in book.sheetnames:
        # from the last time
        book.remove(book[FAULTS_SHEET])
    _list(book.create_sheet(FAULTS_SHEET, 0), receipt, titles)
    book.active = 0
    return workbook_bytes(book)


def _loaded(data: bytes, sheets: Sheets) -> Workbook | None:
    """Open a workbook with its look; None where it is none, or opening it would not end well."""
    if not data.startswith(b"PK"):
        return None
    merged = sum(
        (last - first + 1) * (right - left + 1)
        for sheet in sheets.sheets
        for first, last, left, right in sheet.merged
    )
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        size = sum(part.file_size for part in package.infolist())
    if merged > _MOST_MERGED or size > _MOST_BYTES:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what it leaves out
        try:
            book = load_workbook(io.BytesIO(data))
        except Exception:  # noqa: BLE001 - what it cannot load it answers with any error there is
            return None
    titles = {sheet.title for sheet in book.worksheets}
    return book if titles and titles.issuperset(sheet.name for sheet in sheets.sheets) else None


def _of_texts(sheets: Sheets) -> tuple[Workbook, dict[str, str]]:
    """Return a workbook of the texts alone, and how its sheets had to be called."""
    book = Workbook()
    titles = {}
    for read in sheets.sheets:
        sheet = book.create_sheet(_NOT_IN_NAMES.sub("_", read.name)[:SHEET_NAME_LENGTH] or "台账")
        titles[read.name] = sheet.title
        for number, row in zip(read.numbers, read.rows, strict=True):
            for column, text in enumerate(row, start=1):
                if text:
                    put_text(sheet.cell(number, column), text)
    if titles:
        book.remove(book.worksheets[0])
    return book, titles


def _mark(sheet: Worksheet, fault: FaultNote) -> None:
    cell = sheet[fault.cell] if fault.cell else sheet.cell(fault.row or 1, 1)
    if not isinstance(cell, Cell):
        # part of a merged cell: only its first cell takes a colour and a note
        area = next(area for area in sheet.merged_cells.ranges if cell.coordinate in area)
        cell = sheet.cell(area.min_row, area.min_col)
        assert isinstance(cell, Cell)
    text = writable(fault.message + (f";应为 {fault.expected}" if fault.expected else ""))
    before = f"{cell.comment.text}\n" if cell.comment and cell.fill == _WRONG else ""
    cell.fill = _WRONG
    cell.comment = Comment(before + text, "wbwz", height=_NOTE_HEIGHT, width=_NOTE_WIDTH)


def _list(sheet: Worksheet, receipt: Receipt, titles: Mapping[str, str]) -> None:
    for column, (title, width) in enumerate(_COLUMNS, start=1):
        cell = sheet.cell(1, column, title)
        cell.font = Font(bold=True)
        sheet.column_dimensions[cell.column_letter].width = width
    for place, fault in enumerate(receipt.faults, start=2):
        where = fault.cell or (f"第 {fault.row} 行" if fault.row else "")
        texts = (fault.sheet, where, fault.column, fault.value, fault.message, fault.expected)
        for column, text in enumerate(texts, start=1):
            put_text(sheet.cell(place, column), text or "")
        if fault.cell and fault.sheet:
            link = sheet.cell(place, 2)
            quoted = titles.get(fault.sheet, fault.sheet).replace("'", "''")
            link.hyperlink = f"#'{quoted}'!{fault.cell}"
            link.font = Font(color="0563C1", underline="single")
    sheet.freeze_panes = "A2"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
