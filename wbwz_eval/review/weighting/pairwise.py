"""Weights from comparisons of every two criteria: the analytic hierarchy process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from wbwz_eval.campaign.faults import CampaignError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike

    from wbwz_eval.scoring.numbers import FloatArray

Priorities = Literal["eigenvector", "geometric_mean"]

RANDOM_INDEX = (0.0, 0.0, 0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49, 1.51, 1.48, 1.56, 1.57, 1.59)
"""Mean consistency index of random judgements on 1, 2, … 15 criteria (Saaty 1980)."""
MOST_CRITERIA = len(RANDOM_INDEX)
CONSISTENT = 0.1
"""Up to this consistency ratio judgements are taken as they are (Saaty 1980)."""
SCALE = np.array([1.0 / step for step in range(9, 1, -1)] + [float(step) for step in range(1, 10)])
"""Saaty's scale: 1/9 … 1/2, 1, 2 … 9."""
REVIEW_COLUMNS = ("first", "second", "stated", "implied", "suggested", "deviation", "ratio")
SHOWN_JUDGEMENTS = 3

_LEAST_TRIAD = 3
_RECIPROCAL = 1e-6
_AXES = 2


@dataclass(frozen=True)
class Consistency:
    """How far judgements agree with each other (Saaty 1977).

    Attributes:
        lambda_max: The principal eigenvalue; the number of criteria where they agree wholly.
        ci: Consistency index, (λmax − n) ÷ (n − 1).
        cr: Consistency ratio, ci ÷ random index; 0 for one or two criteria.
    """

    lambda_max: float
    ci: float
    cr: float


@dataclass(frozen=True)
class PairwiseWeights:
    """What a matrix of comparisons gives.

    Attributes:
        weights: By criterion id, summing to 1.
        consistency: How far the comparisons agree with each other.
        to_review: See :func:`judgements_to_review`.
    """

    weights: pd.Series
    consistency: Consistency
    to_review: pd.DataFrame


def eigenvector_priorities(matrix: FloatArray) -> FloatArray:
    """Return the principal right eigenvector, scaled to 1 (Saaty 1977).

    Args:
        matrix: (…, criteria, criteria), positive; how many times as important as the column the row is.

    Returns:
        (…, criteria).
    """
    vector = _principal(matrix)[1]
    return vector / vector.sum(axis=-1, keepdims=True)


def geometric_mean_priorities(matrix: FloatArray) -> FloatArray:
    """Return the rows' geometric means, scaled to 1 (Crawford & Williams 1985).

    Args:
        matrix: See :func:`eigenvector_priorities`.
    """
    means = np.exp(np.log(matrix).mean(axis=-1))
    return means / means.sum(axis=-1, keepdims=True)


def consistency(matrix: FloatArray) -> Consistency:
    """Return how far the comparisons of at most 15 criteria agree with each other (Saaty 1977, 1980)."""
    size = len(matrix)
    root = float(_principal(matrix)[0])
    ci = (root - size) / (size - 1) if size > 1 else 0.0
    return Consistency(root, ci, float(_ratios(np.asarray(root), size)))


def aggregate(matrices: FloatArray) -> FloatArray:
    """Return the group's comparisons: the geometric mean of each one (Aczél & Saaty 1983).

    No other mean leaves a reciprocal matrix reciprocal.

    Args:
        matrices: (members, criteria, criteria), positive.
    """
    return np.exp(np.log(matrices).mean(axis=0))


def judgements_to_review(matrix: FloatArray, names: Sequence[str]) -> pd.DataFrame:
    """Return the comparisons, the one that fits the others least first (Saaty 2003).

    Args:
        matrix: (criteria, criteria), positive and reciprocal.
        names: Of the criteria.

    Returns:
        One row per pair, of three or more criteria: ``first`` (the one stated to be at least as
        important), ``second``, ``stated`` (1 or more), ``implied`` (the ratio of the weights without this
        comparison; Harker 1987), ``suggested`` (the value of Saaty's scale nearest to it),
        ``deviation`` (ε = a·w₂ ÷ w₁; 1 fits), ``ratio`` (the consistency ratio with the suggested
        value instead).
    """
    size = len(matrix)
    if size < _LEAST_TRIAD:
        return pd.DataFrame(columns=list(REVIEW_COLUMNS))
    upper, lower = np.triu_indices(size, k=1)
    turned = matrix[upper, lower] < 1.0
    first, second = np.where(turned, lower, upper), np.where(turned, upper, lower)
    stated = matrix[first, second]
    weights = eigenvector_priorities(matrix)
    pairs = np.arange(len(first))
    without = np.tile(matrix, (len(first), 1, 1))
    without[pairs, first, second] = without[pairs, second, first] = 0.0
    # a criterion that lacks a comparison has its own weight counted once more instead
    without[pairs, first, first] = without[pairs, second, second] = 2.0
    rest = eigenvector_priorities(without)
    implied = rest[pairs, first] / rest[pairs, second]
    suggested = SCALE[np.abs(np.log(implied)[:, None] - np.log(SCALE)).argmin(axis=1)]
    changed = np.tile(matrix, (len(first), 1, 1))
    changed[pairs, first, second] = suggested
    changed[pairs, second, first] = 1.0 / suggested
    deviation = stated * weights[second] / weights[first]
    named = np.asarray(list(names), dtype=object)
    table = pd.DataFrame(
        {
            "first": named[first],
            "second": named[second],
            "stated": stated,
            "implied": implied,
            "suggested": suggested,
            "deviation": deviation,
            "ratio": _ratios(_principal(changed)[0], size),
        }
    )
    order = np.argsort(-np.abs(np.log(deviation)), kind="stable")
    return table.iloc[order].reset_index(drop=True)


