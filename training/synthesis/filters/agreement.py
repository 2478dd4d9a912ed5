"""Whether the solutions agree: on the known answer, or else with one another, in words as in programs.

Without a known answer or a check, agreement is all that speaks for an answer (self-consistency, Wang et al. 2022, arXiv
2203.11171), so the largest group of equal answers must also be that of the words and that of the programs alone. Answers
are equal as `engine.grading` sees it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..case import Attempt, Case
from ..workshop import Bench


class Agreement:
    """Refuses solutions with another answer than the right one; rejects a question whose words and programs disagree."""

    name = "agreement"

    async def judge(self, case: Case, bench: Bench) -> Case:
        """Compare the answers."""
        if case.candidate.declined:
            return case
        right = case.candidate.answer
        if right is None:
            checked = [attempt for attempt in case.attempts if attempt.checked is not None]
            groups = await _grouped(checked or case.attempts, bench)
            right = groups[0][0].answer or ""
            if not case.vouched and (reason := _split(groups)):
                return case.rejected(self.name, reason)
        reasons = [await _differs(attempt, right, bench) for attempt in case.attempts]
        return replace(case, answer=right).sifted(self.name, reasons)


async def _differs(attempt: Attempt, right: str, bench: Bench) -> str | None:
    if attempt.answer is not None and await bench.equal(right, attempt.answer):
        return None
    return f"another answer: {attempt.answer!r} instead of {right!r}"


async def _grouped(attempts: Sequence[Attempt], bench: Bench) -> list[list[Attempt]]:
    """Attempts with equal answers, the largest group first; of two as large, the one that came first."""
    groups: list[list[Attempt]] = []
    for attempt in attempts:
        for group in groups:
            if await bench.equal(group[0].answer or "", attempt.answer or ""):
                group.append(attempt)
                break
        else:
            groups.append([attempt])
    return sorted(groups, key=len, reverse=True)


def _split(groups: Sequence[Sequence[Attempt]]) -> str | None:
    """Why the largest group is not the largest among words alone, or among programs."""
    for kind, with_programs in (("words", False), ("programs", True)):
        votes = [sum(bool(attempt.programs) == with_programs for attempt in group) for group in groups]
        if votes[0] < max(votes):
            return f"words and programs disagree: {max(votes)} solutions in {kind} against {votes[0]}"
    return None
