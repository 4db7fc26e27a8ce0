"""Report batches: ours against papermill, ploomber-engine and the cells alone.

Run ``python benchmarks/reports.py`` with nothing else on the machine. Two notebooks, HTML included:
the product's own profile (``entity_profile``, of the sample campaign), and one of four charts and two
tables that this benchmark writes. Each way of running them gets processes of its own, in one run:

* the papermill command, then the nbconvert command, one after the other (a few, scaled);
* papermill and nbconvert in a pool of processes (``--rivals N``: N of them, scaled);
* ploomber-engine in a pool, if ``--ploomber PYTHON`` names an environment that has it;
* ours on one processor, on all, and on a local Dask cluster of two workers with one thread each;
* the limit: the same cells in one plain Python process, without kernel, notebook or page; and the same
  with each figure of pyplot drawn once more, as in any notebook after the cell that makes it.

It prints reports a minute, from the first command to the last page, start-up included (the limit:
imports excluded); ratios; peak memory (PSS of all processes); where the time of one report goes; how
long a batch takes in which nothing has changed; and how many of ``--trivial`` notebooks fail with twelve
at a time.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import Executor, ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

import notebook_runs
import psutil

from wbwz_eval.campaign.folder import open_campaign
from wbwz_eval.reporting.batch import Order, owed, run_batch
from wbwz_eval.reporting.catalogue import find_report
from wbwz_eval.reporting.making import Request, make, plan
from wbwz_eval.reporting.unchanged import Inputs
from wbwz_eval.reporting.warm.kept import REPORT_MODULES, REPORTS, KeptParent
from wbwz_eval.reporting.warm.pool import WarmPool, call

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[1]
PERIOD, AT_ONCE, SCALED = "2012-Q3", 12, 3
KERNEL = {"kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"}}
CHARTS = [
    "seed = 0",
    """\
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
rng = np.random.default_rng(seed)
table = pd.DataFrame(rng.normal(80, 8, (51, 6)), columns=list("ABCDEF"))
table["total"] = table.mean(axis=1)""",
    "table.describe().round(2)",
    "fig, ax = plt.subplots(figsize=(8, 6))\nax.barh(range(51), table['total'].sort_values());",
    "fig, ax = plt.subplots(figsize=(8, 4))\nax.boxplot([table[name] for name in 'ABCDEF']);",
    "fig, ax = plt.subplots(figsize=(6, 5))\nax.imshow(table.corr());",
    "fig, ax = plt.subplots(figsize=(8, 4))\nax.plot(rng.normal(0, 1, (12, 5)).cumsum(axis=0));",
    "table.sort_values('total', ascending=False).round(1).head(20)",
]
TRIVIAL = ["seed = 0", "seed + 1"]


def written(path: Path, cells: list[str]) -> Path:
    """Write a notebook; its first cell holds the parameters."""
    from nbformat import write  # noqa: PLC0415 - not in processes whose start is measured
    from nbformat.v4 import new_code_cell, new_notebook  # noqa: PLC0415

    made = [new_code_cell(cell) for cell in cells]
    made[0].metadata["tags"] = ["parameters"]
    write(new_notebook(cells=made, metadata=KERNEL), path)
    return path


class Work:
    """The notebooks of one comparison, each with its parameters."""

    def __init__(self, kind: str, count: int, folder: Path) -> None:
        """Lay them out in a folder."""
        self.kind, self.folder, self.campaign = kind, folder, folder / "wbwz-2011"
        self.orders: list[Order] = []
        if kind == "profile":
            campaign = open_campaign(self.campaign)
            every = owed(campaign, campaign.period(PERIOD), names=["entity_profile"])
            self.orders = every[:count]
            self.source = find_report("entity_profile").notebook_path()
            self.values = [order.values(self.campaign) for order in self.orders]
        else:
            self.source = written(folder / f"{kind}.ipynb", CHARTS if kind == "charts" else TRIVIAL)
            self.values = [{"seed": i} for i in range(count)]

    def targets(self, name: str) -> list[Path]:
        """Return where a way of running them writes."""
        place = self.folder / f"{self.kind}-{name}"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        return [place / f"{i}.ipynb" for i in range(len(self.values))]

    def spread(self, run: Callable[..., None], name: str, pool: Executor) -> int:
        """Run all in a pool; returns how many failed."""
        asked = [
            pool.submit(run, self.source, target, values)
            for target, values in zip(self.targets(name), self.values, strict=True)
        ]
        return sum(future.exception() is not None for future in asked)


def processes(workers: int) -> Executor:
    """Return papermill's story of running side by side: a pool of processes."""
    return ProcessPoolExecutor(workers, mp_context=get_context("spawn"))


def run_command(work: Work, _workers: int) -> int:
    """Run the first few, one after the other."""
    for target, values in list(zip(work.targets("command"), work.values, strict=True))[:SCALED]:
        notebook_runs.by_command(work.source, target, values)
    return 0


