"""Answers in the loop: where a model boxed its own, and whether two of them are equal.

Equality is that of `grading`, which never evaluates text. Only what its rules leave undecided goes to sympy, inside the
sandbox, as a program that is written from the parsed answer and has a limit of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..sandbox import Limits, Program, Session

if TYPE_CHECKING:
    from .grading.rules import Rules
    from .grading.tree import Node
    from .grading.verdict import Verdict

BOX = "\\boxed{"
ALGEBRA = Limits(cpu_s=1.5, memory_mb=1024)
"""What one pair of expressions may cost in the sandbox."""
MOST_PAIRS = 8
"""Pairs of expressions of one comparison that are tried there."""


def boxed(text: str) -> str | None:
    """The content of the last balanced `\\boxed{...}`, or None.

    >>> boxed("so \\\\boxed{\\\\frac{1}{2}}.")
    '\\\\frac{1}{2}'
    """
    start = text.rfind(BOX)
    if start < 0:
        return None
    depth = 1
    for i in range(start + len(BOX), len(text)):
        depth += {"{": 1, "}": -1}.get(text[i], 0)
        if depth == 0:
            return text[start + len(BOX) : i].strip()
    return None


def decide(a: str, b: str) -> bool | None:
    """Whether two answers are equal; None when that takes a computer algebra system."""
    if "".join(a.split()) == "".join(b.split()):
        return True
    from .grading.grade import compare  # most votes end before this is needed

    found = compare(a, b)
    return None if found.left and found.verdict.verdict == "undecided" else found.verdict.verdict == "correct"


async def equal(a: str, b: str, session: Session) -> bool:
    """Whether two answers are mathematically equal; what cannot be decided counts as different."""
    quick = decide(a, b)
    return quick if quick is not None else (await settle(a, b, session)).verdict == "correct"


async def settle(gold: str, answer: str, session: Session, rules: Rules | None = None) -> Verdict:
    """The verdict on a bare answer, with the help of a computer algebra system where the rules cannot tell.

    The session may be lost to a program that needs too much; it takes no other harm. Raises `SandboxError` when there is no
    sandbox.
    """
    from .grading.grade import compare
    from .grading.rules import DEFAULT
    from .grading.tree import canonical

    settled: dict[tuple[str, str], Verdict] = {}
    found = compare(gold, answer, rules or DEFAULT)
    while found.verdict.verdict == "undecided" and found.left and len(settled) < MOST_PAIRS:
        for one, other in found.left[: MOST_PAIRS - len(settled)]:
            settled[canonical(one), canonical(other)] = await _algebra(one, other, session)
        found = compare(gold, answer, rules or DEFAULT, settled)
    return found.verdict


async def _algebra(gold: Node, pred: Node, session: Session) -> Verdict:
    from .grading.symbolic import Untranslatable, outcome, program
    from .grading.verdict import Verdict

    try:
        code = program(gold, pred)
    except Untranslatable as problem:
        return Verdict("undecided", str(problem), "algebra")
    observation = await session.run(Program(code), ALGEBRA)
    if observation.ok:
        return outcome(observation.stdout)
    return Verdict("undecided", observation.error or observation.status, "algebra")
