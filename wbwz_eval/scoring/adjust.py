"""After the base total: bonus, deduction, veto, rank and grade."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from wbwz_eval.scoring.numbers import FloatArray, round_half_up

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from wbwz_eval.scoring.fields import BoolArray
    from wbwz_eval.scoring.tree import Grades, Items, Quota, RankMethod

NO_GRADE = -1


def capped(items: Items, values: Mapping[str, FloatArray], size: int) -> FloatArray:
    """Return the points of all items together, each and all held to their caps.

    ``values`` maps each item to its measure's value, NaN = none.
    """
    total = np.zeros(size)
    for name, item in items.items.items():
        points = np.nan_to_num(values[name])
        total = total + (points if item.cap is None else np.minimum(points, float(item.cap)))
    return total if items.cap is None else np.minimum(total, float(items.cap))


def rank(
    totals: FloatArray,
    groups: NDArray[np.int64],
    method: RankMethod = "competition",
    tie_scores: Sequence[FloatArray] = (),
) -> tuple[FloatArray, BoolArray]:
    """Return each entity's place in its group and whether it shares it.

    ``totals`` NaN = not ranked; ``tie_scores`` decide, in order and higher
    first, between equal totals. Arrays have shape (entities,); with
    ``ordinal`` the order of the entities decides where nothing else does.
    """
    place = np.full(len(totals), np.nan)
    tied = np.zeros(len(totals), dtype=bool)
    known = np.flatnonzero(~np.isnan(totals))
    if not known.size:
        return place, tied
    keys = [totals, *(np.nan_to_num(scores, nan=-np.inf) for scores in tie_scores)]
    descending = [-key[known] for key in reversed(keys)]
    order = known[np.lexsort((known, *descending, groups[known]))]
    new_group = _changes(groups[order])
    new_value = new_group | np.any([_changes(key[order]) for key in keys], axis=0)
    index = np.arange(len(order))
    group_start = np.maximum.accumulate(np.where(new_group, index, 0))
    first = np.maximum.accumulate(np.where(new_value, index, 0))
    run = np.cumsum(new_value) - 1
    length = np.bincount(run)[run]
    if method == "ordinal":
        places = index - group_start + 1.0
    elif method == "dense":
        places = run - run[group_start] + 1.0
    elif method == "average":
        places = first - group_start + 1.0 + (length - 1) / 2.0
    else:
        places = first - group_start + 1.0
    place[order] = places
    tied[order] = length > 1
    return place, tied


def _changes(sorted_values: NDArray[np.generic]) -> BoolArray:
    return np.r_[True, sorted_values[1:] != sorted_values[:-1]]


def grade(
    grades: Grades,
    totals: FloatArray,
    groups: NDArray[np.int64],
    group_names: Sequence[str],
    tie_scores: Sequence[FloatArray] = (),
    veto_cap: NDArray[np.int64] | None = None,
) -> NDArray[np.int64]:
    """Return the position of each entity's grade in ``grades.order``, -1 = none.

    ``totals`` NaN = not graded; ``veto_cap`` is the best grade's position that
    a veto leaves (0 = no veto).
    """
    cap = np.zeros(len(totals), dtype=np.int64) if veto_cap is None else veto_cap
    scored = ~np.isnan(totals)
    result = np.full(len(totals), len(grades.order) - 1)
    for position in reversed(range(len(grades.order))):
        bound = grades.cutoffs.get(grades.order[position])
        reaches = scored if bound is None else scored & (np.nan_to_num(totals) >= bound)
        result[reaches] = position
    result = np.maximum(result, cap)
    place, _ = rank(totals, groups, "competition", tie_scores)
    for position, name in enumerate(grades.order[:-1]):
        if name in grades.quotas:
            quota = grades.quotas[name]
            eligible = scored & (result == position)
            if quota.floor is not None:
                eligible &= np.nan_to_num(totals, nan=-np.inf) >= quota.floor
            gets = _within_quota(quota, eligible, place, scored, groups, group_names)
            result[(result == position) & ~gets] = position + 1
    return np.where(scored, result, NO_GRADE)


def _within_quota(
    quota: Quota,
    eligible: BoolArray,
    place: FloatArray,
    scored: BoolArray,
    groups: NDArray[np.int64],
    group_names: Sequence[str],
) -> BoolArray:
    size = np.bincount(groups, weights=scored, minlength=len(group_names))
    extra = np.array([float(quota.extra.get(name, 0)) for name in group_names])
    seats = round_half_up(size * float(quota.share), 0) + extra
    # place among the eligible only: who is held below leaves the seat to the next
    among, _ = rank(np.where(eligible, -place, np.nan), groups, "competition")
    last = among if quota.ties == "include" else _last_of_tie(among, groups)
    return eligible & (np.nan_to_num(last, nan=np.inf) <= seats[groups])


def _last_of_tie(place: FloatArray, groups: NDArray[np.int64]) -> FloatArray:
    """Return the place that the last of those who tie would have."""
    known = np.flatnonzero(~np.isnan(place))
    result = place.copy()
    if known.size:
        pairs = np.column_stack([groups[known], place[known]])
        _, inverse, count = np.unique(pairs, axis=0, return_inverse=True, return_counts=True)
        result[known] = place[known] + count[inverse.ravel()] - 1
    return result
