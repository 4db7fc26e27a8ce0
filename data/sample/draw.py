"""Random numbers that stay the same with every release of numpy.

numpy keeps the raw bits of a bit generator for ever, but not what its
``Generator`` makes of them. Everything here is made of the raw bits by plain
arithmetic, so that the committed ledgers can be reproduced byte for byte.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

Floats = np.ndarray[Any, np.dtype[np.float64]]
Wholes = np.ndarray[Any, np.dtype[np.int64]]

_DROPPED_BITS, _UNIT = np.uint64(11), 2.0**-53
_BELL_TERMS = 12


class Draw:
    """A stream of its own for each name: a change in one ledger leaves the others as they are."""

    def __init__(self, seed: int, name: str) -> None:
        """Start the stream of a name."""
        key = np.random.SeedSequence([seed, zlib.crc32(name.encode())])
        self._bits = np.random.PCG64(key)

    def uniform(self, low: float, high: float, count: int) -> Floats:
        """Return ``count`` numbers from ``low`` up to, not including, ``high``."""
        raw = self._bits.random_raw(count) if count else np.empty(0, dtype=np.uint64)
        share = (np.asarray(raw, dtype=np.uint64) >> _DROPPED_BITS).astype(np.float64) * _UNIT
        return low + share * (high - low)

    def bell(self, spread: float, count: int) -> Floats:
        """Return bell-shaped numbers about 0 with standard deviation ``spread``, within 6 of it."""
        terms = self.uniform(0, 1, count * _BELL_TERMS).reshape(_BELL_TERMS, count)
        return (terms.sum(axis=0) - _BELL_TERMS / 2) * spread

    def whole(self, low: int, high: int, count: int) -> Wholes:
        """Return whole numbers from ``low`` to ``high``, both included."""
        return np.floor(self.uniform(low, high + 1, count)).astype(np.int64)

    def chance(self, probability: ArrayLike, count: int) -> NDArray[np.bool_]:
        """Return which of ``count`` things happen."""
        return self.uniform(0, 1, count) < np.asarray(probability)

    def successes(self, trials: Wholes, probability: ArrayLike) -> Wholes:
        """Return how many of each row's trials succeed."""
        if not len(trials):
            return np.zeros(0, dtype=np.int64)
        most = int(trials.max())
        tried = np.arange(most) < trials[:, None]
        hits = self.uniform(0, 1, most * len(trials)).reshape(len(trials), most)
        share = np.broadcast_to(np.asarray(probability, dtype=np.float64), trials.shape)
        return (tried & (hits < share[:, None])).sum(axis=1)

    def pick(self, words: Sequence[object], count: int) -> NDArray[np.object_]:
        """Return one of some words ``count`` times."""
        return np.array(words, dtype=object)[self.whole(0, len(words) - 1, count)]
