"""How far the members of a committee agree: Kendall's coefficient of concordance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy

from wbwz_eval.campaign.faults import CampaignError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from wbwz_eval.scoring.numbers import FloatArray

FEW = 7
"""With so few members or criteria chi-square is only a rough approximation (Siegel & Castellan 1988)."""
PERMUTATIONS = 9999

_LEAST = 2
_TOLERANCE = 1e-9
_AXES = 2


@dataclass(frozen=True)
class Concordance:
    """How far several rankings agree.

    Attributes:
        w: Kendall's W, from 0 (no agreement) to 1 (the same ranking by all), corrected for ties.
        chi2, df, p: Friedman's chi-square test of no agreement.
        p_permuted: Of a permutation test; None where chi-square serves (more than seven of both).
        members: How many ranked.
        criteria: How many were ranked.
    """

    w: float
    chi2: float
    df: int
    p: float
    p_permuted: float | None
    members: int
    criteria: int

    @property
    def note(self) -> str:
        """Say what to bear in mind; empty where there is nothing."""
        if self.p_permuted is None:
            return ""
        return (
            f"评委 {self.members} 人、指标 {self.criteria} 个，有一项不多于 {FEW}，"
            f"卡方检验只是近似，以置换检验 p={self.p_permuted:.4f} 为准"
        )


def ranks(ratings: FloatArray) -> FloatArray:
    """Return each row's ranks from 1 (the least), ties sharing their mean; (members, criteria)."""
    return scipy.stats.rankdata(ratings, method="average", axis=1)


def concordance(ranked: FloatArray) -> FloatArray:
    """Return Kendall's W with the correction for ties (Kendall & Babington Smith 1939; Kendall 1948).

    Args:
        ranked: (…, members, criteria), ranks with ties averaged.

    Returns:
        (…), NaN where every row is wholly tied.
    """
    members, criteria = ranked.shape[-2:]
    sums = ranked.sum(axis=-2)
    apart = ((sums - sums.mean(axis=-1, keepdims=True)) ** 2).sum(axis=-1)
    # Σ(t³ − t) over ties: what a row's sum of squares falls short of that of untied ranks, times 12
    squares = ((ranked - (criteria + 1) / 2) ** 2).sum(axis=(-2, -1))
    most = members * squares
    return np.divide(apart, most, out=np.full(np.shape(apart), np.nan), where=most > 0.0)


def kendall_w(ratings: ArrayLike, *, seed: int = 0) -> Concordance:
    """Return how far members agree on the order of criteria.

    Args:
        ratings: (members, criteria), scores or weights; more is more important.
        seed: Of the permutation test (Legendre 2005), done with at most seven members or criteria:
            each member's ranks are shuffled 9999 times.

    Raises:
        CampaignError: Fewer than two members or criteria, a value missing, or every member rates all
            criteria the same.
    """
    given = np.asarray(ratings, dtype=np.float64)
    if given.ndim != _AXES or min(given.shape) < _LEAST:
        members, criteria = (*given.shape, 0, 0)[:2]
        msg = f"评委 {members} 人、指标 {criteria} 个，谈不上意见是否一致；评委和指标都至少要两个"
        raise CampaignError(msg)
    if not np.isfinite(given).all():
        member = int(np.flatnonzero(~np.isfinite(given).all(axis=1))[0]) + 1
        msg = f"第 {member} 位评委有的指标没有评，算不出意见是否一致；每人对每个指标都应有一个数"
        raise CampaignError(msg)
    ranked = ranks(given)
    w = float(concordance(ranked))
    if np.isnan(w):
        raise CampaignError("每位评委对各指标的评价都相同，排不出先后，谈不上意见是否一致")
    members, criteria = given.shape
    chi2 = members * (criteria - 1) * w
    return Concordance(
        w=w,
        chi2=chi2,
        df=criteria - 1,
        p=float(scipy.stats.chi2.sf(chi2, criteria - 1)),
        p_permuted=_permuted(ranked, w, seed) if min(given.shape) <= FEW else None,
        members=members,
        criteria=criteria,
    )


def _permuted(ranked: FloatArray, w: float, seed: int) -> float:
    """Return the share of shuffles that agree as well, this one counted among them."""
    shuffled = np.random.default_rng(seed).permuted(np.tile(ranked, (PERMUTATIONS, 1, 1)), axis=-1)
    as_good = int((concordance(shuffled) >= w - _TOLERANCE).sum())
    return (1 + as_good) / (1 + PERMUTATIONS)
