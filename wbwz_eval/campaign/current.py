"""A ledger as it stands while submissions come in: which rows there are, and with what in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from wbwz_eval.campaign.ledgers import ROW_ID

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from wbwz_eval.campaign.section_rows import Content


class Current:
    """The rows of one ledger by number; grows as submissions are accepted."""

    def __init__(self, rows: pd.DataFrame, defaults: Mapping[str, Any]) -> None:
        """Take the rows that stand, with a column per field, and what empty cells mean."""
        self._defaults = defaults
        # of their own: what comes from pandas may not be written to
        self._columns = {str(code): rows[code].to_numpy(copy=True) for code in rows.columns}
        self._count = len(rows)
        self._place = dict(zip(self._columns[ROW_ID].tolist(), range(self._count), strict=True))

    def places(self, row_ids: NDArray[np.generic]) -> NDArray[np.intp]:
        """Return where each row stands; -1 for new ones."""
        return np.array([self._place.get(row_id, -1) for row_id in row_ids.tolist()], dtype=np.intp)

    def value(self, code: str, places: NDArray[np.intp]) -> NDArray[np.generic]:
        """Return the values of a field at places that are not -1."""
        return self._columns[code][places]

    def differs(self, places: NDArray[np.intp], content: Content) -> NDArray[np.bool_]:
        """Return which rows, all of which stand, would be changed; content has their new values."""
        changed = np.zeros(len(places), dtype=bool)
        for code, values in content.items():
            before = self._columns[code][places]
            after = values.astype(before.dtype)
            if code in self._defaults:
                before, after = (self._meant(code, cells) for cells in (before, after))
            unequal = before != after
            if before.dtype.kind in "fM":
                # not-a-number is not itself; here it is an empty cell like another
                unequal &= ~((before != before) & (after != after))  # noqa: PLR0124
            changed |= unequal.astype(bool)
        return changed

    def _meant(self, code: str, cells: NDArray[np.generic]) -> NDArray[np.generic]:
        empty = cells == "" if cells.dtype == object else cells != cells  # noqa: PLR0124
        return np.where(empty, self._defaults[code], cells).astype(cells.dtype)

    def put(self, content: Content) -> None:
        """Let rows stand as they come in; no row number may come twice."""
        row_ids = content[ROW_ID]
        places = self.places(row_ids)
        new = places < 0
        places[new] = self._count + np.arange(int(new.sum()))
        self._count += int(new.sum())
        self._place.update(zip(row_ids[new].tolist(), places[new].tolist(), strict=True))
        for code, column in self._columns.items():
            room = self._room(column)
            if code in content:
                room[places] = content[code].astype(room.dtype)
            self._columns[code] = room

    def _room(self, column: NDArray[np.generic]) -> NDArray[np.generic]:
        """Return the column with room for all rows; twice as much, so that it is seldom needed."""
        if len(column) >= self._count:
            return column
        more = max(self._count, 2 * len(column)) - len(column)
        empty: NDArray[np.generic]
        if column.dtype.kind == "M":
            empty = np.full(more, np.datetime64("NaT"), dtype=column.dtype)
        else:
            empty = np.full(more, np.nan if column.dtype.kind == "f" else "", dtype=column.dtype)
        return np.concatenate([column, empty])
