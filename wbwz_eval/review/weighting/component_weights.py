"""Weights from principal components: what indicators tell twice counts once."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import scipy

if TYPE_CHECKING:
    from wbwz_eval.scoring.numbers import FloatArray

KAISER = 1.0
"""A component is kept where its eigenvalue is above this: it explains more than one indicator does."""
LEAST_SHARE, ENOUGH_EXPLAINED = 0.10, 0.60
"""The handbook's other two rules: what one component and all of them together should explain."""

_SWEEPS, _STILL = 200, 1e-10


def eigenvalues(values: FloatArray) -> FloatArray:
    """Return the eigenvalues of the columns' correlations, largest first; they sum to the criteria."""
    return np.linalg.eigvalsh(np.corrcoef(values, rowvar=False))[::-1]


def components_kept(roots: FloatArray) -> int:
    """Return how many components to keep by the handbook's three rules (OECD/JRC 2008, 6.1).

    Those with an eigenvalue above 1; and, while these explain 60 % or less of the variance, the next
    ones that explain more than 10 % each. At least one.
    """
    share = roots / roots.sum()
    kept = max(1, int((roots > KAISER).sum()))
    while kept < len(roots) and share[:kept].sum() <= ENOUGH_EXPLAINED and share[kept] > LEAST_SHARE:
        kept += 1
    return kept


def loadings(values: FloatArray, components: int) -> FloatArray:
    """Return the rotated loadings of the first components: correlations of criterion and component.

    Principal components of the correlations, varimax-rotated with Kaiser's normalisation (Kaiser
    1958), the one that explains most first.

    Args:
        values: (entities, criteria).
        components: How many.

    Returns:
        (criteria, components).
    """
    roots, vectors = np.linalg.eigh(np.corrcoef(values, rowvar=False))
    largest = np.arange(len(roots))[::-1][:components]
    rotated = varimax(vectors[:, largest] * np.sqrt(np.maximum(roots[largest], 0.0)))
    explained = (rotated**2).sum(axis=0)
    return rotated[:, np.argsort(-explained, kind="stable")]


def varimax(unrotated: FloatArray) -> FloatArray:
    """Rotate loadings (criteria, components) so that each criterion loads on few (Kaiser 1958).

    Every two components are turned in their plane by the best angle, again and again until nothing
    moves. (Turning all at once by a singular value decomposition is shorter, but can swing about the
    best rotation without reaching it.)
    """
    length = np.linalg.norm(unrotated, axis=1, keepdims=True)
    rows = unrotated / np.where(length > 0.0, length, 1.0)
    for _ in range(_SWEEPS):
        moved = 0.0
        for first, second in combinations(range(rows.shape[1]), 2):
            pair = rows[:, [first, second]]
            angle = _best_angle(*pair.T)
            cos, sin = np.cos(angle), np.sin(angle)
            rows[:, [first, second]] = pair @ np.array([[cos, -sin], [sin, cos]])
            moved = max(moved, abs(angle))
        if moved < _STILL:
            break
    return rows * length


def _best_angle(first: FloatArray, second: FloatArray) -> float:
    """Return by how much to turn two components so that their squared loadings vary most (radians)."""
    u, v = first**2 - second**2, 2.0 * first * second
    across = 2.0 * (u * v).sum() - 2.0 * u.sum() * v.sum() / len(u)
    along = (u**2 - v**2).sum() - (u.sum() ** 2 - v.sum() ** 2) / len(u)
    return float(np.arctan2(across, along)) / 4.0


def weights_of_loadings(rotated: FloatArray) -> FloatArray:
    """Return weights from rotated loadings (Nicoletti, Scarpetta & Boylaud 2000; OECD/JRC 2008, 6.1).

    Each criterion belongs to the component on which it loads highest. Within it, it weighs its squared
    loading over what the component explains; the component weighs its share of what all kept ones
    explain. What the component explains cancels out, and all are scaled to 1.

    Args:
        rotated: (criteria, components).
    """
    highest = (rotated**2).max(axis=1)
    return highest / highest.sum()


def principal_components(values: FloatArray, components: int | None = None) -> FloatArray:
    """Return weights from rotated principal components (Nicoletti et al. 2000; OECD/JRC 2008, step 6).

    They correct for what indicators tell twice; they say nothing of importance. The sign of a loading
    does not count: criteria that run against each other should be looked at first.

    Args:
        values: (entities, criteria), no constant column.
        components: How many to keep; None for :func:`components_kept`.
    """
    kept = components_kept(eigenvalues(values)) if components is None else components
    return weights_of_loadings(loadings(values, kept))


def sphericity(values: FloatArray) -> float:
    """Return how likely such correlations are by chance alone (Bartlett 1950), from 0 to 1.

    Args:
        values: (entities, criteria), more entities than criteria.
    """
    entities, criteria = values.shape
    size = np.linalg.slogdet(np.corrcoef(values, rowvar=False)).logabsdet
    chi2 = -(entities - 1.0 - (2.0 * criteria + 5.0) / 6.0) * size
    return float(scipy.stats.chi2.sf(chi2, criteria * (criteria - 1) / 2))
