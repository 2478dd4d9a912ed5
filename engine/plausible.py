"""What cannot be an answer because of what was asked: a price of -3, half a person, a probability of 2.

`implausible(question, answer)` reads both as text, in English. It is a sign and no proof, so the trust in an answer
(`engine.trust`) weighs it like any other. Promise: hardly any true answer is called implausible, less than one in 500 of those
of the benchmarks of the package (`tests/engine/test_plausible.py`).
"""

from __future__ import annotations

import re
from fractions import Fraction

_NUMBER = re.compile(r"-?\d{1,60}(?:\.\d{1,60}|/\d{1,60})?")
_SIZE = re.compile(
    r"\bhow (?:many|much|long|far|old|tall|fast|big|large|high|deep|wide|heavy|likely)\b"
    r"|\b(?:cost|price|pay|left|remain|area|perimeter|volume|length|distance|age|speed|total|altogether|bill|weigh|tip)"
    r"|\bnumber of"
)
"""What asks for something that has a size."""
_SIGNED = re.compile(
    r"[-−–]\s?\d|\b(?:minus|negative|below|change|loss|profit|net|debt|overdrawn|log|component|discriminant)|\(x\)"
)
"""What makes a negative answer ordinary."""
_MEASURE = (
    r"seconds?|minutes?|hours?|days?|weeks?|months?|years?|[a-z]*(?:met(?:er|re)s?|lit(?:er|re)s?|grams?|bytes?)"
    r"|[kcmd]?m|[km]?g|m?l|[km]?wh|ha|yd|ft|in|sq|miles?|inch(?:es)?|feet|foot|yards?|gallons?|pints?|quarts?|pounds?"
    r"|ounces?|lbs?|oz|tons?|tonnes?|cups?|degrees?|radians?|dollars?|euros?|rand|yen|cents?|pence|percent|points?"
    r"|times|square|cubic|units?|acres?|hectares?|knots|periods?"
)
_COUNT = re.compile(rf"\bhow many (?!(?:\w+ )?(?:{_MEASURE})\b)\w")
"""What asks for a count of things that are whole."""
_INEXACT = re.compile(r"\b(?:average|mean|expect|decimal|round|percent|exactly)|%")
"""What makes a count that is not whole ordinary."""
_CHANCE = re.compile(r"\b(?:what(?: is|'s)|find|compute|calculate|determine|give|state) the (?:probability|chance)\b")


def implausible(question: str, answer: str) -> bool:
    """Whether the answer is a number that cannot be what was asked for.

    >>> implausible("How many apples are left?", "-3"), implausible("How many apples are left?", "3")
    (True, False)
    >>> implausible("How many children are there?", "7/2"), implausible("How many litres are left?", "7/2")
    (True, False)
    >>> implausible("What is 3 - 7?", "-4"), implausible("What is the probability of a six?", "6")
    (False, True)
    """
    asked, number = question.lower(), answer.strip()
    if not _NUMBER.fullmatch(number):
        return False
    try:
        value = Fraction(number)
    except ZeroDivisionError:
        return True
    if _CHANCE.search(asked) and "%" not in asked and "percent" not in asked:
        return not 0 <= value <= 1
    if value < 0:
        return bool(_SIZE.search(asked)) and not _SIGNED.search(asked)
    return value.denominator > 1 and bool(_COUNT.search(asked)) and not _INEXACT.search(asked)
