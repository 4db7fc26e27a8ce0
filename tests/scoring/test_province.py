"""The province of the benchmark, small: recalculated from its files, and read no wider than it need be."""

from __future__ import annotations

import csv
import datetime as dt
import functools
import json
import sys
from collections import defaultdict
from fractions import Fraction
from pathlib import Path

import chinese_calendar
import numpy as np
import pytest

from wbwz_eval import open_campaign, open_results, write_results

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

import province
import province_campaign

START, END = dt.date(2012, 7, 1), dt.date(2012, 9, 30)
# the eighth working day after 30 September; 1 to 7 October 2012 were holidays
CUTOFF = dt.date(2012, 10, 17)
ENTITIES, ROWS = 1_000, 10_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("province")
    province_campaign.make(place, ENTITIES, ROWS)
    province.receive(place)
    return place


@pytest.fixture(scope="module")
def scores(folder):
    write_results(folder / "campaign", province_campaign.PERIOD)
    return open_results(folder / "campaign", province_campaign.PERIOD, province_campaign.LEVEL)


@pytest.fixture(scope="module")
def ledgers(folder):
    """Take the files in as csv reads them: by ledger, the rows that stand at the cut-off."""
    found = {ledger: {} for ledger in province_campaign.NAMES}
    for name, came in json.loads((folder / "files.json").read_text(encoding="utf-8")):
        if dt.date.fromisoformat(came) > CUTOFF:
            continue
        ledger = next(key for key, label in province_campaign.NAMES.items() if label in Path(name).name)
        with Path(name).open(encoding="utf-8", newline="") as file:
            for cells in csv.DictReader(file):
                row = found[ledger].setdefault(cells["行号"], {"状态": "有效"})
                row |= {label: text for label, text in cells.items() if text or label != "状态"}
    return {ledger: [row for row in rows.values() if row["状态"] != "撤回"] for ledger, rows in found.items()}


def day(text):
    return dt.date.fromisoformat(text) if text else None


def inside(date):
    return date is not None and START <= date <= END


@functools.cache
def after_workdays(start, count):
    current = start
    while count > 0:
        current += dt.timedelta(days=1)
        count -= chinese_calendar.is_workday(current)
    return current


@functools.cache
def workdays_between(start, end):
    days = (start + dt.timedelta(days=k) for k in range(1, (end - start).days + 1))
    return sum(map(chinese_calendar.is_workday, days))


def shares(pairs):
    """Return per entity the percentage of rows that succeed."""
    count, good = defaultdict(int), defaultdict(int)
    for who, success in pairs:
        count[who] += 1
        good[who] += bool(success)
    return {who: Fraction(100 * good[who], count[who]) for who in count}


def ratios(rows, top, bottom, date):
    """Return per entity 100 × Σ top ÷ Σ bottom over the rows of the quarter."""
    sums = defaultdict(lambda: [Fraction(0), Fraction(0)])
    for row in rows:
        if inside(day(row[date])):
            sums[row["被评对象"]][0] += Fraction(row[top])
            sums[row["被评对象"]][1] += Fraction(row[bottom])
    return {who: 100 * above / below for who, (above, below) in sums.items()}


def due_cases(rows):
    for row in rows:
        due = after_workdays(day(row["受理日期"]), int(row["承诺时限"]) + int(row["停计时"] or 0))
        if inside(due):
            yield row["被评对象"], due, day(row["办结日期"]) or CUTOFF, bool(row["办结日期"])


def lateness(rows):
    late = defaultdict(list)
    for who, due, done, closed in due_cases(rows):
        late[who] += [] if closed and done <= due else [workdays_between(due, done)]
    return {who: Fraction(sum(days), len(days)) if days else Fraction(0) for who, days in late.items()}


def first_time(rows):
    again = defaultdict(list)
    for row in rows:
        if row["重复自"]:
            again[row["重复自"]].append(day(row["诉求日期"]))
    return shares(
        (row["被评对象"], not any(0 <= (back - answered).days <= 30 for back in again[row["诉求编号"]]))
        for row in rows
        if inside(answered := day(row["答复日期"]))
    )


def means(rows):
    given = defaultdict(list)
    for row in rows:
        if inside(day(row["检查日期"])):
            given[row["被评对象"]].append(Fraction(row["得分"]))
    return {who: sum(points) / len(points) for who, points in given.items()}


