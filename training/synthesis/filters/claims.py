"""Whether the sums in the words of a solution are right."""

from __future__ import annotations

from ...corpora.arithmetic import false_claim
from ..case import Attempt, Case
from ..workshop import Bench


class Claims:
    """Refuses solutions that state a false sum, such as `3 + 4 = 8`; sums with letters or units are not looked at."""

    name = "claims"

    async def judge(self, case: Case, bench: Bench) -> Case:
        """Read the words; nothing is run."""
        return case.sifted(self.name, [_fault(attempt) for attempt in case.attempts])


def _fault(attempt: Attempt) -> str | None:
    claim = false_claim(attempt.words)
    return f"false sum: {claim.calculation} = {claim.result}" if claim else None
