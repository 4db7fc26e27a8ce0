"""Sampling errors and raters drawn anew: realisations that any draw can call up by number.

A realisation is computed, not kept: the same seed, stream, number and name give the same luck, whoever
else takes part, in whatever order and in blocks of whatever size.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import scipy

from wbwz_eval.scoring.measured import NOISE_DIGITS
from wbwz_eval.scoring.opinions import TRIMMED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from wbwz_eval.scoring.numbers import FloatArray
    from wbwz_eval.scoring.opinions import Panel
    from wbwz_eval.scoring.points import RawValues
    from wbwz_eval.scoring.scored import ScoredPeriod

_Z95 = 1.959963984540054
_PERCENT = 100.0


def name_keys(names: Sequence[object] | pd.Index) -> NDArray[np.uint64]:
    """Return a number for each name that is its own, shape (names,)."""
    return pd.util.hash_array(np.array([str(name) for name in names], dtype=object))


def uniforms(seed: int, stream: str, realisation: NDArray[np.int64], keys: NDArray[np.uint64]) -> FloatArray:
    """Return numbers between 0 and 1, ends left out, shape (realisations, keys).

    SplitMix64 (Steele, Lea & Flood 2014) at the place that the realisation and the key of a name give.
    """
    start, step = np.random.SeedSequence([seed, *stream.encode()]).generate_state(2, np.uint64)
    # an odd step reaches every state
    state = _mixed(start + realisation.astype(np.uint64) * (step | np.uint64(1)))
    bits = _mixed(state[:, None] + keys[None, :])
    return ((bits >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53


def _mixed(bits: NDArray[np.uint64]) -> NDArray[np.uint64]:
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))


def within_interval(raw: RawValues, uniform: FloatArray, *, percent: bool) -> FloatArray:
    """Return values that lie within the 95 % interval as often as it says, shape (draws, entities).

    A normal with two halves: its median is the value, its 2.5th and 97.5th percentiles are the ends
    of the interval that the score is published with (Wilson 1927, for a rate). Rates stay in 0-100 %;
    who has no interval keeps the value.
    """
    assert raw.low is not None
    assert raw.high is not None
    z = scipy.special.ndtri(uniform)
    down, up = (raw.value - raw.low) / _Z95, (raw.high - raw.value) / _Z95
    drawn = raw.value + np.where(z < 0, z * down, z * up)
    drawn = np.clip(drawn, 0.0, _PERCENT) if percent else drawn
    return np.where(np.isnan(down + up), raw.value, drawn)


@dataclass(frozen=True)
class PanelBallots:
    """A panel's counted ballots, sorted by entity and rater group.

    Attributes:
        points: (ballots,).
        rater: (ballots,) codes that point into ``raters``.
        raters: (raters,) the key of each.
        starts: (cells,) where each entity's and group's ballots begin.
        entity: (cells,) whose they are.
        share: (cells,) the group's weight; 0 where it has too few valid ballots to count.
        factor: The measure's scale.
    """

    points: FloatArray
    rater: NDArray[np.intp]
    raters: NDArray[np.uint64]
    starts: NDArray[np.intp]
    entity: NDArray[np.int64]
    share: FloatArray
    factor: float

    def resampled(self, raw: FloatArray, uniform: FloatArray) -> FloatArray:
        """Return the panel's values with each rater given a random weight, shape (draws, entities).

        Bayesian bootstrap (Rubin 1981): weights are exponential, one for all ballots of a rater, since
        who is lenient is so with everybody. Who has no value in ``raw`` (entities,) gets none.

        Args:
            raw: The values as measured.
            uniform: (draws, raters).
        """
        weight = -np.log(uniform)[:, self.rater]
        top = np.add.reduceat(weight * self.points, self.starts, axis=1)
        bottom = np.add.reduceat(weight, self.starts, axis=1)
        cells = top / bottom * self.share
        drawn = np.repeat(raw[None, :], len(uniform), axis=0)
        first = np.flatnonzero(np.diff(self.entity, prepend=-1))
        who = self.entity[first]
        value, known = np.add.reduceat(cells, first, axis=1), np.add.reduceat(self.share, first)
        rated = (known > 0) & ~np.isnan(raw[who])
        drawn[:, who[rated]] = np.round(value[:, rated] / known[rated] * self.factor, NOISE_DIGITS)
        return drawn


def panel_ballots(scored: ScoredPeriod, name: str, measure: Panel) -> PanelBallots | None:
    """Return the ballots that a panel's indicator counts, None where there are none."""
    rows = scored.measured[name].rows
    # trimmed ballots do not score, but they count towards the least number
    rows = rows[rows["counted"].to_numpy(bool) | (rows["reason"] == TRIMMED).to_numpy(bool)]
    if not rows["counted"].any():
        return None
    ledger = scored.campaign.ledger_for(measure.ledger, scored.period).rows.set_index("row_id")
    ledger = ledger.loc[rows["row_id"], [measure.group, measure.rater]]
    group = pd.Index(list(measure.groups)).get_indexer(pd.Index(ledger[measure.group]))
    cell = rows["code"].to_numpy(np.int64) * len(measure.groups) + group
    enough = np.bincount(cell) >= measure.min_ballots
    order = np.argsort(cell, kind="stable")
    order = order[rows["counted"].to_numpy(bool)[order]]
    cell = cell[order]
    starts = np.flatnonzero(np.diff(cell, prepend=-1))
    # a ballot without a rater's number is a rater of its own
    named = ledger[measure.rater].where(ledger[measure.rater].notna(), ledger.index)
    rater, raters = pd.factorize(named.to_numpy(object)[order])
    shares = np.array([float(each) for each in measure.groups.values()])
    place = cell[starts]
    return PanelBallots(
        rows["value"].to_numpy(np.float64)[order],
        rater,
        name_keys(raters),
        starts,
        place // len(shares),
        shares[place % len(shares)] * enough[place],
        measure.factor,
    )
