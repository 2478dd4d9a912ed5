"""Answers in words."""

from __future__ import annotations

from .tree import (
    Name,
    Node,
    Text,
    canonical,
    leaves,
)
from .verdict import Verdict, no, yes

_SYNONYMS = {"dne": "does not exist", "none": "no solution", "no solutions": "no solution", "y": "yes", "n": "no"}


def texts(gold: Node, pred: Node) -> Verdict | None:
    if not isinstance(gold, Text) and not isinstance(pred, Text):
        return None
    left, right = _spelled(gold), _spelled(pred)
    if left == right:
        return yes("text", "the same words")
    if isinstance(gold, Text) and isinstance(pred, Text) and len(left) > 2 and right.startswith(left + " because"):
        return yes("text", "the same words")
    return no("text", f"{right!r} instead of {left!r}"[:200])


def _spelled(tree: Node) -> str:
    if isinstance(tree, Text):
        words = " ".join(tree.words.replace("(", "").replace(")", "").split())
        return _SYNONYMS.get(words, words)
    letters = "".join(part.name for part in leaves(tree) if isinstance(part, Name))
    return letters.lower() if letters else canonical(tree)
