"""Changes that fit any composed question: other names, and one or two other numbers."""

from __future__ import annotations

import re
from random import Random

from .drawing import decimal, integer

_LETTERS = "abcdfghijklmnopqrstuvwxyz"
_NAME = re.compile(r"(?<![A-Za-z'])[a-z](?![A-Za-z])(?! (?:factor|multiple|prime|composite))")
_IN_OPTIONS = re.compile(r"(?<![A-Za-z(])[a-z](?![A-Za-z])")
_COEFFICIENT = re.compile(r"(?<![\w./*])\d+(?:\.\d+)?(?![\w./]|\.\d)")


def renamed(question: str, rng: Random) -> str:
    """The question with other variables; the letters of options stay.

    >>> renamed("Let a = 2. Is a a factor of 6?", Random(1))
    'Let f = 2. Is f a factor of 6?'
    """
    names = dict(zip(_LETTERS, rng.sample(_LETTERS, len(_LETTERS)), strict=True))
    asked, mark, options = question.partition("(a) ")
    asked, options = (
        pattern.sub(lambda name: names.get(name[0], name[0]), text)
        for pattern, text in ((_NAME, asked), (_IN_OPTIONS, options))
    )
    return asked + mark + options


def perturbed(question: str, rng: Random) -> str:
    """The question with one to three other numbers; exponents and divisors stay."""
    places = list(_COEFFICIENT.finditer(question))
    for place in sorted(rng.sample(places, min(len(places), rng.randint(1, 3))), key=lambda place: -place.start()):
        length = len(place[0]) + (rng.random() < 0.3)
        new = decimal(rng, length, 1).lstrip("-") if "." in place[0] else str(integer(rng, length))
        question = question[: place.start()] + new + question[place.end() :]
    return question
