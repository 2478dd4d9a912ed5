"""Sets of numbers as intervals in order: unions, intersections, what is left out, equality."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from .numeric import NoValue, exact, value
from .tree import Node, canonical


@dataclass(frozen=True, slots=True)
class Interval:
    """From `low` to `high`, with or without its ends, each of which is a string that is equal for equal numbers."""

    low: str
    """Left end; `-oo` for none."""
    low_in: bool
    """Whether it belongs to the set."""
    high: str
    """Right end; `oo` for none."""
    high_in: bool
    """Whether it belongs to the set."""


Numbers = tuple[Interval, ...]
"""A set of real numbers: intervals in order that do not touch."""

REALS: Numbers = (Interval("-oo", False, "oo", False),)
"""All of them."""


def end_point(tree: Node) -> str:
    """A string that is equal for equal end points."""
    text = canonical(tree)
    if text in ("oo", "neg(oo)"):
        return "oo" if text == "oo" else "-oo"
    try:
        return str(exact(tree))
    except NoValue:
        pass
    try:
        return str(value(tree, {}, 30))[:24]
    except NoValue:
        return text


def size_of(key: str) -> float:
    """About how large an end point is, to put them in order."""
    try:
        return float(Fraction(key)) if "oo" not in key else float(key.replace("oo", "inf"))
    except (ValueError, OverflowError):
        return 0.0


def united(several: list[Interval]) -> Numbers:
    """Joined where one ends as the next begins and one of them holds the point, or where they overlap; in order.

    >>> united([Interval("1", True, "2", False), Interval("2", True, "3", True)])
    (Interval(low='1', low_in=True, high='3', high_in=True),)
    """
    ordered = sorted(dict.fromkeys(several), key=lambda part: (size_of(part.low), not part.low_in))
    merged: list[Interval] = []
    for part in ordered:
        last = merged[-1] if merged else None
        touches = last is not None and last.high == part.low and (last.high_in or part.low_in)
        if last is not None and (touches or size_of(last.high) > size_of(part.low)):
            merged[-1] = Interval(
                last.low, last.low_in, *max(_end(last), _end(part), key=lambda e: (size_of(e[0]), e[1]))
            )
        else:
            merged.append(part)
    return tuple(merged)


def intersected(one: Numbers, other: Numbers) -> Numbers:
    """What is in both."""
    found = []
    for a in one:
        for b in other:
            low, low_in = max(_start(a), _start(b), key=lambda start: (size_of(start[0]), not start[1]))
            high, high_in = min(_end(a), _end(b), key=lambda end: (size_of(end[0]), end[1]))
            if size_of(low) < size_of(high) or (low == high and low_in and high_in):
                found.append(Interval(low, low_in, high, high_in))
    return united(found)


def without(numbers: Numbers) -> Numbers:
    """All real numbers but these."""
    found, low, low_in = [], "-oo", False
    for part in numbers:
        if part.low != "-oo":
            found.append(Interval(low, low_in, part.low, not part.low_in))
        low, low_in = part.high, not part.high_in
    return (*found, Interval(low, low_in, "oo", False)) if low != "oo" else tuple(found)


def _start(part: Interval) -> tuple[str, bool]:
    return part.low, part.low_in


def _end(part: Interval) -> tuple[str, bool]:
    return part.high, part.high_in
