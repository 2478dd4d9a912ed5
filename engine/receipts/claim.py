"""`Claim`: something that can be checked about an answer, as a program that says how it turned out."""

from __future__ import annotations

from dataclasses import dataclass

from ..trajectory import Check, CheckKind

HEAD = """
from mpmath import *
mp.dps = 50
def near(a, b, most=mpf(10)**-20):
    return abs(a - b) <= most * max(1, abs(a), abs(b))
def power(base, exponent):
    if im(base) == 0 and base < 0 and exponent != int(re(exponent)):
        raise ValueError("a root of a negative number, of which there are several")
    return base**exponent
def root(value, degree):
    return -(-value)**(1 / degree) if im(value) == 0 and value < 0 and degree % 2 == 1 else value**(1 / degree)
def at(f, *point):
    try:
        value = f(*point)
    except (ValueError, ZeroDivisionError, OverflowError, TypeError):
        return None
    return value if isfinite(value) else None
def agree(f, g, count):
    points = [[mpf(p + 37 * k) / 100 for k in range(count)] for p in (41, 73, 119, 167, 231, 318, -63, -142)]
    pairs = [(at(f, *p), at(g, *p)) for p in points]
    pairs = [(a, b) for a, b in pairs if a is not None and b is not None]
    if len(pairs) < 3:
        return "unknown"
    if all(near(a, b) for a, b in pairs):
        return "yes"
    positive = [(at(f, *p), at(g, *p)) for p in points if p[0] > 0]
    return "unknown" if all(a is None or b is None or near(a, b) for a, b in positive) else "no"
"""
"""What the programs have in common; `agree` compares two functions of `count` variables at eight points, and cannot tell where
they agree for positive values only, as the root of a square and what was squared do."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What an answer should fulfil."""

    kind: CheckKind
    """Which kind of check this is."""
    code: str
    """Prints `yes`, `no` or something else on its last line; `HEAD` goes before it."""
    passed: str
    """What is said after `yes`."""
    failed: str
    """What is said after `no`."""

    @property
    def program(self) -> str:
        """The whole program."""
        return HEAD + self.code

    def check(self, printed: str) -> Check | None:
        """The check, by what the program printed; None where it could not tell."""
        word = printed.strip().rpartition("\n")[2]
        if word not in ("yes", "no"):
            return None
        return Check(self.kind, word == "yes", self.passed if word == "yes" else self.failed)
