"""Receiving and replaying ledgers, against merely reading the same files.

python benchmarks/ledgers.py [--workbooks 1000] [--rows 500] [--tables 50] [--table-rows 10000]

Makes workbooks and CSV tables of the sample campaign's codebook in a temporary folder, then times, in
this one run:

1. reading every cell of the workbooks with openpyxl (read-only, results of formulas), and of the
   tables with pandas.read_csv: what anything that looks at the files has to do at least;
2. receiving them: reading, judging every cell, storing the originals and a receipt of each on disk;
3. replaying the campaign from its originals, with the cache deleted;
4. replaying it again, from the cache.

Before anything is timed as good, the replayed rows are counted and compared between 3 and 4. The limit
for 2 and 3 is 1.5 times 1; 4 is to be 20 times faster than 3.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import io
import re
import resource
import shutil
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
from openpyxl import Workbook, load_workbook

from wbwz_eval import open_campaign
from wbwz_eval.campaign.submit import Desk, Handing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wbwz_eval import Campaign

SAMPLE = Path(__file__).parents[1] / "data" / "wbwz-2011"
HEADER = ("行号", "被评对象", "报送人", "佐证编号", "承诺事项", "公开日期", "承诺时限", "兑现日期", "状态")
CASE_HEADER = (
    "行号",
    "被评对象",
    "办件编号",
    "事项",
    "受理日期",
    "法定时限",
    "承诺时限",
    "停计时",
    "办结日期",
)
FIRST_DAY = dt.date(2011, 8, 1)
SERIAL_START = dt.date(1899, 12, 30)
LIMIT, WARM_LIMIT = 1.5, 20.0


def workbook_frame() -> tuple[dict[str, bytes], str, str]:
    """Return the parts of a workbook as openpyxl writes it, and its sheet cut before and after the rows."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "公开承诺和落实情况台账"
    for column, label in enumerate(HEADER, start=1):
        sheet.cell(1, column, label)
    sheet.cell(2, 1, dt.date(2011, 8, 1))
    saved = io.BytesIO()
    book.save(saved)
    with zipfile.ZipFile(saved) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    text = parts.pop("xl/worksheets/sheet1.xml").decode()
    head, _, rest = text.partition('<row r="2"')
    # openpyxl believes what it says about the size
    head = re.sub(r"<dimension [^>]*/>", "", head)
    return parts, head, rest.partition("</row>")[2]


