"""Other quantities, other times of day, other bags of letters."""

from __future__ import annotations

import re
from random import Random

from ..measurement import TENS, UP_TO_NINETEEN
from ..reading import CARDINALS
from .drawing import decimal

_LETTERS = "abcdfghijklmnopqrstuvwxyz"


def quantity(question: str, rng: Random) -> str:
    """Another number of the same unit; a fraction gets another numerator."""
    if " of a" not in question:
        return re.sub(r"(?<![\w.])\d+(?:\.\d+)?", lambda _: decimal(rng, 10).lstrip("-"), question)
    question = re.sub(r"\d+(?=/\d)", lambda _: str(rng.randint(1, 60)), question)
    return re.sub(r"[-a-z]+ ([a-z]+)(?= of a)", lambda old: f"{_count(rng)} {_plural(old[1])}", question)


def _count(rng: Random) -> str:
    """A number from two to ninety-nine in words."""
    if rng.random() < 0.5:
        return rng.choice(UP_TO_NINETEEN[2:])
    return rng.choice(TENS) + rng.choice(("", *(f"-{word}" for word in UP_TO_NINETEEN[1:10])))


def _plural(part: str) -> str:
    return "halves" if part in ("half", "halves") else f"{part.removesuffix('s')}s"


def time(question: str, rng: Random) -> str:
    """Another time of day."""
    question = re.sub(
        r"\d+:\d\d [AP]M", lambda _: f"{rng.randint(1, 12)}:{rng.randint(0, 59):02d} {rng.choice('AP')}M", question
    )
    return re.sub(r"is \d+ minutes", lambda _: f"is {rng.randint(1, 719)} minutes", question)


def chance(question: str, rng: Random) -> str:
    """Up to seven letters drawn from another bag."""
    bag = [letter for letter in rng.sample(_LETTERS, rng.randint(2, 6)) for _ in range(rng.randint(1, 8))]
    rng.shuffle(bag)
    count = min(len(bag), rng.randint(2, 7))
    drawn = rng.sample(bag, count) if rng.random() < 0.9 else rng.choices(bag, k=count)
    event = f"sequence {''.join(drawn)}" if "sequence" in question else f"picking {_counts(drawn)}"
    picked = f"letters picked without replacement from {_shown(bag, rng)}"
    ask, end = rng.choice((("What is", "?"), ("Calculate", "."), ("Give", ".")))
    if ask == "Calculate" or (ask == "What is" and rng.random() < 0.5):
        return f"{ask} prob of {event} when {CARDINALS[count]} {picked}{end}"
    return f"{CARDINALS[count].capitalize()} {picked}. {ask} prob of {event}{end}"


def _counts(letters: list[str]) -> str:
    counts = [f"{letters.count(letter)} {letter}" for letter in dict.fromkeys(letters)]
    return f"{', '.join(counts[:-1])} and {counts[-1]}" if len(counts) > 1 else counts[0]


def _shown(bag: list[str], rng: Random) -> str:
    if rng.random() < 0.5:
        return "".join(bag)
    return "{" + ", ".join(f"{letter}: {bag.count(letter)}" for letter in dict.fromkeys(bag)) + "}"