def run_pool(work: Work, workers: int) -> int:
    """Run papermill in a pool."""
    with processes(workers) as pool:
        return work.spread(notebook_runs.by_papermill, "pool", pool)


def run_ploomber(work: Work, workers: int) -> int:
    """Run ploomber-engine in a pool."""
    with processes(workers) as pool:
        return work.spread(notebook_runs.by_ploomber, "ploomber", pool)


def run_ours(work: Work, workers: int) -> int:
    """Run ours: reports of the product by its own batch, other notebooks by engine and exporter."""
    if work.orders:
        out = work.folder / f"profile-ours-{workers}"
        shutil.rmtree(out, ignore_errors=True)
        outcomes = run_batch(work.campaign, work.orders, out=out, jobs=workers)
        return sum(outcome.page is None for outcome in outcomes)
    # where the parent finds what it imports first
    os.environ["PYTHONPATH"] = str(Path(__file__).parent)
    with WarmPool(workers, KeptParent((*REPORT_MODULES, "notebook_runs"))) as pool:
        return work.spread(notebook_runs.by_forked, "ours", pool)


def run_dask(work: Work, _workers: int) -> int:
    """Run ours on a Dask cluster of two workers in processes of their own."""
    out = work.folder / "profile-dask"
    shutil.rmtree(out, ignore_errors=True)
    sys.path.insert(0, str(ROOT / "tests" / "reporting"))
    from dask_hosts import cluster  # noqa: PLC0415 - of the tests

    with tempfile.TemporaryDirectory() as folder, cluster(Path(folder) / "two", 2) as made:
        started = time.monotonic()
        outcomes = run_batch(work.campaign, work.orders, out=out, dask=made.address)
        # a cluster stands before it is given work
        sys.stdout.write(f"seconds {time.monotonic() - started}\n")
        return sum(outcome.page is None for outcome in outcomes)


def run_limit(work: Work, _workers: int) -> int:
    """Run the cells alone, imports and the first one before the clock starts."""
    return _plainly(work, twice=False)


def run_drawn(work: Work, _workers: int) -> int:
    """Run the cells alone, and draw figures as often as a notebook does."""
    return _plainly(work, twice=True)


def _plainly(work: Work, *, twice: bool) -> int:
    import matplotlib as mpl  # noqa: PLC0415 - only here

    mpl.use("agg")
    notebook_runs.plainly(work.source, work.values[0])
    started = time.monotonic()
    for values in work.values:
        notebook_runs.plainly(work.source, values, twice=twice)
    sys.stdout.write(f"seconds {time.monotonic() - started}\n")
    return 0


RUNS = {
    "command": run_command,
    "pool": run_pool,
    "ploomber": run_ploomber,
    "one": run_ours,
    "all": run_ours,
    "dask": run_dask,
    "limit": run_limit,
    "drawn": run_drawn,
}


def measured(name: str, kind: str, count: int, folder: Path, python: str, cores: list[int]) -> dict[str, Any]:
    """Run one way in a process of its own; returns its rate, peak memory and failures."""
    command = [python, __file__, "--run", name, "--notebook", kind, "--count", str(count)]
    command += ["--folder", str(folder), "--workers", str(AT_ONCE if kind == "trivial" else len(cores))]
    started = time.monotonic()
    with subprocess.Popen(  # noqa: S603 - this very file
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: os.sched_setaffinity(0, cores),  # noqa: PLW1509 - one thread here
    ) as process:
        peak = [0.0]
        watching = threading.Thread(target=watch, args=(process.pid, peak), daemon=True)
        watching.start()
        told, errors = process.communicate()
        seconds = time.monotonic() - started
    if process.returncode != 0:
        sys.exit(f"{name}: {errors[-2000:]}")
    lines = dict(line.split() for line in told.splitlines() if line.startswith(("seconds ", "failed ")))
    seconds = float(lines.get("seconds", seconds))
    done = min(count, SCALED) if name == "command" else count
    return {"rate": 60 * done / seconds, "peak": peak[0], "failed": int(lines["failed"]), "seconds": seconds}


def watch(pid: int, peak: list[float]) -> None:
    """Note the most memory that a process and its descendants hold, in MiB."""
    try:
        root = psutil.Process(pid)
        while True:
            total = 0
            for process in (root, *root.children(recursive=True)):
                try:
                    total += process.memory_full_info().pss
                except psutil.Error:
                    continue
            peak[0] = max(peak[0], total / 2**20)
            time.sleep(0.5)
    except psutil.Error:
        return