def workbook(parts: dict[str, bytes], head: str, tail: str, rows: list[tuple[object, ...]]) -> bytes:
    """Write rows into the sheet: texts in place, days as Excel's numbers with a date format."""
    lines = []
    for number, row in enumerate(rows, start=2):
        cells = []
        for letter, value in zip("ABCDEFGHI", row, strict=True):
            if isinstance(value, dt.date):
                cells.append(f'<c r="{letter}{number}" s="1"><v>{(value - SERIAL_START).days}</v></c>')
            elif value:
                cells.append(f'<c r="{letter}{number}" t="inlineStr"><is><t>{value}</t></is></c>')
        lines.append(f'<row r="{number}">{"".join(cells)}</row>')
    saved = io.BytesIO()
    with zipfile.ZipFile(saved, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in parts.items():
            package.writestr(name, data)
        package.writestr("xl/worksheets/sheet1.xml", head + "".join(lines) + tail)
    return saved.getvalue()


def make(folder: Path, campaign: Campaign, arguments: argparse.Namespace) -> tuple[list[Path], list[Path]]:
    """Write the files; returns the workbooks and the tables."""
    units = [str(unit) for unit in campaign.entities.index[campaign.entities["level"] == "unit"]]
    parts, head, tail = workbook_frame()
    books, tables = [], []
    for number in range(arguments.workbooks):
        unit = units[number % len(units)]
        rows = []
        for place in range(arguments.rows):
            day = FIRST_DAY + dt.timedelta(days=(number * 7 + place) % 400)
            done = day + dt.timedelta(days=place % 40) if place % 9 else ""
            key = f"CN-{number:04d}-{place:03d}"
            due = day + dt.timedelta(days=30)
            rows.append(
                (key, unit, f"联络员{unit}", f"佐{key}", f"承诺事项第{place % 50}类", day, due, done, "")
            )
        path = folder / f"{unit}承诺{number:04d}.xlsx"
        path.write_bytes(workbook(parts, head, tail, rows))
        books.append(path)
    for number in range(arguments.tables):
        lines = [",".join(CASE_HEADER)]
        for place in range(arguments.table_rows):
            day = FIRST_DAY + dt.timedelta(days=place % 400)
            done = (day + dt.timedelta(days=place % 12)).isoformat() if place % 11 else ""
            key = f"BJ-{number:03d}-{place:05d}"
            lines.append(f"{key},{units[place % len(units)]},办{key},许可{place % 20},{day},20,10,0,{done}")
        path = folder / f"限时办件台账{number:03d}.csv"
        path.write_bytes("\n".join(lines).encode("utf-8-sig"))
        tables.append(path)
    return books, tables


@contextlib.contextmanager
def timed(name: str, times: dict[str, float]) -> Iterator[None]:
    """Time a block."""
    start = time.perf_counter()
    yield
    times[name] = time.perf_counter() - start


def read_books(books: list[Path]) -> int:
    """Read every cell with openpyxl; returns how many rows there were."""
    count = 0
    for path in books:
        book = load_workbook(path, read_only=True, data_only=True)
        for sheet in book.worksheets:
            for _ in sheet.iter_rows(values_only=True):
                count += 1
        book.close()
    return count


def read_tables(tables: list[Path]) -> int:
    """Read every table with pandas; returns how many rows there were."""
    return sum(len(pd.read_csv(path, encoding="utf-8-sig")) for path in tables)


def receive(folder: Path, paths: list[Path]) -> None:
    """Hand files in, as one command does."""
    handing = Handing("office", dt.date(2011, 10, 8), operator="bench")
    with Desk.open(open_campaign(folder)) as desk:
        for path in paths:
            taken = desk.take(path.name, path.read_bytes(), handing)
            if taken.receipt.status != "accepted":
                sys.exit(f"{path.name} was not accepted: {taken.receipt.faults[:3]}")


def standing(folder: Path) -> list[pd.DataFrame]:
    """Open the campaign and return both ledgers' rows as they stand."""
    campaign = open_campaign(folder)
    return [campaign.ledger(name).rows for name in ("commitments", "cases")]


def main() -> None:
    """Make the files, time everything, print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    for name, default in (("workbooks", 1000), ("rows", 500), ("tables", 50), ("table-rows", 10000)):
        parser.add_argument(f"--{name}", type=int, default=default)
    arguments = parser.parse_args()
    times: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="wbwz-ledgers-") as place:
        folder, files = Path(place) / "campaign", Path(place) / "files"
        ignored = shutil.ignore_patterns("submissions", "results", ".cache", "frozen")
        shutil.copytree(SAMPLE, folder, ignore=ignored)
        files.mkdir()
        books, tables = make(files, open_campaign(folder), arguments)
        size = sum(path.stat().st_size for path in (*books, *tables)) / 1e6
        print(
            f"{len(books)} workbooks of {arguments.rows} rows, {len(tables)} tables of {arguments.table_rows}"
            f" rows, {size:.0f} MB"
        )
        with timed("openpyxl", times):
            found = read_books(books)
        if found != len(books) * (arguments.rows + 1):
            sys.exit(f"openpyxl read {found} rows")
        with timed("pandas", times):
            read_tables(tables)
        with timed("receive books", times):
            receive(folder, books)
        with timed("receive tables", times):
            receive(folder, tables)
        shutil.rmtree(folder / ".cache")
        with timed("cold", times):
            cold = standing(folder)
        with timed("warm", times):
            warm = standing(folder)
        expected = len(books) * arguments.rows + len(tables) * arguments.table_rows
        count = sum(len(rows) for rows in cold)
        if count != expected or not all(one.equals(other) for one, other in zip(cold, warm, strict=True)):
            sys.exit(f"{count} rows instead of {expected}, or another ledger from the cache")
    report(times, expected)


def report(times: dict[str, float], rows: int) -> None:
    """Print what took how long, and the ratios with their limits."""
    plain = times["openpyxl"] + times["pandas"]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"reading alone: openpyxl {times['openpyxl']:.1f} s, pandas {times['pandas']:.1f} s")
    for name, own, other, limit in (
        ("receiving the workbooks / openpyxl reading them", times["receive books"], times["openpyxl"], LIMIT),
        ("receiving the tables / pandas reading them", times["receive tables"], times["pandas"], None),
        (f"replaying {rows} rows from the originals / reading the same files", times["cold"], plain, LIMIT),
    ):
        told = "" if limit is None else f"  (limit {limit})"
        print(f"{name}: {own:.1f} s / {other:.1f} s = {own / other:.2f}{told}")
    ratio = times["cold"] / times["warm"]
    print(f"replaying again: {times['warm']:.2f} s, {ratio:.0f} times faster  (at least {WARM_LIMIT:.0f})")
    print(f"peak memory {peak:.0f} MiB")


if __name__ == "__main__":
    main()
