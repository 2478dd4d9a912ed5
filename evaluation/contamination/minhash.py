"""MinHash signatures and a table that finds similar ones: arrays that grow, some hundred bytes a question.

Two sets agree in one place of their signatures with the probability of their Jaccard similarity J (Broder 1997). Places
are compared in bands of 2: two sets meet in one of 24 bands with probability 1 - (1 - J^2)^24, which is 0.90 for J = 0.3,
0.98 for 0.4 and above 0.9998 for 0.55. Fixed constants, so the same questions always give the same result.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .grams import Batch, Hashes

BANDS, ROWS = 24, 2
SHINGLE = 3
"""Words in a run; a question is the set of its runs."""

_random = np.random.default_rng(0x5EED)
_FACTORS = _random.integers(0, 1 << 63, BANDS * ROWS, np.uint64) << np.uint64(1) | np.uint64(1)
_BAND_FACTORS = _random.integers(0, 1 << 63, ROWS, np.uint64) << np.uint64(1) | np.uint64(1)
_NONE = 0xFFFFFFFF


def signatures(questions: Sequence[Sequence[str]]) -> NDArray[np.uint32]:
    """A signature for each list of words: (questions, places).

    A list of fewer than 3 words is one run; an empty one has a signature of its own.
    """
    padded = [[*words, *["\0"] * (SHINGLE - len(words))] for words in questions]
    batch = Batch.of(padded)
    shingles, begins = batch.grams([SHINGLE])[SHINGLE]
    first = np.searchsorted(batch.question[begins], np.arange(len(padded)))
    mixed = shingles ^ (shingles >> np.uint64(29))
    places = np.empty((len(padded), BANDS * ROWS), np.uint32)
    for place, factor in enumerate(_FACTORS):
        places[:, place] = np.minimum.reduceat(mixed * factor, first) >> np.uint64(32)
    return places


def band_keys(signature: NDArray[np.uint32], salt: int) -> list[int]:
    """A 32-bit key for each band of a signature; other salts give other keys."""
    rows = signature.reshape(BANDS, ROWS).astype(np.uint64) * _BAND_FACTORS
    mixed: Hashes = (rows.sum(axis=1, dtype=np.uint64) + np.arange(BANDS, dtype=np.uint64)) ^ np.uint64(salt)
    keys: Hashes = ((mixed ^ (mixed >> np.uint64(31))) * _BAND_FACTORS[0]) >> np.uint64(32)
    return [int(key) for key in keys]


class Table:
    """Numbers 0, 1, 2 ... by their keys: those with the same key hang in one chain."""

    def __init__(self) -> None:
        self._heads = array("I", [_NONE]) * 1024
        self._keys, self._next = array("I"), array("I")

    def __len__(self) -> int:
        return len(self._keys) // BANDS

    def add(self, keys: Sequence[int]) -> None:
        """Give the next number these keys, one a band."""
        if len(self._keys) > len(self._heads):
            self._grow()
        mask = len(self._heads) - 1
        for key in keys:
            self._next.append(self._heads[key & mask])
            self._heads[key & mask] = len(self._keys)
            self._keys.append(key)

    def find(self, keys: Sequence[int]) -> list[int]:
        """The numbers that share a key, ascending."""
        found, mask = set(), len(self._heads) - 1
        for key in keys:
            entry = self._heads[key & mask]
            while entry != _NONE:
                if self._keys[entry] == key:
                    found.add(entry // BANDS)
                entry = self._next[entry]
        return sorted(found)

    def _grow(self) -> None:
        """Four times as many heads, and the chains hung up anew."""
        heads = np.full(4 * len(self._heads), _NONE, np.uint32)
        slots = np.frombuffer(self._keys, np.uint32) & np.uint32(len(heads) - 1)
        order = np.argsort(slots, kind="stable").astype(np.uint32)
        chained = np.full(len(order), _NONE, np.uint32)
        same = slots[order[1:]] == slots[order[:-1]]
        chained[order[1:][same]] = order[:-1][same]
        heads[slots] = np.arange(len(slots), dtype=np.uint32)
        self._heads, self._next = array("I", heads.tobytes()), array("I", chained.tobytes())
