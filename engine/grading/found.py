"""What a rule of extraction finds, and the patterns that several rules share."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .parser import parse
from .tokens import Unreadable
from .tree import Text


@dataclass(frozen=True, slots=True)
class Found:
    """A piece of text that may be the answer."""

    answer: str
    """The piece, trimmed; empty where the text refuses to say."""
    span: tuple[int, int]
    """Where it stands."""
    why: str = ""
    """`negated` or `hedge` for a refusal, `truncated` for a piece that ends too early."""


MATHS = re.compile(r"\$\$(.+?)\$\$|\\\[(.+?)\\\]|(?<!\\)\$((?:[^$\\]|\\.)+)\$|\\\((.+?)\\\)", re.DOTALL)
"""A formula between delimiters."""
NUMBER = re.compile(
    r"[-−]?[$£€]?\d{1,3}(?:,\d{3})+(?:\.\d+)?%?|[-−]?[$£€]?\d+(?:\.\d+)?(?:/\d+)?(?:[eE][+-]?\d+)?%?|(?<!\d)[-−]?\.\d+"
)
"""A number in running text."""


_DELIMITER = re.compile(r"\$\$|(?<!\\)\$|\\[\[\]()]")
_CLOSING = {"$$": "$$", "$": "$", "\\[": "\\]", "\\(": "\\)"}


def formulas(text: str) -> list[tuple[str, int, int]]:
    """What stands between delimiters, with the places of the delimiters; in one pass over the text."""
    found = []
    opened: re.Match[str] | None = None
    for mark in _DELIMITER.finditer(text):
        if opened is not None and mark[0] == _CLOSING[opened[0]]:
            if inside := text[opened.end() : mark.start()].strip():
                found.append((inside, opened.start(), mark.end()))
            opened = None
        elif opened is None or mark[0] in ("\\[", "\\(", "$$"):
            opened = mark if mark[0] in _CLOSING else None
    return found


def content(match: re.Match[str]) -> str:
    """The formula of a match of `MATHS`."""
    return next(group for group in match.groups() if group is not None).strip()


def last_side(formula: str) -> str:
    """`\\frac12 = 0.5 = 50\\%` ends with one of several names of the answer: the first value is kept."""
    if "," in formula:
        return formula
    sides = [side.strip() for side in re.split(r"(?<![<>!\\])=(?!=)", formula)]
    return sides[0] if len(sides) > 2 and not re.match(r"^[A-Za-z]", sides[0]) else formula


def is_mathematics(text: str) -> bool:
    """Whether all of it can be read, and not only as words."""
    try:
        return not isinstance(parse(text), Text)
    except Unreadable:
        return False
