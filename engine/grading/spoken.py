"""Numbers in words, and times of day in one spelling."""

from __future__ import annotations

import re
from fractions import Fraction

NO_SOLUTION = frozenset(
    [
        "no solution",
        "no solutions",
        "no real solution",
        "no real solutions",
        "empty set",
        "emptyset",
        "none",
        "no roots",
    ]
)
"""Ways to say that nothing fulfils a condition."""
_ONES = {
    word: n
    for n, word in enumerate(
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
         "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
    )
}  # fmt: skip
_TENS = {
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip
_SCALES = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9}
_PARTS = {"half": 2, "third": 3, "quarter": 4, "fourth": 4, "fifth": 5, "sixth": 6, "eighth": 8, "tenth": 10}
_CLOCK = re.compile(r"(\d{1,2})(?::(\d\d(?::\d\d)?))?\s*(?:([ap])\.?\s?m)?", re.IGNORECASE)


def spelled_number(words: str) -> Fraction | None:
    """The number that words spell out, or None.

    >>> spelled_number("twenty-five"), spelled_number("two thirds"), spelled_number("three cats")
    (Fraction(25, 1), Fraction(2, 3), None)
    """
    parts = words.lower().replace("-", " ").split()
    if not parts or len(parts) > 12:
        return None
    last = parts[-1].removesuffix("s") if parts[-1] != "halves" else "half"
    if last in _PARTS:
        top = _whole(parts[:-1]) if parts[:-1] not in ([], ["a"]) else 1
        return None if top is None else Fraction(top, _PARTS[last])
    whole = _whole(parts)
    return None if whole is None else Fraction(whole)


def _whole(parts: list[str]) -> int | None:
    total = group = 0
    for part in parts:
        if part in _ONES:
            group += _ONES[part]
        elif part in _TENS:
            group += _TENS[part]
        elif part == "hundred" and group:
            group *= 100
        elif part in _SCALES and group:
            total, group = total + group * _SCALES[part], 0
        elif part != "and" or not (total or group):
            return None
    return total + group


def clock(text: str) -> str:
    """A time of day with 24 hours where it says a.m. or p.m., else as it stands; anything else unchanged.

    >>> clock("2:30 p.m."), clock("09:05"), clock("noon")
    ('14:30', '9:05', 'noon')
    """
    match = _CLOCK.match(re.sub(r"\\text\{|\}", "", text).strip())
    if match is None:
        return text
    hour, half = int(match[1]), (match[3] or "").lower()
    if half and 1 <= hour <= 12:
        hour = hour % 12 + (12 if half == "p" else 0)
    return f"{hour}:{match[2] or '00'}" + (" am" if half == "a" else "")
