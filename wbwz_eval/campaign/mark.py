"""A copy of what was sent with every faulty cell coloured, for the sender to mend and send again."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from openpyxl import Workbook, load_workbook
from openpyxl.cell import Cell
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill
from openpyxl.worksheet.worksheet import Worksheet

from wbwz_eval.campaign.received_file import read_received
from wbwz_eval.campaign.workbook_bytes import put_text, workbook_bytes

if TYPE_CHECKING:
    from wbwz_eval.campaign.grid import Sheet
    from wbwz_eval.campaign.receipts import FaultNote, Receipt

FAULTS_SHEET = "退回说明"

_WRONG = PatternFill("solid", fgColor="FFC7CE")
_NOTE_WIDTH, _NOTE_HEIGHT = 300, 80
_COLUMNS = (("工作表", 24), ("位置", 10), ("列", 18), ("填的是", 24), ("问题", 40), ("应为", 50))


def marked_copy(data: bytes, receipt: Receipt) -> bytes:
    """Return a workbook with the faults of a receipt on their cells, and all of them on a sheet.

    A workbook keeps its look; a CSV file becomes a workbook.

    Raises:
        UnreadableError: The file cannot be read at all, so that nothing can be marked in it.
    """
    sheets = read_received(data)
    book = load_workbook(io.BytesIO(data)) if receipt.kind == "xlsx" else _book(sheets.sheets[0])
    for fault in receipt.faults:
        sheet = book[fault.sheet] if fault.sheet in book.sheetnames else book.worksheets[0]
        _mark(sheet, fault)
    if FAULTS_SHEET in book.sheetnames:
        # from the last time
        book.remove(book[FAULTS_SHEET])
    _list(book.create_sheet(FAULTS_SHEET, 0), receipt)
    book.active = 0
    return workbook_bytes(book)


def _book(read: Sheet) -> Workbook:
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    for number, row in zip(read.numbers, read.rows, strict=True):
        for column, text in enumerate(row, start=1):
            if text:
                put_text(sheet.cell(number, column), text)
    return book


def _mark(sheet: Worksheet, fault: FaultNote) -> None:
    cell = sheet[fault.cell] if fault.cell else sheet.cell(fault.row or 1, 1)
    if not isinstance(cell, Cell):
        # part of a merged cell: only its first cell takes a colour and a note
        area = next(area for area in sheet.merged_cells.ranges if cell.coordinate in area)
        cell = sheet.cell(area.min_row, area.min_col)
        assert isinstance(cell, Cell)
    text = fault.message + (f";应为 {fault.expected}" if fault.expected else "")
    before = f"{cell.comment.text}\n" if cell.comment and cell.fill == _WRONG else ""
    cell.fill = _WRONG
    cell.comment = Comment(before + text, "wbwz", height=_NOTE_HEIGHT, width=_NOTE_WIDTH)


def _list(sheet: Worksheet, receipt: Receipt) -> None:
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
            quoted = fault.sheet.replace("'", "''")
            link.hyperlink = f"#'{quoted}'!{fault.cell}"
            link.font = Font(color="0563C1", underline="single")
    sheet.freeze_panes = "A2"
