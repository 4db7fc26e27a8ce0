"""A table of rows as people read them: dates, numbers and gaps written one way everywhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from wbwz_eval.reporting.pieces import Cell, Column, Table
from wbwz_eval.reporting.wording import NONE, number, percent, signed

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST = 40


@dataclass(frozen=True)
class Shown:
    """A column: whose values, under which title, written how.

    ``form`` is text, long (breaks), day, count, number, signed or share (0-1, in percent); ``below``
    is the column whose text stands small below.
    """

    code: str
    title: str
    form: Literal["text", "wide", "long", "day", "count", "number", "signed", "share"] = "wide"
    digits: int = 1
    below: str = ""


_KINDS: dict[str, Literal["text", "number", "wide", "long"]] = {
    "text": "text",
    "wide": "wide",
    "long": "long",
    "day": "text",
}


def listing(
    caption: str,
    table: pd.DataFrame,
    shown: Sequence[Shown],
    *,
    most: int = MOST,
    notes: tuple[str, ...] = (),
    head: int = 0,
    rest: str = "行见台账",
) -> Table:
    """Return a table's rows; past ``most`` the rest is counted, a column without any value is left out.

    ``rest`` is said of the rows that are not shown.
    """
    kept = [one for place, one in enumerate(shown) if place == head or _says(table, one)]
    rows = tuple(tuple(_cell(row, one) for one in kept) for row in table.head(most).to_dict("records"))
    more = len(table) - len(rows)
    if more > 0:
        notes = (*notes, f"只列前 {len(rows)} 行，另有 {more} {rest}。")
    columns = tuple(Column(one.title, _KINDS.get(one.form, "number")) for one in kept)
    return Table(caption, columns, rows, notes, head=kept.index(shown[head]))


def _says(table: pd.DataFrame, one: Shown) -> bool:
    if one.code not in table:
        return False
    return table.empty or bool((table[one.code].notna() & (table[one.code].astype(object) != "")).any())


def _cell(row: Any, one: Shown) -> Cell:
    value = row[one.code]
    below = str(row[one.below]) if one.below else ""
    if pd.isna(value) or value == "":
        return Cell(NONE, below=below)
    match one.form:
        case "day":
            said = f"{value:%Y-%m-%d}"
        case "count":
            said = f"{value:.0f}"
        case "number":
            said = number(float(value), one.digits)
        case "signed":
            said = signed(float(value), one.digits)
        case "share":
            said = percent(float(value), one.digits)
        case _:
            said = str(value)
    return Cell(said, below=below)
