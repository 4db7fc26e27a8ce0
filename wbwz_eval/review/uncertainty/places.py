"""Places of many draws at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from wbwz_eval.scoring.numbers import FloatArray

_KEY_BITS, _FINEST, _ANCHOR = 62, 33, 64.0
_GRID = 2.0**_FINEST


def places(
    totals: FloatArray, groups: NDArray[np.int64], tie_scores: Sequence[FloatArray] = ()
) -> NDArray[np.int32]:
    """Return each entity's competition place in its group, for every draw.

    Totals, and tie scores, that round to the same multiple of 2 ** -33 (about 1e-10) are equal: sums that
    a matrix product took in another order must not tell entities apart.

    Args:
        totals: (draws, entities); NaN = not ranked.
        groups: (entities,) codes from 0.
        tie_scores: (draws, entities) or (entities,) each; decide, in order and higher first, between
            equal totals.

    Returns:
        (draws, entities), 0 = not ranked.
    """
    missing = np.isnan(totals)
    some_missing = bool(missing.any())
    if missing.all():
        return np.zeros(totals.shape, dtype=np.int32)
    keys = _keys(totals, groups, missing if some_missing else None)
    if keys is None:
        return _by_lexsort(np.floor(0.5 - totals * _GRID), groups, tie_scores)
    ordered, entity, group_at = keys
    place = _places_in_order(ordered, groups, group_at, constant=not some_missing)
    found = np.empty(totals.size, dtype=np.int32)
    found[entity] = place
    found = found.reshape(totals.shape)
    if some_missing:
        found[missing] = 0
    if tie_scores:
        rows = np.flatnonzero((ordered[:, 1:] == ordered[:, :-1]).any(axis=1))
        if rows.size:
            mine = [np.broadcast_to(score, totals.shape)[rows] for score in tie_scores]
            found[rows] = _by_lexsort(np.where(missing[rows], np.nan, found[rows]), groups, mine)
    return found


def _keys(
    totals: FloatArray, groups: NDArray[np.int64], missing: NDArray[np.bool_] | None
) -> tuple[NDArray[np.int64], NDArray[np.int64], int] | None:
    """Sort by group and total, highest first: one integer holds both, and the entity.

    So one sort gives the order and carries the entity along. None where they do not fit.

    Returns:
        (draws, entities) group and total in order; the flat position that each belongs to; the bit from
        which on the group stands.
    """
    size = totals.shape[1]
    count = int(groups.max(initial=0)) + 2
    id_bits, group_bits = int(size).bit_length(), int(count).bit_length()
    # a round anchor and a power of two: the same total gives the same key in whatever company
    top = np.ceil(np.nanmax(totals) / _ANCHOR) * _ANCHOR
    bits = _FINEST + int(np.ceil(np.log2(top - np.nanmin(totals) + 1)))
    if bits + id_bits + group_bits > _KEY_BITS:
        return None
    score = np.multiply(totals, -_GRID)
    # half a step more, so that cutting off the fraction rounds
    score += top * _GRID + 0.5
    if missing is not None:
        score[missing] = 0.0
    key = score.astype(np.int64)
    key <<= id_bits
    key |= (groups << (bits + id_bits)) | np.arange(size)
    if missing is not None:
        key = np.where(missing, ((count - 1) << (bits + id_bits)) | np.arange(size), key)
    key.sort(axis=1)
    entity = key & ((1 << id_bits) - 1)
    entity += (np.arange(len(totals)) * size)[:, None]
    key >>= id_bits
    return key, entity, bits


def _places_in_order(
    ordered: NDArray[np.int64], groups: NDArray[np.int64], bits: int, *, constant: bool
) -> NDArray[np.int32]:
    """Return the place at each position of the sorted keys; one row where it is the same for all."""
    size = ordered.shape[1]
    index = np.arange(size, dtype=np.int32)
    if constant:
        sizes = np.bincount(groups)
        start = np.repeat(np.cumsum(sizes) - sizes, sizes).astype(np.int32)
    else:
        group = ordered >> bits
        new = np.ones(ordered.shape, dtype=bool)
        np.not_equal(group[:, 1:], group[:, :-1], out=new[:, 1:])
        start = np.maximum.accumulate(np.where(new, index, 0), axis=1)
    same = ordered[:, 1:] == ordered[:, :-1]
    if not same.any():
        return index - start + np.int32(1)
    fresh = np.ones(ordered.shape, dtype=bool)
    np.logical_not(same, out=fresh[:, 1:])
    return np.maximum.accumulate(np.where(fresh, index, 0), axis=1) - start + np.int32(1)


def _by_lexsort(
    first: FloatArray, groups: NDArray[np.int64], tie_scores: Sequence[FloatArray]
) -> NDArray[np.int32]:
    """Return the places by ``first``, lower first and NaN = not ranked, then by tie scores."""
    scope = np.where(np.isnan(first), -1, groups)
    full = [np.nan_to_num(np.broadcast_to(each, first.shape), nan=-np.inf) for each in tie_scores]
    lower = [np.floor(0.5 - each * _GRID) for each in full]
    scores = [np.nan_to_num(first), *lower]
    order = np.lexsort((*reversed(scores), scope), axis=-1)
    keys = [np.take_along_axis(key, order, axis=1) for key in (scope, *scores)]
    changes = [key[:, 1:] != key[:, :-1] for key in keys]
    begins, fresh = np.ones(first.shape, dtype=bool), np.ones(first.shape, dtype=bool)
    begins[:, 1:], fresh[:, 1:] = changes[0], np.any(changes, axis=0)
    index = np.arange(first.shape[1])
    start = np.maximum.accumulate(np.where(begins, index, 0), axis=1)
    same = np.maximum.accumulate(np.where(fresh, index, 0), axis=1)
    found = np.empty(first.shape, dtype=np.int32)
    np.put_along_axis(found, order, np.where(keys[0] < 0, 0, same - start + 1).astype(np.int32), axis=1)
    return found
