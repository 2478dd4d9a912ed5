"""Answers: where they stand in a text, and whether two of them are equal.

Plain numbers are compared exactly, here. Everything else is compared as text first and then, if the texts differ, by
sympy inside the sandbox: model text is never parsed by sympy in this process.
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from fractions import Fraction

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


def number(answer: str) -> Fraction | None:
    """The exact value of an integer, decimal or fraction; None for anything else.

    >>> number("-3/4")
    Fraction(-3, 4)
    """
    text = answer.strip().replace(" ", "").removeprefix("+")
    if not re.fullmatch(r"-?[\d.]+(e[+-]?\d{1,3})?(/\d+)?", text) or len(text) > 2000:
        return None
    top, _, bottom = text.partition("/")
    try:
        return Fraction(Decimal(top)) / (Fraction(bottom) if bottom else 1)
    except (InvalidOperation, ZeroDivisionError, ValueError):
        return None  # digits in the shape of a number that is none, such as 1.2.3


def same_text(a: str, b: str) -> bool | None:
    """Whether two answers are equal as far as text and exact numbers tell; None when only algebra can."""
    x, y = number(a), number(b)
    if x is not None and y is not None:
        return x == y or (_is_decimal(a, b) and abs(x - y) <= Fraction(1, 10**9) * max(Fraction(1), abs(y)))
    if _squeeze(a) == _squeeze(b):
        return True
    return None


async def equal(a: str, b: str, session: Session) -> bool:
    """Whether two answers are mathematically equal; what cannot be decided counts as different."""
    quick = same_text(a, b)
    if quick is not None:
        return quick
    observation = await session.run(Program(_COMPARE.format(a=a, b=b)))
    return observation.ok and observation.stdout.strip() == "True"


def _is_decimal(*answers: str) -> bool:
    return any("." in answer for answer in answers)


def _squeeze(answer: str) -> str:
    return re.sub(r"\s+", "", answer).replace("$", "").lower()


_COMPARE = """
from sympy import sympify, simplify, Basic, MatrixBase, Matrix
def same(a, b):
    if isinstance(a, MatrixBase) or isinstance(b, MatrixBase):
        return Matrix(a).shape == Matrix(b).shape and all(same(p, q) for p, q in zip(Matrix(a), Matrix(b)))
    if isinstance(a, dict) and isinstance(b, dict):
        return set(a) == set(b) and all(same(a[k], b[k]) for k in a)
    if isinstance(a, (list, tuple, set)) or isinstance(b, (list, tuple, set)):
        if not (isinstance(a, (list, tuple, set)) and isinstance(b, (list, tuple, set))) or len(a) != len(b):
            return False
        return all(same(p, q) for p, q in zip(a, b)) or all(any(same(p, q) for q in b) for p in a)
    return bool(a == b) or (isinstance(a, Basic) and isinstance(b, Basic) and simplify(a - b) == 0)
print(same(sympify({a!r}), sympify({b!r})))
"""