def compare(
    kind: str, count: int, folder: Path, ploomber: str | None, cores: list[int], rivals: int | None
) -> None:
    """Print every way of running a notebook a number of times."""
    print(f"\n{kind}, {count} reports, {len(cores)} processors: reports a minute, peak memory")
    found = {}
    for name in RUNS:
        if (name == "ploomber" and ploomber is None) or name == ("drawn" if kind == "profile" else "dask"):
            continue
        python = ploomber if name == "ploomber" and ploomber is not None else sys.executable
        own = cores[:1] if name in {"one", "limit", "drawn"} else cores
        asked = min(count, rivals or count) if name in {"pool", "ploomber"} else count
        told = found[name] = measured(name, kind, asked, folder, python, own)
        done = min(asked, SCALED) if name == "command" else asked
        scaled = f"  ({done} of them)" if done < count else ""
        failed = f"  {told['failed']} failed" if told["failed"] else ""
        print(f"  {name:9}{told['rate']:8.1f}{told['peak']:8.0f} MiB{scaled}{failed}", flush=True)
    rate = {name: told["rate"] for name, told in found.items()}
    print(f"  all / pool {rate['all'] / rate['pool']:.1f}, all / command {rate['all'] / rate['command']:.1f}")
    if "ploomber" in rate:
        print(f"  all / ploomber {rate['all'] / rate['ploomber']:.2f}")
    if "dask" in rate:
        print(f"  all / dask {rate['all'] / rate['dask']:.2f}")
    for name in ("limit", "drawn"):
        if name in rate:
            print(f"  {name} / one {rate[name] / rate['one']:.2f} (one processor each)")


def where_time_goes(work: Work) -> None:
    """Print what a profile's time is spent on, in a warm process."""
    campaign = open_campaign(work.campaign)
    order = work.orders[1]
    request = Request(order.report, work.campaign, order.period, order.level, order.edition, order.parameters)
    planned = plan(request, campaign, Inputs(campaign))
    os.environ["PYTHONPATH"] = str(Path(__file__).parent)  # where the parent finds what it is asked for
    call(make, planned, work.campaign)
    started = time.monotonic()
    marks = call(notebook_runs.parts, planned, work.campaign)
    whole = time.monotonic() - started
    REPORTS.close()
    cells = [second for step, second in marks if step.startswith("第")]
    page = next(second for step, second in marks if step == "生成网页")
    print("\none profile, in milliseconds:")
    for name, seconds in (
        ("is it scored", cells[0]),
        ("cells", page - cells[0]),
        ("page", marks[-1][1] - page),
        ("process, files", whole - marks[-1][1]),
    ):
        print(f"  {name:15}{1000 * seconds:7.0f}")


def unchanged(work: Work) -> None:
    """Print how long a batch takes whose reports stand there already."""
    out = work.folder / f"profile-ours-{len(os.sched_getaffinity(0))}"
    run_batch(work.campaign, work.orders, out=out)
    started = time.monotonic()
    outcomes = run_batch(work.campaign, work.orders, out=out)
    seconds = time.monotonic() - started
    assert all(outcome.kept for outcome in outcomes)
    print(f"\nnothing changed: {len(outcomes)} reports in {seconds:.2f} s beyond start-up")


def main() -> None:
    """Run what the command line asks for."""
    asked = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    asked.add_argument("--count", type=int, nargs="+", default=[40, 300], help="reports of each kind")
    asked.add_argument("--trivial", type=int, default=1000, help="notebooks at twelve at a time")
    asked.add_argument("--rivals", type=int, help="let the pools of others make only so many, and scale")
    asked.add_argument("--ploomber", help="a Python that has ploomber-engine, pandas and matplotlib")
    asked.add_argument("--notebook", choices=["profile", "charts", "trivial"], help="only this one")
    asked.add_argument("--run", choices=RUNS, help=argparse.SUPPRESS)
    asked.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    asked.add_argument("--workers", type=int, help=argparse.SUPPRESS)
    given = asked.parse_args()
    if given.run:
        failed = RUNS[given.run](Work(given.notebook, given.count[0], given.folder), given.workers)
        sys.stdout.write(f"failed {failed}\n")
        return
    cores = sorted(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory(prefix="wbwz-bench-") as temporary:
        folder = Path(temporary)
        shutil.copytree(ROOT / "data" / "wbwz-2011", folder / "wbwz-2011")
        work = Work("profile", max(given.count), folder)
        run_batch(work.campaign, work.orders[:1], out=folder / "first")  # results and cache
        for kind in [given.notebook] if given.notebook else ["profile", "charts"]:
            for count in given.count if kind != "trivial" else []:
                compare(kind, count, folder, given.ploomber, cores, given.rivals)
        if given.notebook in {None, "profile"}:
            where_time_goes(work)
            unchanged(work)
        if given.notebook in {None, "trivial"}:
            told = measured("all", "trivial", given.trivial, folder, sys.executable, cores)
            print(
                f"\ntrivial: {given.trivial} notebooks, {AT_ONCE} at a time: {told['failed']} failed, "
                f"{told['rate']:.0f} a minute"
            )


if __name__ == "__main__":
    main()
