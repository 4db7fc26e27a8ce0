"""Working days against the State Council's notices, counted by hand.

国务院办公厅 on 2011 (国办发明电〔2010〕40号): National Day 1–7 October off; 8 October (Saturday)
and 9 October (Sunday) worked. On 2012 (国办发明电〔2011〕45号): New Year 1–3 January off,
31 December 2011 (Saturday) worked; Spring Festival 22–28 January off, 21 January (Saturday) and
29 January (Sunday) worked; Mid-Autumn and National Day 30 September–7 October off, 29 September
(Saturday) worked.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wbwz_eval.campaign.faults import CampaignError
from wbwz_eval.campaign.workdays import CalendarYear, WorkCalendar

CALENDAR = WorkCalendar()


def days(*texts: str) -> np.ndarray:
    return np.array(texts, dtype="datetime64[D]")


@pytest.mark.parametrize(
    ("start", "end", "count"),
    [
        # National Day 2011. After Friday 30 September: 1–7 off, Saturday 8 and Sunday 9 worked = 2.
        ("2011-09-30", "2011-10-07", 0),
        ("2011-09-30", "2011-10-09", 2),
        # … then Monday 10 to Friday 14 = 5 more.
        ("2011-09-30", "2011-10-16", 7),
        # All of October 2011: 21 weekdays, minus 5 (3–7), plus 2 (8, 9) = 18.
        ("2011-09-30", "2011-10-31", 18),
        # Spring Festival 2012. After Friday 20 January: Saturday 21 worked, 22–28 off, Sunday 29
        # worked, Monday 30, Tuesday 31 = 4.
        ("2012-01-20", "2012-01-31", 4),
        # All of January 2012: 22 weekdays, minus Mon 2, Tue 3, minus Mon 23 to Fri 27, plus
        # 21 and 29 = 17.
        ("2011-12-31", "2012-01-31", 17),
        # New Year 2012: Saturday 31 December 2011 worked; 1–3 January off; Wednesday 4 = 2.
        ("2011-12-30", "2012-01-04", 2),
        # Mid-Autumn and National Day 2012. After Friday 28 September: Saturday 29 worked,
        # 30 September to 7 October off, Monday 8 to Friday 12 = 1 + 5 = 6.
        ("2012-09-28", "2012-10-12", 6),
        # All of October 2012: 23 weekdays, minus Mon 1 to Fri 5 = 18.
        ("2012-09-30", "2012-10-31", 18),
        # An ordinary week: after Wednesday, Thursday, Friday and Monday = 3.
        ("2011-08-03", "2011-08-08", 3),
        # The same day; and backwards, the days after the earlier one, with a minus.
        ("2011-08-03", "2011-08-03", 0),
        ("2011-08-08", "2011-08-03", -3),
        ("2011-10-16", "2011-09-30", -7),
    ],
)
def test_working_days_are_counted_as_by_hand(start: str, end: str, count: int) -> None:
    assert CALENDAR.workdays_between(days(start), days(end)).tolist() == [count]


@pytest.mark.parametrize(
    ("start", "n", "end"),
    [
        # 8 (Sat), 9 (Sun), 10, 11, 12 October 2011.
        ("2011-09-30", 5, "2011-10-12"),
        # 21 (Sat), 29 (Sun), 30 January 2012.
        ("2012-01-20", 3, "2012-01-30"),
        # From within the holiday: 29 January is the first.
        ("2012-01-25", 1, "2012-01-29"),
        # 29 September (Sat), 8, 9 October 2012.
        ("2012-09-28", 3, "2012-10-09"),
        # None to go: the day itself, a working day or not.
        ("2012-01-25", 0, "2012-01-25"),
        ("2011-08-05", 1, "2011-08-08"),
        # A started day counts: 0.5 → 1, 1.2 → 2.
        ("2011-08-05", 0.5, "2011-08-08"),
        ("2011-08-05", 1.2, "2011-08-09"),
    ],
)
def test_the_nth_working_day_is_the_one_counted_by_hand(start: str, n: float, end: str) -> None:
    assert CALENDAR.add_workdays(days(start), np.array([n])).tolist() == days(end).tolist()


def test_the_five_working_days_of_a_quarterly_cutoff() -> None:
    # After Saturday 31 December 2011 (worked): 4, 5, 6 January, then Monday 9, Tuesday 10.
    assert CALENDAR.cutoff(dt.date(2011, 12, 31), 5) == dt.date(2012, 1, 10)
    assert CALENDAR.cutoff(dt.date(2011, 12, 31), 0) == dt.date(2011, 12, 31)


def test_shifted_days_are_known_one_by_one() -> None:
    asked = days(
        "2011-10-07",
        "2011-10-08",
        "2011-10-09",
        "2011-10-15",
        "2012-01-21",
        "2012-01-28",
        "2012-09-29",
    )
    assert CALENDAR.is_workday(asked).tolist() == [False, True, True, False, True, False, True]


# Month and day: first and last day off, then the weekend days worked instead.
NOTICES = {
    2011: (
        ("01-01", "01-03", ()),
        ("02-02", "02-08", ("01-30", "02-12")),
        ("04-03", "04-05", ("04-02",)),
        ("04-30", "05-02", ()),
        ("06-04", "06-06", ()),
        ("09-10", "09-12", ()),
        # The notice on 2012 takes Saturday 31 December 2011.
        ("10-01", "10-07", ("10-08", "10-09", "12-31")),
    ),
    2012: (
        ("01-01", "01-03", ()),
        ("01-22", "01-28", ("01-21", "01-29")),
        ("04-02", "04-04", ("03-31", "04-01")),
        ("04-29", "05-01", ("04-28",)),
        ("06-22", "06-24", ()),
        ("09-30", "10-07", ("09-29",)),
    ),
}


@pytest.mark.parametrize("year", NOTICES)
def test_every_day_of_the_campaigns_years_is_as_the_notices_say(year: int) -> None:
    off: set[str] = set()
    worked: set[str] = set()
    for first, last, instead in NOTICES[year]:
        off |= {str(day) for day in np.arange(f"{year}-{first}", f"{year}-{last}", dtype="datetime64[D]")}
        off.add(f"{year}-{last}")
        worked |= {f"{year}-{day}" for day in instead}
    whole_year = np.arange(f"{year}-01-01", f"{year + 1}-01-01", dtype="datetime64[D]")
    expected = [
        str(day) in worked or (str(day) not in off and day.astype(dt.date).weekday() < 5)
        for day in whole_year
    ]
    assert CALENDAR.is_workday(whole_year).tolist() == expected


def test_empty_dates_stay_empty() -> None:
    start, end = days("NaT", "2011-08-01", "NaT"), days("2011-08-02", "NaT", "NaT")
    assert np.isnan(CALENDAR.workdays_between(start, end)).all()
    assert np.isnat(CALENDAR.add_workdays(start, 1)).tolist() == [True, False, True]
    assert np.isnat(CALENDAR.add_workdays(days("2011-08-01"), np.array([np.nan]))).all()
    assert CALENDAR.is_workday(days("NaT")).tolist() == [False]
    assert CALENDAR.workdays_between(days(), days()).shape == (0,)
    # Not even where the first day of all is worked.
    assert WorkCalendar(years={2003: CalendarYear()}).is_workday(days("2003-01-01", "NaT")).tolist() == [
        True,
        False,
    ]


def test_columns_of_a_table_and_single_dates_may_be_mixed() -> None:
    # After Monday 1 August 2011: Tuesday = 1, Wednesday = 2.
    column = pd.Series(pd.to_datetime(["2011-08-02", "2011-08-03"])).astype("datetime64[s]")
    assert CALENDAR.workdays_between(dt.date(2011, 8, 1), column).tolist() == [1, 2]


def test_a_year_without_notice_is_named_with_the_way_to_supply_it() -> None:
    for ask in (
        lambda: CALENDAR.is_workday(days("2003-05-06")),
        lambda: CALENDAR.workdays_between(days("2003-05-06"), days("2011-05-06")),
    ):
        with pytest.raises(CampaignError, match=r"2003 年.*calendar: \{2003: \{holidays"):
            ask()
    last = max(CALENDAR.years)
    with pytest.raises(CampaignError, match=f"{last + 1} 年"):
        CALENDAR.cutoff(dt.date(last, 12, 31), 1)


def test_a_negative_number_of_working_days_is_refused() -> None:
    with pytest.raises(CampaignError, match="-2"):
        CALENDAR.add_workdays(days("2011-08-01", "2011-08-01"), np.array([1, -2]))


def test_a_campaign_can_supply_a_year() -> None:
    # 2003: 1 May a Thursday. Off 1–5 May; Sunday 27 April worked (made up). After Friday 25 April:
    # Sun 27, Mon 28, Tue 29, Wed 30, then Tue 6 May = 5.
    own = CalendarYear(
        holidays=tuple(dt.date(2003, 5, day) for day in range(1, 6)),
        workdays=(dt.date(2003, 4, 27),),
    )
    calendar = WorkCalendar(years={2003: own})
    assert calendar.workdays_between(days("2003-04-25"), days("2003-05-06")).tolist() == [5]
    # 2003 and 2004 join: after Wednesday 31 December 2003, Thursday 1 January 2004 is off,
    # Friday 2 worked.
    assert calendar.workdays_between(days("2003-12-31"), days("2004-01-02")).tolist() == [1]


def test_a_supplied_year_takes_the_place_of_the_notice() -> None:
    # Without its holidays, Monday 3 October 2011 is an ordinary Monday, Saturday 8 an ordinary
    # Saturday.
    calendar = WorkCalendar(years={2011: CalendarYear()})
    assert calendar.is_workday(days("2011-10-03", "2011-10-08")).tolist() == [True, False]


def test_a_gap_between_known_years_is_not_counted_over() -> None:
    last = max(CALENDAR.years)
    calendar = WorkCalendar(years={last + 3: CalendarYear()})
    for ask in (
        lambda: calendar.workdays_between(days(f"{last}-06-01"), days(f"{last + 3}-06-01")),
        lambda: calendar.workdays_between(days(f"{last + 3}-06-01"), days(f"{last}-06-01")),
        lambda: calendar.add_workdays(days(f"{last}-12-31"), 10),
    ):
        with pytest.raises(CampaignError, match=f"{last + 1} 年"):
            ask()
    # Past the gap, in a year without holidays, working days are weekdays.
    start = np.datetime64(f"{last + 3}-06-01")
    assert calendar.add_workdays(start, 3) == np.busday_offset(start, 3, roll="backward")
    # An empty date beside a date past the gap spans nothing.
    empty = calendar.workdays_between(days("NaT"), days(f"{last + 3}-06-01"))
    assert np.isnan(empty).all()


def test_extra_days_override_the_notice() -> None:
    # Tuesday 2 August 2011 off, Saturday 6 worked: after Monday 1: 3, 4, 5, 6 = 4 by Sunday 7.
    calendar = WorkCalendar(extra_workdays=[dt.date(2011, 8, 6)], extra_holidays=[dt.date(2011, 8, 2)])
    assert calendar.workdays_between(days("2011-08-01"), days("2011-08-07")).tolist() == [4]


def test_extra_days_that_cannot_be_are_refused() -> None:
    both = [dt.date(2011, 8, 6)]
    with pytest.raises(CampaignError, match="2011-08-06 既在"):
        WorkCalendar(extra_workdays=both, extra_holidays=both)
    with pytest.raises(CampaignError, match="1998 年"):
        WorkCalendar(extra_holidays=[dt.date(1998, 1, 5)])
    with pytest.raises(CampaignError, match="2004-05-01 不在 2003 年"):
        WorkCalendar(years={2003: CalendarYear(holidays=(dt.date(2004, 5, 1),))})


known_days = st.dates(dt.date(2005, 1, 1), dt.date(2024, 12, 31))


@given(start=known_days, n=st.integers(min_value=1, max_value=250))
def test_the_nth_working_day_is_n_working_days_away_and_worked(start: dt.date, n: int) -> None:
    end = CALENDAR.add_workdays(start, n)
    assert CALENDAR.workdays_between(start, end) == n
    assert CALENDAR.is_workday(end)


@given(first=known_days, second=known_days, third=known_days)
def test_counts_add_up_along_the_way(first: dt.date, second: dt.date, third: dt.date) -> None:
    legs = CALENDAR.workdays_between([first, second], [second, third]).sum()
    assert legs == CALENDAR.workdays_between(first, third)
    assert CALENDAR.workdays_between(second, first) == -CALENDAR.workdays_between(first, second)
