"""Answers in the loop: where a model boxed its own, and whether two of them are equal.

Equality is that of `grading`, which never evaluates text. Only what it cannot read or decide is left to sympy, inside the
sandbox.
"""

from __future__ import annotations

from ..sandbox import Program, Session

BOX = "\\boxed{"


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
    from .grading.grade import grade  # most votes end before this is needed

    verdict = grade(a, b)
    return None if verdict.verdict == "undecided" or verdict.method == "parse" else verdict.verdict == "correct"


async def equal(a: str, b: str, session: Session) -> bool:
    """Whether two answers are mathematically equal; what cannot be decided counts as different."""
    quick = decide(a, b)
    if quick is not None:
        return quick
    observation = await session.run(Program(_COMPARE.format(a=a, b=b)))
    return observation.ok and observation.stdout.strip() == "True"


_COMPARE = """
from sympy import sympify, simplify, Basic
a, b = sympify({a!r}), sympify({b!r})
print(bool(a == b) or (isinstance(a, Basic) and isinstance(b, Basic) and simplify(a - b) == 0))
"""
