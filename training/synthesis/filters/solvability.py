"""Whether a question that nobody knows the answer of can be solved: enough solutions agree on one."""

from __future__ import annotations

from dataclasses import dataclass

from ..case import Case
from ..workshop import Bench


@dataclass(frozen=True, slots=True)
class Majority:
    """How many solutions must agree on an answer that nothing else speaks for."""

    solutions: int = 2
    """At least so many."""
    share: float = 0.5
    """At least this share of all that the teacher proposed; one that failed counts against it."""


class Solvability:
    """Rejects questions without a known answer or a check on which too few solutions agree: unsolvable, or too hard."""

    name = "solvability"

    def __init__(self, least: Majority) -> None:
        self._least = least

    async def judge(self, case: Case, bench: Bench) -> Case:
        """Count."""
        agree, tried = len(case.attempts), len(case.candidate.proposals)
        if case.vouched or (agree >= self._least.solutions and agree >= self._least.share * tried):
            return case
        return case.rejected(self.name, f"too few agree: {agree} of {tried} solutions")