def pairwise_weights(
    matrix: ArrayLike,
    criteria: Mapping[str, str],
    *,
    method: Priorities = "eigenvector",
    accept_inconsistent: bool = False,
) -> PairwiseWeights:
    """Return the weights that comparisons of every two criteria give.

    Args:
        matrix: (criteria, criteria), in the order of ``criteria``.
        criteria: Id → what people call it.
        method: How weights come of the matrix.
        accept_inconsistent: Whether to give weights of comparisons whose ratio is over 0.1.

    Raises:
        CampaignError: The matrix is not square, of another size, not positive or not reciprocal, or of
            more than 15 criteria; or its ratio is over 0.1, then with the comparisons to look at again.
    """
    given = np.asarray(matrix, dtype=np.float64)
    names = list(criteria.values())
    faults = _unfit(given, names)
    if faults:
        raise CampaignError("\n".join(["两两比较的判断矩阵不能用：", *faults]))
    found = consistency(given)
    review = judgements_to_review(given, names)
    if found.cr > CONSISTENT and not accept_inconsistent:
        msg = f"两两比较前后不一致，一致性比率 {found.cr:.3f}，应不大于 {CONSISTENT}；请先复核："
        raise CampaignError("\n".join([msg, *told(review)]))
    formula = eigenvector_priorities if method == "eigenvector" else geometric_mean_priorities
    return PairwiseWeights(pd.Series(formula(given), index=list(criteria), name="ahp"), found, review)


def told(review: pd.DataFrame, most: int = SHOWN_JUDGEMENTS) -> list[str]:
    """Say in Chinese which judgements to look at again, one line each."""
    stated, suggested = review["stated"].to_numpy(), review["suggested"].to_numpy()
    apart = np.abs(np.log(stated / suggested)) > _RECIPROCAL
    shown = (review[apart] if apart.any() else review).head(most)
    return [
        f"{_said(line['first'], '是', line['second'], line['stated'])}；按其余的判断，"
        f"{_said(line['first'], '应是', line['second'], line['implied'])}左右"
        f"（改为 {max(line['suggested'], 1.0 / line['suggested']):.0f} 倍，一致性比率为 {line['ratio']:.3f}）"
        for line in shown.to_dict("records")
    ]


def _said(first: str, verb: str, second: str, ratio: float) -> str:
    """Say how many times as important the first is."""
    if ratio < 1.0 - _RECIPROCAL:
        return _said(second, verb, first, 1.0 / ratio)
    return f"“{first}”{verb}“{second}”的 {ratio:.2g} 倍"


def _principal(matrix: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the largest eigenvalue (…) and its eigenvector (…, criteria), which are real (Perron 1907)."""
    roots, vectors = np.linalg.eig(matrix)
    largest = roots.real.argmax(axis=-1)
    root = np.take_along_axis(roots.real, largest[..., None], axis=-1)[..., 0]
    vector = np.take_along_axis(vectors.real, largest[..., None, None], axis=-1)[..., 0]
    return root, np.abs(vector)


def _ratios(roots: FloatArray, size: int) -> FloatArray:
    """Return consistency ratios; not below 0, which only rounding makes of full agreement."""
    expected = RANDOM_INDEX[size - 1]
    if expected == 0.0:
        return np.zeros_like(roots)
    return np.maximum((roots - size) / (size - 1) / expected, 0.0)


def _unfit(matrix: FloatArray, names: list[str]) -> list[str]:
    """Return what is wrong with a matrix, one line each."""
    size = len(names)
    if matrix.ndim != _AXES or matrix.shape[0] != matrix.shape[1]:
        return [f"应为方阵，现为 {'×'.join(map(str, matrix.shape))}"]
    if len(matrix) != size:
        return [f"有 {len(matrix)} 行，指标却有 {size} 个"]
    if not 1 <= size <= MOST_CRITERIA:
        return [f"有 {size} 个指标，应为 1 至 {MOST_CRITERIA} 个；更多时请先分组比较"]
    faults = [
        f"“{names[row]}”对“{names[column]}”为 {matrix[row, column]:.6g}，应为正数"
        for row, column in np.argwhere(~(np.isfinite(matrix) & (matrix > 0.0)))
    ]
    if faults:
        return faults
    # the diagonal against itself: its square should be 1
    apart = np.triu(np.abs(matrix * matrix.T - 1.0) > _RECIPROCAL)
    return [
        f"“{names[row]}”对自己为 {matrix[row, row]:.6g}，应为 1"
        if row == column
        else (
            f"“{names[row]}”对“{names[column]}”为 {matrix[row, column]:.6g}，"
            f"反过来为 {matrix[column, row]:.6g}，两者应互为倒数"
        )
        for row, column in np.argwhere(apart)
    ]
