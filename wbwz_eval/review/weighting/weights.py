"""Weights without a panel: equal, from the spread of the data, from its components; and blends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from wbwz_eval.campaign.faults import CampaignError
from wbwz_eval.review.weighting.component_weights import principal_components, sphericity

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import ArrayLike

    from wbwz_eval.scoring.numbers import FloatArray

DataMethod = Literal["equal", "entropy", "critic", "standard_deviation", "principal_components"]

CHANCE = 0.05

_CONSTANT = 1e-12
_LEAST_ENTITIES, _LEAST_CRITERIA = 2, 2


def equal(n: int) -> FloatArray:
    """Return the same weight for each of ``n`` criteria (OECD/JRC 2008, step 6)."""
    return np.full(n, 1.0 / n)


def budget_allocation(points: ArrayLike) -> FloatArray:
    """Return the mean of the members' budgets, each scaled to 1 (OECD/JRC 2008, 6.5).

    Args:
        points: (members, criteria), not negative, each row with a positive sum.
    """
    given = np.asarray(points, dtype=np.float64)
    shares = given / given.sum(axis=1, keepdims=True)
    return shares.mean(axis=0)


def min_max(values: FloatArray) -> FloatArray:
    """Return each column between 0 (its worst) and 1 (its best); (entities, criteria)."""
    low = values.min(axis=0)
    return (values - low) / (values.max(axis=0) - low)


def entropy(values: FloatArray) -> FloatArray:
    """Return entropy weights (Shannon 1948; Zeleny 1982): the more uneven a column, the more weight.

    Each column is taken as shares of its sum, so its zero must be a true one. Agrees with
    ``pymcdm.weights.entropy_weights`` on positive data; where a share is 0, p·ln p is 0 (its limit),
    while pymcdm gives the whole column entropy 0.

    Args:
        values: (entities, criteria), not negative, each column with a positive sum.
    """
    shares = values / values.sum(axis=0)
    logs = np.log(np.where(shares > 0.0, shares, 1.0))
    uncertainty = -(shares * logs).sum(axis=0) / np.log(len(values))
    return _to_one(1.0 - uncertainty)


def critic(values: FloatArray) -> FloatArray:
    """Return CRITIC weights (Diakoulaki, Mavrotas & Papayannakis 1995): contrast times conflict.

    Columns are put between 0 and 1 first, as in ``pymcdm.weights.critic_weights``; so units do not
    matter.

    Args:
        values: (entities, criteria), more is better, no constant column.
    """
    scaled = min_max(values)
    conflict = (1.0 - np.corrcoef(scaled, rowvar=False)).sum(axis=0)
    return _to_one(scaled.std(axis=0, ddof=1) * conflict)


def standard_deviation(values: FloatArray) -> FloatArray:
    """Return weights in proportion to the spread of each column between its worst and its best.

    Diakoulaki et al. (1995). ``pymcdm.weights.standard_deviation_weights`` gives the same for columns
    that lie between 0 and 1 already.

    Args:
        values: (entities, criteria), no constant column.
    """
    return _to_one(min_max(values).std(axis=0, ddof=1))


def blend(parts: ArrayLike, shares: ArrayLike) -> FloatArray:
    """Return the weighted mean of several sets of weights.

    Args:
        parts: (sets, criteria), each row summing to 1.
        shares: (sets,), not negative, with a positive sum.
    """
    share = np.asarray(shares, dtype=np.float64)
    return share @ np.asarray(parts, dtype=np.float64) / share.sum()


def data_weights(
    method: DataMethod, table: pd.DataFrame, *, names: Mapping[str, str] | None = None
) -> pd.Series:
    """Return weights that the data give by a method.

    Entities that lack a value are left out (complete cases). Values must have their direction already
    (more is better); units do not matter, but ``entropy`` reads values as shares of their sum.

    Args:
        method: How.
        table: One row per entity, one column per criterion, with the criterion's id.
        names: What people call the criteria.

    Raises:
        CampaignError: An unknown method; fewer than two criteria or complete entities; a criterion
            that is the same for all; negative values (entropy); criteria that run wholly together
            (CRITIC); too few entities, or no correlation beyond chance (principal components).
    """
    if method not in _FORMULAS:
        msg = f"没有“{method}”这种数据定权的方法；应为 {'、'.join(_FORMULAS)} 之一"
        raise CampaignError(msg)
    labels = [str((names or {}).get(code, code)) for code in table.columns]
    given = table.to_numpy(dtype=np.float64, na_value=np.nan)
    values = given[np.isfinite(given).all(axis=1)]
    faults = _unfit(method, given, values, labels)
    if faults:
        raise CampaignError("\n".join(["不能由数据定权：", *faults]))
    return pd.Series(_FORMULAS[method](values), index=table.columns, name=method)


def _unfit(method: str, given: FloatArray, values: FloatArray, labels: list[str]) -> list[str]:
    """Return why no weights can be given, one line each."""
    if len(labels) < _LEAST_CRITERIA:
        return [f"只有 {len(labels)} 个指标，谈不上权重；至少要两个"]
    if len(values) < _LEAST_ENTITIES:
        empty = [labels[place] for place in np.flatnonzero(~np.isfinite(given).any(axis=0))]
        found = f"{len(given)} 个对象中只有 {len(values)} 个各项数据齐全，至少要两个"
        return [f"{found}；全无数据的指标：{'、'.join(empty)}" if empty else found]
    if method == "equal":
        return []
    return _unfit_columns(method, values, labels) or _unfit_together(method, values)


def _unfit_columns(method: str, values: FloatArray, labels: list[str]) -> list[str]:
    low, high = values.min(axis=0), values.max(axis=0)
    same = high - low <= _CONSTANT * np.maximum(np.abs(low), np.abs(high))
    faults = [
        f"“{label}”{len(values)} 个对象都是 {value:.6g}，看不出差异；应先把它移出，另行定权"
        for label, value, fault in zip(labels, high, same, strict=True)
        if fault
    ]
    if method == "entropy":
        faults += [
            f"“{label}”有负数（最小 {value:.6g}），熵值法把数据看作份额；应改用得分，或改用其他方法"
            for label, value in zip(labels, low, strict=True)
            if value < 0.0
        ]
    return faults


def _unfit_together(method: str, values: FloatArray) -> list[str]:
    if method == "critic" and (np.corrcoef(values, rowvar=False) > 1.0 - _CONSTANT).all():
        return ["各指标同升同降，互相没有冲突，CRITIC 法分不出轻重"]
    if method == "principal_components":
        return _no_components(values)
    return []


def _no_components(values: FloatArray) -> list[str]:
    entities, criteria = values.shape
    if entities <= criteria:
        return [f"数据齐全的对象只有 {entities} 个，指标有 {criteria} 个；主成分法要求对象多于指标"]
    chance = sphericity(values)
    if chance > CHANCE:
        said = f"各指标之间没有显著的相关（巴特利特球形检验 p={chance:.2f}，应不大于 {CHANCE}）"
        return [f"{said}，提不出公共成分"]
    return []


def blended(parts: Mapping[str, pd.Series], shares: Mapping[str, float]) -> pd.Series:
    """Return the blend of weights found by several methods.

    Args:
        parts: Method → weights by criterion.
        shares: Method → its share, not negative; they are scaled to 1.

    Raises:
        CampaignError: Methods and shares do not match, the criteria differ, or the shares are negative
            or all nought.
    """
    faults = []
    if not parts or set(parts) != set(shares):
        faults.append(f"定权方法（{'、'.join(parts)}）与所给的份额（{'、'.join(shares)}）应一一对应")
    first = next(iter(parts.values()), pd.Series(dtype=np.float64))
    faults += [
        f"“{method}”的指标与其他方法的不同：{'、'.join(map(str, part.index))}"
        for method, part in parts.items()
        if set(part.index) != set(first.index)
    ]
    faults += [
        f"“{method}”的份额 {share:g} 应为不小于 0 的数" for method, share in shares.items() if not share >= 0
    ]
    if not faults and not sum(shares.values()) > 0.0:
        faults.append("各方法的份额都是 0，至少一个应大于 0")
    if faults:
        raise CampaignError("\n".join(["不能合成权重：", *faults]))
    rows = [part.reindex(first.index).to_numpy(dtype=np.float64) for part in parts.values()]
    return pd.Series(blend(rows, [shares[method] for method in parts]), index=first.index, name="blend")


def _to_one(sizes: FloatArray) -> FloatArray:
    return sizes / sizes.sum()


def _equal(values: FloatArray) -> FloatArray:
    return equal(values.shape[1])


_FORMULAS: dict[str, Callable[[FloatArray], FloatArray]] = {
    "equal": _equal,
    "entropy": entropy,
    "critic": critic,
    "standard_deviation": standard_deviation,
    "principal_components": principal_components,
}
