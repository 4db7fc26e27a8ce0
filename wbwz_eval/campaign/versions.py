"""All versions of a ledger's rows in the order of receipt, and the ledger at any moment."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from wbwz_eval.campaign.ledgers import ENTITY, KEPT_WHEN_EMPTY, ROW_ID
from wbwz_eval.campaign.texts import Texts

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from numpy.typing import NDArray

    from wbwz_eval.campaign.fields import Field
    from wbwz_eval.campaign.section_rows import Content

    Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Block:
    """The rows of one receipt's section that count.

    ``content`` has the columns of the file alone: what a file does not have, it does not change.
    """

    content: Content
    numbers: NDArray[np.int64]
    source: str
    sender: str
    receipt: int
    received_on: dt.date


@dataclass(frozen=True)
class Versions:
    """Every version of every row of a ledger, in the order of receipt: arrays of shape (versions,).

    Attributes:
        columns: Field code → values: :class:`Texts`, ``datetime64[D]`` or float64.
        absent: Field code → where the file had no such column (for what is
            kept when empty: where the cell is); codes without any are left out.
        sender: Who sent it: whose a new row is where nothing else is said.
        receipt, received, source, source_row: Where each version comes from; ``received`` is
            ``datetime64[D]``.
    """

    columns: dict[str, Texts | NDArray[np.generic]]
    absent: dict[str, Mask]
    receipt: NDArray[np.int64]
    received: NDArray[np.datetime64]
    source: Texts
    sender: Texts
    source_row: NDArray[np.int64]

    def __len__(self) -> int:
        """Return the number of versions."""
        return len(self.receipt)

    @staticmethod
    def of(fields: Mapping[str, Field], blocks: Sequence[Block]) -> Versions:
        """Put blocks together, in their order."""
        counts = np.array([len(block.numbers) for block in blocks], dtype=np.int64)
        columns: dict[str, Texts | NDArray[np.generic]] = {}
        absent: dict[str, Mask] = {}
        for code, field in fields.items():
            parts = [_filled(block, code, field.type) for block in blocks]
            columns[code] = _joined(parts, field.type)
            missing = np.repeat([code not in block.content for block in blocks], counts).astype(bool)
            column = columns[code]
            if code in KEPT_WHEN_EMPTY and isinstance(column, Texts):
                missing |= column.take(np.arange(len(column))) == ""
            if missing.any():
                absent[code] = missing
        return Versions(
            columns,
            absent,
            np.repeat(np.array([block.receipt for block in blocks], dtype=np.int64), counts),
            np.repeat(np.array([block.received_on for block in blocks], dtype="datetime64[D]"), counts),
            Texts.of([np.full(len(block.numbers), block.source, dtype=object) for block in blocks]),
            Texts.of([np.full(len(block.numbers), block.sender, dtype=object) for block in blocks]),
            np.concatenate([np.empty(0, dtype=np.int64), *(block.numbers for block in blocks)]),
        )

    def then(self, later: Versions) -> Versions:
        """Return these versions followed by later ones."""
        return Versions.joined([self, later])

    @staticmethod
    def joined(parts: Sequence[Versions]) -> Versions:
        """Return the versions of some parts, one or more, one after the other."""
        filled = [part for part in parts if len(part)]
        if len(filled) <= 1:
            return filled[0] if filled else parts[0]
        absent = {
            code: np.concatenate([part.absent.get(code, np.zeros(len(part), dtype=bool)) for part in filled])
            for code in dict.fromkeys(code for part in filled for code in part.absent)
        }
        return Versions(
            {code: _after([part.columns[code] for part in filled]) for code in filled[0].columns},
            absent,
            np.concatenate([part.receipt for part in filled]),
            np.concatenate([part.received for part in filled]),
            Texts.joined([part.source for part in filled]),
            Texts.joined([part.sender for part in filled]),
            np.concatenate([part.source_row for part in filled]),
        )

    def known(self, through: int | None, admitted: Collection[int] = ()) -> Mask:
        """Return which versions stand in receipts up to a number, or admitted; all where it is None."""
        if through is None:
            return np.ones(len(self), dtype=bool)
        return (self.receipt <= through) | np.isin(self.receipt, np.fromiter(admitted, dtype=np.int64))

    def owners(self, places: NDArray[np.intp]) -> NDArray[np.object_]:
        """Return whose some versions are, by what their own files say."""
        entity = self.columns[ENTITY]
        assert isinstance(entity, Texts)
        named = entity.take(places)
        return np.where(named == "", self.sender.take(places), named).astype(object)

    def standing(
        self,
        until: dt.date | None = None,
        *,
        through: int | None = None,
        admitted: Collection[int] = (),
        late_too: bool = False,
        columns: Collection[str] | None = None,
    ) -> pd.DataFrame:
        """Return the ledger as it stood at the end of a day.

        Args:
            until: The day; None for now. What was received later does not count.
            through: The last receipt to look at beside those admitted; None for all.
            admitted: Receipts that count though they came later, by a decision on an appeal.
            late_too: Keep rows that first came in after the day, with the day on which they did:
                scoring shows them as late.
            columns: The columns to read; None for all.

        Returns:
            One row per row number, in the order in which they first came in, with a column per
            field (dates ``datetime64[s]``, numbers float64, else text) and those of
            :data:`.ledgers.ADDED`: ``reported_on`` is the day on which the row first came in,
            ``version`` how often it has, the others say where it stands as it now
            is. What a later file has no column for stays as it was.
        """
        number = self._number
        received = self.received.copy()
        if until is not None and len(admitted):
            let_in = np.isin(self.receipt, np.fromiter(admitted, dtype=np.int64))
            received[let_in] = np.minimum(received[let_in], np.datetime64(until, "D"))
        known = self.known(through, admitted)
        in_time = known if until is None else known & (received <= np.datetime64(until, "D"))
        keep = in_time
        if late_too:
            # a row that came in time stands as it stood then; of others all versions are late
            has = np.zeros(number.count, dtype=bool)
            has[number.codes[in_time]] = True
            keep = in_time | (known & ~has[number.codes])
        return self._fold(np.flatnonzero(keep), received, columns)

    @cached_property
    def _number(self) -> Texts:
        """The row numbers."""
        number = self.columns[ROW_ID]
        assert isinstance(number, Texts)
        return number

    def _fold(
        self, kept: NDArray[np.intp], received: NDArray[np.datetime64], wanted: Collection[str] | None
    ) -> pd.DataFrame:
        """Let each version of a row replace the one before."""
        count = self._number.count
        codes = self._number.codes[kept]
        first, last = _ends(codes, kept, count)
        rows = np.flatnonzero(first >= 0)
        order = rows[np.argsort(first[rows], kind="stable")]
        first, last = first[order], last[order]
        table: dict[str, NDArray[np.generic]] = {}
        for code, column in self.columns.items():
            if wanted is not None and code not in wanted:
                continue
            place = last
            if code in self.absent:
                # the last version that had the column at all
                had = ~self.absent[code][kept]
                _, place = _ends(codes[had], kept[had], count)
                place = place[order]
            table[code] = column.take(place) if isinstance(column, Texts) else _take(column, place)
        if ENTITY in table:
            owner = table[ENTITY]
            table[ENTITY] = np.where(owner == "", self.sender.take(first), owner).astype(object)
        for code, read in self._added(codes, order, last, received[kept]).items():
            if wanted is None or code in wanted:
                table[code] = read()
        return pd.DataFrame(
            {code: pd.Series(values, dtype=values.dtype) for code, values in table.items()}, copy=False
        )

    def _added(
        self,
        codes: NDArray[np.int32],
        order: NDArray[np.intp],
        last: NDArray[np.intp],
        received: NDArray[np.datetime64],
    ) -> dict[str, Callable[[], NDArray[np.generic]]]:
        """Return how to read each of the columns that come from the receipts."""
        count = self._number.count

        def reported_on() -> NDArray[np.generic]:
            earliest = np.full(count, np.datetime64("9999-12-31", "D"))
            np.minimum.at(earliest, codes, received)
            return earliest[order].astype("datetime64[s]")

        return {
            "reported_on": reported_on,
            "version": lambda: np.bincount(codes, minlength=count)[order].astype(np.int64),
            "receipt": lambda: self.receipt[last],
            "source": lambda: self.source.take(last),
            "source_row": lambda: self.source_row[last],
        }

    def history(self, row_id: str) -> pd.DataFrame:
        """Return every version of one row as its file had it, the oldest first."""
        place = self._number.places_of(row_id)
        table: dict[str, NDArray[np.generic]] = {
            name: column.take(place) if isinstance(column, Texts) else _take(column, place)
            for name, column in self.columns.items()
        }
        table["reported_on"] = self.received[place].astype("datetime64[s]")
        table["receipt"], table["source_row"] = self.receipt[place], self.source_row[place]
        table["source"] = self.source.take(place)
        return pd.DataFrame({code: pd.Series(values, dtype=values.dtype) for code, values in table.items()})


def _ends(
    codes: NDArray[np.int32], places: NDArray[np.intp], count: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the first and the last place of each code; -1 where it has none."""
    first, last = np.full(count, -1, dtype=np.intp), np.full(count, -1, dtype=np.intp)
    # where an index repeats, the last assignment stays
    last[codes] = places
    first[codes[::-1]] = places[::-1]
    return first, last


