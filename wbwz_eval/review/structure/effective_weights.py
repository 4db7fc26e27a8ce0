"""What each indicator really weighs in the total, against the weight that the method gives it.

Paruolo, Saisana & Saltelli (2013), "Ratings and rankings: voodoo or science?": the importance of x_i for
the total y is Pearson's correlation ratio, which is the first-order sensitivity index
S_i = V(E(y | x_i)) ÷ V(y), the share of the variance that is expected to vanish if x_i were the same for
all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import scipy

from wbwz_eval.review.structure.correlations import LEAST, SIGNIFICANT, Z95, chance, discoveries, pearson
from wbwz_eval.review.structure.indicator_matrix import (
    base_total,
    indicator_points,
    names_of,
    node_scores,
    nominal_weights,
)
from wbwz_eval.scoring.node_table import DIMENSION, INDICATOR, NODE
from wbwz_eval.scoring.tree import walk

if TYPE_CHECKING:
    from wbwz_eval.scoring.numbers import FloatArray
    from wbwz_eval.scoring.scored import ScoredPeriod

COLUMNS = (
    "node",
    "name",
    "kind",
    "dimension",
    "nominal",
    "n",
    "correlation",
    "p",
    "linear",
    "smooth",
    "corrected",
    "low",
    "high",
    "relative",
    "covariance",
    "q",
    "differs",
)

_SEGMENTS, _DEGREE = 8, 3
_PENALTIES = np.logspace(-4.0, 6.0, 41)
_COSTLY = 1.4
_LINE = 2.0


@dataclass(frozen=True)
class Ratio:
    """A correlation ratio: ``value`` = V(fit) ÷ V(y), and the degrees of freedom that the fit used."""

    value: float
    freedom: float


def correlation_ratio(x: FloatArray, y: FloatArray) -> Ratio:
    """Estimate V(E(y | x)) ÷ V(y) with a smooth curve.

    The curve is a cubic P-spline of eight segments with a penalty on second differences (Eilers & Marx
    1996), a straight line at its smoothest; generalised cross-validation with the factor 1.4 of Kim & Gu
    (2004) against fits too close chooses how smooth it is. Moving or stretching x or y changes nothing.

    Args:
        x: Shape (n,), no NaN, at least two different values.
        y: The same.
    """
    size = len(x)
    away = y - y.mean()
    whole = float(away @ away)
    place = (x - x.min()) / np.ptp(x)
    line = place - place.mean()
    straight = line * float(line @ away) / float(line @ line)
    freedom = np.array([_LINE])
    knots = np.linspace(0.0, 1.0, _SEGMENTS + 1)
    step = knots[1]
    beyond = step * np.arange(1, _DEGREE + 1)
    padded = np.concatenate([-beyond[::-1], knots, 1.0 + beyond])
    basis = scipy.interpolate.BSpline.design_matrix(place, padded, _DEGREE).toarray()
    rough = np.diff(np.eye(basis.shape[1]), 2, axis=0)
    gram, penalty = basis.T @ basis, rough.T @ rough
    scale = np.trace(gram) / np.trace(penalty)
    systems = gram + (_PENALTIES * scale)[:, None, None] * penalty
    right = np.column_stack([basis.T @ away, gram])
    solved = np.linalg.solve(systems, np.broadcast_to(right, (len(systems), *right.shape)))
    fits = np.vstack([straight, solved[:, :, 0] @ basis.T])
    freedom = np.concatenate([freedom, np.trace(solved[:, :, 1:], axis1=1, axis2=2)])
    left = size - _COSTLY * freedom
    loss = ((away - fits) ** 2).sum(axis=1)
    with np.errstate(divide="ignore"):
        score = np.where(left > 0, loss / left**2, np.inf)
    best = int(np.argmin(score))
    fit = fits[best] - fits[best].mean()
    return Ratio(min(float(fit @ fit) / whole, 1.0), float(freedom[best]))


def corrected(value: FloatArray, freedom: FloatArray, n: FloatArray) -> FloatArray:
    """Return correlation ratios without what any curve explains by chance, not below 0.

    Kelley (1935): ε² = 1 − (1 − S)(n − 1) ÷ (n − degrees of freedom).
    """
    left = n - freedom
    with np.errstate(divide="ignore", invalid="ignore"):
        found = 1.0 - (1.0 - value) * (n - 1.0) / left
    return np.where(left > 0, np.clip(found, 0.0, 1.0), np.nan)


def effective_weights(scored: ScoredPeriod) -> pd.DataFrame:
    """Return what each node weighs in the base total of all entities of a level, of all peer groups together.

    What a method's additions and deductions move is left out. ``nominal`` and ``relative`` are to be
    compared: the first is the share that the method gives, the second the share of the importance that
    it has, both among indicators or among dimensions.

    Returns:
        One row per node, in the order of the tree; shares are 0–1:

        * ``node``, ``name``, ``kind`` (``dimension``, ``node``, ``indicator``), ``dimension`` (its id);
        * ``nominal``: product of the shares from the top;
        * ``n``: entities with both values; with fewer than five, or where either does not vary, what
          follows is NaN;
        * ``correlation`` with the total, ``p`` (two-sided), ``linear`` (its square);
        * ``smooth``: :func:`correlation_ratio`; ``corrected``: without what is expected of chance;
          ``low``, ``high``: approximate 95 % interval of it (Fisher's z on its root);
        * ``relative``: ``corrected`` ÷ its sum over the indicators (over the dimensions);
        * ``covariance``: Cov(contribution, total) ÷ V(total), the effective weight of Wang & Stanley (1970);
          over the indicators it sums to 1, a negative one pulls the total together. Over those with
          a total;
        * ``q``: how likely a ``corrected`` at least so far from its target is by chance, the target being
          ``nominal`` × the sum that ``relative`` divides by, adjusted for the number of questions;
          ``differs``: whether it is under 0.05. Where indicators go together a heavy one's target may lie
          above 1: no weights can reach it, and it differs.
    """
    level, evaluation = scored.level, scored.evaluation
    values = pd.concat([indicator_points(scored), node_scores(scored)], axis=1)
    total, names, nominal = base_total(scored), names_of(scored), nominal_weights(level)
    own = total.to_numpy(np.float64)
    lines = []
    for path, node in walk(level.tree):
        code = path[-1]
        kind = INDICATOR if not node.children else DIMENSION if len(path) == 1 else NODE
        x = values[code].to_numpy(np.float64) if code in values else np.full(len(own), np.nan)
        lines.append(
            {
                "node": code,
                "name": names[code],
                "kind": kind,
                "dimension": path[0],
                "nominal": nominal[code],
                "depth": len(path) - 1,
                **_importance(x, own),
                "covariance": _covariance(evaluation.tree.contribution[code], own),
            }
        )
    table = pd.DataFrame(lines)
    n, freedom, value = (table[name].to_numpy(np.float64) for name in ("n", "freedom", "smooth"))
    table["p"] = chance(table["correlation"].to_numpy(np.float64), n)
    table["corrected"] = corrected(value, freedom, n)
    low, high = _interval(table["corrected"].to_numpy(np.float64), freedom, n)
    table["low"], table["high"] = low, high
    table["relative"] = table["q"] = np.nan
    for rows in (table["kind"] == INDICATOR, (table["depth"] == 0) & (table["kind"] != INDICATOR)):
        whole = float(table.loc[rows, "corrected"].sum())
        if not whole > 0:
            continue
        table.loc[rows, "relative"] = table.loc[rows, "corrected"] / whole
        apart = _apart(table.loc[rows], whole)
        table.loc[rows, "q"] = discoveries(apart)
    table["differs"] = table["q"] < SIGNIFICANT
    return table[list(COLUMNS)]


def _importance(x: FloatArray, y: FloatArray) -> dict[str, float]:
    r, n = pearson(x[:, None], y[:, None])
    found = {"n": int(n[0]), "correlation": float(r[0]), "linear": float(r[0]) ** 2}
    if np.isnan(r[0]):
        return {**found, "smooth": np.nan, "freedom": np.nan}
    known = ~np.isnan(x) & ~np.isnan(y)
    ratio = correlation_ratio(x[known], y[known])
    return {**found, "smooth": ratio.value, "freedom": ratio.freedom}


def _covariance(part: FloatArray, total: FloatArray) -> float:
    known = ~np.isnan(total)
    if known.sum() < LEAST:
        return float("nan")
    away = total[known] - total[known].mean()
    whole = float(away @ away)
    return float(part[known] @ away) / whole if whole > 0 else float("nan")


def _interval(value: FloatArray, freedom: FloatArray, n: FloatArray) -> tuple[FloatArray, FloatArray]:
    z, half = _on_z(value), Z95 * _error(freedom, n)
    return np.tanh(np.maximum(z - half, 0.0)) ** 2, np.tanh(z + half) ** 2


def _apart(rows: pd.DataFrame, whole: float) -> FloatArray:
    """Return two-sided p values of the distance from the target."""
    value, freedom, n = (rows[name].to_numpy(np.float64) for name in ("corrected", "freedom", "n"))
    target = np.minimum(rows["nominal"].to_numpy(np.float64) * whole, 1.0)
    distance = np.abs(_on_z(value) - _on_z(target)) / _error(freedom, n)
    return np.asarray(2.0 * scipy.special.ndtr(-distance))


def _on_z(value: FloatArray) -> FloatArray:
    return np.arctanh(np.minimum(np.sqrt(value), 1.0 - 1e-12))


def _error(freedom: FloatArray, n: FloatArray) -> FloatArray:
    """Return the standard error of z: 1 ÷ √(n − 3) for a line, less free with a curve."""
    left = n - freedom - 1.0
    return 1.0 / np.sqrt(np.where(left > 0, left, np.nan))
