"""Whether a program calculates with the numbers of its question, where no right answer tells whether it is right."""

from __future__ import annotations

import ast
from collections import Counter
from fractions import Fraction
from math import isfinite

from ...evaluation.contamination.words import words
from .solution import Unusable

KNOWN = frozenset(map(Fraction, (0, 1, 2, 3, 4, 5, 7, 10, 12, 24, 30, 52, 60, 100, 365, 1000)))
"""Numbers that need not be given: of days, hours, months, percents, a few things."""
_SPOKEN = {"half": 2, "twice": 2, "double": 2, "third": 3, "triple": 3, "thrice": 3, "quarter": 4}
_SPOKEN |= {"fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "dozen": 12, "score": 20}
_SPOKEN |= {
    "tenth": 10,
    "halve": 2,
    "eighty": 80,
    "sixty": 60,
    "ninety": 90,
    "seventy": 70,
    "eleven": 11,
    "fifteen": 15,
    "twenty": 20,
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
    "hundred": 100,
}


def refuse_invented(program: str, question: str) -> None:
    """Raises `Unusable` where a number of the program is neither in the question, nor made of such ones, nor known.

    >>> refuse_invented("print(17 * 0.2)", "What is 20% of 17?")
    >>> refuse_invented("print(17 * 2.5)", "What do 17 apples cost?")
    Traceback (most recent call last):
    mathsolve.training.corpora.solution.Unusable: invents a number: 2.5
    """
    given = _given(question)
    allowed = {part for number in given for part in _parts(number)} | KNOWN
    allowed |= {a / b for a in given for b in given | KNOWN if b}
    if invented := used(program).keys() - allowed:
        raise Unusable(f"invents a number: {short(min(invented))}")


def refuse_left_out(program: str, question: str) -> None:
    """Raises `Unusable` where a program uses a number of the question neither as it is nor as a percentage.

    >>> refuse_left_out("print(17 * 2)", "What do 17 apples at $6 cost?")
    Traceback (most recent call last):
    mathsolve.training.corpora.solution.Unusable: leaves a number out: 6
    """
    there = used(program).keys()
    left_out = {number for number in _given(question) - KNOWN if there.isdisjoint(_parts(number))}
    if left_out:
        raise Unusable(f"leaves a number out: {short(min(left_out))}")


def _parts(number: Fraction) -> set[Fraction]:
    """A number, what it is as a percentage, and what that leaves and makes."""
    share = number / 100
    return {number, share, 1 - share, 1 + share, 100 - number, 100 + number}


def short(number: Fraction) -> str:
    """A number for a message."""
    return f"{float(number):g}" if abs(number) < 10**15 else "a long one"


def used(program: str) -> Counter[Fraction]:
    """The numbers that stand in a program, and how often."""
    found = (node.value for node in ast.walk(ast.parse(program)) if isinstance(node, ast.Constant))
    numbers = (value for value in found if isinstance(value, int | float) and not isinstance(value, bool))
    return Counter(Fraction(str(number)) for number in numbers if isinstance(number, int) or isfinite(number))


def _given(question: str) -> set[Fraction]:
    found: set[Fraction] = set()
    for word in words(question):
        try:
            found.add(Fraction(word))
        except (ValueError, ZeroDivisionError):
            spoken = _SPOKEN.get(word.removesuffix("s"))
            found |= {Fraction(spoken)} if spoken else set()
    return found
