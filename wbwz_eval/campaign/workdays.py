"""Working days as the State Council's notices set them, weekend shifts included."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import chinese_calendar
import numpy as np
from pydantic import BaseModel, ConfigDict

from wbwz_eval.campaign.faults import CampaignError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    Dates = ArrayLike | dt.date | Sequence[dt.date]

Days = np.ndarray[Any, np.dtype[np.datetime64]]

_WEEKDAYS = 5


class CalendarYear(BaseModel):
    """A year that a campaign supplies: Monday to Friday without ``holidays``, and ``workdays``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    holidays: tuple[dt.date, ...] = ()
    workdays: tuple[dt.date, ...] = ()


class WorkCalendar:
    """Counts working days by look-up, for whole columns at once.

    Args:
        extra_workdays, extra_holidays: Days that differ from the notices, such as a local day off;
            only of years that are known.
        years: Years that the notices' package does not know, or that the campaign wants to set
            itself.

    Raises:
        CampaignError: If an extra day is of an unknown year, or is both.
    """

    def __init__(
        self,
        extra_workdays: Iterable[dt.date] = (),
        extra_holidays: Iterable[dt.date] = (),
        years: Mapping[int, CalendarYear] | None = None,
    ) -> None:
        """Work out every known day once."""
        supplied = dict(years or {})
        noticed = range(min(chinese_calendar.holidays).year, max(chinese_calendar.holidays).year + 1)
        self.years = frozenset(noticed) | frozenset(supplied)
        self._first = np.datetime64(f"{min(self.years):04}-01-01", "D")
        last = np.datetime64(f"{max(self.years):04}-12-31", "D")
        days = np.arange(self._first, last + 1)
        # The epoch, 1970-01-01, was a Thursday: weekday 3 where Monday is 0.
        self._works = (days.astype(np.int64) + 3) % 7 < _WEEKDAYS
        self._set(chinese_calendar.holidays, works=False)
        self._set(chinese_calendar.workdays, works=True)
        for year, own in supplied.items():
            self._supply(year, own)
        self._override(tuple(extra_workdays), tuple(extra_holidays))
        unknown = ~np.isin(days.astype("datetime64[Y]").astype(np.int64) + 1970, list(self.years))
        # Counts up to and including each day: working days, and days that nobody told us about.
        self._count = np.cumsum(self._works & ~unknown)
        self._unknown = np.cumsum(unknown)
        self._workdays = days[self._works & ~unknown]

    def is_workday(self, dates: Dates) -> NDArray[np.bool_]:
        """Tell which dates are working days; NaT is none.

        Raises:
            CampaignError: If a date is of a year without a calendar (as in every method here).
        """
        days, index = self._index(dates)
        return self._works[index] & ~np.isnat(days)

    def workdays_between(self, start: Dates, end: Dates) -> NDArray[np.float64]:
        """Count the working days after ``start`` up to and including ``end``.

        Negative where ``end`` is before ``start`` (then those after ``end`` up to ``start``); NaN
        where one of them is NaT. ``start`` and ``end`` are broadcast against each other.
        """
        first, first_index = self._index(start)
        last, last_index = self._index(end)
        none = np.isnat(first) | np.isnat(last)
        first_index, last_index = np.where(none, 0, first_index), np.where(none, 0, last_index)
        self._refuse_gaps(first_index, last_index)
        return np.where(none, np.nan, self._count[last_index] - self._count[first_index])

    def add_workdays(self, start: Dates, n: ArrayLike) -> Days:
        """Return the ``n``-th working day after ``start``; ``start`` itself where ``n`` is 0.

        A part of a day counts as a day. NaT where ``start`` is NaT or ``n`` is NaN; the two are
        broadcast.

        Raises:
            CampaignError: If ``n`` is negative, or the day is past the last known year.
        """
        days, index = self._index(start)
        number = np.asarray(n, dtype=np.float64)
        days, index, number = np.broadcast_arrays(days, index, number)
        none = np.isnat(days) | np.isnan(number)
        whole = np.ceil(np.where(none, 0, number)).astype(np.int64)
        if (whole < 0).any():
            message = f"工作日数不能为负: {whole.min()}"
            raise CampaignError(message)
        # _workdays[k] is the (k + 1)-th working day of all; _count[index] of them are up to start.
        place = self._count[index] + whole - 1
        moved = ~none & (whole > 0)
        if (place[moved] >= len(self._workdays)).any():
            raise self._unknown_year(max(self.years) + 1)
        found = np.where(moved, self._workdays[np.where(moved, place, 0)], days)
        found_index = np.where(moved, (found - self._first).astype(np.int64), index)
        self._refuse_gaps(index, found_index)
        return np.where(none, np.datetime64("NaT", "D"), found)

    def cutoff(self, period_end: dt.date, n: int) -> dt.date:
        """Return the last day on which data of a period count: the ``n``-th working day after."""
        found = self.add_workdays(np.datetime64(period_end, "D"), n)
        return dt.date.fromisoformat(str(found))

    def require_year(self, year: int) -> None:
        """Raise a :class:`CampaignError` if the year has no calendar."""
        if year not in self.years:
            raise self._unknown_year(year)

    def _index(self, dates: Dates) -> tuple[Days, NDArray[np.int64]]:
        """Return dates as days, and the place of each in the tables (0 for NaT)."""
        days = np.asarray(dates, dtype="datetime64[D]")
        known = ~np.isnat(days)
        years = np.unique(days[known].astype("datetime64[Y]").astype(np.int64) + 1970)
        for year in years:
            self.require_year(int(year))
        return days, np.where(known, (days - self._first).astype(np.int64), 0)

    def _refuse_gaps(self, start: NDArray[np.int64], end: NDArray[np.int64]) -> None:
        """Refuse spans that cross a year which nobody supplied."""
        crossing = self._unknown[start] != self._unknown[end]
        if crossing.any():
            start, end, crossing = np.broadcast_arrays(start, end, crossing)
            from_day = self._first + min(start[crossing][0], end[crossing][0])
            known_from = int(str(from_day)[:4])
            gap = next(year for year in range(known_from, max(self.years)) if year not in self.years)
            raise self._unknown_year(gap)

    def _set(self, dates: Iterable[dt.date], *, works: bool) -> None:
        days = np.array(list(dates), dtype="datetime64[D]")
        self._works[(days - self._first).astype(np.int64)] = works

    def _supply(self, year: int, own: CalendarYear) -> None:
        start = np.datetime64(f"{year:04}-01-01", "D")
        days = np.arange(start, np.datetime64(f"{year + 1:04}-01-01", "D"))
        self._works[(days - self._first).astype(np.int64)] = (days.astype(np.int64) + 3) % 7 < _WEEKDAYS
        elsewhere = [day for day in (*own.holidays, *own.workdays) if day.year != year]
        if elsewhere:
            message = f"campaign.yaml 的 calendar 里,{elsewhere[0]} 不在 {year} 年"
            raise CampaignError(message)
        self._set(own.holidays, works=False)
        self._set(own.workdays, works=True)

    def _override(self, workdays: tuple[dt.date, ...], holidays: tuple[dt.date, ...]) -> None:
        for day in (*workdays, *holidays):
            self.require_year(day.year)
        both = set(workdays) & set(holidays)
        if both:
            message = f"{min(both)} 既在 extra_workdays 里,又在 extra_holidays 里"
            raise CampaignError(message)
        self._set(workdays, works=True)
        self._set(holidays, works=False)

    def _unknown_year(self, year: int) -> CampaignError:
        return CampaignError(
            f"不知道 {year} 年的工作日安排;请在 campaign.yaml 的 calendar 里"
            "写上这一年的节假日和调休上班日: "
            f"calendar: {{{year}: {{holidays: [...], workdays: [...]}}}}"
        )
