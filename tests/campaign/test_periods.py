"""Periods: their days, their order, and what is no period. All days are from a printed calendar."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wbwz_eval.campaign.faults import CampaignError
from wbwz_eval.campaign.periods import (
    PERIOD_KINDS,
    Period,
    enclosing,
    label_zh,
    parse_period,
    periods_of,
    previous,
)

TERM = (dt.date(2011, 7, 1), dt.date(2012, 11, 30))
DAY = dt.timedelta(days=1)


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


@pytest.mark.parametrize(
    ("text", "kind", "start", "end"),
    [
        # 1 January 2011 was a Saturday, so ISO week 1 began on 3 January: 36 weeks on is
        # Monday, 12 September.
        ("2011-W37", "week", "2011-09-12", "2011-09-18"),
        # Week 52 of 2011 ends on New Year's Day 2012, a Sunday.
        ("2011-W52", "week", "2011-12-26", "2012-01-01"),
        ("2011-09", "month", "2011-09-01", "2011-09-30"),
        # 2012 is a leap year.
        ("2012-02", "month", "2012-02-01", "2012-02-29"),
        ("2011-12", "month", "2011-12-01", "2011-12-31"),
        ("2011-Q3", "quarter", "2011-07-01", "2011-09-30"),
        ("2012-Q1", "quarter", "2012-01-01", "2012-03-31"),
        ("2011-H2", "half", "2011-07-01", "2011-12-31"),
        ("2012-H1", "half", "2012-01-01", "2012-06-30"),
        # Cut to the term.
        ("2011", "year", "2011-07-01", "2011-12-31"),
        ("2012", "year", "2012-01-01", "2012-11-30"),
        ("2012-Q4", "quarter", "2012-10-01", "2012-11-30"),
        # 1 July 2011 was a Friday: its week began on Monday, 27 June.
        ("2011-W26", "week", "2011-07-01", "2011-07-03"),
        ("term", "term", "2011-07-01", "2012-11-30"),
    ],
)
def test_a_period_has_the_days_of_the_calendar_within_the_term(
    text: str, kind: str, start: str, end: str
) -> None:
    period = parse_period(text, TERM)
    assert (period.id, period.kind, period.start, period.end) == (text, kind, day(start), day(end))


def test_a_long_iso_year_has_a_week_53() -> None:
    # 2009 began on a Thursday, so it has 53 weeks; the last is 28 December to 3 January 2010.
    term = (dt.date(2009, 1, 1), dt.date(2010, 12, 31))
    period = parse_period("2009-W53", term)
    assert (period.start, period.end) == (day("2009-12-28"), day("2010-01-03"))
    after = next(week for week in periods_of("week", term) if week.start > period.start)
    assert after.id == "2010-W01"
    assert previous(after, term) == period


@pytest.mark.parametrize(
    "text",
    [
        *("", "2011-9", "2011-13", "2011-00", "2011-Q5", "2011-Q0", "2011-H3", "2011-W00"),
        *("2011-W53", "2011-w37", "11-09", "2011-09-01", "2011Q3", " 2011", "2011-09\n", "Term"),
        *("0000", "0000-W10", "9999-W52", "9999-12"),
    ],
)
def test_what_is_no_period_is_refused_with_the_forms_that_are(text: str) -> None:
    with pytest.raises(CampaignError) as caught:
        parse_period(text, TERM)
    for form in ("2011-W37", "2011-09", "2011-Q3", "2011-H2", "term"):
        assert form in str(caught.value)


@pytest.mark.parametrize("text", ["2011-06", "2011-W25", "2012-12", "2010", "2013-Q1", "2011-H1"])
def test_a_period_without_a_day_in_the_term_is_refused(text: str) -> None:
    with pytest.raises(CampaignError, match="2011-07-01 至 2012-11-30"):
        parse_period(text, TERM)


def test_the_term_of_17_months_has_so_many_periods() -> None:
    # July 2011 to November 2012: 6 + 11 months; quarters 2011 Q3 and Q4, 2012 Q1 to Q4; halves
    # 2011 H2, 2012 H1 and H2. Weeks: the first began on 27 June 2011, the last on 26 November
    # 2012, 366 + 152 = 518 days = 74 weeks later, so 75.
    assert {kind: len(periods_of(kind, TERM)) for kind in PERIOD_KINDS} == {
        "week": 75, "month": 17, "quarter": 6, "half": 3, "year": 2, "term": 1,
    }  # fmt: skip


def test_previous_stays_within_the_term() -> None:
    assert previous(parse_period("2011-Q4", TERM), TERM) == parse_period("2011-Q3", TERM)
    assert previous(parse_period("2012-01", TERM), TERM) == parse_period("2011-12", TERM)
    assert previous(parse_period("2011-Q3", TERM), TERM) is None
    assert previous(parse_period("term", TERM), TERM) is None


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ("2011-09", "quarter", "2011-Q3"),
        # Ends on 2 October: the week belongs to the month of its last day.
        ("2011-W39", "month", "2011-10"),
        ("2011-W52", "year", "2012"),
        ("2012-Q2", "half", "2012-H1"),
        ("2012-Q2", "term", "term"),
    ],
)
def test_the_longer_period_is_the_one_that_holds_the_last_day(text: str, kind: str, expected: str) -> None:
    longer = enclosing(parse_period(text, TERM), kind, TERM)  # type: ignore[arg-type]  # parametrised text
    assert longer == parse_period(expected, TERM)


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("2011-W37", "2011年第37周"),
        ("2012-W05", "2012年第5周"),
        ("2011-09", "2011年9月"),
        ("2011-Q3", "2011年第三季度"),
        ("2012-H1", "2012年上半年"),
        ("2011-H2", "2011年下半年"),
        ("2012", "2012年"),
        ("term", "活动全程(2011年7月1日至2012年11月30日)"),
    ],
)
def test_a_period_is_written_as_people_do(text: str, label: str) -> None:
    assert label_zh(parse_period(text, TERM)) == label


def test_periods_are_ordered_by_their_start_and_the_shorter_first() -> None:
    texts = ["2012", "2011-H2", "2011-Q4", "2011-07", "2011-Q3"]
    ordered = sorted(parse_period(text, TERM) for text in texts)
    assert [period.id for period in ordered] == ["2011-07", "2011-Q3", "2011-H2", "2011-Q4", "2012"]


terms = st.tuples(
    st.dates(dt.date(1990, 1, 1), dt.date(2060, 12, 31)), st.integers(min_value=0, max_value=800)
).map(lambda pair: (pair[0], pair[0] + pair[1] * DAY))


@given(term=terms, kind=st.sampled_from(PERIOD_KINDS))
def test_the_periods_of_a_kind_tile_the_term_and_each_can_be_found_again(
    term: tuple[dt.date, dt.date], kind: str
) -> None:
    periods: list[Period] = periods_of(kind, term)  # type: ignore[arg-type]  # drawn text
    assert (periods[0].start, periods[-1].end) == term
    before: Period | None = None
    for period in periods:
        assert parse_period(period.id, term) == period
        assert period.start <= period.end
        assert previous(period, term) == before
        if before is not None:
            assert period.start == before.end + DAY
            assert before < period
        before = period


@given(date=st.dates(dt.date(1990, 1, 1), dt.date(2060, 12, 31)))
def test_every_day_lies_in_the_periods_that_its_own_date_names(date: dt.date) -> None:
    term = (dt.date(1980, 1, 1), dt.date(2070, 12, 31))
    only = Period(date.isoformat(), "week", date, date)
    quarter = (date.month + 2) // 3
    # %G and %V are C's ISO year and week, a reckoning that is not ours.
    named = {
        "week": date.strftime("%G-W%V"),
        "month": date.strftime("%Y-%m"),
        "quarter": f"{date.year}-Q{quarter}",
        "half": f"{date.year}-H{1 if quarter < 3 else 2}",
        "year": str(date.year),
    }
    for kind, expected in named.items():
        period = enclosing(only, kind, term)  # type: ignore[arg-type]  # a key of the table above
        assert period.id == expected
        assert period.start <= date <= period.end
