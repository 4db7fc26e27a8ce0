"""Measures of amount: counts, sums, means, ratios, places in an order."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd

from wbwz_eval.scoring.fields import DayArray, Value, numbers
from wbwz_eval.scoring.measured import Context, Counted
from wbwz_eval.scoring.numbers import FloatArray
from wbwz_eval.scoring.selection import LedgerMeasure

PERCENT = 100.0


def ratio(numerator: FloatArray, denominator: FloatArray) -> FloatArray:
    """Return numerator ÷ denominator, NaN where the denominator is 0."""
    empty = np.full(len(numerator), np.nan)
    return np.divide(numerator, denominator, out=empty, where=denominator != 0)


class Count(LedgerMeasure):
    """Number of counted rows."""

    kind: Literal["count"]

    def row_values(self, rows: pd.DataFrame, place: DayArray, context: Context) -> FloatArray:
        """Each row is one."""
        return np.ones(len(rows))

    def reduce(self, counted: Counted) -> dict[str, FloatArray]:
        """Return the number of rows; none is 0."""
        return _whole(counted.n)


def _whole(value: FloatArray) -> dict[str, FloatArray]:
    return {"value": value, "numerator": value, "denominator": np.ones(len(value))}


class _Valued(LedgerMeasure):
    value: Value

    @property
    def own_fields(self) -> tuple[str, ...]:
        """The fields of the value."""
        return self.value.fields

    def row_values(self, rows: pd.DataFrame, place: DayArray, context: Context) -> FloatArray:
        """Read the value of each row."""
        return self.value.read(rows, context.cutoff, context.calendar)


class Sum(_Valued):
    """Σ value."""

    kind: Literal["sum"]

    def reduce(self, counted: Counted) -> dict[str, FloatArray]:
        """Return the sum; no row gives 0."""
        return _whole(counted.sum(counted.value))


class Mean(_Valued):
    """Σ weight·value ÷ Σ weight."""

    kind: Literal["mean"]
    weight: str | None = None

    @property
    def own_fields(self) -> tuple[str, ...]:
        """The fields of the value and the weight."""
        return (*super().own_fields, *([self.weight] if self.weight else []))

    def row_weights(self, rows: pd.DataFrame, context: Context) -> FloatArray:
        """Return the weight field, or ones."""
        return numbers(rows, self.weight) if self.weight else np.ones(len(rows))

    def reduce(self, counted: Counted) -> dict[str, FloatArray]:
        """Return the weighted mean."""
        return weighted_mean(counted)


def weighted_mean(counted: Counted) -> dict[str, FloatArray]:
    """Return the weighted mean of the rows' values per entity."""
    top, bottom = counted.sum(counted.value * counted.weight), counted.sum(counted.weight)
    return {"value": ratio(top, bottom), "numerator": top, "denominator": bottom}


class _Order(_Valued):
    """A value picked by order: median, largest, smallest, latest."""

    def reduce(self, counted: Counted) -> dict[str, FloatArray]:
        """Return the picked value per entity."""
        groups = pd.Series(counted.value).groupby(counted.codes)
        picked = self.pick(groups, counted)
        value = picked.reindex(range(counted.size)).to_numpy(np.float64)
        return {"value": value, "numerator": value, "denominator": np.ones(counted.size)}

    def pick(self, groups: pd.api.typing.SeriesGroupBy[float, Any], counted: Counted) -> pd.Series[float]:
        """Return one value per entity position."""
        return groups.agg(getattr(self, "kind"))  # noqa: B009 - each subclass declares its kind


class Median(_Order):
    """The median of the rows' values."""

    kind: Literal["median"]


class Max(_Order):
    """The largest value."""

    kind: Literal["max"]


class Min(_Order):
    """The smallest value."""

    kind: Literal["min"]


class Latest(_Order):
    """The value of the last row by date."""

    kind: Literal["latest"]

    def pick(self, groups: pd.api.typing.SeriesGroupBy[float, Any], counted: Counted) -> pd.Series[float]:
        """Return the last value by date, ties by ledger order."""
        order = np.argsort(counted.place, kind="stable")
        return pd.Series(counted.value[order]).groupby(counted.codes[order]).last()


class Ratio(LedgerMeasure):
    """Σ numerator ÷ Σ denominator."""

    kind: Literal["ratio"]
    numerator: str
    denominator: str
    default_scale: ClassVar[float] = PERCENT

    @property
    def own_fields(self) -> tuple[str, ...]:
        """Numerator and denominator."""
        return (self.numerator, self.denominator)

    def row_values(self, rows: pd.DataFrame, place: DayArray, context: Context) -> FloatArray:
        """Return the row's own ratio."""
        return ratio(numbers(rows, self.numerator), numbers(rows, self.denominator))

    def row_weights(self, rows: pd.DataFrame, context: Context) -> FloatArray:
        """Return the denominator: the ratio of sums is the mean weighted by it."""
        return numbers(rows, self.denominator)

    def reduce(self, counted: Counted) -> dict[str, FloatArray]:
        """Return the ratio of the sums."""
        top = counted.sum(numbers(counted.rows, self.numerator))
        bottom = counted.sum(numbers(counted.rows, self.denominator))
        return {"value": ratio(top, bottom), "numerator": top, "denominator": bottom}


class PercentileWithin(_Valued):
    """Mean percentile of an entity's rows among the rows with the same ``within``."""

    kind: Literal["percentile_within"]
    within: str

    @property
    def own_fields(self) -> tuple[str, ...]:
        """The value and the group field."""
        return (*super().own_fields, self.within)

    def reduce(self, counted: Counted) -> dict[str, FloatArray]:
        """Return the mean share of others that the rows beat, half for equals (0-100).

        A row alone in its group tells nothing and is left out of the mean.
        """
        share = counted.row_sides["percentile"]
        known = ~np.isnan(share)
        top, bottom = counted.sum(np.where(known, share, 0.0)), counted.sum(known)
        return {"value": ratio(top, bottom), "numerator": top, "denominator": bottom}

    def row_sides(self, counted: Counted) -> dict[str, FloatArray]:
        """Return each row's percentile."""
        groups = pd.Series(counted.value).groupby(counted.rows[self.within].to_numpy())
        rank = groups.rank(method="average").to_numpy(np.float64)
        others = groups.transform("size").to_numpy(np.float64) - 1
        return {"percentile": ratio(rank - 1, others) * PERCENT}