INDICATORS = {
    "on_time": lambda of: shares(
        (who, closed and done <= due) for who, due, done, closed in due_cases(of["cases"])
    ),
    "lateness": lambda of: lateness(of["cases"]),
    "online": lambda of: shares(
        (row["被评对象"], row["渠道"] == "网上") for row in of["cases"] if inside(day(row["受理日期"]))
    ),
    "answered": lambda of: shares(
        (row["被评对象"], row["答复日期"] and day(row["答复日期"]) <= day(row["答复时限"]))
        for row in of["appeals"]
        if inside(day(row["答复时限"]))
    ),
    "satisfied": lambda of: shares(
        (row["被评对象"], row["是否满意"] == "满意")
        for row in of["appeals"]
        if inside(day(row["答复日期"])) and row["是否满意"] != "未评价"
    ),
    "first_time": lambda of: first_time(of["appeals"]),
    "kept": lambda of: shares(
        (
            row["被评对象"],
            row["核实人"]
            and row["核实日期"]
            and row["兑现日期"]
            and day(row["兑现日期"]) <= day(row["兑现时限"]),
        )
        for row in of["commitments"]
        if inside(day(row["兑现时限"]))
    ),
    "achieved": lambda of: ratios(of["commitments"], "完成数", "计划数", "兑现时限"),
    "quality": lambda of: means(of["inspections"]),
    "passed": lambda of: ratios(of["inspections"], "合格项", "检查项", "检查日期"),
}


@pytest.mark.parametrize("indicator", INDICATORS)
def test_each_value_is_that_of_a_plain_reading_of_the_files(scores, ledgers, indicator):
    nodes = scores.nodes[scores.nodes["node"] == indicator].set_index("entity_id")
    expected = INDICATORS[indicator](ledgers)
    assert len(nodes) == ENTITIES
    found = nodes["value_unrounded"].dropna()
    assert set(found.index) == set(expected)
    assert len(expected) > ENTITIES / 2
    exact = [float(expected[entity]) for entity in found.index]
    np.testing.assert_allclose(found.to_numpy(), exact, rtol=0, atol=1e-8)


def test_what_follows_the_total_is_that_of_a_plain_reading_too(scores, ledgers):
    praise, accidents, major = defaultdict(Fraction), defaultdict(Fraction), set()
    for row in ledgers["inspections"]:
        if inside(day(row["检查日期"])) and row["类别"] in {"表扬", "事故"}:
            into = praise if row["类别"] == "表扬" else accidents
            into[row["被评对象"]] += Fraction(row["分值"])
            if row["类别"] == "事故" and Fraction(row["分值"]) >= Fraction(9, 2) and row["条款"]:
                major.add(row["被评对象"])
    table = scores.scores.set_index("entity_id")
    assert table["bonus"].to_dict() == {who: float(min(praise[who], 5)) for who in table.index}
    assert table["deduction"].to_dict() == {who: float(min(accidents[who], 5)) for who in table.index}
    assert set(table.index[table["veto"] == "重大事故"]) == major
    assert major


@pytest.mark.usefixtures("scores")
def test_only_columns_that_are_needed_are_read(folder):
    unread = {
        "cases": ["case_no", "matter", "legal_days", "window", "fee", "remark", "verified_on"],
        "appeals": ["caller", "duration", "answer", "verified_on"],
        "commitments": ["subject", "published_on", "owner", "audience", "note"],
        "inspections": ["finding", "verified_on"],
    }
    # what nobody is to read cannot be read any more: its bytes are no UTF-8
    spoil(folder / "campaign", {ledger: {*codes, "evidence_id"} for ledger, codes in unread.items()})
    before = (folder / "campaign" / "results" / province_campaign.PERIOD / "run.json").read_bytes()
    again = write_results(folder / "campaign", province_campaign.PERIOD)
    assert (again / "run.json").read_bytes() == before  # it has the digest of every table
    with pytest.raises(UnicodeDecodeError):
        open_campaign(folder / "campaign").ledger("cases")


def spoil(campaign, columns):
    """Overwrite columns in the cache; its last bytes tell where each array is."""
    (path,) = (campaign / ".cache").glob("*/ledgers.bin")
    data = bytearray(path.read_bytes())
    size = int.from_bytes(data[-8:], "little")
    for ledger, arrays in json.loads(data[-8 - size : -8])["ledgers"].items():
        for name, kind, count, start in arrays:
            part, _, code = name.partition("/")
            if code in columns[ledger] and part in {"letters", "column"}:
                length = count * np.dtype(kind).itemsize
                data[start : start + length] = b"\xff" * length
    path.write_bytes(data)
