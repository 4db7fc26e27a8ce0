"""Which ledger rows a measure counts, and why it leaves out the others.

``LedgerMeasure`` carries the keys that every kind of measure over a ledger
takes; the kinds only add how rows become a number.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import numpy as np
import pandas as pd
from pydantic import BeforeValidator

from wbwz_eval.scoring.fields import BoolArray, Condition, DayArray, Strict, all_hold, days, filled, wrong
from wbwz_eval.scoring.measured import (
    DUPLICATE,
    LATE,
    NO_DATE,
    NO_VALUE,
    NOISE_DIGITS,
    NOT_CONCERNED,
    NOT_YET_DUE,
    OUT_OF_PERIOD,
    SUPERSEDED,
    UNVERIFIED,
    WITHDRAWN,
    WITHDRAWN_STATUS,
    CodeArray,
    Context,
    Counted,
    LongerPeriod,
    Measured,
    TextArray,
)
from wbwz_eval.scoring.numbers import FloatArray, Number

if TYPE_CHECKING:
    import datetime as dt


def _as_tuple(raw: object) -> object:
    return (raw,) if isinstance(raw, str) else raw


Names = Annotated[tuple[str, ...], BeforeValidator(_as_tuple)]


class LedgerMeasure(Strict, ABC):
    """The keys that every measure over a ledger takes (docs/methodology.md)."""

    ledger: str
    date: str | None = None
    window: Literal["period", "to_date"] = "period"
    where: tuple[Condition, ...] = ()
    needs: Names = ()
    verified: bool = False
    latest_per: Names = ()
    distinct_by: Names = ()
    keep: Literal["highest", "first"] = "highest"
    counts: dict[str, tuple[Condition, ...]] = {}
    scale: Number | None = None
    empty: Number | None = None
    min_n: Number | None = None
    below_min_n: Literal["show_only", "pool"] = "show_only"
    pool_to: LongerPeriod | None = None

    default_scale: ClassVar[float] = 1.0
    unverified_stays: ClassVar[bool] = False
    needs_date: ClassVar[bool] = True

    def model_post_init(self, _context: object, /) -> None:
        """Refuse keys that only make sense together."""
        if (self.below_min_n == "pool") != (self.pool_to is not None):
            raise wrong("below_min_n: pool 与 pool_to 须同时给出", "pool_to: half 之类的更长的期")
        if self.below_min_n == "pool" and self.min_n is None:
            raise wrong("并期须写明 min_n", "min_n: 数")
        if self.needs_date and self.date is None:
            raise wrong("缺少 date", "date: 决定一行属于哪一期的日期字段")

    # what a kind adds

    @property
    def own_fields(self) -> tuple[str, ...]:
        """The ledger fields that the kind itself reads."""
        return ()

    def place(self, rows: pd.DataFrame, _context: Context) -> DayArray:
        """Return the day that decides in which period a row lies."""
        return days(rows, self.date or "")

    @abstractmethod
    def row_values(self, rows: pd.DataFrame, place: DayArray, context: Context) -> FloatArray:
        """Return one number per row; NaN = cannot be counted."""

    def pending(self, _rows: pd.DataFrame, _context: Context) -> BoolArray | None:
        """Return which items are open and not yet due at the cut-off (None: none can be)."""
        return None

    def row_weights(self, rows: pd.DataFrame, _context: Context) -> FloatArray:
        """Return the weight of each row."""
        return np.ones(len(rows))

    def void(self, _counted: Counted) -> TextArray | None:
        """Return for each counted row why it is void after all, or "" (None: none is)."""
        return None

    def remarks(self, _rows: pd.DataFrame, _value: FloatArray, _context: Context) -> TextArray:
        """Return what there is to say of each counted row."""
        return np.full(len(_rows), "", dtype=object)

    @abstractmethod
    def reduce(self, counted: Counted) -> dict[str, FloatArray]:
        """Return value, numerator, denominator (and sides) per entity, unscaled."""

    def row_sides(self, _counted: Counted) -> dict[str, FloatArray]:
        """Return side numbers per row, taken before void rows are left out."""
        return {}

    # the common road

    @property
    def factor(self) -> float:
        """The scale that multiplies the value."""
        return self.default_scale if self.scale is None else float(self.scale)

    @property
    def sides(self) -> tuple[str, ...]:
        """Names of the side numbers that a rule may ask for."""
        return ("n", "numerator", "denominator", *self.counts)

    def evaluate(self, context: Context) -> Measured:
        """Measure in the period's window, pooled where the method asks for it."""
        first = context.start if self.window == "to_date" else context.period.start
        measured = self._measure(context, first)
        if self.pool_to is None or self.min_n is None:
            return measured
        few = (measured.table["n"] < self.min_n).to_numpy()
        longer = context.enclosing(self.pool_to)
        if not few.any() or longer.start >= first:
            return measured
        pooled = self._measure(context, longer.start)
        pooled.table["pooled"] = True
        names = context.entities[few]
        table = measured.table.copy()
        table.loc[names] = pooled.table.loc[names]
        in_few = measured.rows["entity_id"].isin(names)
        from_pool = pooled.rows[pooled.rows["entity_id"].isin(names)]
        rows = pd.concat([measured.rows[~in_few], from_pool], ignore_index=True)
        return Measured(table, rows)

    def _measure(self, context: Context, first: dt.date) -> Measured:
        ledger = context.ledger(self.ledger)
        codes = context.codes(ledger)
        concerned = codes >= 0
        rows, codes = ledger.rows[concerned], codes[concerned]
        place = self.place(rows, context)
        last = np.datetime64(context.period.end, "D")
        inside = (place >= np.datetime64(first, "D")) & (place <= last)
        if not context.all_rows:
            seen = inside | np.isnat(place)
            rows, codes, place, inside = rows[seen], codes[seen], place[seen], inside[seen]
        value, weight = self.row_values(rows, place, context), self.row_weights(rows, context)
        reason = self._reasons(rows, codes, place, inside, value, context)
        counted, reason = self._count(rows, codes, place, value, weight, reason, context)
        live = reason == ""
        table = self._table(counted, context)
        reason[live] = self.remarks(counted.rows, counted.value, context)
        evidence = pd.DataFrame(
            {
                "code": codes,
                "entity_id": context.entities.take(codes),
                "ledger": self.ledger,
                "row_id": rows["row_id"].to_numpy(),
                "source": rows["source"].to_numpy(),
                "source_row": rows["source_row"].to_numpy(),
                "counted": live,
                "reason": reason,
                "value": value,
                "weight": weight,
            }
        )
        for name, side in counted.row_sides.items():
            evidence.loc[live, name] = side
        return Measured(table, evidence)

    def _reasons(
        self,
        rows: pd.DataFrame,
        codes: CodeArray,
        place: DayArray,
        inside: BoolArray,
        value: FloatArray,
        context: Context,
    ) -> TextArray:
        """Return why each row does not count ("" = it does); the first reason stands."""
        reason = np.full(len(rows), "", dtype=object)
        live = np.ones(len(rows), dtype=bool)

        def leave_out(mask: BoolArray, text: str) -> None:
            reason[live & mask] = text
            live[mask] = False

        leave_out(~inside & ~np.isnat(place), OUT_OF_PERIOD)
        if self.where:
            leave_out(~all_hold(self.where, rows), NOT_CONCERNED)
        leave_out((rows["status"] == WITHDRAWN_STATUS).to_numpy(bool), WITHDRAWN)
        leave_out(np.isnat(place), NO_DATE)
        leave_out(days(rows, "reported_on") > np.datetime64(context.cutoff, "D"), LATE)
        labels = context.ledger(self.ledger).schema.fields
        pending = self.pending(rows, context)
        if pending is not None:
            leave_out(pending, NOT_YET_DUE)
        for name in self.needs:
            leave_out(~filled(rows[name]), f"缺{labels[name].label}")
        if self.verified and not self.unverified_stays:
            leave_out(~verified(rows, context.cutoff), UNVERIFIED)
        leave_out(np.isnan(value), NO_VALUE)
        for names, text in ((self.latest_per, SUPERSEDED), (self.distinct_by, DUPLICATE)):
            if names:
                order = -value if text == DUPLICATE and self.keep == "highest" else place
                leave_out(repeated(rows, codes, names, live, order, last=text == SUPERSEDED), text)
        return reason

    def _count(
        self,
        rows: pd.DataFrame,
        codes: CodeArray,
        place: DayArray,
        value: FloatArray,
        weight: FloatArray,
        reason: TextArray,
        context: Context,
    ) -> tuple[Counted, TextArray]:
        live = np.flatnonzero(reason == "")
        size = len(context.entities)

        def of(at: CodeArray, sides: dict[str, FloatArray]) -> Counted:
            return Counted(rows.iloc[at], codes[at], place[at], value[at], weight[at], size, sides)

        candidates = of(live, {})
        sides = self.row_sides(candidates)
        void = self.void(candidates)
        if void is None:
            return of(live, sides), reason
        reason[live] = void
        stays = void == ""
        counted = of(live[stays], {name: side[stays] for name, side in sides.items()})
        return replace(counted, candidates=candidates, voided=void), reason

    def _table(self, counted: Counted, context: Context) -> pd.DataFrame:
        columns = {"n": counted.n, **self.reduce(counted)}
        for name, conditions in self.counts.items():
            columns[name] = counted.sum(all_hold(conditions, counted.rows))
        for name in ("value", "low", "high"):
            share = columns.get(name, np.full(counted.size, np.nan))
            # 57 of 100 is 57 %, not 56.99999999999999: a threshold must not turn on binary noise
            columns[name] = np.round(share * self.factor, NOISE_DIGITS)
        if self.empty is not None:
            columns["value"] = np.where(columns["n"] == 0, float(self.empty), columns["value"])
        table = pd.DataFrame(columns, index=context.entities)
        table["pooled"] = False
        return table


def verified(rows: pd.DataFrame, cutoff: dt.date) -> BoolArray:
    """Return where a row was verified by the cut-off."""
    on_time = days(rows, "verified_on") <= np.datetime64(cutoff, "D")
    return filled(rows["verified_by"]) & on_time


def repeated(
    rows: pd.DataFrame,
    codes: CodeArray,
    names: tuple[str, ...],
    live: BoolArray,
    order: FloatArray | DayArray,
    *,
    last: bool,
) -> BoolArray:
    """Return the live rows that give way to another one with the same ``names``.

    Within an entity, rows that share ``names`` are put in ``order`` (ties by
    ledger order); the first one stays, or the last one.
    """
    keys = rows.loc[live, list(names)].assign(_code=codes[live], _order=order[live])
    position = np.flatnonzero(live)
    keys = keys.set_axis(position, axis="index").sort_values("_order", kind="stable")
    gives_way = keys.duplicated(["_code", *names], keep="last" if last else "first")
    result = np.zeros(len(rows), dtype=bool)
    result[keys.index[gives_way].to_numpy()] = True
    return result
