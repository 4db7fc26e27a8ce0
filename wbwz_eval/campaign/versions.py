"""All versions of a ledger's rows in the order of receipt, and the ledger at any moment."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from wbwz_eval.campaign.ledgers import ENTITY, KEPT_WHEN_EMPTY, ROW_ID

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from numpy.typing import NDArray

    from wbwz_eval.campaign.fields import Field
    from wbwz_eval.campaign.section_rows import Content

    Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Texts:
    """A column of texts: which of the different ``words`` stands in each row."""

    codes: NDArray[np.int32]
    words: NDArray[np.object_]

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.codes)

    def take(self, places: NDArray[np.intp]) -> NDArray[np.object_]:
        """Return the texts of some rows; -1 gives an empty one."""
        if len(places) and places.min() >= 0:
            return self.words[self.codes[places]]
        codes = np.where(places < 0, -1, self.codes[places])
        return np.where(codes < 0, "", self.words[codes]).astype(object)

    @staticmethod
    def of(parts: Sequence[NDArray[np.object_]]) -> Texts:
        """Put texts together."""
        texts = np.concatenate([np.empty(0, dtype=object), *parts])
        codes, words = pd.factorize(texts)
        return Texts(codes.astype(np.int32), np.asarray(words, dtype=object))


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
        if not len(self):
            return later
        if not len(later):
            return self
        absent = {
            code: np.concatenate(
                [part.absent.get(code, np.zeros(len(part), dtype=bool)) for part in (self, later)]
            )
            for code in {**self.absent, **later.absent}
        }
        return Versions(
            {code: _after(column, later.columns[code]) for code, column in self.columns.items()},
            absent,
            np.concatenate([self.receipt, later.receipt]),
            np.concatenate([self.received, later.received]),
            _after_texts(self.source, later.source),
            _after_texts(self.sender, later.sender),
            np.concatenate([self.source_row, later.source_row]),
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
    ) -> pd.DataFrame:
        """Return the ledger as it stood at the end of a day.

        Args:
            until: The day; None for now. What was received later does not count.
            through: The last receipt to look at beside those admitted; None for all.
            admitted: Receipts that count though they came later, by a decision on an appeal.
            late_too: Keep rows that first came in after the day, with the day on which they did:
                scoring shows them as late.

        Returns:
            One row per row number, in the order in which they first came in, with a column per
            field (dates ``datetime64[s]``, numbers float64, else text) and those of
            :data:`.ledgers.ADDED`: ``reported_on`` is the day on which the row first came in,
            ``version`` how often it has, the others say where it stands as it now
            is. What a later file has no column for stays as it was.
        """
        number = self.columns[ROW_ID]
        assert isinstance(number, Texts)
        received = self.received.copy()
        if until is not None and len(admitted):
            let_in = np.isin(self.receipt, np.fromiter(admitted, dtype=np.int64))
            received[let_in] = np.minimum(received[let_in], np.datetime64(until, "D"))
        known = self.known(through, admitted)
        in_time = known if until is None else known & (received <= np.datetime64(until, "D"))
        keep = in_time
        if late_too:
            # a row that came in time stands as it stood then; of others all versions are late
            has = np.zeros(len(number.words), dtype=bool)
            has[number.codes[in_time]] = True
            keep = in_time | (known & ~has[number.codes])
        return self._fold(number, np.flatnonzero(keep), received)

    def _fold(self, number: Texts, kept: NDArray[np.intp], received: NDArray[np.datetime64]) -> pd.DataFrame:
        """Let each version of a row replace the one before."""
        codes = number.codes[kept]
        first, last = _ends(codes, kept, len(number.words))
        rows = np.flatnonzero(first >= 0)
        order = rows[np.argsort(first[rows], kind="stable")]
        first, last = first[order], last[order]
        table: dict[str, NDArray[np.generic]] = {}
        for code, column in self.columns.items():
            place = last
            if code in self.absent:
                # the last version that had the column at all
                had = ~self.absent[code][kept]
                _, place = _ends(codes[had], kept[had], len(number.words))
                place = place[order]
            table[code] = column.take(place) if isinstance(column, Texts) else _take(column, place)
        owner = table[ENTITY]
        table[ENTITY] = np.where(owner == "", self.sender.take(first), owner).astype(object)
        earliest = np.full(len(number.words), np.datetime64("9999-12-31", "D"))
        np.minimum.at(earliest, codes, received[kept])
        table["reported_on"] = earliest[order].astype("datetime64[s]")
        table["version"] = np.bincount(codes, minlength=len(number.words))[order].astype(np.int64)
        table["receipt"] = self.receipt[last]
        table["source"] = self.source.take(last)
        table["source_row"] = self.source_row[last]
        columns = {code: pd.Series(values, dtype=values.dtype) for code, values in table.items()}
        return pd.DataFrame(columns, copy=False)

    def history(self, row_id: str) -> pd.DataFrame:
        """Return every version of one row as its file had it, the oldest first."""
        number = self.columns[ROW_ID]
        assert isinstance(number, Texts)
        code = np.flatnonzero(number.words == row_id)
        place = np.flatnonzero(np.isin(number.codes, code))
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


def _after(
    column: Texts | NDArray[np.generic], later: Texts | NDArray[np.generic]
) -> Texts | NDArray[np.generic]:
    if isinstance(column, Texts) and isinstance(later, Texts):
        return _after_texts(column, later)
    assert isinstance(column, np.ndarray)
    assert isinstance(later, np.ndarray)
    return np.concatenate([column, later])


def _after_texts(column: Texts, later: Texts) -> Texts:
    """Put two columns of texts together without going through every row again."""
    words = pd.Index(column.words)
    place = words.get_indexer(pd.Index(later.words))
    new = place < 0
    place[new] = len(words) + np.arange(int(new.sum()))
    codes = place.astype(np.int32)[later.codes]
    return Texts(np.concatenate([column.codes, codes]), np.concatenate([column.words, later.words[new]]))