def _take(column: NDArray[np.generic], places: NDArray[np.intp]) -> NDArray[np.generic]:
    """Return the values of some rows; -1 gives an empty one."""
    if len(places) and places.min() >= 0:
        return column[places].astype("datetime64[s]") if column.dtype.kind == "M" else column[places]
    if column.dtype.kind == "M":
        empty, values = np.datetime64("NaT", "s"), column[places].astype("datetime64[s]")
        return np.where(places < 0, empty, values)
    return np.where(places < 0, np.nan, column[places])


def _filled(block: Block, code: str, kind: str) -> NDArray[np.generic]:
    """Return a block's column; empty cells where the file has none."""
    values = block.content.get(code)
    if values is not None:
        return values.astype("datetime64[D]") if kind == "date" else values
    count = len(block.numbers)
    if kind == "date":
        return np.full(count, np.datetime64("NaT", "D"))
    return np.full(count, np.nan) if kind in {"number", "integer"} else np.full(count, "", dtype=object)


def _joined(parts: Sequence[NDArray[np.generic]], kind: str) -> Texts | NDArray[np.generic]:
    if kind == "date":
        return np.concatenate([np.empty(0, dtype="datetime64[D]"), *parts])
    if kind in {"number", "integer"}:
        return np.concatenate([np.empty(0, dtype=np.float64), *parts])
    return Texts.of([part.astype(object) for part in parts])


def _after(columns: Sequence[Texts | NDArray[np.generic]]) -> Texts | NDArray[np.generic]:
    texts = [column for column in columns if isinstance(column, Texts)]
    if texts:
        return Texts.joined(texts)
    return np.concatenate([column for column in columns if isinstance(column, np.ndarray)])
