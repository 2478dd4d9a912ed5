"""Equations with whole solutions, polynomials with rational roots, sequences, and other coefficients."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from random import Random

from ..algebra import ASKS, ROOT_ASKS
from .drawing import integer, signed


def linear(question: str, rng: Random) -> str:
    """As many equations in as many unknowns."""
    names = re.findall(r"(?<![a-z])[a-z](?![a-z])", question.rpartition(" for ")[0])
    values = {name: rng.randint(-60, 60) if rng.random() < 0.5 else rng.randint(-6, 6) for name in dict.fromkeys(names)}
    return f"Solve {', '.join(_equation(values, rng) for _ in values)} for {rng.choice(list(values))}."


def _equation(values: Mapping[str, int], rng: Random) -> str:
    """An equation that these values solve, its terms in any order on either side."""
    terms = [(signed(rng, rng.choice((1, 1, 2, 4))), name) for name in values for _ in range(rng.randint(1, 2))]
    terms += [(signed(rng, rng.choice((1, 2, 4))), "") for _ in range(rng.randint(0, 2))]
    rng.shuffle(terms)
    sides: tuple[list[str], list[str]] = ([], [])
    total = 0
    for factor, name in terms:
        side = rng.randrange(2)
        total += (1 - 2 * side) * factor * values.get(name, 1)
        sides[side].append(_term(factor, name))
    side = rng.randrange(2)
    if total or not sides[side]:
        sides[side].insert(rng.randrange(len(sides[side]) + 1), str(total if side else -total))
    return " = ".join(_sum(parts or ["0"]) for parts in sides)


def _term(factor: int, name: str) -> str:
    if not name:
        return str(factor)
    return name if factor == 1 else f"-{name}" if factor == -1 else f"{factor}*{name}"


def _sum(parts: Sequence[str]) -> str:
    return parts[0] + "".join(f" - {part[1:]}" if part.startswith("-") else f" + {part}" for part in parts[1:])


def polynomial(question: str, rng: Random) -> str:
    """A polynomial made from its roots, in the words of the question; they may be long, or occur twice."""
    powers, roots = [1], [signed(rng, 2)]
    for _ in range(rng.choice((2, 2, 3, 3, 4, 5))):
        roots.append(rng.choice(roots) if rng.random() < 0.3 else signed(rng, rng.choice((1, 1, 1, 2, 2, 3, 5))))
        lead = rng.choice((1, 1, 1, 1, 2, 3))
        powers = [a * lead - roots[-1] * b for a, b in zip([0, *powers], [*powers, 0], strict=True)]
    factor = Fraction(rng.choice((1, 1, 1, -1, 2, 3, 5, -2, -3, -4)), rng.choice((1, 1, 1, 2, 3, 5, 7)))
    name = next(iter(re.findall(r"([a-z])\*\*", question)), "x")
    terms = [_power(factor * number, name, power) for power, number in enumerate(powers) if number]
    for form in (*ROOT_ASKS, *ASKS):
        if len(terms) > 1 and (match := form.pattern.fullmatch(question)):
            start, end = match.span("e")
            return question[:start] + _sum(terms[::-1]) + question[end:]
    return question


def _power(factor: Fraction, name: str, power: int) -> str:
    top = _term(factor.numerator, "" if power == 0 else name if power == 1 else f"{name}**{power}")
    return f"{top}/{factor.denominator}" if factor.denominator > 1 else top


def sequence(question: str, rng: Random) -> str:
    """The values of a polynomial, at least two more than its degree."""
    degree = rng.choice((1, 1, 2, 2, 3))
    powers = [signed(rng, rng.randint(1, 6)) for _ in range(degree)] + [signed(rng, rng.randint(1, 4)) or 1]
    count = degree + rng.randint(2, 6)
    terms = [sum(factor * n**power for power, factor in enumerate(powers)) for n in range(1, count + 1)]
    return re.sub(r"-?\d.*\d", ", ".join(map(str, terms)), question)


def coefficients(question: str, rng: Random) -> str:
    """Other coefficients; exponents and divisors stay."""

    def draw(match: re.Match[str]) -> str:
        return match[0] if rng.random() < 0.3 else str(integer(rng, rng.choice((1, 2, 3, 5))))

    return re.sub(r"(?<![\w./*])\d+(?![\w./]|\.\d)", draw, question)


def exponents(question: str, rng: Random) -> str:
    """Other exponents."""
    return re.sub(
        r"(\*\*\(?-?)\d+", lambda old: old[0] if rng.random() < 0.3 else f"{old[1]}{rng.randint(1, 40)}", question
    )
