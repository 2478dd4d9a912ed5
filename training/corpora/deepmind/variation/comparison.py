"""Comparisons of other numbers, and of more of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from random import Random

from ..reading import ORDINALS
from .drawing import items

_ORDERS = ("", *(f" in {name} order" for name in ("increasing", "ascending", "decreasing", "descending")))


def _choice(ask: str, numbers: Sequence[str], rng: Random) -> str:
    """The ask over options with letters, or over a list."""
    if rng.random() < 0.5:
        named = zip("abcdefghijkl", numbers, strict=False)
        return f"Which is the {ask}?  " + "  ".join(f"({letter}) {number}" for letter, number in named)
    return f"What is the {ask} in {', '.join(numbers)}?"


def closest(question: str, rng: Random) -> str:
    """What is closest to a number; the same question where two are as close."""
    numbers = items(rng, 3, 10)
    to = items(rng, 1, 1)[0]
    near = sorted(abs(Fraction(number) - Fraction(to)) for number in numbers)
    return question if near[0] == near[1] else _choice(f"{rng.choice(('closest', 'nearest'))} to {to}", numbers, rng)


def kth(question: str, rng: Random) -> str:
    """The k-th of a list from either end."""
    numbers = items(rng, 3, 10)
    rank = rng.randrange(min(len(numbers), 7))
    return _choice(f"{f'{ORDINALS[rank]} ' if rank else ''}{rng.choice(('biggest', 'smallest'))} value", numbers, rng)


def sort(question: str, rng: Random) -> str:
    """Numbers to be sorted."""
    order = rng.choice(_ORDERS)
    return f"{rng.choice(('Sort', 'Put')) if order else 'Sort'} {', '.join(items(rng, 3, 12))}{order}."


def pair(question: str, rng: Random) -> str:
    """Two numbers to be compared, some of them close together."""
    a, b = items(rng, 2, 2)
    if rng.random() < 0.3 and re.fullmatch(r"-?\d+", a):
        b = str(int(a) + rng.choice((-2, -1, 1, 2)))
    rest = iter((a, b))
    return re.sub(r"(?<![\w/.])-?\d+(?:[./]\d+)?(?![\w/])", lambda number: next(rest, number[0]), question)
