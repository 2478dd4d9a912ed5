"""Arithmetic with other numbers, and longer expressions."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from random import Random

from .drawing import decimal, in_base, integer, replaced, signed

_TWO = re.compile(r"-?\d+(?:\.\d+)?(?P<between>.*[^-\d.])-?\d+(?:\.\d+)?")
_EXPRESSION = re.compile(r"(?:What is the value of |What is |Calculate |Evaluate )?(.*?)[.?]?")
_ROOTS = ("square", "cube", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")


def decimals(digits: int) -> Callable[[str, Random], str]:
    """An author who puts two decimals of up to so many digits into a question."""

    def author(question: str, rng: Random) -> str:
        return _TWO.sub(lambda two: f"{decimal(rng, digits)}{two['between']}{decimal(rng, digits)}", question)

    return author


def quotient(question: str, rng: Random) -> str:
    """A division, every other one without a remainder."""
    divisor = signed(rng, 10) or 3
    if rng.random() < 0.55:
        return replaced(question, divisor * signed(rng, 8), divisor)
    common = integer(rng, 4) or 1
    return replaced(question, common * signed(rng, 7), common * (signed(rng, 7) or 7))


def longer(question: str, rng: Random, others: Sequence[str]) -> str:
    """Longer arithmetic out of several questions, with other numbers here and there."""
    for _ in range(rng.randint(1, 5)):
        other = _EXPRESSION.fullmatch(rng.choice(others))
        places = list(re.finditer(r"(?<![-\d(/])(?<!\(-)\d+(?!\d)", question))
        if other and places:
            place = rng.choice(places)
            question = f"{question[: place.start()]}({other[1]}){question[place.end() :]}"
    return re.sub(r"\d+", lambda number: str(integer(rng, 4) or 1) if rng.random() < 0.2 else number[0], question)


def bases(question: str, rng: Random) -> str:
    """Sums in a base, or numbers of one base in another."""
    base, to = rng.randint(2, 16), rng.randint(2, 16)
    if question.startswith("In base"):
        return f"In base {base}, what is {in_base(rng, base, 12)} {rng.choice('+-')} {in_base(rng, base, 12)}?"
    number = f"{in_base(rng, base, 12)} (base {base})"
    return rng.choice((f"{number} to base {to}", f"Convert {number} to base {to}.", f"What is {number} in base {to}?"))


def root(question: str, rng: Random) -> str:
    """A root of another number."""
    number = integer(rng, 13) + 1
    if rng.random() < 0.3:
        number = (integer(rng, 2) + 1) ** rng.randint(2, 6) + rng.randint(0, 3)
    if "power" in question:
        return f"What is {number} to the power of 1/{rng.randint(2, 10)}, to the nearest integer?"
    return f"What is the {rng.choice(_ROOTS)} root of {number} to the nearest integer?"
