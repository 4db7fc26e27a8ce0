"""Consistency and components of sets of items, each on the entities for which the whole set is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from wbwz_eval.review.structure.correlations import LEAST
from wbwz_eval.review.structure.internal_consistency import (
    alpha_interval,
    alpha_without,
    bartlett,
    cronbach_alpha,
    kmo,
    mcdonald_omega,
    one_factor,
    principal_components,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wbwz_eval.scoring.numbers import FloatArray

ALL, TOP = "*", "/"
"""The sets of all indicators, and of the dimensions as items."""
SETS = (
    "set",
    "set_name",
    "items",
    "used",
    "n",
    "alpha",
    "alpha_low",
    "alpha_high",
    "alpha_standardised",
    "omega",
    "kmo",
    "bartlett",
    "bartlett_df",
    "bartlett_p",
    "above_one",
    "note",
)
COMPONENTS = ("set", "set_name", "component", "eigenvalue", "share", "cumulative")
LOADINGS = ("set", "set_name", "component", "node", "name", "loading")
_FLAT = 1e-9
_PAIR = 2


@dataclass(frozen=True)
class Consistency:
    """What :func:`consistency` found; ``without`` is item → its set's alpha without it."""

    sets: pd.DataFrame
    components: pd.DataFrame
    loadings: pd.DataFrame
    without: dict[str, float]


def consistency(sets: Mapping[str, tuple[str, pd.DataFrame]], names: Mapping[str, str]) -> Consistency:
    """Return reliability, adequacy and principal components of each set.

    Items that do not vary among the complete entities are left out, and ``note`` names them. Alpha of
    all indicators together mixes the dimensions and their numbers; it is given for comparison.

    Args:
        sets: Id → name, and entities × items.
        names: Item → name.

    Returns:
        ``sets``: one row each: ``set``, ``set_name``, ``items`` (all), ``used``, ``n`` (complete
        entities), ``alpha`` with its 95 % interval ``alpha_low``, ``alpha_high``, ``alpha_standardised``,
        ``omega`` (minres, one factor), ``kmo``, ``bartlett`` (χ²), ``bartlett_df``, ``bartlett_p``,
        ``above_one`` (components with an eigenvalue over 1, Kaiser 1960), ``note``.
        ``components``: ``set``, ``set_name``, ``component`` (from 1), ``eigenvalue``, ``share``,
        ``cumulative`` (0–1); none where the complete entities are not more than the items.
        ``loadings``: of the first component and those over 1: ``set``, ``set_name``, ``component``,
        ``node``, ``name``, ``loading``.
    """
    rows, components, loadings = [], [], []
    without: dict[str, float] = {}
    for code, (title, values) in sets.items():
        found = _one(values, names)
        rows.append({"set": code, "set_name": title, **found.row})
        if code not in (ALL, TOP):
            without |= found.without
        components.append(found.components.assign(set=code, set_name=title))
        loadings.append(found.loadings.assign(set=code, set_name=title))
    return Consistency(
        pd.DataFrame(rows, columns=list(SETS)),
        _below(components, COMPONENTS),
        _below(loadings, LOADINGS),
        without,
    )


def _below(parts: list[pd.DataFrame], columns: tuple[str, ...]) -> pd.DataFrame:
    filled = [part for part in parts if len(part)]
    if not filled:
        return pd.DataFrame(columns=list(columns))
    return pd.concat(filled, ignore_index=True)[list(columns)]


@dataclass(frozen=True)
class _Found:
    row: dict[str, Any]
    components: pd.DataFrame
    loadings: pd.DataFrame
    without: dict[str, float]


def _one(values: pd.DataFrame, names: Mapping[str, str]) -> _Found:
    complete = values.dropna()
    matrix = complete.to_numpy(np.float64)
    size = len(matrix)
    spread = np.ptp(matrix, axis=0) if size else np.zeros(values.shape[1])
    varies = spread > _FLAT * np.maximum(np.abs(matrix).max(axis=0, initial=0.0), 1.0)
    used = [str(name) for name in values.columns[varies]]
    row: dict[str, Any] = {"items": values.shape[1], "used": len(used), "n": size}
    empty = pd.DataFrame()
    if values.shape[1] < _PAIR:
        return _Found({**row, "note": "只有一项，谈不上内部一致"}, empty, empty, {})
    if size < LEAST:
        note = f"各项齐全的只有 {size} 个对象，少于 {LEAST} 个，不作计算"
        return _Found({**row, "note": note}, empty, empty, {})
    flat = "、".join(names[str(name)] for name in values.columns[~varies])
    notes = [f"{flat}没有差别，未计入"] if flat else []
    if len(used) < _PAIR:
        return _Found({**row, "note": "；".join([*notes, "有差别的不足两项，不作计算"])}, empty, empty, {})
    covariance = np.cov(matrix[:, varies], rowvar=False)
    scale = np.sqrt(np.diag(covariance))
    correlation = covariance / np.outer(scale, scale)
    np.fill_diagonal(correlation, 1.0)
    alpha = cronbach_alpha(covariance)
    low, high = alpha_interval(alpha, size, len(used))
    omega = mcdonald_omega(one_factor(correlation))
    if len(used) == _PAIR:
        notes.append("只有两项，提取不出公因子，不给 ω 和 KMO")
    elif np.isnan(omega):
        notes.append("提取不出单一公因子，不给 ω")
    row |= {
        "alpha": alpha,
        "alpha_low": low,
        "alpha_high": high,
        "alpha_standardised": cronbach_alpha(correlation),
        "omega": omega,
    }
    without = dict(zip(used, alpha_without(covariance).tolist(), strict=True))
    if size <= len(used):
        notes.append(f"各项齐全的 {size} 个对象不多于 {len(used)} 项，不做主成分和 KMO、Bartlett 检验")
        return _Found({**row, "note": "；".join(notes)}, empty, empty, without)
    adequacy, (square, free, p) = kmo(correlation), bartlett(correlation, size)
    if np.isnan(square):
        notes.append("有的项可由其他项推出，不给 KMO 和 Bartlett 检验")
    values_found, loads = principal_components(correlation)
    row |= {
        "kmo": adequacy,
        "bartlett": square,
        "bartlett_df": free,
        "bartlett_p": p,
        "above_one": int((values_found > 1.0).sum()),
        "note": "；".join(notes),
    }
    return _Found(row, _components(values_found), _loadings(values_found, loads, used, names), without)


def _components(eigenvalues: FloatArray) -> pd.DataFrame:
    share = eigenvalues / eigenvalues.sum()
    return pd.DataFrame(
        {
            "component": np.arange(1, len(share) + 1),
            "eigenvalue": eigenvalues,
            "share": share,
            "cumulative": np.cumsum(share),
        }
    )


def _loadings(
    eigenvalues: FloatArray, loadings: FloatArray, used: list[str], names: Mapping[str, str]
) -> pd.DataFrame:
    kept = max(int((eigenvalues > 1.0).sum()), 1)
    return pd.DataFrame(
        {
            "component": np.repeat(np.arange(1, kept + 1), len(used)),
            "node": used * kept,
            "name": [names[code] for code in used] * kept,
            "loading": loadings[:, :kept].T.ravel(),
        }
    )
