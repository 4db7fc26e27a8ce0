"""Robustness speed: all draws at once against a library's loop, and against the arithmetic's own limit.

Run ``python benchmarks/robustness.py``. For 51, 1,000 and 100,000 entities × 60 indicators × 1,000
draws, each with its own weights, normalisation (min-max, z-score or as given) and aggregation
(arithmetic or geometric), it times, in one run:

* ours: ``simulate`` with every place of every draw, from normalised scenarios to places in memory;
* a rival: the same draws in a loop over pymcdm's own API (its weighted sum or weighted product model,
  given the same normalisation, and its ranking) for as many draws as 10 s give, scaled to 1,000;
* the limit: one float64 matrix product of the same size and one sort of its result along
  contiguous memory.

Places are compared with the rival's before anything is timed: they are the same but where two scores
are nearer than 1e-9. Peak memory is the process's
(``ru_maxrss``) after ours at each size. Times are this machine's, medians of several runs.
"""

from __future__ import annotations

import os
import resource
import statistics
import time
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from pymcdm.methods import WPM, WSM

from wbwz_eval.review.uncertainty.choices import Draws, Scenario
from wbwz_eval.review.uncertainty.climb import Contest
from wbwz_eval.review.uncertainty.simulation import simulate
from wbwz_eval.scoring.evaluation import PeerGroups
from wbwz_eval.scoring.methodology import Rounding
from wbwz_eval.scoring.tree import Level

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from wbwz_eval.scoring.numbers import FloatArray

INDICATORS, DRAWS = 60, 1_000
SIZES = {51: 21, 1_000: 9, 100_000: 3}
RIVAL_SECONDS, COMPARED, EQUAL = 10.0, 20, 1e-9
NORMALISATIONS, MEANS = ("as_written", "min_max", "z_score"), ("arithmetic", "geometric")
NAMES = [f"i{k}" for k in range(INDICATORS)]


def as_written(values: FloatArray, **_cost: bool) -> FloatArray:
    """Return an indicator's values (entities,) as shares."""
    return values / 100


def min_max(values: FloatArray, **_cost: bool) -> FloatArray:
    """Return shares of the range, all above zero so that a geometric mean can be taken."""
    return 0.01 + 0.99 * (values - values.min()) / (values.max() - values.min())


def z_score(values: FloatArray, **_cost: bool) -> FloatArray:
    """Return standardised values around 0.6."""
    return np.clip(0.6 + 0.15 * (values - values.mean()) / values.std(ddof=1), 0.01, 1)


NORMALISING = {"as_written": as_written, "min_max": min_max, "z_score": z_score}


class Prepared:
    """Raw values that are normalised once for each way."""

    def __init__(self, values: FloatArray) -> None:
        """Keep the raw values, shape (entities, indicators)."""
        self.values = values
        self.known: dict[str, dict[str, FloatArray]] = {}

    def fixed(self, scenario: Scenario) -> Mapping[str, FloatArray]:
        """Return each indicator's points."""
        if scenario.normalisation not in self.known:
            normalise = NORMALISING[scenario.normalisation]
            self.known[scenario.normalisation] = {
                name: 100 * normalise(self.values[:, k]) for k, name in enumerate(NAMES)
            }
        return self.known[scenario.normalisation]

    def moving(self, scenario: Scenario, draws: Draws) -> Mapping[str, FloatArray]:
        """Return nothing: no draw moves the points themselves."""
        return {}

    def gates(self, draws: Draws) -> Mapping[str, FloatArray]:
        """Return nothing: there are no gates."""
        return {}


def contest(values: FloatArray) -> Contest:
    """Return a flat method of 60 indicators in which everybody is ranked against everybody."""
    size = len(values)
    level = Level.model_validate({"tree": dict.fromkeys(NAMES, 1), "rank": {"scope": "level"}})
    groups = PeerGroups(np.zeros(size, dtype=np.int64), ("all",))
    zero = np.zeros(size)
    return Contest(
        level, Rounding(), groups, Prepared(values), zero, zero > 0, np.zeros(size, dtype=np.int64)
    )


def draws(rng: np.random.Generator) -> Draws:
    """Return 1,000 draws of weights, normalisation and aggregation."""
    scenarios = tuple(Scenario(norm, mean) for norm in NORMALISATIONS for mean in MEANS)
    weights = rng.uniform(0.75, 1.25, (DRAWS, INDICATORS))
    return Draws(weights, scenarios, rng.integers(0, len(scenarios), DRAWS))


def ours(values: FloatArray, drawn: Draws) -> np.ndarray:
    """Return the places of all draws, shape (draws, entities)."""
    found = np.empty((DRAWS, len(values)), dtype=np.int32)
    for block in simulate(contest(values), drawn, graded=False):
        found[block.at] = block.rank
    return found


def rival(values: FloatArray, drawn: Draws, at: int) -> tuple[FloatArray, FloatArray]:
    """Return the scores and places of one draw by pymcdm."""
    scenario = drawn.scenarios[drawn.scenario[at]]
    model = WPM if scenario.aggregation == "geometric" else WSM
    method = model(NORMALISING[scenario.normalisation])
    weights = drawn.weights[at] / drawn.weights[at].sum()
    scores = method(values, weights, np.ones(INDICATORS))
    return scores, method.rank(scores)


def compare(places: np.ndarray, values: FloatArray, drawn: Draws) -> None:
    """Refuse places that differ from the rival's other than between equal scores."""
    for at in range(COMPARED):
        scores, theirs = rival(values, drawn, at)
        differ = np.flatnonzero(places[at] != theirs)
        ordered = np.sort(scores)
        near = np.searchsorted(ordered, scores[differ] + EQUAL) - np.searchsorted(
            ordered, scores[differ] - EQUAL
        )
        assert (near > 1).all(), (at, differ)


def limit(values: FloatArray, weights: FloatArray) -> None:
    """Multiply once and sort once."""
    product = weights @ values.T
    product.sort(axis=1)


def timed(run: Callable[[], object]) -> float:
    """Return the seconds that one call takes."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def loop(values: FloatArray, drawn: Draws) -> float:
    """Return the seconds that the rival needs for all draws."""
    start, done = time.perf_counter(), 0
    while done < DRAWS and time.perf_counter() - start < RIVAL_SECONDS:
        rival(values, drawn, done)
        done += 1
    return (time.perf_counter() - start) / done * DRAWS


def main() -> None:
    """Print one line per size."""
    rng = np.random.default_rng(20111101)
    print(f"{len(os.sched_getaffinity(0))} CPUs, {INDICATORS} indicators, {DRAWS:,} draws")
    print(
        " ".join(
            f"{head:>9}"
            for head in ("entities", "ours s", "pymcdm s", "times", "limit s", "of limit", "peak MiB")
        )
    )
    for size, repeats in SIZES.items():
        values, drawn = np.clip(rng.normal(80, 10, (size, INDICATORS)), 1, 100), draws(rng)
        places = ours(values, drawn)
        compare(places, values, drawn)
        del places
        pairs = [
            (timed(partial(ours, values, drawn)), timed(partial(limit, values, drawn.weights)))
            for _ in range(repeats)
        ]
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        mine, least = (statistics.median(pair[k] for pair in pairs) for k in (0, 1))
        ratio = statistics.median(a / b for a, b in pairs)
        theirs = loop(values, drawn)
        figures = (f"{mine:.3f}", f"{theirs:.2f}", f"{theirs / mine:.0f}", f"{least:.4f}", f"{ratio:.2f}")
        print(" ".join(f"{each:>9}" for each in (f"{size:,}", *figures, f"{peak:.0f}")))


if __name__ == "__main__":
    main()
