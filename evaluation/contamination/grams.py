"""Runs of n words as 64-bit numbers, and an index that says which questions hold a run: arrays, not objects.

A hash is a polynomial in the hashes of the words, so the runs of all lengths of a whole batch of questions are made by a
few additions of arrays. Two different runs have the same hash once in 2^64 pairs. Nothing depends on Python's hash seed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
Numbers = NDArray[np.int64]

_BASE = 0x9E3779B97F4A7C15


@lru_cache(1 << 16)
def word_hash(word: str) -> int:
    """64 bits of a word."""
    return int.from_bytes(blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest())


@dataclass(frozen=True, slots=True)
class Batch:
    """The words of several questions as one array."""

    hashes: Hashes
    """Hash of each word, question after question."""
    question: Numbers
    """Number of the question to which each word belongs."""
    left: Numbers
    """Words from each word to the end of its question, itself included."""

    @classmethod
    def of(cls, questions: Sequence[Sequence[str]]) -> Batch:
        """The questions as a batch; they are numbered from 0."""
        lengths = np.fromiter((len(words) for words in questions), np.int64, len(questions))
        total = int(lengths.sum())
        hashes = np.fromiter((word_hash(word) for words in questions for word in words), np.uint64, total)
        question = np.repeat(np.arange(len(questions)), lengths)
        return cls(hashes, question, np.repeat(lengths.cumsum(), lengths) - np.arange(total))

    def grams(self, lengths: Sequence[int]) -> dict[int, tuple[Hashes, Numbers]]:
        """For each length, the hash of every run of so many words inside a question, and where it begins."""
        found = {}
        total, power = self.hashes.copy(), 1
        for length in range(1, max(lengths) + 1):
            if length > 1:
                power = power * _BASE % (1 << 64)
                total[: 1 - length] += self.hashes[length - 1 :] * np.uint64(power)
            if length in lengths:
                begins = np.flatnonzero(self.left >= length)
                found[length] = total[begins], begins
        return found


@dataclass(frozen=True, slots=True)
class Postings:
    """Which questions hold a hash: two parallel arrays, sorted by hash and free of repetitions."""

    hashes: Hashes
    """The hashes, ascending."""
    questions: Numbers
    """For each, a question that holds it."""

    @classmethod
    def of(cls, hashes: Hashes, questions: Numbers) -> Postings:
        """The index of pairs of hash and question."""
        order = np.lexsort((questions, hashes))
        hashes, questions = hashes[order], questions[order]
        new = np.ones(len(hashes), bool)
        new[1:] = (hashes[1:] != hashes[:-1]) | (questions[1:] != questions[:-1])
        return cls(hashes[new], questions[new])

    def rare(self, most: int) -> Postings:
        """Without the hashes that more than `most` questions hold."""
        _, inverse, counts = np.unique(self.hashes, return_inverse=True, return_counts=True)
        keep = counts[inverse] <= most
        return Postings(self.hashes[keep], self.questions[keep])

    def find(self, hashes: Hashes, askers: Numbers) -> tuple[Numbers, Numbers, Numbers]:
        """Which asker shares how many different hashes with which question: askers, questions and counts, in order.

        hashes: what is looked up; askers: for each, who asks, a number from 0.
        """
        distinct = Postings.of(hashes, askers)
        first = np.searchsorted(self.hashes, distinct.hashes, "left")
        count = np.searchsorted(self.hashes, distinct.hashes, "right") - first
        begins = np.repeat(first - (count.cumsum() - count), count)
        questions = self.questions[begins + np.arange(count.sum())]
        pairs = np.repeat(distinct.questions, count) << np.int64(32) | questions
        pairs, shared = np.unique(pairs, return_counts=True)
        return pairs >> np.int64(32), pairs & np.int64((1 << 32) - 1), shared
