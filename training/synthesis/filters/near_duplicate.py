"""Whether a question is nearly one that was asked before in its sub-domain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ....evaluation.contamination.duplicates import NearDuplicates
from ..case import Case


@dataclass(frozen=True, slots=True)
class Likeness:
    """From when on two questions of a sub-domain are nearly the same; Xwin-Math, arXiv 2403.04706, sieves by such rules."""

    lcs: float = 0.7
    """Longest common subsequence as a share of the longer."""
    jaccard: float = 0.6
    """Similarity of the sets of runs of 3 words."""
    other_numbers_are_new: bool = True
    """Whether one with other numbers is a new question."""


class NearDuplicate:
    """Rejects near-duplicates. Memory: about half a kilobyte for a question that passes."""

    name = "near-duplicate"

    def __init__(self, likeness: Likeness) -> None:
        self._likeness = likeness
        self._kept: dict[str, NearDuplicates] = {}

    def screen(self, cases: Sequence[Case]) -> list[Case]:
        """Compare each question with those of its sub-domain before it."""
        by_domain: dict[str, list[int]] = {}
        for number, case in enumerate(cases):
            by_domain.setdefault(case.candidate.domain, []).append(number)
        judged = list(cases)
        for domain, numbers in by_domain.items():
            twins = self._sieve(domain).sift(cases[number].candidate.question for number in numbers)
            for number, twin in zip(numbers, twins, strict=True):
                if twin is not None:
                    likeness = f"lcs {twin.lcs:.2f}, jaccard {twin.jaccard:.2f}"
                    judged[number] = cases[number].rejected(self.name, f"near-duplicate: {likeness}")
        return judged

    def remember(self, domain: str, question: str) -> None:
        """The question is one to compare others with."""
        self._sieve(domain).keep(question)

    def _sieve(self, domain: str) -> NearDuplicates:
        if domain not in self._kept:
            one = self._likeness
            self._kept[domain] = NearDuplicates(
                jaccard=one.jaccard, lcs=one.lcs, other_numbers_are_new=one.other_numbers_are_new
            )
        return self._kept[domain]
