"""Tables of results as CSV files, and back; written in portions, for a large one is never one text."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from wbwz_eval.campaign.safe_text import guarded, unguarded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

PORTION = 200_000
"""So many rows are written at a time."""

_BOOLEANS = frozenset({"tie", "counted"})
_INTEGERS = frozenset({"group_size", "depth", "count", "source_row"})
_TEXTS = frozenset(
    {
        "entity_id",
        "name",
        "level",
        "group",
        "group_name",
        "grade",
        "veto",
        "standing",
        "node",
        "kind",
        "parent",
        "unit",
        "direction",
        "status",
        "note",
        "indicator",
        "ledger",
        "row_id",
        "source",
        "reason",
        "item",
        "clause",
        "decided_by",
        "doc_no",
        "detail",
        "period",
        "period_name",
    }
)

_QUOTED = frozenset(',"\r\n')


def csv_bytes(tables: Iterable[pd.DataFrame]) -> Iterator[bytes]:
    """Yield a table, given as one or more with the same columns, as a CSV file without an index.

    The bytes are those of ``DataFrame.to_csv`` (UTF-8, lines end in a line feed), of which texts that
    a spreadsheet would run are :func:`~wbwz_eval.campaign.safe_text.guarded`. pandas formats cell by cell;
    here each different value of a column is formatted once.
    """
    header = True
    for table in tables:
        for first in range(0, max(len(table), 1), PORTION):
            yield _text(table.iloc[first : first + PORTION], header=header).encode()
            header = False


def _text(table: pd.DataFrame, *, header: bool) -> str:
    cells = [texts for name in table.columns if (texts := _texts(table[name])) is not None]
    if len(cells) < max(len(table.columns), 2):
        return guarded(table).to_csv(index=False, header=header, lineterminator="\n")
    head = [",".join(_written(str(name)) for name in table.columns)] if header else []
    return "\n".join([*head, *map(",".join, zip(*cells, strict=True)), ""])


def _texts(column: pd.Series[Any]) -> list[str] | None:
    """Return the cells as they stand in the file; None for what only pandas knows how to write."""
    kind = column.dtype.kind
    if kind == "b":
        return np.where(column.to_numpy(bool), "True", "False").tolist()
    if kind in "iu":
        return list(map(str, column.tolist()))
    if column.dtype == np.float64:
        # by their bits: 0.0 and -0.0 are equal, and written differently
        places, bits = pd.factorize(column.to_numpy().view(np.int64))
        words = ["" if value != value else repr(value) for value in bits.view(np.float64).tolist()]  # noqa: PLR0124
        return _spread(words, places)
    if column.dtype == object or pd.api.types.is_string_dtype(column):
        places, different = pd.factorize(column)
        if all(isinstance(word, str) for word in different):
            safe = guarded(pd.DataFrame({"word": different}))["word"]
            # what is missing has the place -1
            return _spread([*map(_written, safe), ""], places)
    return None


def _spread(words: list[str], places: Any) -> list[str]:
    return np.array(words, dtype=object)[places].tolist()


def _written(text: str) -> str:
    """Return a text with the quotation marks that it needs."""
    if _QUOTED.isdisjoint(text):
        return text
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow((text, ""))
    return line.getvalue().removesuffix(",\n")


def read_csv_table(path: Path) -> pd.DataFrame:
    """Read a table of results as it was before :func:`csv_bytes`, each column of its type."""
    columns = pd.read_csv(path, nrows=0).columns
    types: dict[str, Any] = {name: str for name in columns if name in _TEXTS or path.stem == "method"}
    types |= {name: bool for name in columns if name in _BOOLEANS}
    types |= {name: "int64" for name in columns if name in _INTEGERS}
    numeric = {name: "float64" for name in columns if name not in types}
    table = pd.read_csv(
        path, dtype=types | numeric, keep_default_na=False, na_values={name: [""] for name in numeric}
    )
    return unguarded(table)
