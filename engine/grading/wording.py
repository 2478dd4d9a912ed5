"""Answers in words."""

from __future__ import annotations

import calendar
import re

from .spoken import NO_SOLUTION
from .tree import (
    Name,
    Node,
    Number,
    Ratio,
    Text,
    canonical,
    leaves,
)
from .verdict import Verdict, no, yes

_SYNONYMS = {
    "dne": "does not exist",
    **dict.fromkeys(NO_SOLUTION, "no solution"),
    **dict.fromkeys(("y", "true"), "yes"),
    **dict.fromkeys(("n", "false"), "no"),
}
_MONTH = "|".join(f"{name[:3]}(?:{name[3:]})?" for name in map(str.lower, calendar.month_name) if name)
_DATE = re.compile(
    rf"(?:the )?(?:(?P<day>\d\d?)(?:st|nd|rd|th)?(?: of)? (?P<month>{_MONTH})"
    rf"|(?P<month2>{_MONTH}) (?P<day2>\d\d?)(?:st|nd|rd|th)?)(?:,? (?P<year>\d{{4}}))?"
)


def texts(gold: Node, pred: Node) -> Verdict | None:
    if not isinstance(gold, Text) and not isinstance(pred, Text):
        return None
    left, right = _spelled(gold), _spelled(pred)
    if isinstance(gold, Ratio) or isinstance(pred, Ratio):
        left, right = (
            f"{parts[0]}:{parts[1]:0>2}" if (parts := _clock_parts(tree)) else words
            for tree, words in ((gold, left), (pred, right))
        )
    if left == right:
        return yes("text", "the same words")
    if isinstance(gold, Text) and isinstance(pred, Text) and len(left) > 2 and right.startswith(left + " because"):
        return yes("text", "the same words")
    return no("text", f"{right!r} instead of {left!r}"[:200])


def _clock_parts(tree: Node) -> list[str]:
    """Hour and minute of what was read as a ratio."""
    if isinstance(tree, Ratio) and len(tree.parts) == 2 and all(isinstance(part, Number) for part in tree.parts):
        return [str(part.value) for part in tree.parts if isinstance(part, Number)]
    return []


def _spelled(tree: Node) -> str:
    if isinstance(tree, Text):
        words = " ".join(tree.words.replace("(", "").replace(")", "").split())
        return _SYNONYMS.get(words) or _dated(words)
    letters = "".join(part.name for part in leaves(tree) if isinstance(part, Name))
    return letters.lower() if letters else _dated(canonical(tree))


def _dated(words: str) -> str:
    """A date with its month first, as in `mar 15 2024`; other words as they are."""
    if (date := _DATE.fullmatch(words)) is None:
        return words
    day, month = date["day"] or date["day2"], date["month"] or date["month2"]
    return " ".join(filter(None, (month[:3], str(int(day)), date["year"])))
