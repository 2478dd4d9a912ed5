"""What cannot be an answer because of what was asked: a price of -3, half a person, a probability of 2, a value for a proof.

`implausible(question, answer)` reads both as text, in English. It is a sign and no proof, so the trust in an answer
(`engine.trust`) weighs it like any other. Hardly any true answer is called implausible, of the benchmarks that come with the
package fewer than one in 500 (`tests/engine/test_plausible.py`). That does not hold where the numbers of a story were replaced
at random, as in GSM-Hard: true answers are negative or broken there.
"""

from __future__ import annotations

import re
from fractions import Fraction

_NUMBER = re.compile(r"-?\d{1,60}(?:\.\d{1,60}|/\d{1,60})?")
_SENTENCE = re.compile(r"(?<=[.?!])\s+")
_SIZE = re.compile(
    r"\bhow (?:many|much|long|far|old|tall|big|large|high|deep|wide|heavy)\b"
    r"|\b(?:costs?|prices?|pays?|area|perimeter|volume|length|distance|age|total|altogether|bill|weighs?|tip)\b"
)
"""What asks for something that has a size."""
_SIGNED = re.compile(
    r"[-−–]\s?\d|[=^\\]|\(x\)|\b(?:minus|negative|below|chang\w*|loss|loses?|lost|profit|gains?|net|debt|overdrawn|owes?|log"
    r"|component|discriminant|remainder|limit|derivative|integral|slope|expected|accelerat\w*|temperature|degrees|rate|fall\w*"
    r"|fell|drop\w*|coordinates?|vectors?|equation)\b"
)
"""What makes a negative answer ordinary."""
_MEASURE = (
    r"(?:milli|micro|nano)?seconds?|minutes?|hours?|days?|weeks?|months?|years?|decades?|centur(?:y|ies)"
    r"|[a-z]*(?:met(?:er|re)s?|lit(?:er|re)s?|grams?|bytes?|watts?|joules?|pascals?|volts?|moles?|newtons?)|bits"
    r"|[kcmd]?m|[km]?g|m?l|[km]?wh|[kmgt]b|ha|yd|ft|in|sq|miles?|mph|inch(?:es)?|feet|foot|yards?|gallons?|pints?|quarts?|pounds?"
    r"|ounces?|lbs?|oz|stone|tons?|tonnes?|cups?|(?:tea|table)spoons?|degrees?|radians?|dollars?|euros?|rand|yen|rupees?|cents?"
    r"|pence|percent|points?|times|square|cubic|units?|acres?|hectares?|knots|periods?|dozens?|turns?|laps?|rotations?"
)
_COUNT = re.compile(rf"\bhow many (?!(?:\w+ )?(?:{_MEASURE})\b)\w")
"""What asks for a count of things that are whole."""
_INEXACT = re.compile(
    r"\b(?:average|mean|median|expect\w*|decimals?|round\w*|percent|exactly|fraction|ratio|proportion|half|quarter)\b|%|\d[./]\d"
)
"""What makes a count that is not whole ordinary."""
_CHANCE = re.compile(
    r"\b(?:what(?: is|'s)|find|compute|calculate|determine|give|state) the (?:probability|chance)\b(?!.*\b(?:form|find)\b)"
)


_PROOF = re.compile(
    r"\b(?:dis)?prove\b(?!.*\b(?:find|what|calculate|compute|determine|evaluate|which|how (?:many|much))\b)", re.DOTALL
)
"""What asks for a proof and for nothing else."""


def implausible(question: str, answer: str) -> bool:
    """Whether the answer cannot be what was asked for.

    >>> implausible("How many apples are left?", "-3"), implausible("How many apples are left?", "3")
    (True, False)
    >>> implausible("How many children are there?", "7/2"), implausible("How many litres are left?", "7/2")
    (True, False)
    >>> implausible("What is 3 - 7?", "-4"), implausible("What is the probability of a six?", "6")
    (False, True)
    >>> implausible("Prove that sqrt(2) is irrational.", "sqrt(2)"), implausible("Disprove it: n^2 > n", "n")
    (True, True)
    """
    told, number = question.lower(), answer.strip()
    if _PROOF.search(told):
        return True
    if not _NUMBER.fullmatch(number):
        return False
    asked = next((one for one in reversed(_SENTENCE.split(told)) if one.rstrip().endswith("?")), told)
    try:
        value = Fraction(number)
    except ZeroDivisionError:
        return True
    if _CHANCE.search(asked) and "%" not in told and "percent" not in told:
        return not 0 <= value <= 1
    if value < 0:
        return bool(_SIZE.search(asked)) and not _SIGNED.search(told)
    return value.denominator > 1 and bool(_COUNT.search(asked)) and not _INEXACT.search(told)
