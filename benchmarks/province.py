"""A province in one campaign: 100,000 entities, 5 million ledger rows, bounded memory, linear time.

python benchmarks/province.py [--entities 100000] [--rows 5000000] [--shares 0.1 1]

Writes a synthetic campaign into a temporary folder (four ledgers of 16 to 18 columns, ten indicators,
bonus, deductions, a veto; every name and figure is drawn by a seed), and does, each in a process of its
own so that its peak memory is its own, at each share of the size:

1. ``receive``: hand all files in, as the office does;
2. ``replay``: read all originals again with the cache deleted, which writes the cache;
3. ``evaluate``: ``write_results`` of the last quarter, as ``wbwz evaluate`` does, from that cache;
4. ``pandas``: the limit: ``pandas.read_csv`` of just the columns that the method reads, from the same
   files, and one groupby per indicator.

It prints seconds, seconds of computing, peak memory (``ru_maxrss``) and the ratios of computing between
the sizes: 10 is linear between a tenth and the whole.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pandas as pd
from province_campaign import NAMES, PERIOD, make

from wbwz_eval import open_campaign, write_results
from wbwz_eval.campaign.submit import Desk, Handing

LINEAR, MOST_GIB = 1.25, 4.0
"""How much more than in proportion a larger size may take, and how much memory the evaluation."""


def receive(folder: Path) -> None:
    """Hand all files in, as one command does."""
    files = json.loads((folder / "files.json").read_text(encoding="utf-8"))
    with Desk.open(open_campaign(folder / "campaign")) as desk:
        for name, day in files:
            path = Path(name)
            came = dt.date.fromisoformat(day)
            handing = Handing("office", came, operator="bench", registered_at=f"{day}T09:00:00+00:00")
            taken = desk.take(path.name, path.read_bytes(), handing)
            if taken.receipt.status != "accepted":
                sys.exit(f"{path.name} was not accepted: {taken.receipt.faults[:3]}")


def replay(folder: Path) -> None:
    """Read all originals again and write the cache."""
    shutil.rmtree(folder / "campaign" / ".cache", ignore_errors=True)
    open_campaign(folder / "campaign").replay()


def evaluate(folder: Path) -> None:
    """Evaluate the last quarter and write its results."""
    write_results(folder / "campaign", PERIOD)


def plain_pandas(folder: Path) -> None:
    """Read the columns that the method reads, and group them: the least that anything can do."""
    for ledger, columns in READ.items():
        needed = ["行号", "被评对象", "状态", "核实日期", *columns]
        days = [name for name in needed if name.endswith(("日期", "时限")) and name != "承诺时限"]
        parts = [
            pd.read_csv(path, usecols=needed, parse_dates=days)
            for path in sorted((folder / "files").glob(f"{NAMES[ledger]}*.csv"))
        ]
        table = pd.concat(parts, ignore_index=True).drop_duplicates("行号", keep="last")
        groups = table.groupby("被评对象", sort=False)
        for column in columns:
            groups[column].agg("count")


READ = {
    "cases": ["受理日期", "承诺时限", "停计时", "办结日期", "渠道"],
    "appeals": ["诉求编号", "重复自", "诉求日期", "答复时限", "答复日期", "是否满意"],
    "commitments": ["兑现时限", "兑现日期", "计划数", "完成数"],
    "inspections": ["检查日期", "类别", "得分", "检查项", "合格项", "分值", "条款"],
}
STAGES: dict[str, Callable[[Path], None]] = {
    "receive": receive,
    "replay": replay,
    "evaluate": evaluate,
    "pandas": plain_pandas,
}


@dataclass(frozen=True)
class Cost:
    """What a stage took: seconds by the clock, seconds of computing, GiB at the peak."""

    wall: float
    cpu: float
    peak: float


def run(stage: str, folder: Path) -> Cost:
    """Run a stage in a process of its own."""
    start = time.perf_counter()
    done = subprocess.run(  # noqa: S603 - this very file
        [sys.executable, __file__, "--stage", stage, "--folder", str(folder)],
        check=True,
        stdout=subprocess.PIPE,
    )
    cpu, peak = json.loads(done.stdout)
    return Cost(time.perf_counter() - start, cpu, peak)


def measure(entities: int, rows: int) -> dict[str, Cost]:
    """Make a province and run all stages."""
    with tempfile.TemporaryDirectory(prefix="wbwz-province-") as place:
        folder = Path(place)
        files = make(folder, entities, rows)
        size = sum(path.stat().st_size for path, _ in files) / 1e6
        print(
            f"{entities:,} entities, {rows:,} rows in {len(files)} files of {size:.0f} MB together",
            flush=True,
        )
        costs = {}
        for stage in STAGES:
            costs[stage] = cost = run(stage, folder)
            told = f"  {stage:<9}{cost.wall:>8.1f} s {cost.cpu:>8.1f} s of computing {cost.peak:>7.2f} GiB"
            print(told, flush=True)
        written = [path for path in (folder / "campaign" / "results").rglob("*") if path.is_file()]
        print(f"  results of {sum(path.stat().st_size for path in written) / 1e6:.0f} MB", flush=True)
    return costs


def main() -> None:
    """Measure each size, print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--entities", type=int, default=100_000)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--shares", type=float, nargs="+", default=[0.1, 1.0])
    parser.add_argument("--stage", choices=STAGES, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.stage:
        STAGES[arguments.stage](arguments.folder)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(json.dumps([time.process_time(), peak]))
        return
    found = {
        share: measure(round(arguments.entities * share), round(arguments.rows * share))
        for share in sorted(arguments.shares)
    }
    for small, large in pairwise(found):
        times = large / small
        for stage in STAGES:
            ratio = found[large][stage].cpu / found[small][stage].cpu
            print(
                f"{stage}: {times:g} times the size took {ratio:.1f} times the computing"
                f"  (linear {times:g}, limit {times * LINEAR:g})"
            )
    costs = found[max(found)]
    ratio = costs["evaluate"].cpu / costs["pandas"].cpu
    print(f"evaluating and writing / pandas reading and grouping the same columns: {ratio:.2f}")
    print(f"peak memory of evaluating and writing: {costs['evaluate'].peak:.2f} GiB  (limit {MOST_GIB:g})")


if __name__ == "__main__":
    main()
