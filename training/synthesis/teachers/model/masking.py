"""Numbers in a question: hiding one of them, and whether two texts state the same ones."""

from __future__ import annotations

import re
from collections.abc import Set
from dataclasses import dataclass
from decimal import Decimal
from random import Random

from .....evaluation.contamination.words import numbers, words

UNKNOWNS = "xyzkmnpqrstuvw"
"""Letters that stand for a hidden number; the first that the question does not use."""
_NUMERAL = re.compile(r"(?<![\w.,:^\\{/-])[0-9]+(?:,[0-9]{3})*(?:\.[0-9]+)?(?!\w|[.,:]\d|/)")
"""A number that stands for itself: no part of a name, a fraction, a time, an exponent or another number."""
_VAGUE = frozenset([Decimal(1)])
"""Numbers that are stated without being meant, as in `one of them`."""


@dataclass(frozen=True, slots=True)
class Masked:
    """A question in which a number is hidden."""

    question: str
    """With the unknown in its place."""
    unknown: str
    """A letter that the question did not use."""
    number: str
    """What was hidden, without thousands separators."""


def mask(question: str, rng: Random) -> Masked | None:
    """Hide one number, chosen by the generator; None where there is none to hide.

    >>> mask("Ann has 1,200 apples.", Random(0))
    Masked(question='Ann has x apples.', unknown='x', number='1200')
    """
    places = list(_NUMERAL.finditer(question))
    used = set(re.findall(r"(?<![A-Za-z])[A-Za-z](?![A-Za-z])", question.lower()))
    unknown = next((letter for letter in UNKNOWNS if letter not in used), None)
    if not places or unknown is None:
        return None
    place = rng.choice(places)
    hidden = question[: place.start()] + unknown + question[place.end() :]
    return Masked(hidden, unknown, place[0].replace(",", ""))


def stated(text: str) -> frozenset[Decimal]:
    """The numbers of a text, in digits or as small words.

    >>> sorted(stated("three bags of 1,000 grams at $2.50")) == [Decimal("2.5"), 3, 1000]
    True
    """
    return frozenset(map(Decimal, numbers(words(text))))


def changed(wanted: Set[Decimal], question: str) -> str | None:
    """How the numbers of a question differ from those that it must state; None where they do not.

    >>> changed({Decimal(3), Decimal(5)}, "Add 3 and 6.")
    'it lacks 5, it adds 6'
    """
    found = stated(question)
    lost, new = sorted(wanted - found - _VAGUE), sorted(found - wanted - _VAGUE)
    told = [f"it {verb} {', '.join(map(str, which))}" for verb, which in (("lacks", lost), ("adds", new)) if which]
    return ", ".join(told)[:200] or None
