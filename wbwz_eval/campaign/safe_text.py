"""Texts in CSV files that a spreadsheet would otherwise run as formulas."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Callable

_RUNS = re.compile(r"'*[=+\-@\t\r]")
_GUARDED = re.compile(r"'+[=+\-@\t\r]")


def guarded(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose texts no spreadsheet runs: one more apostrophe before =, +, -, @ and the like.

    :func:`unguarded` gives back exactly what was there.
    """
    return _each_text(table, lambda text: f"'{text}" if _RUNS.match(text) else text)


def unguarded(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table as it was before :func:`guarded`."""
    return _each_text(table, lambda text: text[1:] if _GUARDED.match(text) else text)


def _each_text(table: pd.DataFrame, change: Callable[[str], str]) -> pd.DataFrame:
    result = table.copy(deep=False)
    for name in table.columns:
        column = table[name]
        if column.dtype.kind in "OTU" or pd.api.types.is_string_dtype(column):
            codes, words = pd.factorize(column)
            known = [change(word) if isinstance(word, str) else word for word in words]
            if any(new is not old for new, old in zip(known, words, strict=True)):
                result[name] = pd.Series(known, dtype=column.dtype).take(codes).set_axis(table.index)
    return result
