"""Weights from comparisons with the best and the worst criterion only: the linear best-worst method."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import scipy

from wbwz_eval.campaign.faults import CampaignError
from wbwz_eval.review.weighting.pairwise import REVIEW_COLUMNS, told

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike

    from wbwz_eval.scoring.numbers import FloatArray

LEAST, MOST = 1, 9

THRESHOLDS = np.array(
    [
        [0.0] * 7,
        [0.0] * 7,
        [0.1667] * 7,
        [0.1121, 0.1529, 0.1898, 0.2206, 0.2527, 0.2577, 0.2683],
        [0.1354, 0.1994, 0.2306, 0.2546, 0.2716, 0.2844, 0.2960],
        [0.1330, 0.1990, 0.2643, 0.3044, 0.3144, 0.3221, 0.3262],
        [0.1294, 0.2457, 0.2819, 0.3029, 0.3144, 0.3251, 0.3403],
        [0.1309, 0.2521, 0.2958, 0.3154, 0.3408, 0.3620, 0.3657],
        [0.1359, 0.2681, 0.3062, 0.3337, 0.3517, 0.3620, 0.3662],
    ]
)
"""Up to which input-based ratio judgements are taken: row = best over worst (1 to 9), column = number of
criteria (3 to 9); Liang, Brunelli & Rezaei (2020), table 3."""
_FEWEST, _MOST_LISTED = 3, 9
_ROUNDING = 1e-12


@dataclass(frozen=True)
class BestWorstWeights:
    """What comparisons with the best and the worst criterion give.

    Attributes:
        weights: By criterion id, summing to 1.
        xi: The largest distance |w_B − a·w_j| or |w_j − a·w_W| that is left, in weight: near 0 where
            judgements agree (Rezaei 2016). It is not to be divided by the consistency index of the
            non-linear model (Rezaei 2015), which counts in ratios.
        ratio: Input-based consistency ratio, 0 to 1 (Liang et al. 2020).
        threshold: Up to which ratio the judgements are taken.
        to_review: The comparisons that fit least first, as in
            :func:`wbwz_eval.review.weighting.pairwise.judgements_to_review`: the best against each other
            criterion.
    """

    weights: pd.Series
    xi: float
    ratio: float
    threshold: float
    to_review: pd.DataFrame


def best_worst_priorities(
    best: int, worst: int, best_to_others: FloatArray, others_to_worst: FloatArray
) -> tuple[FloatArray, float]:
    """Return the weights and ξ of the linear best-worst method (Rezaei 2016).

    Args:
        best: Place of the most important criterion.
        worst: Place of the least important one.
        best_to_others: (criteria,), how many times as important the best is.
        others_to_worst: (criteria,), how many times as important as the worst each is.
    """
    size = len(best_to_others)
    rows = np.arange(size)
    from_best, to_worst = np.zeros((size, size)), np.eye(size)
    from_best[:, best] = 1.0
    from_best[rows, rows] -= best_to_others
    to_worst[:, worst] -= others_to_worst
    apart = np.vstack([from_best, to_worst])
    # unknowns: the weights, then ξ, which no distance may exceed either way
    limits = np.hstack([np.vstack([apart, -apart]), np.full((4 * size, 1), -1.0)])
    found = scipy.optimize.linprog(
        c=np.append(np.zeros(size), 1.0),
        A_ub=limits,
        b_ub=np.zeros(4 * size),
        A_eq=np.append(np.ones(size), 0.0)[None, :],
        b_eq=[1.0],
        method="highs",
    )
    solution = np.asarray(found.x, dtype=np.float64)
    return solution[:size] / solution[:size].sum(), float(solution[size])


def input_ratio(best_to_others: FloatArray, others_to_worst: FloatArray, best_to_worst: float) -> FloatArray:
    """Return each criterion's input-based consistency ratio (Liang, Brunelli & Rezaei 2020).

    |a_Bj · a_jW − a_BW| ÷ (a_BW² − a_BW); 0 where a_BW is 1. The largest is that of the judgements.

    Args:
        best_to_others: (…, criteria).
        others_to_worst: (…, criteria).
        best_to_worst: a_BW.
    """
    distance = np.abs(best_to_others * others_to_worst - best_to_worst)
    most = best_to_worst**2 - best_to_worst
    return distance / most if most > 0.0 else np.zeros_like(distance)


def threshold(best_to_worst: float, criteria: int) -> float:
    """Return up to which ratio judgements are taken (Liang et al. 2020, table 3).

    With over nine criteria, which the table does not have, that of nine: it rises with the number.
    Two criteria cannot contradict each other.
    """
    column = min(max(criteria, _FEWEST), _MOST_LISTED) - _FEWEST
    return float(THRESHOLDS[round(best_to_worst) - 1, column])


def best_worst_weights(
    best: str,
    worst: str,
    best_to_others: ArrayLike,
    others_to_worst: ArrayLike,
    criteria: Mapping[str, str],
    *,
    accept_inconsistent: bool = False,
) -> BestWorstWeights:
    """Return the weights that comparisons with the best and the worst criterion give.

    Args:
        best: Id of the most important criterion.
        worst: Id of the least important one.
        best_to_others: (criteria,), 1 to 9, in the order of ``criteria``.
        others_to_worst: (criteria,), 1 to 9.
        criteria: Id → what people call it.
        accept_inconsistent: Whether to give weights of judgements whose ratio is over its threshold.

    Raises:
        CampaignError: Unknown or equal best and worst, numbers out of range, of a wrong count or against
            the choice of best and worst; or the ratio is over its threshold.
    """
    from_best = np.asarray(best_to_others, dtype=np.float64)
    to_worst = np.asarray(others_to_worst, dtype=np.float64)
    faults = misfits(best, worst, from_best, to_worst, criteria)
    if faults:
        raise CampaignError("\n".join(["最优最劣比较不能用：", *faults]))
    codes = list(criteria)
    first, last = codes.index(best), codes.index(worst)
    whole = float(from_best[last])
    ratio = float(input_ratio(from_best, to_worst, whole).max())
    allowed = threshold(whole, len(codes))
    review = _to_review(first, last, from_best, to_worst, list(criteria.values()))
    if ratio > allowed + _ROUNDING and not accept_inconsistent:
        msg = f"最优最劣比较前后不一致，一致性比率 {ratio:.3f}，应不大于 {allowed}；请先复核："
        raise CampaignError("\n".join([msg, *told(review)]))
    weights, xi = best_worst_priorities(first, last, from_best, to_worst)
    return BestWorstWeights(pd.Series(weights, index=codes, name="bwm"), xi, ratio, allowed, review)


def misfits(
    best: str, worst: str, from_best: FloatArray, to_worst: FloatArray, criteria: Mapping[str, str]
) -> list[str]:
    """Return what is wrong with comparisons, one Chinese line each."""
    codes, names = list(criteria), list(criteria.values())
    faults = [
        f"没有“{code}”这个指标；应为 {'、'.join(codes)} 之一" for code in (best, worst) if code not in codes
    ]
    if best == worst:
        faults.append(f"最重要的和最不重要的都是“{criteria.get(best, best)}”，应为两个不同的指标")
    if not len(from_best) == len(to_worst) == len(codes):
        faults.append(f"比较了 {len(from_best)} 个和 {len(to_worst)} 个指标，应各为 {len(codes)} 个")
    if faults:
        return faults
    first, last = codes.index(best), codes.index(worst)
    for said, given in (("最重要的对“{}”", from_best), ("“{}”对最不重要的", to_worst)):
        wrong = ~((given >= LEAST) & (given <= MOST) & (given == np.round(given)))
        faults += [
            f"{said.format(names[place])}为 {given[place]:.6g}，应为 {LEAST} 至 {MOST} 的整数"
            for place in np.flatnonzero(wrong)
        ]
    if faults:
        return faults
    if from_best[first] != 1.0 or to_worst[last] != 1.0:
        faults.append("最重要的、最不重要的指标对自己都应为 1")
    if from_best[last] != to_worst[first]:
        faults.append(
            f"“{names[first]}”对“{names[last]}”一处为 {from_best[last]:.6g}，"
            f"另一处为 {to_worst[first]:.6g}，应相同"
        )
    over = (from_best > from_best[last]) | (to_worst > to_worst[first])
    faults += [
        f"“{names[place]}”同最重要的或最不重要的相差 {max(from_best[place], to_worst[place]):.6g}，"
        f"超过“{names[first]}”与“{names[last]}”的相差 {from_best[last]:.6g}；"
        "最重要的与最不重要的之间应相差最大"
        for place in np.flatnonzero(over)
    ]
    return faults


def _to_review(
    first: int, last: int, from_best: FloatArray, to_worst: FloatArray, names: list[str]
) -> pd.DataFrame:
    """Return the comparisons of the best with all but the worst, the one that fits least first."""
    whole = float(from_best[last])
    places = np.setdiff1d(np.arange(len(names)), [first, last])
    implied = whole / to_worst[places]
    suggested = np.clip(np.round(implied), LEAST, MOST)
    changed = np.tile(from_best, (len(places), 1))
    changed[np.arange(len(places)), places] = suggested
    named = np.asarray(names, dtype=object)
    table = pd.DataFrame(
        {
            "first": names[first],
            "second": named[places],
            "stated": from_best[places],
            "implied": implied,
            "suggested": suggested,
            "deviation": from_best[places] * to_worst[places] / whole,
            "ratio": input_ratio(changed, to_worst, whole).max(axis=1),
        },
        columns=list(REVIEW_COLUMNS),
    )
    apart = input_ratio(from_best, to_worst, whole)[places]
    order = np.argsort(-apart, kind="stable")
    return table.iloc[order].reset_index(drop=True)
