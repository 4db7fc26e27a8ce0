"""Which day owes what. Dates worked out by hand from the State Council's notices on holidays.

2011: National Day 1-7 October; Saturday 8 and Sunday 9 October, and Saturday 31 December, are worked.
2012: New Year 1-3 January; Spring Festival 22-28 January, Saturday 21 and Sunday 29 January are worked.
2021: New Year 1-3 January.
"""

from __future__ import annotations

import datetime as dt

import pytest
from little import campaign, day

from wbwz_eval import open_campaign
from wbwz_eval.campaign.due import load_schedule, owings
from wbwz_eval.campaign.faults import CampaignError


def days_of(where, period: str) -> tuple[str, str]:
    opened = open_campaign(where.campaign)
    found = {one.period.id: one for one in owings(opened, load_schedule(opened))}[period]
    return str(found.cutoff), str(found.publish_by)


@pytest.fixture(scope="module")
def autumn(tmp_path_factory):
    return campaign(tmp_path_factory.mktemp("autumn"))


@pytest.mark.parametrize(
    ("period", "cutoff", "publish_by"),
    [
        # an ordinary week: Monday after Sunday 18 September, then Tuesday
        ("2011-W37", "2011-09-19", "2011-09-20"),
        # ends on Sunday 2 October in the holiday: the first working day is Saturday 8, then Sunday 9
        ("2011-W39", "2011-10-08", "2011-10-09"),
        # ends on a Sunday that is worked: the day itself does not count, Monday 10, then Tuesday 11
        ("2011-W40", "2011-10-10", "2011-10-11"),
        # 30 September + 3 working days: 8, 9, 10 October; + 3: 11, 12, 13
        ("2011-09", "2011-10-10", "2011-10-13"),
        # 30 September + 5: 8, 9, 10, 11, 12 October; + 5: 13, 14, 17, 18, 19
        ("2011-Q3", "2011-10-12", "2011-10-19"),
        # ends on Sunday 1 January, a holiday: Wednesday 4
        ("2011-W52", "2012-01-04", "2012-01-05"),
        # 31 December 2011 (a Saturday) + 10: 4-6, 9-13, 16, 17 January; + 10: 18-20, 21 (Saturday),
        # 29 (Sunday), 30, 31, 1-3 February
        ("2011", "2012-01-17", "2012-02-03"),
        # ends on Sunday 22 January, a holiday: Sunday 29 is worked
        ("2012-W03", "2012-01-29", "2012-01-30"),
        # ends on Sunday 29 January, worked: Monday 30
        ("2012-W04", "2012-01-30", "2012-01-31"),
        # a leap day: 29 February 2012 (a Wednesday) + 3: 1, 2, 5 March; + 3: 6, 7, 8
        ("2012-02", "2012-03-05", "2012-03-08"),
        # cut short by the campaign's start on Thursday 1 September: still ends on Sunday 4
        ("2011-W35", "2011-09-05", "2011-09-06"),
        # cut short by its end on Saturday 31 March 2012, which is worked: 1 April (Sunday) is worked too
        ("2012-W13", "2012-04-01", "2012-04-05"),
    ],
)
def test_days_by_hand(autumn, period, cutoff, publish_by):
    assert days_of(autumn, period) == (cutoff, publish_by)


def test_week_53(tmp_path):
    where = campaign(tmp_path, start="2011-09-01", end="2021-03-31")
    # Monday 28 December 2020 to Sunday 3 January 2021, a holiday: Monday 4
    assert days_of(where, "2020-W53") == ("2021-01-04", "2021-01-05")
    opened = open_campaign(where.campaign)
    weeks = [one.period.id for one in owings(opened, load_schedule(opened), ["week"])]
    assert weeks[weeks.index("2020-W53") + 1] == "2021-W01"
    assert [week for week in weeks if week.endswith("W53")] == ["2015-W53", "2020-W53"]
    assert len(weeks) == len(set(weeks))


def test_every_day_of_the_term_is_in_one_week_one_month_and_one_quarter(autumn):
    opened = open_campaign(autumn.campaign)
    found = owings(opened, load_schedule(opened))
    for kind in ("week", "month", "quarter"):
        own = sorted(one.period for one in found if one.period.kind == kind)
        days = [own[0].start + dt.timedelta(n) for n in range((own[-1].end - own[0].start).days + 1)]
        covered = [date for period in own for date in _days(period)]
        assert covered == days
        assert (days[0], days[-1]) == (day("2011-09-01"), day("2012-03-31"))


def _days(period):
    return [period.start + dt.timedelta(n) for n in range((period.end - period.start).days + 1)]


def test_the_order_is_that_of_the_cutoffs_and_a_month_comes_before_its_quarter(autumn):
    opened = open_campaign(autumn.campaign)
    found = owings(opened, load_schedule(opened))
    cutoffs = [one.cutoff for one in found]
    assert cutoffs == sorted(cutoffs)
    # both cut off on 10 October; September ended first, on 30 September, the week on 9 October
    order = [one.period.id for one in found]
    assert order.index("2011-09") < order.index("2011-W40") < order.index("2011-Q3")


@pytest.mark.parametrize(
    ("date", "stage"),
    [
        ("2011-10-08", "waiting"),  # the cut-off itself: what comes in today counts
        ("2011-10-09", "due"),
        ("2011-10-10", "late"),
    ],
)
def test_the_cutoff_is_the_last_day_that_counts_and_the_deadline_the_last_in_time(autumn, date, stage):
    opened = open_campaign(autumn.campaign)
    found = {one.period.id: one for one in owings(opened, load_schedule(opened))}
    assert found["2011-W39"].stage(day(date)) == stage


def test_the_deadline_and_the_first_day_can_be_set(tmp_path):
    where = campaign(tmp_path, publish_workdays="{week: 0, month: 1}", due_since="2011-10-01")
    assert days_of(where, "2011-W39") == ("2011-10-08", "2011-10-08")
    # 10 October + 1
    assert days_of(where, "2011-09") == ("2011-10-10", "2011-10-11")
    assert days_of(where, "2011-Q3") == ("2011-10-12", "2011-10-19")
    opened = open_campaign(where.campaign)
    assert load_schedule(opened).since == day("2011-10-01")


def test_a_wrong_setting_is_told_with_its_line(tmp_path):
    where = campaign(tmp_path)
    path = where.campaign / "campaign.yaml"
    path.write_text(path.read_text("utf-8") + "publish_workdays: {week: -1, fortnight: 2}\n", "utf-8")
    with pytest.raises(CampaignError, match="publish_workdays") as error:
        open_campaign(where.campaign)
    assert len(error.value.faults) == 2


def test_a_year_without_holidays_blocks_only_its_own_periods(tmp_path):
    # the notices for 2027 are not out: the last days of 2026 cannot be said, the others can
    where = campaign(tmp_path, start="2026-11-02", end="2026-12-31")
    opened = open_campaign(where.campaign)
    found = {one.period.id: one for one in owings(opened, load_schedule(opened))}
    assert found["2026-11"].cutoff == day("2026-12-03")
    assert found["2026-12"].cutoff is None
    assert "2027" in found["2026-12"].obstacle
    assert found["2026-12"].stage(day("2026-12-31")) == "waiting"
    assert found["2026-12"].stage(day("2027-01-01")) == "due"
