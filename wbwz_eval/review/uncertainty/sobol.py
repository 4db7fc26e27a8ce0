"""Variance-based sensitivity: which uncertain choice moves the outcome how much."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wbwz_eval.scoring.numbers import FloatArray

_LOW, _HIGH = 2.5, 97.5
_DESIGN, _BOOTSTRAP = 0, 1
_CELLS = 4_000_000
_NOISE = 1e-12


@dataclass(frozen=True)
class Design:
    """A sampling design: two independent matrices, and the first with one choice at a time of the second.

    ``groups`` says how many columns belong to each choice. Shapes (draws, columns).
    """

    first: FloatArray
    second: FloatArray
    groups: Mapping[str, int]

    def mixed(self, name: str) -> FloatArray:
        """Return the first matrix with the columns of one choice taken from the second."""
        names = list(self.groups)
        ends = np.cumsum(list(self.groups.values()))
        own = slice(ends[names.index(name)] - self.groups[name], ends[names.index(name)])
        mixed = self.first.copy()
        mixed[:, own] = self.second[:, own]
        return mixed


def design(draws: int, groups: Mapping[str, int], seed: int) -> Design:
    """Draw a design of uniform numbers (Saltelli et al. 2010, "radial" scheme A, B, AB_i)."""
    columns = sum(groups.values())
    both = _generator(seed, _DESIGN).random((draws, 2 * columns))
    return Design(both[:, :columns], both[:, columns:], dict(groups))


def _generator(seed: int, stream: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, stream])))


def indices(
    first: FloatArray,
    second: FloatArray,
    mixed: Mapping[str, FloatArray],
    *,
    seed: int = 0,
    resamples: int = 500,
) -> pd.DataFrame:
    """Return first-order and total indices of each choice, with 95 % bootstrap intervals.

    First order: Saltelli et al. (2010), table 2 (b): mean of f(B)·(f(AB_i) − f(A)) ÷ variance. Total:
    Jansen (1999): half the mean of (f(A) − f(AB_i))² ÷ variance. Where the outcome does not vary
    there is nothing to explain and all are NaN.

    Args:
        first: The outcome on the first matrix, shape (draws,).
        second: The outcome on the second.
        mixed: The outcome on each mixed matrix, by choice.
        seed: Of the bootstrap (percentile intervals; draws are resampled together).
        resamples: How many, at least one.

    Returns:
        Indexed by choice; columns ``first``, ``first_low``, ``first_high``, ``total``,
        ``total_low``, ``total_high``.
    """
    names, count = list(mixed), len(first)
    every = np.stack([first, second, *mixed.values()])
    centre = every.mean()
    every = every - centre
    varies = every[:2].var() > _NOISE * max(abs(float(centre)), 1.0) ** 2
    rng, step = _generator(seed, _BOOTSTRAP), max(1, _CELLS // count)
    shares = [_shares(every, np.full((1, count), 1.0 / count))]
    for begin in range(0, resamples, step):
        rows = min(step, resamples - begin)
        picks = rng.integers(0, count, (rows, count)) + count * np.arange(rows)[:, None]
        often = np.bincount(picks.ravel(), minlength=rows * count).reshape(rows, count)
        shares.append(_shares(every, often / count))
    drawn = np.concatenate(shares) if varies else np.full((1 + resamples, 2, len(names)), np.nan)
    low, high = np.percentile(drawn[1:], (_LOW, _HIGH), axis=0)
    columns: dict[str, FloatArray] = {}
    for place, label in enumerate(("first", "total")):
        columns |= {label: drawn[0, place], f"{label}_low": low[place], f"{label}_high": high[place]}
    return pd.DataFrame(columns, index=pd.Index(names, name="choice"))


def _shares(every: FloatArray, weights: FloatArray) -> FloatArray:
    """Return both kinds of index for each weighting of the draws, shape (weightings, 2, choices)."""
    a, b, blends = every[0], every[1], every[2:]
    mean = weights @ (a + b) / 2
    variance = weights @ (a**2 + b**2) / 2 - mean**2
    direct = weights @ (b * (blends - a)).T
    total = weights @ ((a - blends) ** 2).T / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.stack([direct, total], axis=1) / variance[:, None, None]
