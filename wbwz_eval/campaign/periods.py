"""Periods of a campaign: weeks (ISO), months, quarters, halves, years and the whole term."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from functools import total_ordering
from typing import Literal, get_args

from wbwz_eval.campaign.faults import CampaignError

PeriodKind = Literal["week", "month", "quarter", "half", "year", "term"]
PERIOD_KINDS: tuple[PeriodKind, ...] = get_args(PeriodKind)

KIND_NAMES: dict[PeriodKind, str] = {
    "week": "周",
    "month": "月",
    "quarter": "季",
    "half": "半年",
    "year": "年",
    "term": "全程",
}
FORMS = "2011-W37(周)、2011-09(月)、2011-Q3(季)、2011-H2(半年)、2011(年)、term(全程)"

Term = tuple[dt.date, dt.date]

_DAY = dt.timedelta(days=1)
_FORM = re.compile(
    r"(?P<year>[0-9]{4})(?:-(?:W(?P<week>[0-9]{2})|(?P<month>[0-9]{2})|Q(?P<quarter>[1-4])|H(?P<half>[12])))?"
)
_QUARTERS = "一二三四"
_HALVES = "上下"


@total_ordering
@dataclass(frozen=True)
class Period:
    """A span of days that is evaluated as one; periods are ordered by their start.

    ``start`` and ``end`` are both inclusive and lie within the campaign's term.
    """

    id: str
    kind: PeriodKind
    start: dt.date
    end: dt.date

    def __lt__(self, other: object) -> bool:
        """Order by start; where starts are equal the shorter one is first."""
        if not isinstance(other, Period):
            return NotImplemented
        return (self.start, self.end, self.id) < (other.start, other.end, other.id)


def parse_period(text: str, term: Term) -> Period:
    """Read a period's id.

    Args:
        text: Such as ``2011-W37``, ``2011-09``, ``2011-Q3``, ``2011-H2``, ``2011`` or ``term``.
        term: First and last day of the campaign; the period is cut to it.

    Raises:
        CampaignError: If the text is no period, or no day of the period is in the term.
    """
    start, end = term
    if text == "term":
        return Period("term", "term", start, end)
    found = _FORM.fullmatch(text)
    if not found:
        message = f"“{text}” 不是期;应为 {FORMS}"
        raise CampaignError(message)
    kind: PeriodKind = "year"
    month, year = 1, int(found["year"])
    try:
        if found["week"]:
            kind, day = "week", dt.date.fromisocalendar(year, int(found["week"]), 1)
        else:
            if found["month"]:
                kind, month = "month", int(found["month"])
            elif found["quarter"]:
                kind, month = "quarter", 3 * int(found["quarter"]) - 2
            elif found["half"]:
                kind, month = "half", 6 * int(found["half"]) - 5
            day = dt.date(year, month, 1)
        whole = _whole(kind, day)
    except (ValueError, OverflowError) as error:
        message = f"“{text}” 不是期: 没有这一{'周' if found['week'] else '月'};应为 {FORMS}"
        raise CampaignError(message) from error
    if whole.end < start or end < whole.start:
        message = f"“{text}” 不在活动期间({start} 至 {end})内"
        raise CampaignError(message)
    return _clipped(whole, term)


def periods_of(kind: PeriodKind, term: Term) -> list[Period]:
    """Return all periods of a kind in the term, in order; the first and last may be cut short."""
    found = [_containing(kind, term[0], term)]
    while found[-1].end < term[1]:
        found.append(_containing(kind, found[-1].end + _DAY, term))
    return found


def previous(period: Period, term: Term) -> Period | None:
    """Return the period of the same kind just before, or None at the start of the term."""
    if period.start <= term[0]:
        return None
    return _containing(period.kind, period.start - _DAY, term)


def enclosing(period: Period, kind: PeriodKind, term: Term) -> Period:
    """Return the period of ``kind`` that holds the last day of ``period``."""
    return _containing(kind, period.end, term)


def label_zh(period: Period) -> str:
    """Write a period as people do: 2011年第三季度."""
    found = _FORM.fullmatch(period.id)
    if not found:
        first, last = (f"{day.year}年{day.month}月{day.day}日" for day in (period.start, period.end))
        return f"活动全程({first}至{last})"
    year = f"{found['year']}年"
    match period.kind:
        case "week":
            return f"{year}第{int(found['week'])}周"
        case "month":
            return f"{year}{int(found['month'])}月"
        case "quarter":
            return f"{year}第{_QUARTERS[int(found['quarter']) - 1]}季度"
        case "half":
            return f"{year}{_HALVES[int(found['half']) - 1]}半年"
    return year


def _containing(kind: PeriodKind, day: dt.date, term: Term) -> Period:
    return Period("term", "term", *term) if kind == "term" else _clipped(_whole(kind, day), term)


def _clipped(period: Period, term: Term) -> Period:
    return Period(period.id, period.kind, max(period.start, term[0]), min(period.end, term[1]))


def _whole(kind: PeriodKind, day: dt.date) -> Period:
    """Return the calendar's period that holds a day, not cut to any term."""
    if kind == "week":
        year, week, weekday = day.isocalendar()
        start = day - (weekday - 1) * _DAY
        return Period(f"{year:04}-W{week:02}", kind, start, start + 6 * _DAY)
    months = {"month": 1, "quarter": 3, "half": 6, "year": 12}[kind]
    number = (day.month - 1) // months
    start = dt.date(day.year, number * months + 1, 1)
    last_month = start.month + months - 1
    after = dt.date(day.year + last_month // 12, last_month % 12 + 1, 1)
    suffix = {
        "month": f"-{number + 1:02}",
        "quarter": f"-Q{number + 1}",
        "half": f"-H{number + 1}",
        "year": "",
    }[kind]
    return Period(f"{day.year:04}{suffix}", kind, start, after - _DAY)
