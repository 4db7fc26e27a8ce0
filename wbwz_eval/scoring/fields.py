"""What a methodology may ask of ledger fields: conditions, values and deadlines.

Each model is the YAML form of docs/methodology.md; each has a method that
turns a frame of ledger rows into one array, for all rows at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import pandas as pd
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from wbwz_eval.scoring.numbers import FloatArray, Number

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from wbwz_eval.campaign.workdays import WorkCalendar

BoolArray = np.ndarray[Any, np.dtype[np.bool_]]
DayArray = np.ndarray[Any, np.dtype[np.datetime64]]

COMPARISONS = ("at_least", "above", "at_most", "below")


class Strict(BaseModel):
    """Frozen model that refuses unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


def wrong(message: str, expected: str = "") -> PydanticCustomError:
    """Make a validation error that carries what would be right."""
    return PydanticCustomError("method", "{message}", {"message": message, "expected": expected})


def compare(values: FloatArray, test: str, bound: float) -> BoolArray:
    """Compare with one of ``COMPARISONS``; NaN never passes."""
    with np.errstate(invalid="ignore"):
        if test == "at_least":
            return values >= bound
        if test == "above":
            return values > bound
        if test == "at_most":
            return values <= bound
        return values < bound


def days(rows: pd.DataFrame, field: str) -> DayArray:
    """Return a date field as days (NaT where empty)."""
    return rows[field].to_numpy("datetime64[D]")


def numbers(rows: pd.DataFrame, field: str) -> FloatArray:
    """Return a number field as floats (NaN where empty)."""
    return rows[field].to_numpy(np.float64)


class Condition(Strict):
    """One test of one field."""

    field: str
    is_: str | None = Field(None, alias="is")
    is_not: str | None = None
    in_: tuple[str, ...] | None = Field(None, alias="in")
    not_in: tuple[str, ...] | None = None
    at_least: Number | None = None
    above: Number | None = None
    at_most: Number | None = None
    below: Number | None = None
    filled: bool | None = None
    at_most_field: str | None = None
    at_least_field: str | None = None

    @model_validator(mode="after")
    def _one_test(self) -> Condition:
        given = [name for name in type(self).model_fields if name != "field"]
        if sum(getattr(self, name) is not None for name in given) != 1:
            names = [type(self).model_fields[name].alias or name for name in given]
            msg = "条件须有且只有一个判断"
            raise wrong(msg, "、".join(names) + " 之一")
        return self

    @property
    def fields(self) -> tuple[str, ...]:
        """The ledger fields that the condition reads."""
        other = self.at_most_field or self.at_least_field
        return (self.field, other) if other else (self.field,)

    @property
    def choices(self) -> tuple[str, ...]:
        """The literal values that the condition expects the field to take."""
        single = tuple(text for text in (self.is_, self.is_not) if text is not None)
        return single + (self.in_ or ()) + (self.not_in or ())

    def holds(self, rows: pd.DataFrame) -> BoolArray:
        """Return for each row whether the condition holds, shape (rows,)."""
        column = rows[self.field]
        if self.filled is not None:
            return np.asarray(filled(column) == self.filled)
        if self.is_ is not None or self.in_ is not None:
            return column.isin([self.is_] if self.is_ is not None else list(self.in_ or ())).to_numpy()
        if self.is_not is not None or self.not_in is not None:
            out = [self.is_not] if self.is_not is not None else list(self.not_in or ())
            return ~column.isin(out).to_numpy()
        if self.at_most_field or self.at_least_field:
            return self._field_order(rows)
        values = numbers(rows, self.field)
        for test in COMPARISONS:
            bound = getattr(self, test)
            if bound is not None:
                return compare(values, test, bound)
        raise AssertionError(self)

    def _field_order(self, rows: pd.DataFrame) -> BoolArray:
        low, high = (
            (rows[self.field], rows[self.at_most_field])
            if self.at_most_field
            else (rows[self.at_least_field], rows[self.field])
        )
        # NaT and NaN compare as false: an empty field fails
        return (low <= high).to_numpy(bool)


def filled(column: pd.Series[Any]) -> BoolArray:
    """Return where a field has content."""
    present = column.notna().to_numpy()
    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_datetime64_any_dtype(column):
        return present
    return present & (column != "").to_numpy(bool)


