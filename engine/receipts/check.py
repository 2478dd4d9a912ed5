"""All checks of one answer, and the line that says how it was checked."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ...sandbox import Limits, Program, Sandbox
from ..trajectory import Check, CheckKind, Trajectory
from .programs import agreements

LIMITS = Limits(cpu_s=1.0, memory_mb=512)
"""What one check may cost."""
MOST = 2
"""Checks of one answer that run a program of ours."""
AGAINST_QUESTION: frozenset[CheckKind] = frozenset(["put back", "inverse", "recomputed", "enumerated"])
"""Kinds of checks that read the question again; the others only compare attempts."""
CONCLUSIVE: frozenset[CheckKind] = frozenset(["inverse", "recomputed", "enumerated"])
"""Those of them that leave no other answer. A number that fulfils an equation may be one of two, or not the one asked for."""
_FORMULA = re.compile(
    r"[=<>≤≥^√∫Σ\[\\]|\d\s*[-+*/!×÷·−%]|[a-z]\([a-z]\)|\bprime|common|divis|factor|remainder|left over|digit|binary|octal|inver"
)
"""What a question has, or it has nothing that could be checked: looked at first, because the grammar takes time to load."""
_ASKS_UNIT = re.compile(r"how many|what percent|\bin\b", re.IGNORECASE)
_HAS_UNIT = re.compile(r"\d.*?[A-Za-z%°]|[$£€]")
"""The same for units, of question and answer."""


async def receipts(question: str, answer: str, agreeing: Sequence[Trajectory], sandbox: Sandbox) -> tuple[Check, ...]:
    """How an answer was checked; empty when it was not.

    Args:
        question: the text that was asked.
        answer: the answer that counts.
        agreeing: the attempts that gave an equal answer.
        sandbox: where the programs of the checks run. Raises `SandboxError` when it is gone.
    """
    found = agreements(agreeing)
    if _FORMULA.search(question):
        found += await _claimed(question, answer, sandbox)
    if _ASKS_UNIT.search(question) and _HAS_UNIT.search(answer):
        from .units import unit_check

        found += [check] if (check := unit_check(question, answer)) is not None else []
    return tuple(found)


def prepare(question: str) -> None:
    """Loads what a check of this question may need; worth doing while a model writes and a sandbox starts."""
    if _FORMULA.search(question):
        from . import claims as claims  # its grammar takes a tenth of a second to load


async def _claimed(question: str, answer: str, sandbox: Sandbox) -> list[Check]:
    from .claims import claims

    found = []
    for claim in list(claims(question, answer))[:MOST]:
        async with await sandbox.open() as session:
            observation = await session.run(Program(claim.program), LIMITS)
        if observation.ok and (check := claim.check(observation.stdout)) is not None:
            found.append(check)
        elif observation.status == "timeout":
            found.append(Check(claim.kind, None, "the check ran out of time"))
    return found


def failure(checks: Sequence[Check]) -> str | None:
    """What speaks against the answer, or None."""
    return next((check.detail for check in checks if check.passed is False), None)


def is_shown(checks: Sequence[Check]) -> bool:
    """Whether a check against the question itself was passed, which says more than any estimate of how likely the answer is."""
    return any(check.passed and check.kind in AGAINST_QUESTION for check in checks)


def is_proved(checks: Sequence[Check]) -> bool:
    """Whether a check was passed that leaves no other answer."""
    return any(check.passed and check.kind in CONCLUSIVE for check in checks)


def line(checks: Sequence[Check]) -> str:
    """How an answer was checked, in one line.

    >>> line([])
    'not checked'
    >>> line([Check("programs", True, "two different programs agree"), Check("put back", True, "put back: fulfilled")])
    'checked: two different programs agree; put back: fulfilled'
    """
    failed = [check.detail for check in checks if check.passed is False]
    passed = [check.detail for check in checks if check.passed]
    if failed:
        return "; ".join([f"CHECK FAILED: {failed[0]}", *failed[1:], *passed])
    return "checked: " + "; ".join(passed) if passed else "not checked"
