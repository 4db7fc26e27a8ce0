"""One sheet of an xlsx workbook, read in a single pass and in bounded memory.

openpyxl tells either a formula or its result, not both, and calamine ends the process on a cell far
out; both matter with workbooks from elsewhere. So the sheet's XML (ECMA-376, part 1, 18.3) is read
here, by the expat parser.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import IO, TYPE_CHECKING, Literal
from xml.parsers import expat

from wbwz_eval.campaign.grid import MOST_COLUMNS, MOST_ROWS, Sheet, UnreadableError

if TYPE_CHECKING:
    from collections.abc import Callable

NumberKind = Literal["plain", "date", "percent"]

_CHUNK = 1 << 16
# A sheet at its limits has some 3 million elements in 100 million bytes, and takes 5 seconds.
_MOST_ELEMENTS, MOST_BYTES = 5_000_000, 120_000_000

_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_EXACT_LENGTH = 15
_DAY_1900, _DAY_1904 = dt.datetime(1899, 12, 30), dt.datetime(1904, 1, 1)
_LAST_SERIAL = 2_958_466.0  # the day after 9999-12-31
_SECONDS = 86_400
_LAST_ROW = 1_048_576


class PartParser:
    """Reads the XML parts of one workbook, which together must stay within bounds."""

    def __init__(self) -> None:
        """Start with nothing read."""
        self._elements = self._bytes = 0

    def parse(
        self,
        stream: IO[bytes],
        start: Callable[[str, dict[str, str]], None],
        end: Callable[[str], None] = lambda _: None,
        text: Callable[[str], None] | None = None,
    ) -> None:
        """Pass the elements of a part on, by their names without prefix.

        Raises:
            UnreadableError: The workbook is too large, or the part declares a document type, which
                no office program writes.
            expat.ExpatError: It is no XML.
        """
        parser = expat.ParserCreate()
        parser.buffer_text = True

        def started(name: str, attributes: dict[str, str]) -> None:
            self._elements += 1
            if self._elements > _MOST_ELEMENTS:
                raise UnreadableError("内容太多", "分成几个文件报送")
            start(name.rpartition(":")[2] if ":" in name else name, attributes)

        def ended(name: str) -> None:
            end(name.rpartition(":")[2] if ":" in name else name)

        def refuse(*_: object) -> None:
            raise UnreadableError("含有文档类型声明,不是表格软件存的工作簿", "用 Excel 或 WPS 另存为 xlsx")

        parser.StartElementHandler = started
        parser.EndElementHandler = ended
        parser.StartDoctypeDeclHandler = refuse
        if text is not None:
            parser.CharacterDataHandler = text
        while chunk := stream.read(_CHUNK):
            self._bytes += len(chunk)
            if self._bytes > MOST_BYTES:
                raise UnreadableError("解压后太大", "只留台账的内容")
            parser.Parse(chunk, False)  # noqa: FBT003 - expat takes it by position
        parser.Parse(b"", True)  # noqa: FBT003


def decoded(text: str) -> str:
    """Return a text with the signs that XML cannot hold (written _x000D_) put back."""
    return _ESCAPED.sub(_sign, text) if "_x" in text else text


def _sign(found: re.Match[str]) -> str:
    sign = chr(int(found[1], 16))
    # halves of a sign and NUL are no text anywhere else
    return found[0] if sign == "\0" or "\ud800" <= sign <= "\udfff" else sign


class SheetReader:
    """Collects one sheet's rows while its XML passes by."""

    def __init__(self, shared: list[str], kinds: list[NumberKind], *, from_1904: bool) -> None:
        """Take the workbook's shared texts and what its styles say that numbers are."""
        self._shared, self._kinds = shared, kinds
        self._first_day = _DAY_1904 if from_1904 else _DAY_1900
        self._columns: dict[str, int] = {}
        self._numbers: list[int] = []
        self._rows: list[list[str]] = []
        self._hidden: set[int] = set()
        self._without_result: set[tuple[int, int]] = set()
        self._merged: list[tuple[int, int, int, int]] = []
        self._formulas = 0
        self._number = 0
        self._row: list[str] = []
        self._column = -1
        self._cell: dict[str, str] = {}
        self._value: str | None = None
        self._formula = False
        self._phonetic = False
        self._buffer: list[str] | None = None

    def read(self, parser: PartParser, stream: IO[bytes], name: str) -> Sheet:
        """Read the sheet.

        Raises:
            UnreadableError: It is beyond what a ledger can be.
            ValueError, IndexError, expat.ExpatError: It is damaged.
        """
        parser.parse(stream, self._start, self._end, self._text)
        order = sorted(range(len(self._numbers)), key=self._numbers.__getitem__)
        return Sheet(
            name,
            [self._numbers[place] for place in order],
            [self._rows[place] for place in order],
            frozenset(self._hidden.intersection(self._numbers)),
            self._formulas,
            frozenset(self._without_result),
            tuple(self._merged),
        )

    def _text(self, text: str) -> None:
        if self._buffer is not None:
            self._buffer.append(text)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "c":
            self._cell = attributes
            self._value = None
            self._formula = False
            reference = attributes.get("r")
            self._column = self._column + 1 if reference is None else self._column_of(reference)
        elif name == "v" or (name == "t" and not self._phonetic):
            self._buffer = []
        elif name == "f":
            self._formula = True
        elif name == "row":
            before, number = self._number, attributes.get("r")
            self._number = before + 1 if number is None else int(number)
            if not before < self._number <= _LAST_ROW:
                raise ValueError(number)
            self._row = []
            self._column = -1
            if attributes.get("hidden") in {"1", "true"}:
                self._hidden.add(self._number)
        elif name == "rPh":
            self._phonetic = True
        elif name == "mergeCell":
            self._merge(attributes.get("ref", ""))

    def _end(self, name: str) -> None:
        if name == "c":
            self._end_cell()
        elif name in {"v", "t"}:
            if self._buffer is not None:
                # a text in several runs of letters comes in several pieces
                self._value = (self._value or "") + "".join(self._buffer)
                self._buffer = None
        elif name == "row":
            if any(self._row):
                if len(self._rows) >= MOST_ROWS:
                    raise UnreadableError(f"超过 {MOST_ROWS} 行", "分成几个文件报送")
                self._numbers.append(self._number)
                self._rows.append(self._row)
        elif name == "rPh":
            self._phonetic = False

    def _end_cell(self) -> None:
        if self._formula:
            self._formulas += 1
            if not self._value:
                self._without_result.add((self._number, self._column))
                self._put("=")
                return
        if self._value:
            self._put(self._shown(self._value, self._cell.get("t", "n")))

    def _put(self, text: str) -> None:
        if self._column >= MOST_COLUMNS:
            if text:
                raise UnreadableError(f"超过 {MOST_COLUMNS} 列", "只留台账的列")
            return
        row = self._row
        missing = self._column - len(row)
        if missing > 0:
            row.extend([""] * missing)
        if missing >= 0:
            row.append(text)
        else:
            row[self._column] = text

    def _shown(self, value: str, kind: str) -> str:
        """Return a cell's text as people see it."""
        if kind == "s":
            return self._shared[int(value)]
        if kind == "n":
            return self._number_text(value)
        if kind == "b":
            return "TRUE" if value == "1" else "FALSE"
        return decoded(value).strip()

    def _number_text(self, value: str) -> str:
        style = self._cell.get("s")
        kind = self._kinds[int(style)] if style is not None else "plain"
        if kind == "plain":
            if len(value) <= _EXACT_LENGTH:
                return value
            return f"{float(value):.15g}"
        if kind == "percent":
            return f"{float(value) * 100:.15g}%"
        return self._day_text(float(value))

    def _day_text(self, serial: float) -> str:
        if not 0 <= serial < _LAST_SERIAL:
            return f"{serial:.15g}"
        moment = self._first_day + dt.timedelta(seconds=round(serial * _SECONDS))
        if serial < 1:
            return moment.strftime("%H:%M:%S")
        day = f"{moment:%Y-%m-%d}"
        return day if moment.time() == dt.time.min else f"{day} {moment:%H:%M:%S}"

    def _column_of(self, reference: str) -> int:
        letters = reference.rstrip("0123456789")
        column = self._columns.get(letters)
        if column is None:
            if not re.fullmatch("[A-Z]{1,3}", letters):
                raise ValueError(reference)
            column = 0
            for letter in letters:
                column = column * 26 + ord(letter) - ord("A") + 1
            column -= 1
            self._columns[letters] = column
        return column

    def _merge(self, reference: str) -> None:
        first, _, last = reference.partition(":")
        corners = _REFERENCE.fullmatch(first), _REFERENCE.fullmatch(last)
        if corners[0] and corners[1]:
            self._merged.append(
                (
                    int(corners[0][2]),
                    int(corners[1][2]),
                    self._column_of(corners[0][1]),
                    self._column_of(corners[1][1]),
                )
            )
