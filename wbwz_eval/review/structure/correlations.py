"""Pearson correlations of columns with gaps, and how sure they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import scipy

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from wbwz_eval.scoring.fields import BoolArray
    from wbwz_eval.scoring.numbers import FloatArray

LEAST = 5
"""With fewer pairs of values no correlation is given: four points lie on a line too easily."""
SIGNIFICANT = 0.05
Z95 = 1.959963984540054
_FLAT = 1e-9
_TWO = 2.0


def pearson(
    first: FloatArray, second: FloatArray, *, least: int = LEAST
) -> tuple[FloatArray, NDArray[np.int64]]:
    """Return the correlation of each column of ``first`` with the same column of ``second`` (Pearson 1895).

    Pairwise complete: a row counts for a column where both values are known.

    Args:
        first: Shape (rows, columns), NaN = unknown.
        second: The same shape.
        least: With fewer pairs the correlation is NaN.

    Returns:
        The correlation, NaN also where either column does not vary; and the number of pairs. Shapes
        (columns,).
    """
    both = ~np.isnan(first) & ~np.isnan(second)
    n = both.sum(axis=0)
    a, a_varies = _centred(first, both, n)
    b, b_varies = _centred(second, both, n)
    known = (n >= least) & a_varies & b_varies
    scale = np.sqrt((a**2).sum(axis=0) * (b**2).sum(axis=0))
    r = np.divide((a * b).sum(axis=0), scale, out=np.full(len(n), np.nan), where=known)
    return np.clip(r, -1.0, 1.0), n


def _centred(values: FloatArray, both: BoolArray, n: NDArray[np.int64]) -> tuple[FloatArray, BoolArray]:
    filled = np.where(both, values, 0.0)
    mean = filled.sum(axis=0) / np.maximum(n, 1)
    away = np.where(both, values - mean, 0.0)
    # what differs by binary noise only is the same
    varies = np.abs(away).max(axis=0, initial=0.0) > _FLAT * np.maximum(np.abs(mean), 1.0)
    return away, varies


def chance(r: FloatArray, n: FloatArray | NDArray[np.int64], *, below: bool = False) -> FloatArray:
    """Return how likely a correlation at least so far from nought is where there is none.

    Student's t with n − 2 degrees of freedom (Student 1908); two-sided, or with ``below`` how likely
    one at least so far below nought is.
    """
    free = np.asarray(n, dtype=np.float64) - _TWO
    with np.errstate(divide="ignore", invalid="ignore"):
        t = r * np.sqrt(free / (1.0 - r**2))
    under = np.asarray(scipy.special.stdtr(free, t if below else -np.abs(t)))
    return np.where(np.isnan(r), np.nan, under if below else np.minimum(_TWO * under, 1.0))


def interval(r: FloatArray, n: FloatArray | NDArray[np.int64]) -> tuple[FloatArray, FloatArray]:
    """Return the ends of the 95 % interval of a correlation (Fisher 1921): z ± 1.96 ÷ √(n − 3)."""
    free = np.asarray(n, dtype=np.float64) - 3.0
    with np.errstate(divide="ignore", invalid="ignore"):
        z, half = np.arctanh(r), Z95 / np.sqrt(np.where(free > 0, free, np.nan))
    return np.tanh(z - half), np.tanh(z + half)


def discoveries(p: FloatArray) -> FloatArray:
    """Return p values adjusted for how many questions were asked (Benjamini & Hochberg 1995).

    Of those under 0.05 one in twenty is expected to be chance. NaN stays NaN and was not asked.
    """
    found = np.full(np.shape(p), np.nan)
    asked = ~np.isnan(p)
    if asked.any():
        found[asked] = scipy.stats.false_discovery_control(p[asked])
    return found
