"""Measures of share and deadline: rates with their intervals, and lateness."""

from __future__ import annotations

from statistics import NormalDist
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
import pandas as pd
from pydantic import Field

from wbwz_eval.scoring.amounts import PERCENT, ratio, weighted_mean
from wbwz_eval.scoring.fields import (
    BoolArray,
    Condition,
    DayArray,
    Deadline,
    all_hold,
    closed_by,
    days,
    numbers,
)
from wbwz_eval.scoring.measured import UNVERIFIED, WITHDRAWN_STATUS, Context, Counted, TextArray
from wbwz_eval.scoring.numbers import FloatArray, Number
from wbwz_eval.scoring.selection import LedgerMeasure, verified

if TYPE_CHECKING:
    import datetime as dt

Z_95 = NormalDist().inv_cdf(0.975)


def wilson(share: FloatArray, n: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the 95 % Wilson score interval of a share (0-1) out of ``n`` (Wilson 1927)."""
    z2 = Z_95**2
    with np.errstate(invalid="ignore", divide="ignore"):
        centre = (share + z2 / (2 * n)) / (1 + z2 / n)
        half = Z_95 / (1 + z2 / n) * np.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return np.clip(centre - half, 0, 1), np.clip(centre + half, 0, 1)


class _Share(LedgerMeasure):
    """A share of rows that succeed, with its Wilson interval."""

    weight: str | None = None
    default_scale: ClassVar[float] = PERCENT
    unverified_stays: ClassVar[bool] = True

    @property
    def own_fields(self) -> tuple[str, ...]:
        """The weight field, if any."""
        return (self.weight,) if self.weight else ()

    def row_weights(self, rows: pd.DataFrame, context: Context) -> FloatArray:
        """Return the weight field, or ones."""
        return numbers(rows, self.weight) if self.weight else np.ones(len(rows))

    def checked(self, rows: pd.DataFrame, success: BoolArray, cutoff: dt.date) -> FloatArray:
        """Return success as 1 or 0; with ``verified`` only what was verified succeeds."""
        return (success & verified(rows, cutoff) if self.verified else success).astype(np.float64)

    def remarks(self, rows: pd.DataFrame, value: FloatArray, context: Context) -> TextArray:
        """Say why a counted row is no success."""
        text = np.where(value > 0, "", "未达成").astype(object)
        if self.verified:
            text[(value == 0) & ~verified(rows, context.cutoff)] = UNVERIFIED
        return text

    def reduce(self, counted: Counted) -> dict[str, FloatArray]:
        """Return the (weighted) share; the interval takes Kish's effective n where weighted."""
        result = weighted_mean(counted)
        effective = ratio(result["denominator"] ** 2, counted.sum(counted.weight**2))
        low, high = wilson(result["value"], effective)
        return {**result, "low": low, "high": high}


class Rate(_Share):
    """The share of rows that meet the conditions of ``success``."""

    kind: Literal["rate"]
    success: tuple[Condition, ...] = Field(min_length=1)

    @property
    def own_fields(self) -> tuple[str, ...]:
        """The weight and the fields of the conditions."""
        return (*super().own_fields, *(name for test in self.success for name in test.fields))

    def row_values(self, rows: pd.DataFrame, place: DayArray, context: Context) -> FloatArray:
        """Return 1 for a success, 0 otherwise."""
        return self.checked(rows, all_hold(self.success, rows), context.cutoff)


class _Due(LedgerMeasure):
    """A measure of items with a deadline; an item is late when done, or still open, after it."""

    deadline: Deadline
    done: str
    needs_date: ClassVar[bool] = False

    def place(self, rows: pd.DataFrame, context: Context) -> DayArray:
        """Place an item by its deadline unless the method names a date."""
        return days(rows, self.date) if self.date else self.deadline.due(rows, context.calendar)

    def pending(self, rows: pd.DataFrame, context: Context) -> BoolArray:
        """Return which items are open at the cut-off and not past their deadline."""
        cutoff = np.datetime64(context.cutoff, "D")
        done = days(rows, self.done)
        is_open = np.isnat(done) | (done > cutoff)
        return is_open & (self.deadline.due(rows, context.calendar) >= cutoff)

    def on_time(self, rows: pd.DataFrame, context: Context) -> BoolArray:
        """Return which items were done by their deadline; done after the cut-off is open."""
        done = days(rows, self.done)
        due = self.deadline.due(rows, context.calendar)
        return (done <= due) & (done <= np.datetime64(context.cutoff, "D"))

    def days_late(self, rows: pd.DataFrame, context: Context) -> FloatArray:
        """Return working days from the deadline to completion, or to the cut-off while open."""
        due = self.deadline.due(rows, context.calendar)
        finished = closed_by(days(rows, self.done), context.cutoff)
        return context.calendar.workdays_between(due, finished)

    def late_remarks(self, rows: pd.DataFrame, context: Context, text: TextArray) -> TextArray:
        """Put the working days late into the remarks of late items."""
        late = ~self.on_time(rows, context)
        over, done = self.days_late(rows, context)[late], days(rows, self.done)[late]
        is_open = np.isnat(done) | (done > np.datetime64(context.cutoff, "D"))
        # each different number of days is written once
        which, different = pd.factorize(over, use_na_sentinel=False)
        for state, those in (("未办结，已逾期", is_open), ("逾期办结，晚", ~is_open)):
            words = np.array([f"{state} {count:.0f} 个工作日" for count in different], dtype=object)
            text[np.flatnonzero(late)[those]] = words[which[those]]
        return text


class OnTimeRate(_Due, _Share):
    """The share of items due in the window that were done by their deadline."""

    kind: Literal["on_time_rate"]
    success: tuple[Condition, ...] = ()

    @property
    def own_fields(self) -> tuple[str, ...]:
        """The fields of deadline, completion and conditions."""
        tests = (name for test in self.success for name in test.fields)
        return (*super().own_fields, *self.deadline.fields, self.done, *tests)

    def row_values(self, rows: pd.DataFrame, place: DayArray, context: Context) -> FloatArray:
        """Return 1 for an item done on time, 0 for one that is late."""
        success = self.on_time(rows, context) & all_hold(self.success, rows)
        value = self.checked(rows, success, context.cutoff)
        return np.where(np.isnat(self.deadline.due(rows, context.calendar)), np.nan, value)

    def remarks(self, rows: pd.DataFrame, value: FloatArray, context: Context) -> TextArray:
        """Say how late an item is."""
        return self.late_remarks(rows, context, super().remarks(rows, value, context))


class MeanLateness(_Due):
    """Mean working days late over the late items."""

    kind: Literal["mean_lateness"]

    @property
    def own_fields(self) -> tuple[str, ...]:
        """The fields of deadline and completion."""
        return (*self.deadline.fields, self.done)

    def row_values(self, rows: pd.DataFrame, place: DayArray, context: Context) -> FloatArray:
        """Return working days late, 0 for an item on time."""
        late = np.where(self.on_time(rows, context), 0.0, self.days_late(rows, context))
        return np.where(np.isnat(self.deadline.due(rows, context.calendar)), np.nan, late)

    def row_weights(self, rows: pd.DataFrame, context: Context) -> FloatArray:
        """Return 1 for a late item: an item on time is not in the mean."""
        return (~self.on_time(rows, context)).astype(np.float64)

    def remarks(self, rows: pd.DataFrame, value: FloatArray, context: Context) -> TextArray:
        """Say how late an item is."""
        return self.late_remarks(rows, context, super().remarks(rows, value, context))

    def reduce(self, counted: Counted) -> dict[str, FloatArray]:
        """Return the mean over late items; 0 where items are due and none is late."""
        late, total = counted.sum(counted.weight), counted.sum(counted.value)
        value = np.where((late == 0) & (counted.n > 0), 0.0, ratio(total, late))
        return {"value": value, "numerator": total, "denominator": late}


class FirstTimeRate(_Share):
    """The share of answered items after which no repeat was raised."""

    kind: Literal["first_time_rate"]
    key: str
    link: str
    answered: str
    raised: str
    within_days: Number

    @property
    def own_fields(self) -> tuple[str, ...]:
        """Key, link and the two dates."""
        return (*super().own_fields, self.key, self.link, self.answered, self.raised)

    def row_values(self, rows: pd.DataFrame, place: DayArray, context: Context) -> FloatArray:
        """Return 1 where the answer held, 0 where the matter came back, NaN if unanswered."""
        answered = days(rows, self.answered)
        answered = np.where(
            answered <= np.datetime64(context.cutoff, "D"), answered, np.datetime64("NaT", "D")
        )
        success = ~self._came_back(rows, answered, context)
        return np.where(np.isnat(answered), np.nan, self.checked(rows, success, context.cutoff))

    def _came_back(self, rows: pd.DataFrame, answered: DayArray, context: Context) -> BoolArray:
        """Return where a known repeat was raised 0 to ``within_days`` days after the answer."""
        source = context.ledger(self.ledger).rows
        cutoff = np.datetime64(context.cutoff, "D")
        known = (days(source, "reported_on") <= cutoff) & (source["status"] != WITHDRAWN_STATUS).to_numpy()
        repeats = source.loc[known & (source[self.link] != "").to_numpy(bool)]
        pairs = pd.DataFrame({"key": rows[self.key].to_numpy(), "row": np.arange(len(rows))}).merge(
            pd.DataFrame({"key": repeats[self.link].to_numpy(), "raised": days(repeats, self.raised)})
        )
        at = pairs["row"].to_numpy()
        gap = (pairs["raised"].to_numpy("datetime64[D]") - answered[at]).astype("timedelta64[D]")
        within = (gap >= np.timedelta64(0, "D")) & (gap <= np.timedelta64(int(self.within_days), "D"))
        result = np.zeros(len(rows), dtype=bool)
        result[at[within]] = True
        return result
