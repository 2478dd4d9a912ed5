"""What the seed bank draws its numbers, expressions and words with.

Every sampler draws from one example's own `random.Random`, so an example depends on its number alone and not on what
was drawn before it, on another core, or in another order.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any, TypeVar

from . import words
from .notation import (
    Big,
    Equation,
    Func,
    Math,
    Matrix,
    Num,
    Numbers,
    Operand,
    Quotient,
    Var,
    as_math,
    rational,
)
from .value import FUNCTIONS

T = TypeVar("T")


class Samplers:
    """The samplers of one example. Each public method is a name in a seed's `vars`."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng

    # numbers

    def randint(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return self._rng.randint(low, high)

    def nonzero(self, low: int, high: int) -> int:
        """A whole number from low to high that is not 0."""
        drawn = 0
        while drawn == 0:
            drawn = self._rng.randint(low, high)
        return drawn

    def digits(self, low: int, high: int) -> int:
        """A positive whole number whose number of digits is uniform in low..high."""
        length = self._rng.randint(low, high)
        return self._rng.randint(10 ** (length - 1) if length > 1 else 1, 10**length - 1)

    def decimal(self, low: float, high: float, places: int) -> Decimal:
        """An exact decimal number from low to high with at most so many places, without trailing zeros."""
        scale: int = 10**places
        return tidy(Decimal(self._rng.randint(round(low * scale), round(high * scale))).scaleb(-places))

    def rational(self, largest: int) -> Quotient:
        """A positive fraction in lowest terms, not whole, with both parts at most `largest` (3 or more)."""
        while True:
            top, bottom = self._rng.randint(1, largest), self._rng.randint(2, largest)
            if math.gcd(top, bottom) == 1:
                return rational(top, bottom)

    # choices

    def choice(self, *items: Any) -> Any:
        """One of the items; one lone list, tuple or range is taken as the items."""
        pool = items[0] if len(items) == 1 and isinstance(items[0], list | tuple | range) else items
        return self._rng.choice(pool)

    def sample(self, items: Iterable[T], count: int) -> list[T]:
        """So many different items, in random order."""
        return self._rng.sample(list(items), count)

    def shuffled(self, items: Iterable[T]) -> list[T]:
        """All items in random order."""
        return self._rng.sample(pool := list(items), len(pool))

    def maybe(self, probability: float) -> bool:
        """True with this probability."""
        return self._rng.random() < probability

    # expressions

    def polynomial(self, variable: Math, degree: int, lo: int = -9, hi: int = 9) -> Math:
        """A polynomial of this degree, highest power first; about one of its lower coefficients in five is 0."""
        total: Math = self.nonzero(lo, hi) * variable**degree
        for power in range(degree - 1, 0, -1):
            total += (0 if self.maybe(0.2) else self._rng.randint(lo, hi)) * variable**power
        return total + (0 if degree > 1 and self.maybe(0.2) else self._rng.randint(lo, hi)) if degree else total

    def linear(self, variable: Math, lo: int = -9, hi: int = 9) -> Math:
        """`a*v + b` with a and b not 0."""
        return self.nonzero(lo, hi) * variable + self.nonzero(lo, hi)

    def elementary(self, variable: Math) -> Math:
        """A sine, cosine, exponential, logarithm, root or power of the variable or of a linear form of it.

        Logarithms and roots get an argument that is positive for positive values of the variable.
        """
        name = self._rng.choice(("sin", "cos", "exp", "log", "sqrt", "power"))
        a, b = self._rng.choice((1, 1, 2, 3, 4, 5)), self._rng.choice((0, 0, 1, 2, 3, 4, 5))
        inside = a * variable + b
        if name == "power":
            return inside ** self._rng.randint(2, 5)
        return Func(name, inside)

    # words

    def name(self) -> str:
        """A first name."""
        return self._rng.choice(words.NAMES)

    def names(self, count: int) -> list[str]:
        """Different first names."""
        return self._rng.sample(words.NAMES, count)

    def person(self) -> tuple[str, str, str, str]:
        """A first name with its pronouns, e.g. Emma, she, her, her: subject, possessive, object."""
        if self.maybe(0.5):
            return self._rng.choice(words.GIRLS), "she", "her", "her"
        return self._rng.choice(words.BOYS), "he", "his", "him"

    def things(self, count: int) -> list[str]:
        """Different countable things, in the plural."""
        return self._rng.sample(words.THINGS, count)


def _word(pool: Sequence[str]) -> Callable[[Samplers], str]:
    def draw(self: Samplers) -> str:
        return self._rng.choice(pool)

    return draw


WORDS = {
    "thing": words.THINGS,
    "food": words.FOODS,
    "fruit": words.FRUITS,
    "drink": words.DRINKS,
    "place": words.PLACES,
    "city": words.CITIES,
    "job": words.JOBS,
    "day": words.DAYS,
    "month": words.MONTHS,
    "animal": words.ANIMALS,
    "color": words.COLORS,
    "vehicle": words.VEHICLES,
    "sport": words.SPORTS,
    "subject": words.SUBJECTS,
    "relative": words.FAMILY,
}
"""Samplers that draw one word of a list."""


def tidy(number: Decimal) -> Decimal:
    """The same number without trailing zeros and never in exponent form."""
    text = format(number, "f")
    return Decimal(text.rstrip("0").rstrip(".") if "." in text else text)


def fn(name: str, argument: Operand) -> Func:
    """A function of an expression.

    Raises:
        ValueError: for a function that has no notation.
    """
    if name not in FUNCTIONS:
        raise ValueError(f"fn({name!r}, ...) is unknown: use one of {', '.join(FUNCTIONS)}")
    return Func(name, as_math(argument))


def equation(left: Operand, right: Operand) -> Equation:
    """`left = right`."""
    return Equation(as_math(left), as_math(right))


def matrix(rows: Iterable[Iterable[Operand]]) -> Matrix:
    """A matrix from its rows."""
    return Matrix(tuple(tuple(as_math(entry) for entry in row) for row in rows))


def numbers(items: Iterable[Operand]) -> Numbers:
    """A list of numbers."""
    return Numbers(tuple(as_math(item) for item in items))


def isprime(number: int) -> bool:
    """Whether a number is prime, by trial division."""
    return number > 1 and all(number % divisor for divisor in range(2, math.isqrt(number) + 1))


TOOLS: dict[str, Any] = {
    "var": Var,
    "num": as_math,
    "fn": fn,
    "equation": equation,
    "matrix": matrix,
    "numbers": numbers,
    "big": Big,
    "spelled": words.spelled,
    "pi": Var("pi"),
    "Num": Num,
    "Fraction": Fraction,
    "Decimal": Decimal,
    "isprime": isprime,
    "gcd": math.gcd,
    "lcm": math.lcm,
    "comb": math.comb,
    "perm": math.perm,
    "factorial": math.factorial,
    "isqrt": math.isqrt,
    "prod": math.prod,
}
"""Names in a seed's `vars` that draw nothing."""

_DRAWING = [name for name in vars(Samplers) if not name.startswith("_")]
_WORDS = {name: _word(pool) for name, pool in WORDS.items()}


def namespace(rng: Random) -> dict[str, Any]:
    """Everything that a seed's `vars` can use, drawing from this generator."""
    samplers = Samplers(rng)
    space = dict(TOOLS)
    for name in _DRAWING:
        space[name] = getattr(samplers, name)
    for name, draw in _WORDS.items():
        space[name] = draw.__get__(samplers)
    return space
