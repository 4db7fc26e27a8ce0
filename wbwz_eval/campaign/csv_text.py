"""CSV files as people send them: UTF-8, GB18030 or UTF-16; commas, tabs or semicolons."""

from __future__ import annotations

import codecs
import csv
import io

from wbwz_eval.campaign.grid import MOST_COLUMNS, MOST_ROWS, Sheet, UnreadableError

_SEPARATORS = ",\t;"
_LOOKED_AT = 20
_SAVE_AS = "在表格软件里另存为“CSV UTF-8(逗号分隔)”"


def read_csv(data: bytes) -> Sheet:
    """Read a CSV file.

    Raises:
        UnreadableError: It is no text, a quotation mark is left open, or it is larger than any
            ledger.
    """
    text = _decode(data)
    numbers: list[int] = []
    rows: list[list[str]] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text), strict=True)
    try:
        for number, row in enumerate(reader, start=1):
            cells = [cell.strip() for cell in row]
            while cells and not cells[-1]:
                cells.pop()
            if not cells:
                continue
            if len(rows) >= MOST_ROWS:
                raise UnreadableError(f"超过 {MOST_ROWS} 行", "分成几个文件报送")
            if len(cells) > MOST_COLUMNS:
                raise UnreadableError(f"超过 {MOST_COLUMNS} 列", "只留台账的列")
            numbers.append(number)
            rows.append(cells)
    except csv.Error as error:
        raise UnreadableError(
            f"第 {reader.line_num} 行起不是完整的 CSV,多半是双引号没有配对", _SAVE_AS
        ) from error
    return Sheet("", numbers, rows)


def _decode(data: bytes) -> str:
    for mark, encoding in ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):
        if data.startswith(mark):
            return _decoded(data, encoding)
    if b"\0" in data:
        raise UnreadableError("不是表格,也不是文本", "xlsx 或 csv 文件")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return _decoded(data, "gb18030")


def _decoded(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise UnreadableError("文字编码认不出来", _SAVE_AS) from error


def _separator(text: str) -> str:
    """Return the separator that stands most often in the first lines."""
    first = "".join(text.splitlines(keepends=True)[:_LOOKED_AT]) if len(text) < 1 << 16 else text[: 1 << 14]
    return max(_SEPARATORS, key=first.count)
