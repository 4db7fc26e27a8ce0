"""How fast the explorations follow a slider, against scoring the period anew.

Run ``python benchmarks/what_if.py``. On the sample campaign and on a synthetic one of 2,000 entities and
100,000 ledger rows, a dimension's weight is changed a number of times. Each time

* the panel moves a slider: other weights, ranking, rank intervals of 200 draws, the table as HTML;
* plain recomputation does what has no shortcut: ``evaluate(campaign, period, level, changes=…)``.

It prints the median and the worst of the first in milliseconds, and what share of the second it is;
the browser's own drawing is not in it.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from province_campaign import LEVEL, PERIOD, make

import wbwz_eval as wz
from wbwz_eval.campaign.folder import open_campaign
from wbwz_eval.campaign.submit import Desk, Handing
from wbwz_eval.exploring.widgets import WhatIfPanel

if TYPE_CHECKING:
    from wbwz_eval.exploring.opened import OpenedCampaign

ROOT = Path(__file__).parents[1]
AGAIN, PLAIN_AGAIN = 20, 5


def measured(campaign: OpenedCampaign, period: str, level: str) -> None:
    """Print one campaign's figures."""
    scores = campaign.scores(period, level)
    began = time.perf_counter()
    panel = WhatIfPanel(scores)
    first = time.perf_counter() - began
    name = next(iter(panel.sliders))
    whole = sum(panel.weights.values())
    ours = []
    for step in range(AGAIN):
        began = time.perf_counter()
        panel.sliders[name].value = round(whole * (0.2 + 0.02 * (step + 1)), 2)
        ours.append(time.perf_counter() - began)
    assert panel.trial is not None
    assert not panel.message.value
    plain = []
    for _ in range(PLAIN_AGAIN):
        began = time.perf_counter()
        wz.evaluate(campaign.campaign, period, level, changes=panel.trial.changes)
        plain.append(time.perf_counter() - began)
    median, rival = statistics.median(ours), statistics.median(plain)
    changed = f"a change {1000 * median:5.0f} ms (worst {1000 * max(ours):5.0f})"
    print(
        f"{level:10} {len(scores.totals):5} entities: opened {1000 * first:6.0f} ms, {changed}; "
        f"plain recomputation {1000 * rival:6.0f} ms; share {median / rival:.3f}",
        flush=True,
    )


def main() -> None:
    """Run both."""
    asked = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    asked.add_argument("--entities", type=int, default=2_000)
    asked.add_argument("--rows", type=int, default=100_000)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="wbwz-bench-") as temporary:
        folder = Path(temporary) / "wbwz-2011"
        shutil.copytree(ROOT / "data" / "wbwz-2011", folder)
        sample = wz.open(folder)
        for level in sample.levels:
            measured(sample, "2012-Q3", level)
        large = Path(temporary) / "large"
        files = make(large, given.entities, given.rows)
        with Desk.open(open_campaign(large / "campaign")) as desk:
            for path, day in files:
                handing = Handing("office", day, operator="bench", registered_at=f"{day}T09:00:00+00:00")
                desk.take(path.name, path.read_bytes(), handing)
        measured(wz.open(large / "campaign"), PERIOD, LEVEL)


if __name__ == "__main__":
    main()
