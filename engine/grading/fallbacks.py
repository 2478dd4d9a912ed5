"""Rules of extraction for texts that state no answer: what a program printed, the last formula, the last number."""

from __future__ import annotations

import re

from .found import NUMBER, Found, formulas, is_mathematics, last_side

_OUTPUT = re.compile(r"```output[ \t]*\n(.*?)(?:```|\Z)", re.DOTALL)
_FAILED = re.compile(r"Traceback|\b\w*(?:Error|Exception)\b|\btimeout\b", re.IGNORECASE)
_CONCLUSION = re.compile(r"\b(?:Therefore|Thus|Hence|So|Altogether|In total|In conclusion)\b[^.\n]*\d[^\n]*")
"""A last sentence with the answer in words, after the formulas."""
_STARS = re.compile(r"((?<![^\s(])\*\*(?=\S))|(?<=\S)\*\*(?=[\s.,;:!?)]|$)")
"""Where bold words begin, as a group, and where they end."""
_NEGATED = re.compile(r"\b(?:not|isn't|never|cannot be)\s*(?:equal to )?$", re.IGNORECASE)
_HEDGE = re.compile(r"\b(?:or|maybe|perhaps|either)\b", re.IGNORECASE)


def whole(text: str) -> Found | None:
    """A text that is nothing but an answer."""
    stripped = text.strip()
    if "\n" in stripped or len(stripped) > 120 or len(stripped.split()) > 12:
        return None
    start = text.find(stripped)
    if not re.search(r"\$\s*or\s*\$", stripped) and is_mathematics(stripped):
        return Found(stripped, (start, start + len(stripped)))
    first = re.match(r"(Yes|No|True|False)\b", stripped, re.IGNORECASE)
    return Found(first[1], (start, start + first.end())) if first else None


def output(text: str) -> Found | None:
    """The last line that the last program printed, unless that program failed."""
    blocks = list(_OUTPUT.finditer(text))
    if not blocks or _FAILED.search(blocks[-1][1]):
        return None
    lines = list(re.finditer(r"\S.*", blocks[-1][1]))
    if not lines:
        return None
    start = blocks[-1].start(1)
    return Found(lines[-1][0].strip(), (start + lines[-1].start(), start + lines[-1].end()))


def mathematics(text: str) -> Found | None:
    """The last formula between delimiters, if the text does not hedge about it."""
    several = formulas(text)
    if not several:
        return None
    last, start, end = several[-1]
    if (conclusion := _CONCLUSION.search(text, end)) is not None and (number := last_number(conclusion[0])) is not None:
        return Found(
            number.answer, (conclusion.start() + number.span[0], conclusion.start() + number.span[1]), number.why
        )
    if len(several) > 1 and re.search(r"\bor\b", text[several[-2][2] : start]):
        return Found("", (start, end), "hedge")
    return Found(last_side(last), (start, end))


def bold(text: str) -> Found | None:
    """The last words between double stars; stars between letters are powers of Python."""
    start, last = -1, None
    for mark in _STARS.finditer(text):
        if mark[1] is not None:
            start = mark.end()
        elif start >= 0 and "\n" not in text[start : mark.start()]:
            last, start = Found(text[start : mark.start()].strip(" ."), (start, mark.start())), -1
    return last


def last_number(text: str) -> Found | None:
    """The last number, unless it is denied or one of several that are offered."""
    matches = list(NUMBER.finditer(text))
    if not matches:
        return None
    last = matches[-1]
    if _NEGATED.search(text[: last.start()]):
        return Found("", last.span(), "negated")
    offered = len(matches) > 1 and _HEDGE.search(text[matches[-2].end() : last.start()])
    if offered or re.search(r"\bor\s*$", text[: last.start()]):
        return Found("", last.span(), "hedge")
    return Found(last[0], last.span())
