"""Tables whose columns are described by fields: parsed by column, every mistake told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from wbwz_eval.campaign.csv_text import read_csv
from wbwz_eval.campaign.faults import PRINTED_FAULTS, FaultList, one_of
from wbwz_eval.campaign.fields import Failed, Field, form_of, parse_cells
from wbwz_eval.campaign.grid import Sheet, UnreadableError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray


@dataclass(frozen=True)
class Wrong:
    """One cell that cannot stand: its place among the rows, its field, and what to say of it."""

    place: int
    code: str
    value: str
    message: str
    expected: str


@dataclass(frozen=True)
class Columns:
    """Columns as values, one array of shape (rows,) per field code, and the cells that are wrong."""

    content: dict[str, NDArray[np.generic]]
    wrong: tuple[Wrong, ...]


def parse_columns(
    cells: Mapping[str, NDArray[np.object_]],
    fields: Mapping[str, Field],
    entities: pd.DataFrame | None = None,
) -> Columns:
    """Read columns of texts.

    Args:
        cells: Field code → texts without white space around them, shape (rows,).
        fields: What each column may hold.
        entities: See :func:`.fields.parse_cells`.

    Returns:
        Values as :func:`.fields.parse_cells` gives them; an empty cell stands for the field's
        default. The wrong cells are sorted by row; they are left empty in columns of dates and
        numbers.
    """
    content: dict[str, NDArray[np.generic]] = {}
    wrong: list[Wrong] = []
    for code, texts in cells.items():
        field = fields[code]
        # Each different text is read once: dates, ids and choices repeat.
        place, different = pd.factorize(texts)
        written = np.asarray(different, dtype=object)
        if field.default is not None:
            written[written == ""] = field.default
        parsed = parse_cells(written, field, entities)
        content[code] = parsed.content[place]
        failed = list(parsed.failed)
        if field.required:
            failed.append(Failed(written == "", "没有填", form_of(field)))
        wrong.extend(_wrong_cells(failed, written, place, code))
    return Columns(content, tuple(sorted(wrong, key=lambda cell: cell.place)))


def _wrong_cells(
    failed: Iterable[Failed], written: NDArray[np.object_], place: NDArray[np.intp], code: str
) -> Iterator[Wrong]:
    """Go through the rows that have a wrong text, and only through them."""
    for failure in failed:
        if not failure.where.any():
            continue
        told: dict[int, str] = {}
        for row in np.flatnonzero(failure.where[place]):
            text = str(written[place[row]])
            # Looking for a near word takes long: not for more than are printed.
            if place[row] not in told and len(told) < PRINTED_FAULTS:
                told[place[row]] = failure.expect(text)
            expected = told.get(place[row], failure.expected)
            yield Wrong(int(row), code, text, failure.message, expected)


def read_table(
    path: Path,
    name: str,
    fields: Mapping[str, Field],
    *,
    faults: FaultList,
    entities: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Read a CSV table that the office keeps by hand.

    Args:
        path: The file; the first row is the header, with the labels of the fields or their codes.
        name: What faults call it.
        fields: Code → field, of every column that the table may have.
        faults: Where every mistake goes, sorted by row.
        entities: See :func:`.fields.parse_cells`.

    Returns:
        One row per filled row of the file and one column per field, in the fields' order: dates
        ``datetime64[s]``, numbers float64, everything else text (object, empty text where empty);
        and ``source_row``, the row as a spreadsheet shows it (int, header = 1). A date or number
        that cannot be read is left empty. A file that cannot be read gives no rows.
    """
    sheet = _read(path, name, faults)
    columns = _columns(sheet, name, fields, faults)
    rows = sheet.rows[1:]
    cells = {
        code: np.array(
            [row[columns[code]] if columns.get(code, len(row)) < len(row) else "" for row in rows],
            dtype=object,
        )
        for code in fields
    }
    # what a missing column lacks is told once, not in every row
    parsed = parse_columns(
        cells, {code: _as_found(field, found=code in columns) for code, field in fields.items()}, entities
    )
    for cell in parsed.wrong:
        faults.add(
            name,
            cell.message,
            expected=cell.expected,
            row=sheet.numbers[cell.place + 1],
            column=fields[cell.code].label,
            value=cell.value or None,
        )
    source_row = np.array(sheet.numbers[1:], dtype=np.int64)
    return pd.DataFrame({code: series(parsed.content[code]) for code in fields} | {"source_row": source_row})


def _as_found(field: Field, *, found: bool) -> Field:
    return field if found else field.model_copy(update={"required": False})


def empty_table(fields: Mapping[str, Field]) -> pd.DataFrame:
    """Return a table without rows, with the columns and types that :func:`read_table` gives."""
    nothing = np.empty(0, dtype=object)
    table = {code: series(parse_cells(nothing, field).content) for code, field in fields.items()}
    return pd.DataFrame({**table, "source_row": series(np.empty(0, dtype=np.int64))})


def series(values: NDArray[np.generic]) -> pd.Series:
    """Keep the type of the values: pandas would guess another one for texts, by its version."""
    return pd.Series(values, dtype=values.dtype)


def _read(path: Path, name: str, faults: FaultList) -> Sheet:
    """Read the file; one row, the header, at least."""
    nothing = Sheet("", [1], [[]])
    try:
        data = path.read_bytes()
    except OSError:
        faults.add(name, "找不到这个文件,或者不能读")
        return nothing
    if data.startswith(b"PK"):
        faults.add(name, "是 Excel 工作簿,不是 CSV", expected="在表格软件里另存为“CSV UTF-8(逗号分隔)”")
        return nothing
    try:
        sheet = read_csv(data)
    except UnreadableError as error:
        faults.add(name, error.message, expected=error.expected)
        return nothing
    if not sheet.rows:
        faults.add(name, "文件是空的", expected="第一行为表头")
        return nothing
    return sheet


def _columns(sheet: Sheet, name: str, fields: Mapping[str, Field], faults: FaultList) -> dict[str, int]:
    """Find which column of the file holds which field."""
    codes = {field.label: code for code, field in fields.items()} | {code: code for code in fields}
    found: dict[str, int] = {}
    header = sheet.rows[0]
    widest = max(len(row) for row in sheet.rows)
    for column in range(widest):
        label = header[column] if column < len(header) else ""
        code = codes.get(label)
        if code is None:
            labels = [field.label for field in fields.values()]
            if label or any(row[column : column + 1] not in ([], [""]) for row in sheet.rows):
                faults.add(name, f"不认识的列 “{label}”", expected=one_of(labels, instead_of=label), row=1)
        elif code in found:
            faults.add(name, f"“{fields[code].label}”列出现了两次", row=1)
        else:
            found[code] = column
    if header:
        for code, field in fields.items():
            if field.required and field.default is None and code not in found:
                faults.add(name, f"缺少“{field.label}”列", row=1)
    return found
