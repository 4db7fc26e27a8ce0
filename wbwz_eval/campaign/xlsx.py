"""xlsx workbooks as people send them: every visible sheet as texts."""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
import zlib
from typing import IO
from xml.parsers import expat

from wbwz_eval.campaign.grid import Sheets, UnreadableError
from wbwz_eval.campaign.xlsx_sheet import NumberKind, PartParser, SheetReader, decoded

_DAMAGED = (zipfile.BadZipFile, zlib.error, expat.ExpatError, EOFError, LookupError, ValueError)
_SAVE_AS = "用 Excel 或 WPS 打开后另存为 xlsx"
_MOST_SHEETS = 100

# Built-in formats of dates and times; 27 to 36 and 50 to 58 are those of Chinese editions.
_DATE_FORMATS = frozenset((*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)))
_PERCENT_FORMATS = frozenset((9, 10))
_NOT_SIGNS = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')
_DATE_SIGNS = re.compile(r"[ymdhs]", re.IGNORECASE)


def read_xlsx(data: bytes) -> Sheets:
    """Read every visible sheet of a workbook.

    Raises:
        UnreadableError: It cannot be read, or is larger than any ledger.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            return _read(package)
    except UnreadableError:
        raise
    except (NotImplementedError, RuntimeError) as error:
        # zipfile's answers to a strange compression and to an encrypted part
        raise UnreadableError("用了不支持的压缩或加密", _SAVE_AS) from error
    except _DAMAGED as error:
        raise UnreadableError("工作簿已损坏,或没有传完整", f"{_SAVE_AS},再发一次") from error


def _read(package: zipfile.ZipFile) -> Sheets:
    parser = PartParser()
    names = set(package.namelist())
    book = _office_document(parser, package, names)
    if book.endswith(".bin"):
        raise UnreadableError("是二进制工作簿(xlsb)", _SAVE_AS)
    targets = _targets(parser, package, book, names)
    sheets, from_1904 = _listed_sheets(parser, package, book)
    if len(sheets) > _MOST_SHEETS:
        raise UnreadableError(f"有 {len(sheets)} 个工作表", f"不超过 {_MOST_SHEETS} 个")
    shared = _shared_texts(parser, package, targets.get("sharedStrings", ""), names)
    kinds = _number_kinds(parser, package, targets.get("styles", ""), names)
    read, hidden = [], []
    for name, relation, visible in sheets:
        part = targets.get(relation, "")
        # chart sheets and the like have no cells
        if "worksheets/" not in part:
            continue
        if not visible:
            hidden.append(name)
            continue
        with package.open(part) as stream:
            read.append(SheetReader(shared, kinds, from_1904=from_1904).read(parser, stream, name))
    return Sheets(tuple(read), tuple(hidden))


def _office_document(parser: PartParser, package: zipfile.ZipFile, names: set[str]) -> str:
    """Return the part that holds the list of sheets."""
    if "[Content_Types].xml" not in names:
        raise UnreadableError("是压缩包,不是工作簿", "先解压,再报送里面的 xlsx 文件")
    found = [
        attributes["Target"]
        for name, attributes in _elements(parser, package, "_rels/.rels")
        if name == "Relationship" and attributes.get("Type", "").endswith("/officeDocument")
    ]
    book = found[0].lstrip("/") if found else ""
    if "xl/" not in book:
        raise UnreadableError("不是 Excel 工作簿(可能是 Word 或 PPT 文件)", "xlsx 或 csv 文件")
    return book


def _targets(parser: PartParser, package: zipfile.ZipFile, book: str, names: set[str]) -> dict[str, str]:
    """Return which part each relation of the workbook leads to; styles and shared texts by kind."""
    folder, file = posixpath.split(book)
    listed = f"{folder}/_rels/{file}.rels"
    targets = {}
    for name, attributes in _elements(parser, package, listed):
        if name == "Relationship" and attributes.get("TargetMode") != "External":
            target = attributes["Target"]
            part = target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"{folder}/{target}")
            if part in names:
                targets[attributes["Id"]] = part
                kind = attributes.get("Type", "").rpartition("/")[2]
                if kind in {"sharedStrings", "styles"}:
                    targets[kind] = part
    return targets


def _listed_sheets(
    parser: PartParser, package: zipfile.ZipFile, book: str
) -> tuple[list[tuple[str, str, bool]], bool]:
    """Return name, relation and visibility of each sheet; and if days count from 1904."""
    sheets, from_1904 = [], False
    for name, attributes in _elements(parser, package, book):
        if name == "sheet":
            relation = next((value for key, value in attributes.items() if key.endswith(":id")), "")
            sheets.append((attributes["name"], relation, attributes.get("state", "visible") == "visible"))
        elif name == "workbookPr":
            from_1904 = attributes.get("date1904") in {"1", "true"}
    return sheets, from_1904


def _elements(parser: PartParser, package: zipfile.ZipFile, part: str) -> list[tuple[str, dict[str, str]]]:
    found: list[tuple[str, dict[str, str]]] = []
    with package.open(part) as stream:
        parser.parse(stream, lambda name, attributes: found.append((name, attributes)))
    return found


def _shared_texts(parser: PartParser, package: zipfile.ZipFile, part: str, names: set[str]) -> list[str]:
    """Return the texts that cells refer to by number."""
    if part not in names:
        return []
    with package.open(part) as stream:
        return _SharedTexts().read(parser, stream)


class _SharedTexts:
    """Collects shared texts; a reading aid in small letters (rPh) is not part of a text."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._pieces: list[str] = []
        self._collecting = self._phonetic = False

    def read(self, parser: PartParser, stream: IO[bytes]) -> list[str]:
        parser.parse(stream, self._start, self._end, self._text)
        return self._texts

    def _start(self, name: str, _: dict[str, str]) -> None:
        if name == "si":
            self._pieces = []
        elif name == "rPh":
            self._phonetic = True
        elif name == "t":
            self._collecting = not self._phonetic

    def _end(self, name: str) -> None:
        if name == "si":
            self._texts.append(decoded("".join(self._pieces)).strip())
        elif name == "rPh":
            self._phonetic = False
        elif name == "t":
            self._collecting = False

    def _text(self, text: str) -> None:
        if self._collecting:
            self._pieces.append(text)


def _number_kinds(
    parser: PartParser, package: zipfile.ZipFile, part: str, names: set[str]
) -> list[NumberKind]:
    """Return for each cell style if its numbers are days or shares in percent."""
    if part not in names:
        return []
    own: dict[int, str] = {}
    styles: list[int] = []
    inside = False

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal inside
        if name == "numFmt":
            own[int(attributes["numFmtId"])] = attributes.get("formatCode", "")
        elif name == "cellXfs":
            inside = True
        elif name == "xf" and inside:
            styles.append(int(attributes.get("numFmtId", "0")))

    def end(name: str) -> None:
        nonlocal inside
        if name == "cellXfs":
            inside = False

    with package.open(part) as stream:
        parser.parse(stream, start, end)
    known = {number: _kind(number, own.get(number)) for number in {*styles}}
    return [known[number] for number in styles]


def _kind(number: int, code: str | None) -> NumberKind:
    if code is None:
        return "date" if number in _DATE_FORMATS else "percent" if number in _PERCENT_FORMATS else "plain"
    # the first section is that of positive numbers
    signs = _NOT_SIGNS.sub("", code.split(";")[0])
    if "%" in signs:
        return "percent"
    return "date" if _DATE_SIGNS.search(signs.replace("General", "")) else "plain"
