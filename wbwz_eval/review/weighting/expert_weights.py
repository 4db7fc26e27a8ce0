"""The committee's weights: what the members said, put together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from wbwz_eval.campaign.faults import CampaignError, Fault
from wbwz_eval.review.weighting.agreement import Concordance, kendall_w
from wbwz_eval.review.weighting.best_worst import best_worst_weights
from wbwz_eval.review.weighting.judgement_sheets import BEST_WORST, BUDGET, PAIRS
from wbwz_eval.review.weighting.pairwise import (
    CONSISTENT,
    REVIEW_COLUMNS,
    aggregate,
    eigenvector_priorities,
    geometric_mean_priorities,
    pairwise_weights,
    told,
)
from wbwz_eval.review.weighting.weights import budget_allocation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wbwz_eval.review.weighting.judgement_reading import Judgements

ExpertMethod = Literal["budget", "ahp", "bwm"]

SOURCES = {
    "budget": "预算分配法（OECD/JRC 2008，6.5 节）：各人分数折成 1 后取平均",
    "ahp": "层次分析法（Saaty 1980）：各人判断取几何平均（Aczél & Saaty 1983），再求主特征向量",
    "bwm": "线性最优最劣法（Rezaei 2016）：各人权重取平均；一致性按 Liang、Brunelli & Rezaei（2020）",
}
CONSISTENCY_COLUMNS = ("member", "ratio", "threshold", "ok")
_SHEETS = {"budget": BUDGET, "ahp": PAIRS, "bwm": BEST_WORST}
_LEAST_AGREEING = 2
_ROUNDING = 1e-12


@dataclass(frozen=True)
class WeightsFound:
    """The weights of a committee and how far to trust them.

    Attributes:
        weights: By criterion id, summing to 1.
        beside: The same judgements by another way of reading them, to compare: of pairwise judgements the
            row geometric mean (Crawford & Williams 1985); None for other methods.
        by_member: Each member's own weights: members × criteria.
        concordance: How far the members agree on the order; None of one member, or where nobody tells
            the criteria apart.
        consistency: One row per member: ``member``, ``ratio``, ``threshold``, ``ok``; empty for budgets.
        to_review: ``member`` and the columns of
            :func:`wbwz_eval.review.weighting.pairwise.judgements_to_review`, each member's worst fit first.
        source: Method and publication, in Chinese.
    """

    weights: pd.Series
    beside: pd.Series | None
    by_member: pd.DataFrame
    concordance: Concordance | None
    consistency: pd.DataFrame
    to_review: pd.DataFrame
    source: str


def combine(
    judgements: Judgements, method: ExpertMethod, *, accept_inconsistent: bool = False
) -> WeightsFound:
    """Return the committee's weights by a method, of those members who gave its table.

    Args:
        judgements: What the members said.
        method: Which table: budgets, every two criteria, or best and worst.
        accept_inconsistent: Whether judgements that contradict each other count nevertheless; ``ok``
            marks them.

    Raises:
        CampaignError: An unknown method; nobody gave the table; or judgements contradict each other, then
            with members and the judgements to look at again.
    """
    if method not in SOURCES:
        msg = f"没有“{method}”这种专家定权的方法；应为 {'、'.join(SOURCES)} 之一"
        raise CampaignError(msg)
    given: dict[str, Mapping[str, object]] = {
        "budget": judgements.budget,
        "ahp": judgements.pairwise,
        "bwm": judgements.best_worst,
    }
    if not given[method]:
        msg = f"没有评委填写“{_SHEETS[method]}”，不能用这种方法定权"
        raise CampaignError(msg)
    own, consistency, reviews = _by_member(judgements, method)
    codes = list(judgements.criteria)
    by_member = pd.DataFrame(own, index=codes).T.rename_axis("member")
    if not accept_inconsistent:
        _require_consistent(consistency, reviews, _SHEETS[method])
    beside = None
    if method == "ahp":
        together = aggregate(np.stack(list(judgements.pairwise.values())))
        group = eigenvector_priorities(together)
        beside = pd.Series(geometric_mean_priorities(together), index=codes, name="row_geometric_mean")
    else:
        group = by_member.to_numpy().mean(axis=0)
    return WeightsFound(
        weights=pd.Series(group, index=codes, name=method),
        beside=beside,
        by_member=by_member,
        concordance=_agreement(by_member),
        consistency=consistency,
        to_review=_together(reviews),
        source=SOURCES[method],
    )


def _by_member(
    judgements: Judgements, method: ExpertMethod
) -> tuple[dict[str, pd.Series], pd.DataFrame, dict[str, pd.DataFrame]]:
    """Return each member's weights, consistency and judgements to look at again."""
    criteria = judgements.criteria
    lines: list[tuple[str, float, float, bool]] = []
    own, reviews = {}, {}
    if method == "budget":
        own = {
            member: pd.Series(budget_allocation([points]), index=list(criteria))
            for member, points in judgements.budget.items()
        }
    elif method == "ahp":
        for member, matrix in judgements.pairwise.items():
            pairs = pairwise_weights(matrix, criteria, accept_inconsistent=True)
            own[member], reviews[member] = pairs.weights, pairs.to_review
            ratio = pairs.consistency.cr
            lines.append((member, ratio, CONSISTENT, ratio <= CONSISTENT))
    else:
        for member, said in judgements.best_worst.items():
            ends = best_worst_weights(*said, criteria, accept_inconsistent=True)
            own[member], reviews[member] = ends.weights, ends.to_review
            lines.append((member, ends.ratio, ends.threshold, ends.ratio <= ends.threshold + _ROUNDING))
    return own, pd.DataFrame(lines, columns=list(CONSISTENCY_COLUMNS)), reviews


def _require_consistent(consistency: pd.DataFrame, reviews: Mapping[str, pd.DataFrame], sheet: str) -> None:
    wrong = consistency[~consistency["ok"].astype(bool)]
    faults = []
    for line in wrong.to_dict("records"):
        member = str(line["member"])
        said = f"一致性比率 {line['ratio']:.3f}，应不大于 {line['threshold']:g}；请复核"
        faults += [
            Fault(f"{member}的判断", message, sheet=sheet) for message in (said, *told(reviews[member]))
        ]
    if faults:
        names = "、".join(map(str, wrong["member"]))
        msg = f"{names}的判断前后不一致，没有算出权重："
        raise CampaignError(msg, faults)


def _agreement(by_member: pd.DataFrame) -> Concordance | None:
    ratings = by_member.to_numpy()
    told_apart = np.ptp(ratings, axis=1).max() > _ROUNDING
    if min(ratings.shape) < _LEAST_AGREEING or not told_apart:
        return None
    # what differs by rounding only is the same rank
    return kendall_w(np.round(ratings, 9))


def _together(reviews: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    parts = [table.assign(member=member) for member, table in reviews.items() if len(table)]
    columns = ["member", *REVIEW_COLUMNS]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)