def all_hold(conditions: Iterable[Condition], rows: pd.DataFrame) -> BoolArray:
    """Return for each row whether every condition holds."""
    result = np.ones(len(rows), dtype=bool)
    for condition in conditions:
        result &= condition.holds(rows)
    return result


def _as_mapping(raw: object) -> object:
    return {"field": raw} if isinstance(raw, str) else raw


class _Value(Strict):
    """A number read from each row (see docs/methodology.md, "A value")."""

    field: str | None = None
    minus: str | None = None
    over: str | None = None
    map: dict[str, Number] | None = None
    otherwise: Number | None = None
    workdays_from: str | None = None
    to: str | None = None

    @model_validator(mode="after")
    def _one_form(self) -> _Value:
        forms = (
            {"field", "minus", "over"},
            {"field", "map", "otherwise"},
            {"workdays_from", "to"},
        )
        given = {name for name in type(self).model_fields if getattr(self, name) is not None}
        complete = "field" in given or {"workdays_from", "to"} <= given
        if not complete or not any(given <= form for form in forms):
            expected = "字段名，或 {field, minus, over}，或 {field, map, otherwise}，或 {workdays_from, to}"
            raise wrong("取值写法不对", expected)
        return self

    @property
    def fields(self) -> tuple[str, ...]:
        """The ledger fields that the value reads."""
        names = (self.field, self.minus, self.over, self.workdays_from, self.to)
        return tuple(name for name in names if name)

    def read(self, rows: pd.DataFrame, cutoff: dt.date, calendar: WorkCalendar) -> FloatArray:
        """Return one float per row; NaN where a part is missing or a base is zero."""
        if self.workdays_from and self.to:
            start, end = days(rows, self.workdays_from), days(rows, self.to)
            return calendar.workdays_between(start, closed_by(end, cutoff))
        field = self.field or ""
        if self.map is not None:
            # NaN marks what the map does not know; an "otherwise" takes its place
            other = np.nan if self.otherwise is None else float(self.otherwise)
            mapped = rows[field].map({key: float(value) for key, value in self.map.items()})
            return mapped.fillna(other).to_numpy(np.float64)
        values = numbers(rows, field)
        if self.minus:
            values = values - numbers(rows, self.minus)
        if self.over:
            base = numbers(rows, self.over)
            values = np.divide(values, base, out=np.full(len(rows), np.nan), where=base != 0)
        return values


Value = Annotated[_Value, BeforeValidator(_as_mapping)]


class _Deadline(Strict):
    """A due date: a field, or so many working days after one."""

    field: str | None = None
    from_: str | None = Field(None, alias="from")
    workdays: str | Number | None = None
    suspended: str | Number | None = None

    @model_validator(mode="after")
    def _one_form(self) -> _Deadline:
        derived = self.from_ is not None and self.workdays is not None
        if (self.field is not None) == derived or (self.suspended is not None and not derived):
            raise wrong(
                "时限写法不对", "日期字段名，或 {from: 日期字段, workdays: 数或字段, suspended: 数或字段}"
            )
        return self

    @property
    def fields(self) -> tuple[str, ...]:
        """The ledger fields that the deadline reads."""
        names = (self.field, self.from_, self.workdays, self.suspended)
        return tuple(name for name in names if isinstance(name, str))

    def due(self, rows: pd.DataFrame, calendar: WorkCalendar) -> DayArray:
        """Return the due day of each row (NaT where a part is missing)."""
        if self.field:
            return days(rows, self.field)
        count = _constant_or_field(rows, self.workdays)
        # an empty suspension is no suspension; an empty term is no deadline
        count = count + np.nan_to_num(_constant_or_field(rows, self.suspended))
        start = days(rows, self.from_ or "")
        known = ~np.isnat(start) & ~np.isnan(count)
        due = np.full(len(rows), np.datetime64("NaT"), dtype="datetime64[D]")
        due[known] = calendar.add_workdays(start[known], count[known].astype(np.int64))
        return due


Deadline = Annotated[_Deadline, BeforeValidator(_as_mapping)]


def _constant_or_field(rows: pd.DataFrame, what: str | Number | None) -> FloatArray:
    if isinstance(what, str):
        return numbers(rows, what)
    return np.full(len(rows), 0.0 if what is None else float(what))


def closed_by(done: DayArray, cutoff: dt.date) -> DayArray:
    """Return ``done``, or the cut-off where an item is still open at it."""
    end = np.datetime64(cutoff, "D")
    return np.where(np.isnat(done) | (done > end), end, done)
