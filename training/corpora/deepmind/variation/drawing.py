"""Numbers of many lengths, for questions that the dataset does not hold."""

from __future__ import annotations

import re
from fractions import Fraction
from random import Random


def integer(rng: Random, digits: int) -> int:
    """Zero or a positive integer of 1 to `digits` digits, every length equally often."""
    length = rng.randint(1, digits)
    return rng.randrange(10 ** (length - 1) if length > 1 else 0, 10**length)


def signed(rng: Random, digits: int) -> int:
    """An integer, negative in two cases of five."""
    return integer(rng, digits) * (-1 if rng.random() < 0.4 else 1)


def decimal(rng: Random, digits: int, least_places: int = 0) -> str:
    """A decimal number without needless zeros, an integer in two cases of five unless it needs places."""
    places = rng.randint(max(1, least_places), max(1, least_places, digits // 2))
    if not least_places and rng.random() < 0.4:
        return str(signed(rng, digits))
    number = signed(rng, digits)
    text = f"{abs(number):0{places + 1}d}"
    whole, part = text[:-places], text[-places:].rstrip("0")
    sign = "-" if number < 0 else ""
    return f"{sign}{whole}.{part}" if part else f"{sign if int(whole) else ''}{whole}"


def item(rng: Random) -> str:
    """What stands in a list to be sorted: an integer, a decimal or a fraction."""
    kind = rng.random()
    if kind < 0.5:
        return str(signed(rng, rng.choice((1, 1, 2, 3, 5, 7))))
    if kind < 0.75:
        return decimal(rng, rng.choice((1, 2, 3, 4, 6)), 1)
    value = Fraction(signed(rng, rng.choice((1, 2, 3))), rng.randint(2, rng.choice((9, 20, 1000))))
    return str(value)


def items(rng: Random, least: int, most: int) -> list[str]:
    """Different numbers."""
    found: dict[Fraction, str] = {}
    wanted = rng.randint(least, most)
    while len(found) < wanted:
        text = item(rng)
        found.setdefault(Fraction(text), text)
    return list(found.values())


def in_base(rng: Random, base: int, digits: int) -> str:
    """An integer of a base."""
    length = rng.randint(1, digits)
    first = rng.choice("123456789abcdef"[: base - 1])
    return "".join([rng.choice(("", "", "-")), first, *rng.choices("0123456789abcdef"[:base], k=length - 1)])


_NUMBER = re.compile(r"(?<![\w.])(?:(?<=[ (])-|^-)?\d+(?:\.\d+)?(?!\w|\.\d)")


def replaced(question: str, *numbers: int) -> str:
    """The question with its numbers replaced in order.

    >>> replaced("Is 3 a factor of 12?", 5, 40)
    'Is 5 a factor of 40?'
    """
    rest = iter(map(str, numbers))
    return _NUMBER.sub(lambda old: next(rest, old[0]), question)
