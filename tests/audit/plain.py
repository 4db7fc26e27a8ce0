"""A second, plain implementation of the measures that are easiest to get wrong.

It reads the submissions file by file and row by row with openpyxl and csv and
knows nothing of the package: what the tests compare is two readings of
docs/methodology.md, from the files as they were sent.
"""

from __future__ import annotations

import csv
import datetime as dt
import functools
import io
import json
import re
from collections import defaultdict
from fractions import Fraction
from pathlib import Path

import chinese_calendar
import openpyxl

CAMPAIGN = Path(__file__).parents[2] / "data" / "wbwz-2011"
START, END, CUTOFF = dt.date(2012, 7, 1), dt.date(2012, 9, 30), dt.date(2012, 10, 12)
NAMES = {
    "限时办件台账": "cases",
    "公开承诺和落实情况台账": "commitments",
    "群众诉求台账": "appeals",
    "境界评议票": "ballots",
    "重点工作周调度表": "task_reports",
    "制度机制成果台账": "outputs",
}


def rows(ledger):
    """Yield the rows of a ledger that stand, as known at the cut-off."""
    for row in ledgers()[ledger].values():
        if row["状态"] != "撤回":
            yield row


@functools.cache
def ledgers():
    """Take in file after file: a row's number says which row a later file changes."""
    result = {ledger: {} for ledger in NAMES.values()}
    for path in sorted((CAMPAIGN / "submissions" / "receipts").iterdir()):
        receipt = json.loads(path.read_text(encoding="utf-8"))
        if receipt["status"] == "refused" or dt.date.fromisoformat(receipt["received_on"]) > CUTOFF:
            continue
        for name, table in tables(receipt):
            allowed = None
            if receipt["status"] == "partial":
                allowed = {part["sheet"]: numbers(part["accepted"]) for part in receipt["sections"]}
            for number, cells in facts(table):
                if allowed is not None and number not in allowed.get(name, allowed.get("", set())):
                    continue
                blank = defaultdict(str, {"被评对象": receipt["sender"], "状态": "有效"})
                row = result[ledger_of(name)].setdefault(cells["行号"], blank)
                # an empty owner or state is the one that stands
                row |= {
                    label: text for label, text in cells.items() if text or label not in {"被评对象", "状态"}
                }
    assert all(result.values()), "a ledger has no rows: is it called otherwise?"
    return result


def tables(receipt):
    """Yield the name and the rows of each table of a file that matters here."""
    path = CAMPAIGN / "submissions" / "originals" / f"{receipt['sha256']}.{receipt['kind']}"
    if receipt["kind"] == "csv":
        if ledger_of(receipt["file"]):
            data = path.read_bytes()
            try:
                text = data.decode("utf-8-sig")
            except UnicodeDecodeError:
                text = data.decode("gb18030")
            yield receipt["file"], list(csv.reader(io.StringIO(text, newline="")))
        return
    book = openpyxl.load_workbook(path, read_only=True)
    for name in book.sheetnames:
        if ledger_of(name):
            yield name, [list(row) for row in book[name].iter_rows(values_only=True)]
    book.close()


def ledger_of(name):
    """Return the ledger that a sheet or a file is called by."""
    return next((ledger for word, ledger in NAMES.items() if word in name), None)


def facts(table):
    """Yield each row below the header with its number, by label; a total is none."""
    header = next(place for place, row in enumerate(table) if "行号" in row)
    for number, row in enumerate(table[header + 1 :], start=header + 2):
        texts = [written(cell) for cell in row]
        cells = dict(zip(table[header], texts, strict=False))
        if texts and texts[0] != "合计" and cells["行号"]:
            cells.pop("序号", None)
            cells.pop(None, None)
            yield number, cells


def written(cell):
    """Return a cell as text."""
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat()
    return "" if cell is None else str(cell).strip()


def numbers(text):
    """Read 4-40,42."""
    found = set()
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        found |= set(range(int(first), int(last or first) + 1))
    return found


def day(text):
    """Read a date, whatever stands between its numbers; None for an empty cell."""
    return dt.date(*map(int, re.findall(r"\d+", text))) if text else None


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
