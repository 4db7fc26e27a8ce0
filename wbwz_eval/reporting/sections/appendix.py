"""The method as the table that a 考核办法 prints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from wbwz_eval.reporting.pieces import Cell, Column, Table

if TYPE_CHECKING:
    from wbwz_eval.scoring.scores import Scores

_NUMBERS = {"分值"}
_SHORT = {"指标代码"}
_LONG = {"计分办法"}


def method(scores: Scores) -> Table:
    """Return the method table; a column that is empty throughout is left out."""
    table = scores.method
    filled = [str(name) for name in table.columns if (table[name] != "").any()]
    columns = tuple(Column(name, _kind(name)) for name in filled)
    rows = tuple(tuple(Cell(row[name]) for name in filled) for row in table.to_dict("records"))
    head = scores.header
    return Table(f"{head['methodology_title']}（{head['methodology_version']}）", columns, rows)


def _kind(name: str) -> Literal["text", "number", "wide", "long"]:
    if name in _NUMBERS:
        return "number"
    return "text" if name in _SHORT else "long" if name in _LONG else "wide"
