"""Whether the check accepts the answer."""

from __future__ import annotations

from ..case import Attempt, Case
from ..workshop import Bench


class Check:
    """Refuses solutions whose answer another computation contradicts, and all of them where it confirms none.

    Solutions in words alone have to agree with one that was checked: see `agreement.py`.
    """

    name = "check"

    async def judge(self, case: Case, bench: Bench) -> Case:
        """Look at what the checks showed when the programs ran."""
        if not case.candidate.check:
            return case
        faults = [_fault(attempt) for attempt in case.attempts]
        if not any(attempt.programs and not fault for attempt, fault in zip(case.attempts, faults, strict=True)):
            faults = [fault or "nothing was checked: no program of this question passed" for fault in faults]
        return case.sifted(self.name, faults)


def _fault(attempt: Attempt) -> str | None:
    found = attempt.checked
    if found is None:
        return None
    return None if found.ok else f"check failed: {found.error or found.status} (answer {attempt.answer!r})"
