"""English that depends on a number: articles, ordinals, one of something.

Frames are written once for all numbers, so "a {n} cm rope" and "every {n}th page" are mended after the numbers are drawn.
Does not promise to know every noun: only units, coins and spans of time are put into the singular.
"""

from __future__ import annotations

import re

_ARTICLE = re.compile(r"\b([Aa]) (?=\$?(?:8|1[18](?:,?\d{3})*(?![\d,])))")
"""Before numbers whose name begins with a vowel: eight, eleven, eighteen, eighty, eight hundred, eleven thousand."""
_ORDINAL = re.compile(r"(?<![\d.])(\d*)([123])th\b")
_SINGULARS = {
    "hours": "hour", "minutes": "minute", "seconds": "second", "days": "day", "weeks": "week", "months": "month",
    "years": "year", "dollars": "dollar", "euros": "euro", "cents": "cent", "pounds": "pound", "inches": "inch",
    "feet": "foot", "yards": "yard", "miles": "mile", "meters": "meter", "metres": "metre", "liters": "liter",
    "litres": "litre", "grams": "gram", "kilograms": "kilogram", "degrees": "degree", "points": "point",
    "units": "unit",
}  # fmt: skip
_ONE = re.compile(rf"(?<![\w.,/*^+-])(?<![-+*/=] )1 ({'|'.join(_SINGULARS)})\b")


def agreed(text: str) -> str:
    """The text with articles, ordinals and units that agree with their numbers.

    >>> agreed("A 80 cm rope and a 18 m pole, every 3th day for 1 hours")
    'An 80 cm rope and an 18 m pole, every 3rd day for 1 hour'
    >>> agreed("the 11th of 21 hours")
    'the 11th of 21 hours'
    """
    text = _ARTICLE.sub(r"\1n ", text)
    text = _ORDINAL.sub(_ordinal, text)
    return _ONE.sub(lambda match: f"1 {_SINGULARS[match[1]]}", text)


def _ordinal(match: re.Match[str]) -> str:
    tens, last = match.groups()
    ending = "th" if tens.endswith("1") else {"1": "st", "2": "nd", "3": "rd"}[last]
    return f"{tens}{last}{ending}"
