"""Choosing among attempts: votes by mathematically equal answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..sandbox import Sandbox
from .answers import decide, equal
from .trajectory import Trajectory


@dataclass(frozen=True, slots=True)
class Vote:
    """The result of a vote."""

    winner: Trajectory
    """The earliest attempt with the winning answer, or the first attempt when none answered."""
    agreement: float
    """Votes for the winner divided by the number of attempts, 0 to 1."""


async def vote(attempts: Sequence[Trajectory], sandbox: Sandbox) -> Vote:
    """Majority over classes of equal answers; an attempt without an answer has no vote; the earliest class wins a tie."""
    classes: list[list[Trajectory]] = []
    for attempt in attempts:
        if attempt.stop == "answered":
            await _join(attempt, classes, sandbox)
    if not classes:
        return Vote(attempts[0], 0.0)
    winners = max(classes, key=len)  # max keeps the first of equals
    return Vote(winners[0], len(winners) / len(attempts))


async def _join(attempt: Trajectory, classes: list[list[Trajectory]], sandbox: Sandbox) -> None:
    answer = attempt.answer or ""
    for members in classes:
        if decide(answer, members[0].answer or ""):
            members.append(attempt)
            return
    for members in classes:
        if decide(answer, members[0].answer or "") is None:
            async with await sandbox.open() as session:
                if await equal(answer, members[0].answer or "", session):
                    members.append(attempt)
                    return
    classes.append([attempt])
