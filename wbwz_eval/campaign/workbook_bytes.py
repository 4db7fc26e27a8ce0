"""Workbooks that we write: the same content gives the same bytes, and no text ever runs as a formula."""

from __future__ import annotations

import io
import re
import zipfile
from typing import TYPE_CHECKING

from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.cell import Cell

_THEN = (2000, 1, 1, 0, 0, 0)
_STAMP = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*")


def workbook_bytes(book: Workbook) -> bytes:
    """Save a workbook without the moment of saving."""
    saved = io.BytesIO()
    book.save(saved)
    told = io.BytesIO()
    with zipfile.ZipFile(saved) as source, zipfile.ZipFile(told, "w", zipfile.ZIP_DEFLATED) as target:
        for part in source.infolist():
            data = source.read(part)
            if part.filename == "docProps/core.xml":
                data = _STAMP.sub(rb"\g<1>2000-01-01T00:00:00Z", data)
            target.writestr(zipfile.ZipInfo(part.filename, _THEN), data, zipfile.ZIP_DEFLATED)
    return told.getvalue()


def writable(text: str) -> str:
    """Return a text without the signs that a workbook cannot hold."""
    return ILLEGAL_CHARACTERS_RE.sub("�", text)


def put_text(cell: Cell, text: str) -> None:
    """Write a text as a text, whatever it begins with, and keep it one when somebody edits it."""
    cell.value = writable(text)
    # nor is it an error, such as #N/A
    cell.data_type = "s"
    if text.startswith(("=", "+", "-", "@", "\t", "\r")):
        cell.quotePrefix = True
