"""A second, plain implementation of the measures that are easiest to get wrong.

It reads the CSV files row by row with the standard library and knows nothing
of the package: what the tests compare is two readings of docs/methodology.md.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections import defaultdict
from fractions import Fraction
from pathlib import Path

import chinese_calendar

CAMPAIGN = Path(__file__).parents[2] / "data" / "wbwz-2011"
START, END, CUTOFF = dt.date(2012, 7, 1), dt.date(2012, 9, 30), dt.date(2012, 10, 12)


def rows(ledger):
    """Yield the rows of a ledger that stand and were reported by the cut-off."""
    with (CAMPAIGN / "ledgers" / f"{ledger}.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["状态"] != "撤回" and day(row["报送日期"]) <= CUTOFF:
                yield row


def day(text):
    """Read a date; None for an empty cell."""
    return dt.date.fromisoformat(text) if text else None


def in_period(date):
    """Say whether a date lies in the quarter."""
    return date is not None and START <= date <= END


def after_workdays(start, count):
    """Walk day by day until so many working days have passed."""
    current = start
    while count > 0:
        current += dt.timedelta(days=1)
        count -= chinese_calendar.is_workday(current)
    return current


def workdays_between(start, end):
    """Count the working days after start up to and including end."""
    span = (end - start).days
    return sum(chinese_calendar.is_workday(start + dt.timedelta(days=k)) for k in range(1, span + 1))


def known(date):
    """Return a completion date as known at the cut-off: later is open."""
    return date if date is not None and date <= CUTOFF else None


def cases():
    """Return per entity (on time, due, days late of the late ones) of limited-time cases."""
    result = defaultdict(lambda: [0, 0, []])
    for row in rows("cases"):
        length = int(row["承诺时限"]) + int(row["停计时"] or 0)
        due, done = after_workdays(day(row["受理日期"]), length), known(day(row["办结日期"]))
        if not in_period(due) or (done is None and due >= CUTOFF):
            continue
        tally = result[row["被评对象"]]
        tally[1] += 1
        if done is not None and done <= due:
            tally[0] += 1
        else:
            tally[2].append(workdays_between(due, done or CUTOFF))
    return result


def limited_time_rate():
    """Z1: share of cases within the promised working days."""
    return {who: Fraction(100 * good, count) for who, (good, count, _) in cases().items()}


def mean_lateness():
    """Z2: mean working days late over the late cases; 0 where none is late."""
    return {
        who: Fraction(sum(late), len(late)) if late else Fraction(0) for who, (_, _, late) in cases().items()
    }


def commitments_kept():
    """F1: commitments kept on time and verified."""
    good, count = defaultdict(int), defaultdict(int)
    for row in rows("commitments"):
        due, done = day(row["承诺时限"]), known(day(row["兑现日期"]))
        if not in_period(due) or (done is None and due >= CUTOFF):
            continue
        count[row["被评对象"]] += 1
        verified = row["核实人"] and day(row["核实日期"]) is not None and day(row["核实日期"]) <= CUTOFF
        good[row["被评对象"]] += bool(verified and done is not None and done <= due)
    return {who: Fraction(100 * good[who], number) for who, number in count.items()}


def first_time():
    """F4: appeals answered in the quarter that nobody raised again within 30 days."""
    every = list(rows("appeals"))
    raised = defaultdict(list)
    for row in every:
        if row["重复自"]:
            raised[row["重复自"]].append(day(row["受理日期"]))
    good, count = defaultdict(int), defaultdict(int)
    for row in every:
        answered = known(day(row["答复日期"]))
        if not in_period(answered):
            continue
        came_back = any(0 <= (again - answered).days <= 30 for again in raised[row["诉求编号"]])
        count[row["被评对象"]] += 1
        good[row["被评对象"]] += not came_back
    return {who: Fraction(100 * good[who], number) for who, number in count.items()}


def panel(levels):
    """J8: rater groups 20/40/40, extremes dropped over five ballots, at least five, void ones out."""
    weights = {"分管领导": 20, "同级及职工": 40, "考核组": 40}
    ballots = [
        row for row in rows("ballots") if in_period(day(row["评议日期"])) and row["被评对象"] in levels
    ]
    by_rater = defaultdict(list)
    for row in ballots:
        if 0 <= Fraction(row["评分"]) <= 100:
            by_rater[row["评议人编号"]].append(Fraction(row["评分"]))
    void = {rater for rater, given in by_rater.items() if len(given) >= 3 and len(set(given)) == 1}
    scores = defaultdict(lambda: defaultdict(list))
    for row in ballots:
        if row["评议人编号"] not in void and 0 <= Fraction(row["评分"]) <= 100:
            scores[row["被评对象"]][row["评议主体"]].append(Fraction(row["评分"]))
    result = {}
    for who, groups in scores.items():
        total, share = Fraction(0), 0
        for group, given in groups.items():
            if len(given) < 5:
                continue
            kept = sorted(given)[1:-1] if len(given) > 5 else given
            total += weights[group] * sum(kept) / len(kept)
            share += weights[group]
        if share:
            result[who] = total / share
    return result


def schedule_points():
    """Y2: 100 − 1.5 per point behind at each task's last report; red, or two yellows running, is 0."""
    reports = defaultdict(list)
    for row in rows("task_reports"):
        if in_period(day(row["周止日"])):
            reports[row["被评对象"], row["任务编号"]].append(
                (day(row["周止日"]), Fraction(row["实际进度"]) - Fraction(row["计划进度"]))
            )
    points = defaultdict(list)
    for (who, _), track in reports.items():
        deviations = [deviation for _, deviation in sorted(track, key=lambda item: item[0])]
        last = deviations[-1]
        run = 0
        for deviation in reversed(deviations):
            if not -30 <= deviation < -10:
                break
            run += 1
        full = 100 + Fraction(3, 2) * min(last, Fraction(0))
        points[who].append(Fraction(0) if last < -30 or run >= 2 else max(full, Fraction(0)))
    return {who: sum(each) / len(each) for who, each in points.items()}


def institutional_outputs():
    """C4: points of outputs in force since the start, one per document number, the highest."""
    worth = {"长效机制": 10, "改革方案": 8, "攻坚措施": 6, "研究成果": 4}
    best = defaultdict(dict)
    for row in rows("outputs"):
        date, number = day(row["印发日期"]), row["文号"]
        if row["是否有效"] == "是" and number and dt.date(2011, 7, 1) <= date <= END:
            own = best[row["被评对象"]]
            own[number] = max(own.get(number, 0), worth[row["成果类别"]])
    return {who: Fraction(sum(own.values())) for who, own in best.items()}
