"""Number questions with other numbers, half of them with the property that is asked for."""

from __future__ import annotations

from fractions import Fraction
from random import Random

from ..integers import PLACES
from ..reading import CARDINALS
from .drawing import decimal, integer, replaced, signed

_NEAREST = (
    *("integer", "ten", "one hundred", "one thousand", "ten thousand", "one hundred thousand", "one million"),
    *(str(10**power) for power in range(1, 8)),
)


def common_divisor(question: str, rng: Random) -> str:
    """Two numbers with a common divisor."""
    common = integer(rng, 5) or 1
    return replaced(question, common * (integer(rng, 5) or 2), common * (integer(rng, 4) or 3))


def common_multiple(question: str, rng: Random) -> str:
    """Two numbers, or two fractions whose denominators they are."""
    common = integer(rng, 4) or 1
    a, b = common * (integer(rng, 4) or 5), common * (integer(rng, 3) or 2)
    if "denominator" not in question:
        return replaced(question, a, b)
    head, _, tail = question.partition(" of ")
    return f"{head} of {Fraction(signed(rng, 2), a + 1)} and {Fraction(signed(rng, 2), b + 1)}{tail[-1]}"


def remainder(question: str, rng: Random) -> str:
    """A division with a remainder."""
    divisor = integer(rng, 6) + 2
    return replaced(question, divisor * integer(rng, 5) + rng.randrange(divisor), divisor)


def factor(question: str, rng: Random) -> str:
    """A number and what may divide it."""
    divisor = integer(rng, 4) + 2
    number = divisor * (integer(rng, 7) or 1) + (0 if rng.random() < 0.5 else rng.randrange(divisor))
    if "even" in question:
        return replaced(question, number)
    return replaced(question, *((number, divisor) if "multiple" in question else (divisor, number)))


def prime(question: str, rng: Random) -> str:
    """A number that is often prime."""
    number = integer(rng, 11)
    while rng.random() < 0.9 and any(number % p == 0 for p in (2, 3, 5, 7)):
        number += 1
    return replaced(question, number)


def prime_factors(question: str, rng: Random) -> str:
    """A number with factors of all sizes."""
    number = integer(rng, 10) + 2
    if rng.random() < 0.7:
        number = 1
        for _ in range(rng.randint(1, 4)):
            number *= integer(rng, 3) or 2
    return replaced(question, number)


def place(question: str, rng: Random) -> str:
    """A digit of a number that is often longer."""
    number = integer(rng, 14) + 1
    return f"What is the {PLACES[rng.randrange(min(len(str(number)), len(PLACES)))]} digit of {number}?"


def rounding(question: str, rng: Random) -> str:
    """A number that is rounded."""
    if rng.random() < 0.5:
        number, to = decimal(rng, 13), f"the nearest {rng.choice(_NEAREST)}"
    else:
        number, places = decimal(rng, 13, 2), rng.randint(0, 7)
        name = f"{rng.choice(('dp', 'decimal place'))}{'' if places == 1 else 's'}"
        to = f"{rng.choice((str(places), CARDINALS[places]))} {name}"
    return f"Round {number} to {to}." if rng.random() < 0.5 else f"What is {number} rounded to {to}?"
