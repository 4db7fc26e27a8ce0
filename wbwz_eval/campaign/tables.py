"""CSV tables whose columns are described by fields: parsed by column, every mistake told."""

from __future__ import annotations

import io
import re
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from wbwz_eval.campaign.faults import PRINTED_FAULTS, Fault, FaultList, one_of
from wbwz_eval.campaign.fields import Failed, Field, parse_cells

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

_LINE = re.compile(r"line ([0-9]+)")
_QUOTE_ROW = re.compile(r"starting at row ([0-9]+)")


def read_table(
    path: Path,
    name: str,
    fields: Mapping[str, Field],
    *,
    faults: FaultList,
    entities: pd.Index | None = None,
) -> pd.DataFrame:
    """Read one CSV table.

    Args:
        path: The file: UTF-8, first row the header, with the labels of the fields or their codes.
        name: What faults call it.
        fields: Code → field, of every column that the table may have.
        faults: Where every mistake goes, sorted by row.
        entities: The ids that fields of type ``entity`` may hold; not checked if None.

    Returns:
        One row per filled row of the file and one column per field, in the fields' order: dates
        ``datetime64[s]``, numbers float64, everything else text (object, empty text where empty);
        and ``source_row``, the row as a spreadsheet shows it (int, header = 1). A date or number
        that cannot be read is left empty. A file that cannot be read gives no rows.
    """
    cells = _read_cells(path, name, faults)
    columns = _columns(cells, name, fields, faults)
    body = cells.iloc[1:]
    kept = (body != "").any(axis=1).to_numpy(dtype=bool)
    source_row = np.flatnonzero(kept).astype(np.int64) + 2
    found: list[Fault] = []
    table: dict[str, pd.Series] = {}
    for code, field in fields.items():
        column = columns.get(code)
        texts = (
            np.full(len(source_row), "", dtype=object) if column is None else body[column].to_numpy()[kept]
        )
        # Each different text is read once: dates, ids and choices repeat.
        place, different = pd.factorize(texts)
        written = np.asarray(different, dtype=object)
        if field.default is not None:
            written[written == ""] = field.default
        parsed = parse_cells(written, field, entities)
        table[code] = _series(parsed.content[place])
        failed = list(parsed.failed)
        if field.required and column is not None:
            failed.append(Failed(written == "", "没有填"))
        make = partial(Fault, name, column=field.label)
        found.extend(_faults(failed, written, place, make, source_row))
    faults.extend(sorted(found, key=lambda fault: fault.row or 0))
    return pd.DataFrame({**table, "source_row": _series(source_row)})


def empty_table(fields: Mapping[str, Field]) -> pd.DataFrame:
    """Return a table without rows, with the columns and types that :func:`read_table` gives."""
    nothing = np.empty(0, dtype=object)
    table = {code: _series(parse_cells(nothing, field).content) for code, field in fields.items()}
    return pd.DataFrame({**table, "source_row": _series(np.empty(0, dtype=np.int64))})


def _series(values: NDArray[np.generic]) -> pd.Series:
    """Keep the type of the values: pandas would guess another one for texts, by its version."""
    return pd.Series(values, dtype=values.dtype)


def _faults(
    failed: list[Failed],
    written: NDArray[np.object_],
    place: NDArray[np.intp],
    make: Callable[..., Fault],
    source_row: NDArray[np.int64],
) -> Iterator[Fault]:
    """Make a fault for each row that has a wrong text; only wrong ones are gone through."""
    for failure in failed:
        told: dict[int, str] = {}
        for row in np.flatnonzero(failure.where[place]):
            text = str(written[place[row]])
            # Looking for a near word takes long: not for more than are printed.
            if place[row] not in told and len(told) < PRINTED_FAULTS:
                told[place[row]] = failure.expect(text)
            expected = told.get(place[row], failure.expected)
            yield make(
                message=failure.message,
                expected=expected,
                row=int(source_row[row]),
                value=text or None,
            )


def _read_cells(path: Path, name: str, faults: FaultList) -> pd.DataFrame:
    """Read every cell as text without white space around it; one row, the header, at least."""
    nothing = pd.DataFrame([[]], dtype=object)
    try:
        raw = path.read_bytes()
    except OSError:
        faults.add(name, "找不到这个文件,或者不能读")
        return nothing
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        faults.add(
            name,
            f"不是 UTF-8 编码{_likely_encoding(raw)}",
            expected="在表格软件里另存为“CSV UTF-8(逗号分隔)”",
            row=raw.count(b"\n", 0, error.start) + 1,
        )
        return nothing
    try:
        cells = pd.read_csv(
            io.StringIO(text), header=None, dtype=str, keep_default_na=False, skip_blank_lines=False
        )
    except pd.errors.EmptyDataError:
        faults.add(name, "文件是空的", expected="第一行为表头")
        return nothing
    except pd.errors.ParserError as error:
        _add_malformed(str(error), name, faults)
        return nothing
    return pd.DataFrame(
        {column: cells[column].fillna("").str.strip().astype(object) for column in cells.columns}
    )


def _likely_encoding(raw: bytes) -> str:
    if raw.startswith(b"PK"):
        return "的文本,看来是 Excel 工作簿"
    try:
        raw.decode("gb18030")
    except UnicodeDecodeError:
        return ""
    return ",看来是 GBK"


def _add_malformed(said: str, name: str, faults: FaultList) -> None:
    """Tell what pandas says in English about a file that is no proper CSV."""
    long_row, open_quote = _LINE.search(said), _QUOTE_ROW.search(said)
    if long_row:
        faults.add(
            name,
            "这一行的格数比表头多",
            expected="含逗号的内容用双引号括起来",
            row=int(long_row.group(1)),
        )
    elif open_quote:
        faults.add(name, "双引号没有配对", row=int(open_quote.group(1)) + 1)
    else:
        faults.add(name, f"不是完整的 CSV: {said}")


def _columns(
    cells: pd.DataFrame, name: str, fields: Mapping[str, Field], faults: FaultList
) -> dict[str, int]:
    """Find which column of the file holds which field."""
    codes = {field.label: code for code, field in fields.items()} | {code: code for code in fields}
    found: dict[str, int] = {}
    for column, header in enumerate(cells.iloc[0].tolist()):
        code = codes.get(header)
        if code is None:
            # Spreadsheets leave empty columns at the end: harmless while nothing stands in them.
            if header or (cells[column] != "").any():
                labels = [field.label for field in fields.values()]
                faults.add(
                    name,
                    f"不认识的列 “{header}”",
                    expected=one_of(labels, instead_of=header),
                    row=1,
                )
        elif code in found:
            faults.add(name, f"“{fields[code].label}”列出现了两次", row=1)
        else:
            found[code] = column
    if len(cells.columns):
        for code, field in fields.items():
            if field.required and field.default is None and code not in found:
                faults.add(name, f"缺少“{field.label}”列", row=1)
    return found
