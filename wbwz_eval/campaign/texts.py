"""Columns of texts: the different words once, and which of them stands in each row."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_FEW = 64
"""So many words are decoded one by one, more of them all together."""

_BETWEEN = b"\0"


class Texts:
    """A column of texts: which of the different ``words`` stands in each row.

    Attributes:
        codes: The place of each row's text among ``words``, shape (rows,), int32.
    """

    def __init__(self, codes: NDArray[np.int32], words: NDArray[np.object_]) -> None:
        """Take the codes and the words, each of which stands once."""
        self.codes, self._words = codes, words

    @property
    def words(self) -> NDArray[np.object_]:
        """The different texts."""
        return self._words

    @property
    def count(self) -> int:
        """How many different texts there are."""
        return len(self._words)

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.codes)

    def take(self, places: NDArray[np.intp]) -> NDArray[np.object_]:
        """Return the texts of some rows; -1 gives an empty one."""
        if not len(places):
            return np.empty(0, dtype=object)
        if places.min() >= 0:
            return self._at(self.codes[places])
        stands = places >= 0
        texts = np.full(len(places), "", dtype=object)
        texts[stands] = self._at(self.codes[places[stands]])
        return texts

    def _at(self, codes: NDArray[np.int32]) -> NDArray[np.object_]:
        return self.words[codes]

    def places_of(self, word: str) -> NDArray[np.intp]:
        """Return the rows in which a text stands, in order; quick from the second time on."""
        known, rows, ends = self._found
        code = int(known.get_indexer(pd.Index([word], dtype=object))[0])
        return rows[:0] if code < 0 else rows[ends[code] : ends[code + 1]]

    @cached_property
    def _found(self) -> tuple[pd.Index, NDArray[np.intp], NDArray[np.int64]]:
        """The words to look up, all rows in the order of their words, and where each word's rows begin."""
        counts = np.bincount(self.codes, minlength=self.count)
        ends = np.concatenate([[0], np.cumsum(counts)])
        return pd.Index(self.words, dtype=object), np.argsort(self.codes, kind="stable"), ends

    @staticmethod
    def of(parts: Sequence[NDArray[np.object_]]) -> Texts:
        """Put texts together."""
        texts = np.concatenate([np.empty(0, dtype=object), *parts])
        codes, words = pd.factorize(texts)
        return Texts(codes.astype(np.int32), np.asarray(words, dtype=object))

    @staticmethod
    def joined(parts: Sequence[Texts]) -> Texts:
        """Put columns one after the other; only their words are compared, not their rows."""
        places, words = pd.factorize(np.concatenate([part.words for part in parts]))
        places = places.astype(np.int32)
        starts = np.cumsum([0, *(part.count for part in parts)])
        codes = [places[start:][part.codes] for start, part in zip(starts, parts, strict=False)]
        return Texts(np.concatenate(codes), np.asarray(words, dtype=object))


class PackedTexts(Texts):
    """A column whose words lie packed, as in a mapped file: they are decoded when they are asked for.

    Args:
        codes: See :class:`Texts`.
        ends: Where each word ends in ``letters``, int64; a byte lies between two words.
        letters: The words in UTF-8, uint8.
    """

    def __init__(self, codes: NDArray[np.int32], ends: NDArray[np.int64], letters: NDArray[np.uint8]) -> None:
        """Take the arrays, without looking at them."""
        self.codes, self._ends, self._letters = codes, ends, letters

    @property
    def words(self) -> NDArray[np.object_]:
        """The different texts, decoded anew at each call: they are the largest part of a ledger."""
        found = self._letters.tobytes().decode().split(_BETWEEN.decode())
        if len(found) != self.count:
            return self._each(np.arange(self.count))  # none at all, or one with such a byte in it
        words = np.empty(self.count, dtype=object)
        words[:] = found
        return words

    @property
    def count(self) -> int:
        """How many different texts there are."""
        return len(self._ends)

    def _at(self, codes: NDArray[np.int32]) -> NDArray[np.object_]:
        return self._each(codes) if len(codes) <= _FEW else self.words[codes]

    def _each(self, codes: NDArray[np.integer]) -> NDArray[np.object_]:
        words = np.empty(len(codes), dtype=object)
        for place, code in enumerate(codes.tolist()):
            start = int(self._ends[code - 1]) + 1 if code else 0
            words[place] = self._letters[start : int(self._ends[code])].tobytes().decode()
        return words


def packed(words: NDArray[np.object_]) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Return words as :class:`PackedTexts` has them: their ends and their letters."""
    texts = words.tolist()
    letters = np.frombuffer(_BETWEEN.decode().join(texts).encode(), dtype=np.uint8)
    ends = np.flatnonzero(letters == _BETWEEN[0])
    if len(ends) == len(texts) - 1:
        ends = np.append(ends, len(letters))
    else:
        sizes = np.array([len(text.encode()) for text in texts], dtype=np.int64)
        ends = np.cumsum(sizes + 1) - 1
    return ends.astype(np.int64), letters
