"""Answers in words."""

from __future__ import annotations

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

_SYNONYMS = {"dne": "does not exist", **dict.fromkeys(NO_SOLUTION, "no solution"), "y": "yes", "n": "no"}


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
        return _SYNONYMS.get(words, words)
    letters = "".join(part.name for part in leaves(tree) if isinstance(part, Name))
    return letters.lower() if letters else canonical(tree)
