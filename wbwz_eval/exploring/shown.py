"""Tables and pages as notebooks show them: Chinese heads, everything escaped, trials marked as such."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import pandas as pd

_MOST_ROWS, _MOST_DIGITS = 60, 4


class Table(pd.DataFrame):
    """A data frame that shows itself with Chinese heads, and so does what is taken out of it.

    Attributes:
        titles: Column → what people see in its place; empty for what they do not see.
        caption: What stands over the table.
        stamp: What stands before the caption: that it is a trial; empty for none.
        most: How many rows it shows at most.
    """

    _metadata = ("titles", "caption", "stamp", "most")
    titles: Mapping[str, str] | None = None
    caption: str | None = None
    stamp: str | None = None
    most: int | None = None

    @property
    def _constructor(self) -> type[Table]:
        return Table

    @classmethod
    def of(
        cls, frame: pd.DataFrame, titles: Mapping[str, str], *, caption: str = "", stamp: str = ""
    ) -> Table:
        """Make one of a data frame."""
        made = cls(frame)
        made.titles, made.caption, made.stamp = dict(titles), caption, stamp
        return made

    def whole(self) -> Table:
        """Return the same, which shows all its rows."""
        made = self.copy()
        made.most = len(self)
        return made

    def _repr_html_(self) -> str:
        most = _MOST_ROWS if self.most is None else self.most
        titles = self.titles or {}
        seen = [name for name in self.columns if titles.get(str(name), str(name))]
        shown = pd.DataFrame(self)[seen].head(most)
        heads = [titles.get(str(name), str(name)) for name in shown.columns]
        cells = pd.DataFrame({place: _texts(shown.iloc[:, place]) for place in range(len(heads))})
        numbers = [pd.api.types.is_numeric_dtype(dtype) for dtype in shown.dtypes]
        head = "".join(
            f'<th scope="col" style="{_style(number=number)}">{escape(title)}</th>'
            for title, number in zip(heads, numbers, strict=True)
        )
        rows = "".join(
            "<tr>"
            + "".join(
                f'<td style="{_style(number=number)}">{escape(cell)}</td>'
                for cell, number in zip(row, numbers, strict=True)
            )
            + "</tr>"
            for row in cells.itertuples(index=False, name=None)
        )
        said = f"…共 {len(self)} 行，这里是前 {most} 行；要全部，在后面加 <code>.whole()</code>"
        more = f"<p>{said}</p>" if len(self) > most else ""
        said = f"{stamped(self.stamp or '')}{escape(self.caption or '')}"
        caption = f"<caption style='text-align:left;padding:4px 0'>{said}</caption>"
        return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>{more}"


def stamped(stamp: str) -> str:
    """Return the mark of a trial as HTML; nothing for what is none."""
    if not stamp:
        return ""
    style = "border:2px solid #9c1c1c;color:#9c1c1c;padding:0 .4em;margin-right:.6em;font-weight:bold"
    return f'<span class="wbwz-stamp" style="{style}">{escape(stamp)}</span>'


def _style(*, number: bool) -> str:
    return f"text-align:{'right' if number else 'left'};padding:2px 10px"


def _texts(column: pd.Series) -> list[str]:
    """Return a column's cells, its numbers with as many decimals as the longest needs, four at most."""
    if not pd.api.types.is_float_dtype(column.dtype):
        return [_text(value) for value in column]
    known, digits = column.dropna().round(_MOST_DIGITS), 0
    while digits < _MOST_DIGITS and (known.round(digits) != known).any():
        digits += 1
    return [_text(value, f",.{digits}f") for value in column]


def _text(value: Any, form: str = ".12g") -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}"
    if value is None or value is pd.NaT or (isinstance(value, float) and value != value):  # noqa: PLR0124
        return "—"
    if isinstance(value, float):
        return format(round(value, _MOST_DIGITS), form)
    return str(value)
