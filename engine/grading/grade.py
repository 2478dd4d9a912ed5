"""The face of grading: two texts in, a verdict out."""

from __future__ import annotations

from typing import Literal

from .compare import compare
from .extraction import extract
from .parser import parse
from .tokens import Unreadable
from .verdict import Verdict

VERSION = 1
"""Rises whenever a verdict may change; results carry it."""

Context = Literal["answer", "completion"]


def grade(gold: str, pred: str | None, context: Context = "answer") -> Verdict:
    """Whether `pred` is the answer `gold`.

    Args:
        gold: the right answer, bare or in a box.
        pred: the bare answer, or with context `completion` the whole text that states it.
    """
    if pred is None or not pred.strip():
        return Verdict("wrong", "it states no answer", "extraction")
    if _squeezed(gold) == _squeezed(pred):
        return Verdict("correct", "the same text", "text")
    answer = pred
    if context == "completion":
        found = extract(pred)
        if found is None:
            return Verdict("wrong", "it states no answer", "extraction")
        answer = found.answer
    if _squeezed(gold) == _squeezed(answer):
        return Verdict("correct", "the same text", "text")
    try:
        right = parse(_bare(gold))
    except Unreadable as problem:
        return Verdict("undecided", f"the right answer cannot be read: {problem}", "parse")
    try:
        given = parse(_bare(answer))
    except Unreadable as problem:
        return Verdict("wrong", f"the answer cannot be read: {problem}", "parse")
    try:
        return compare(right, given)
    except RecursionError:
        return Verdict("undecided", "nested too deeply", "limit")


def _bare(text: str) -> str:
    """The answer inside a box, or the text as it is."""
    if "boxed" in text and (found := extract(text)) is not None and found.rule == "boxed":
        return found.answer
    return text


def _squeezed(text: str) -> str:
    return "".join(text.split()).strip("$.")
