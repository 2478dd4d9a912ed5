"""Whether the programs run to their end, and what answer each solution states."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ....engine.answers import boxed
from ....sandbox import Observation
from ..candidate import ANSWER
from ..case import Attempt, Case
from ..workshop import Bench

LONGEST = 1000
"""Characters of all that the programs of a solution show."""


class Execution:
    """Refuses solutions whose programs fail or show nothing; solutions with the same programs share one execution."""

    name = "execution"

    async def judge(self, case: Case, bench: Bench) -> Case:
        """Run every program, and the check after it; then every solution states its answer."""
        if case.candidate.declined:
            return case
        check = case.candidate.check
        ran: dict[tuple[str, ...], tuple[Observation, ...]] = {}
        for attempt in case.attempts:
            if attempt.programs and attempt.programs not in ran:
                ran[attempt.programs] = await bench.run(attempt.programs, check)
        tried = tuple(_shown(attempt, ran) for attempt in case.attempts)
        outputs = (_output(attempt) for attempt in tried if not _failed(attempt))
        common = next((text for text in outputs if text is not None), None)
        tried = tuple(replace(attempt, answer=_answer(attempt, common)) for attempt in tried)
        return replace(case, attempts=tried).sifted(
            self.name, [_failed(attempt) or _open(attempt) for attempt in tried]
        )


def _shown(attempt: Attempt, ran: Mapping[tuple[str, ...], tuple[Observation, ...]]) -> Attempt:
    """The attempt with what its programs and the check showed."""
    shown, count = ran.get(attempt.programs, ()), len(attempt.programs)
    return replace(attempt, shown=shown[:count], checked=shown[count] if len(shown) > count else None)


def _failed(attempt: Attempt) -> str | None:
    for observation in attempt.shown:
        if not observation.ok:
            return f"program error: {observation.error or observation.status}"
        if not observation.text.strip():
            return "program printed nothing: it must show a result"
    size = sum(len(observation.text) for observation in attempt.shown)
    return f"long output: {size} characters (at most {LONGEST})" if size > LONGEST else None


def _output(attempt: Attempt) -> str | None:
    """The one line that the last program printed."""
    lines = attempt.shown[-1].text.strip().splitlines() if attempt.shown else []
    return lines[0].strip() if len(lines) == 1 else None


def _answer(attempt: Attempt, common: str | None) -> str | None:
    """The answer that an attempt boxes: its own text, or what it left open for its program or, without one, for others'."""
    if ANSWER in attempt.words:
        return _output(attempt) if attempt.programs else common
    return boxed(attempt.words)


def _open(attempt: Attempt) -> str | None:
    if attempt.answer is not None:
        return None
    lines = "printed several lines" if attempt.programs else "none printed"
    return f"program {lines}: the answer must be one line"
