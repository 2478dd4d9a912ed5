"""Near-duplicates within a set of questions, found as they come.

    sieve = NearDuplicates()
    kept = [question for question, twin in zip(questions, sieve.sift(questions)) if twin is None]

A question is a near-duplicate of an earlier one that was kept when both have the same words, a Jaccard similarity of their
runs of 3 words of at least 0.6, or a longest common subsequence of at least 0.7 of the longer. Candidates come from MinHash
(see `minhash.py` for how many it misses); each is verified exactly. The same questions in the same order always give the
same result. Memory: about half a kilobyte for a question that is kept, none for others.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from .grams import word_hash
from .minhash import SHINGLE, Table, band_keys, signatures
from .sequence import jaccard, lcs_ratio
from .words import numbers, words

LIKELY = 0.15
"""Share of equal places in two signatures from which two questions are compared."""
CHUNK = 256
"""Questions whose signatures are made together."""

Signature = NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Twin:
    """An earlier question that a question nearly repeats."""

    number: int
    """Its number: how many questions were looked at before it."""
    jaccard: float
    """Similarity of the sets of runs of 3 words."""
    lcs: float
    """Longest common subsequence as a share of the longer."""


class NearDuplicates:
    """Questions that are kept, and whether another nearly repeats one of them."""

    def __init__(self, *, jaccard: float = 0.6, lcs: float = 0.7, other_numbers_are_new: bool = False) -> None:
        """Start with no question.

        jaccard, lcs: similarity from which a question is a near-duplicate; either suffices.
        other_numbers_are_new: whether questions can be near-duplicates only when they have the same numbers.
        """
        self._jaccard, self._lcs, self._by_numbers = jaccard, lcs, other_numbers_are_new
        self._table = Table()
        self._signatures = np.empty((64, len(signatures([[]])[0])), np.uint16)
        self._words, self._ends = array("I"), array("Q", [0])
        self._numbers, self._seen = array("I"), 0

    def __len__(self) -> int:
        """Questions that are kept."""
        return len(self._table)

    def find(self, question: str) -> Twin | None:
        """The kept question that is nearest to being the same, if one is near enough."""
        of = words(question)
        return self._find(of, signatures([of])[0])

    def keep(self, question: str) -> int:
        """Keep a question, whatever it resembles; its number."""
        of = words(question)
        self._keep(of, signatures([of])[0])
        return self._seen - 1

    def sift(self, questions: Iterable[str]) -> Iterator[Twin | None]:
        """For each question its twin, or None where it is new; new ones are kept."""
        questions = iter(questions)
        while chunk := [words(question) for question in islice(questions, CHUNK)]:
            for of, signature in zip(chunk, signatures(chunk), strict=True):
                twin = self._find(of, signature)
                if twin is None:
                    self._keep(of, signature)
                else:
                    self._seen += 1
                yield twin

    def _find(self, of: Sequence[str], signature: Signature) -> Twin | None:
        candidates = self._table.find(band_keys(signature, self._salt(of)))
        if not candidates:
            return None
        same = (self._signatures[candidates] == signature.astype(np.uint16)).mean(axis=1)
        mine = _hashes(of)
        likely = (candidates[place] for place in np.argsort(-same, kind="stable") if same[place] > LIKELY)
        return next((twin for kept in likely if (twin := self._compared(mine, kept))), None)

    def _compared(self, mine: Sequence[int], kept: int) -> Twin | None:
        theirs = self._words[self._ends[kept] : self._ends[kept + 1]]
        twin = Twin(self._numbers[kept], jaccard(_runs(mine), _runs(theirs)), lcs_ratio(mine, theirs))
        return twin if twin.jaccard >= self._jaccard or twin.lcs >= self._lcs else None

    def _keep(self, of: Sequence[str], signature: Signature) -> None:
        if (row := len(self)) == len(self._signatures):
            self._signatures = np.concatenate((self._signatures, np.empty_like(self._signatures)))
        self._signatures[row] = signature
        self._table.add(band_keys(signature, self._salt(of)))
        self._words.extend(_hashes(of))
        self._ends.append(len(self._words))
        self._numbers.append(self._seen)
        self._seen += 1

    def _salt(self, of: Sequence[str]) -> int:
        """Keeps apart what cannot be a near-duplicate."""
        return word_hash(" ".join(sorted(numbers(of)))) if self._by_numbers else 0


def clusters(questions: Iterable[str], sieve: NearDuplicates | None = None) -> list[int]:
    """For each question the number of the first one that it nearly repeats: its own number where it is new.

    >>> clusters(["Ann has 3 red apples. How many?", "What is 2 + 2?", "Ann has 3 red apples! How many??"])
    [0, 1, 0]
    """
    twins = (NearDuplicates() if sieve is None else sieve).sift(questions)
    return [number if twin is None else twin.number for number, twin in enumerate(twins)]


def _hashes(of: Sequence[str]) -> list[int]:
    """The words as numbers of 32 bits."""
    return [word_hash(word) >> 32 for word in of]


def _runs(of: Sequence[int]) -> set[tuple[int, ...]]:
    return {tuple(of[begin : begin + SHINGLE]) for begin in range(max(1, len(of) - SHINGLE + 1))}
