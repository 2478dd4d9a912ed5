"""Whether questions and solutions are short enough to be trained on, and long enough to be one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..case import Attempt, Case


@dataclass(frozen=True, slots=True)
class Lengths:
    """The most characters, before anything has run."""

    question: int = 2000
    """Of a question."""
    solution: int = 4000
    """Of the words and programs of a solution together."""
    words: int = 4000
    """Of a solution in words alone."""


class Length:
    """Rejects long questions and refuses long solutions."""

    name = "length"

    def __init__(self, most: Lengths) -> None:
        self._most = most

    def screen(self, cases: Sequence[Case]) -> list[Case]:
        """Compare each text with its limit."""
        return [self._one(case) for case in cases]

    def remember(self, domain: str, question: str) -> None:
        """Nothing."""

    def _one(self, case: Case) -> Case:
        if (size := len(case.candidate.question)) > self._most.question:
            return case.rejected(self.name, f"question too long: {size} characters (at most {self._most.question})")
        return case.sifted(self.name, [self._fault(attempt) for attempt in case.attempts])

    def _fault(self, attempt: Attempt) -> str | None:
        size = len(attempt.words) + sum(map(len, attempt.programs))
        most = self._most.solution if attempt.programs else self._most.words
        return f"solution too long: {size} characters (at most {most})" if size > most else None
