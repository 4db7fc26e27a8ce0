"""Scoring speed: the engine against plain numpy arithmetic for the same numbers.

Run ``python benchmarks/scoring.py``. For 51, 1,000 and 100,000 entities × 60
indicators it times

* the engine: raw values in; points, five dimensions, total, ranks in groups,
  grades out, with rounding at each stage, missing-data policy and coverage;
* the limit: the same totals in plain numpy written for just this method, with
  no missing data, no policies, no evidence: one vectorised rule per indicator,
  two weighted means, half-up rounding and one sort.

Both must agree to 1e-9 before anything is timed. Ratios are medians of paired
runs in this process; absolute times are this machine's.
"""

from __future__ import annotations

import statistics
import time
import tracemalloc
from typing import TYPE_CHECKING

import numpy as np

from wbwz_eval.scoring.evaluation import PeerGroups, evaluate_values
from wbwz_eval.scoring.methodology import Methodology, MethodologyFile
from wbwz_eval.scoring.points import RawValues

if TYPE_CHECKING:
    from collections.abc import Callable

    from wbwz_eval.scoring.evaluation import Evaluation

INDICATORS, DIMENSIONS, GROUPS = 60, 5, 10
SIZES = {51: 41, 1_000: 21, 100_000: 5}
THRESHOLD = 90.0


def methodology() -> Methodology:
    """Return a method of 60 indicators under five dimensions, slopes and efficacy by turns."""
    measure = {"kind": "count", "ledger": "none", "date": "day"}
    slope = {"type": "threshold_slope", "threshold": THRESHOLD, "minus": 1}
    efficacy = {"type": "efficacy", "satisfied": 95, "unacceptable": 50, "clip": [0, 100]}
    indicators = {
        f"i{k}": {
            "name": f"i{k}",
            "direction": "up",
            "measure": measure,
            "rule": slope if k % 2 else efficacy,
        }
        for k in range(INDICATORS)
    }
    per = INDICATORS // DIMENSIONS
    tree = {
        f"d{d}": {
            "name": f"d{d}",
            "weight": 100 / DIMENSIONS,
            "children": {f"i{k}": 100 / per for k in range(d * per, (d + 1) * per)},
        }
        for d in range(DIMENSIONS)
    }
    data = {
        "version": "bench",
        "title": "bench",
        "rounding": {"points": 2, "node": 2, "total": 2},
        "indicators": indicators,
        "levels": {
            "unit": {
                "tree": tree,
                "grades": {
                    "order": ["a", "b", "c"],
                    "cutoffs": {"a": 90, "b": 80, "c": None},
                    "quotas": {"a": {"share": 0.2}},
                },
            }
        },
    }
    read = MethodologyFile.model_validate(data)
    fields = {name: getattr(read, name) for name in MethodologyFile.model_fields}
    return Methodology.model_construct(**fields, digest="")


def half_up(values: np.ndarray) -> np.ndarray:
    """Round to two decimals, halves up."""
    return np.floor(values * 100 + 0.5 + 1e-9) / 100


def plain_numpy(values: np.ndarray, groups: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return totals and competition ranks in groups, for this one method only."""
    points = np.empty_like(values)
    points[:, 1::2] = 100 - np.maximum(THRESHOLD - values[:, 1::2], 0)
    points[:, 0::2] = np.clip(60 + 40 * (values[:, 0::2] - 50) / 45, 0, 100)
    points = half_up(points)
    dimensions = half_up(points.reshape(len(values), DIMENSIONS, -1).mean(axis=2))
    totals = half_up(dimensions.mean(axis=1))
    order = np.lexsort((-totals, groups))
    group, total = groups[order], totals[order]
    new_group = np.r_[True, group[1:] != group[:-1]]
    new_value = new_group | np.r_[True, total[1:] != total[:-1]]
    index = np.arange(len(order))
    first = np.maximum.accumulate(np.where(new_value, index, 0))
    start = np.maximum.accumulate(np.where(new_group, index, 0))
    ranks = np.empty(len(order))
    ranks[order] = first - start + 1
    return totals, ranks


def timed(run: Callable[[], object]) -> float:
    """Return the seconds that one call takes."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def main() -> None:
    """Print one line per size."""
    method, rng = methodology(), np.random.default_rng(20110701)
    print(f"{'entities':>9} {'engine s':>10} {'numpy s':>10} {'ratio':>7} {'µs/entity':>10} {'peak MiB':>9}")
    for size, repeats in SIZES.items():
        values = rng.normal(85, 10, (size, INDICATORS))
        codes = rng.integers(0, GROUPS, size)
        peers = PeerGroups(codes, tuple(f"g{k}" for k in range(GROUPS)))
        raws = {f"i{k}": RawValues.of(np.ascontiguousarray(values[:, k])) for k in range(INDICATORS)}

        def engine(raws: dict[str, RawValues] = raws, peers: PeerGroups = peers) -> Evaluation:
            return evaluate_values(method, "unit", raws, peers)

        def limit(values: np.ndarray = values, codes: np.ndarray = codes) -> object:
            return plain_numpy(values, codes)

        totals, ranks = plain_numpy(values, codes)
        result = engine()
        np.testing.assert_allclose(result.total, totals, atol=1e-9, rtol=0)
        np.testing.assert_array_equal(result.rank, ranks)
        pairs = [(timed(engine), timed(limit)) for _ in range(repeats)]
        ours = statistics.median(pair[0] for pair in pairs)
        theirs = statistics.median(pair[1] for pair in pairs)
        ratio = statistics.median(a / b for a, b in pairs)
        tracemalloc.start()
        engine()
        peak = tracemalloc.get_traced_memory()[1] / 2**20
        tracemalloc.stop()
        print(
            f"{size:>9,} {ours:>10.4f} {theirs:>10.4f} {ratio:>7.1f} {ours / size * 1e6:>10.2f} {peak:>9.1f}"
        )


if __name__ == "__main__":
    main()
