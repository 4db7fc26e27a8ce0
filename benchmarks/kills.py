"""Batches killed at random moments, and how many of them leave half a report.

Run ``python benchmarks/kills.py``. A batch of six profiles of the small campaign is started as a user
does, and it and all its processes are killed (SIGKILL) at a random moment, fifty times. After each,
every page, notebook and manifest that stands there is looked at: a page must end as one, a notebook
must have run to its last cell, a manifest must name files that are whole. At last one run must
complete them all.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "reporting"))

from test_batch import ORDERS, start, whole  # noqa: E402 - the tests' own look at a folder

from wbwz_eval.reporting.batch import run_batch  # noqa: E402


def main() -> None:
    """Kill, look, and complete."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--kills", type=int, default=50)
    asked.add_argument("--seed", type=int, default=1)
    given = asked.parse_args()
    moments = random.Random(given.seed)
    with tempfile.TemporaryDirectory(prefix="wbwz-kills-") as temporary:
        folder = Path(temporary)
        campaign = folder / "panjin-2023"
        shutil.copytree(ROOT / "data" / "panjin-2023", campaign)
        started = time.monotonic()
        with start(campaign, folder / "whole") as process:
            process.communicate()
        took = time.monotonic() - started
        half, found = 0, 0
        for i in range(given.kills):
            out = folder / f"out{i}"
            with start(campaign, out) as process:
                # from the first import to past the last page, most in between
                time.sleep(moments.uniform(0.2, 1.1) * took)
                os.killpg(process.pid, signal.SIGKILL)
                process.communicate()
            try:
                found += len(whole(out))
            except AssertionError as error:
                half += 1
                print(f"half: {error}")
        outcomes = run_batch(campaign, ORDERS, out=folder / "out0")
        print(
            f"{given.kills} kills: {half} half reports, {found} whole ones found, "
            f"{sum(not outcome.error for outcome in outcomes)} of {len(ORDERS)} after one more run"
        )
    sys.exit(1 if half else 0)


if __name__ == "__main__":
    main()
