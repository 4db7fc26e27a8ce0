"""Whether a set of indicators measures one thing: alpha, omega, principal components, KMO, Bartlett.

Pure formulas on a covariance or correlation matrix of shape (items, items); see the OECD/JRC handbook
(2008), step 4.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import scipy

if TYPE_CHECKING:
    from wbwz_eval.scoring.numbers import FloatArray

_LEAST_FOR_FACTOR = 3
_ROUNDS, _SETTLED = 5000, 1e-10
_SINGULAR = 1e10
_NOUGHT = 1e-12
_TAIL = 0.025


def cronbach_alpha(covariance: FloatArray) -> float:
    """Return k ÷ (k − 1) · (1 − Σ variances ÷ variance of the sum) (Cronbach 1951).

    Of a correlation matrix it is the standardised alpha. NaN with one item, or where the sum does not vary.
    """
    count, whole = len(covariance), float(covariance.sum())
    own = float(np.trace(covariance))
    if count < 2 or whole <= _NOUGHT * own:  # noqa: PLR2004 - one item agrees with nothing
        return float("nan")
    return count / (count - 1) * (1.0 - own / whole)


def alpha_without(covariance: FloatArray) -> FloatArray:
    """Return alpha with each item left out in turn, shape (items,)."""
    left = len(covariance) - 1
    if left < 2:  # noqa: PLR2004 - see above
        return np.full(len(covariance), np.nan)
    variances = np.diag(covariance)
    whole = covariance.sum() - 2.0 * covariance.sum(axis=0) + variances
    own = variances.sum() - variances
    share = np.divide(own, whole, out=np.full(len(whole), np.nan), where=whole > _NOUGHT * own)
    return left / (left - 1) * (1.0 - share)


def alpha_interval(alpha: float, n: int, items: int) -> tuple[float, float]:
    """Return the 95 % interval of alpha (Feldt 1965).

    (1 − α population) ÷ (1 − α) has an F distribution with (n − 1)(items − 1) and n − 1 degrees of freedom.
    """
    first, second = n - 1, (n - 1) * (items - 1)
    if np.isnan(alpha):
        return float("nan"), float("nan")
    high, low = (float(scipy.stats.f.ppf(tail, first, second)) for tail in (_TAIL, 1.0 - _TAIL))
    return 1.0 - (1.0 - alpha) * low, 1.0 - (1.0 - alpha) * high


def one_factor(correlation: FloatArray) -> FloatArray:
    """Return the loadings on one common factor by least squares (minres; Harman & Jones 1966).

    Found by principal axes, repeated until the communalities stay. The factor points to where most items go.

    Returns:
        Shape (items,); all NaN with fewer than three items, where it does not settle, or where an item would
        have more than its whole variance in common (Heywood 1931): then there is no such factor.
    """
    count = len(correlation)
    none = np.full(count, np.nan)
    if count < _LEAST_FOR_FACTOR:
        return none
    off = correlation - np.diag(np.diag(correlation))
    common = np.abs(off).max(axis=0)
    for _ in range(_ROUNDS):
        values, vectors = np.linalg.eigh(off + np.diag(common))
        loadings = vectors[:, -1] * np.sqrt(max(float(values[-1]), 0.0))
        moved = float(np.abs(loadings**2 - common).max())
        common = loadings**2
        if common.max() >= 1.0:
            return none
        if moved < _SETTLED:
            return loadings if loadings.sum() >= 0 else -loadings
    return none


def mcdonald_omega(loadings: FloatArray) -> float:
    """Return the share of the variance of the items' sum that one factor accounts for (McDonald 1999).

    ω = (Σλ)² ÷ ((Σλ)² + Σ(1 − λ²)) for the loadings λ of standardised items.
    """
    shared = float(loadings.sum()) ** 2
    return shared / (shared + float((1.0 - loadings**2).sum()))


def principal_components(correlation: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return eigenvalues, greatest first, and loadings (items, components), unrotated.

    A loading is the correlation of an item with a component: eigenvector × √eigenvalue. Each component
    points to where most items go.
    """
    values, vectors = np.linalg.eigh(correlation)
    values, vectors = np.maximum(values[::-1], 0.0), vectors[:, ::-1]
    loadings = vectors * np.sqrt(values)
    return values, loadings * np.where(loadings.sum(axis=0) < 0, -1.0, 1.0)


def kmo(correlation: FloatArray) -> float:
    """Return the measure of sampling adequacy: Σr² ÷ (Σr² + Σ partial r²), over pairs (Kaiser 1974).

    Under 0.5 a factor analysis is of no use. NaN with two items, for which it is 0.5 whatever they are, and
    where an item follows from the others.
    """
    if len(correlation) < _LEAST_FOR_FACTOR or np.linalg.cond(correlation) > _SINGULAR:
        return float("nan")
    inverse = np.linalg.inv(correlation)
    scale = np.sqrt(np.diag(inverse))
    partial = -inverse / np.outer(scale, scale)
    pairs = ~np.eye(len(correlation), dtype=bool)
    together = float((correlation[pairs] ** 2).sum())
    whole = together + float((partial[pairs] ** 2).sum())
    return together / whole if whole > 0 else float("nan")


def bartlett(correlation: FloatArray, n: int) -> tuple[float, int, float]:
    """Test whether the items are correlated at all (Bartlett 1951).

    χ² = −(n − 1 − (2k + 5) ÷ 6) · ln |R| with k(k − 1) ÷ 2 degrees of freedom.

    Returns:
        χ², degrees of freedom, p; χ² and p NaN where an item follows from the others.
    """
    count = len(correlation)
    free = count * (count - 1) // 2
    if count < 2 or np.linalg.cond(correlation) > _SINGULAR:  # noqa: PLR2004 - a pair is needed
        return float("nan"), free, float("nan")
    square = -(n - 1 - (2 * count + 5) / 6) * float(np.linalg.slogdet(correlation)[1])
    return square, free, float(scipy.stats.chi2.sf(square, free))
