"""The face of grading: two texts in, a verdict out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from .compare import Cascade, Settled
from .extraction import extract
from .parser import parse
from .rules import DEFAULT, Rules
from .spelling import normalised
from .tokens import Unreadable
from .tree import Node
from .verdict import Verdict

VERSION = 6
"""Rises whenever a verdict may change; results carry it."""

LONGEST_GOLD = 200
"""Characters from which on a right answer may be a whole solution, in which it is stated."""

Context = Literal["answer", "completion"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A verdict, and what a computer algebra system could still find out."""

    verdict: Verdict
    """What the rules say."""
    left: tuple[tuple[Node, Node], ...] = ()
    """Pairs of expressions that they leave undecided."""


def grade(gold: str, pred: str | None, context: Context = "answer", rules: Rules = DEFAULT) -> Verdict:
    """Whether `pred` is the answer `gold`.

    Args:
        gold: the right answer, bare or in a box.
        pred: the bare answer, or with context `completion` the whole text that states it.
        rules: what the source of the question accepts.

    >>> grade("1/2", "0.5").verdict, grade("(1, 2)", "(2, 1)").verdict
    ('correct', 'wrong')
    """
    answer = stated(pred, context)
    if pred is not None and pred.strip() and len(pred) < 2 * len(gold) + 40 and _squeezed(gold) == _squeezed(pred):
        answer = pred
    return (
        Verdict("wrong", "it states no answer", "extraction")
        if answer is None
        else compare(gold, answer, rules).verdict
    )


def stated(pred: str | None, context: Context) -> str | None:
    """The answer that a text states, or None."""
    if pred is None or not pred.strip():
        return None
    if context == "answer":
        return pred
    found = extract(pred)
    return None if found is None else found.answer


def compare(gold: str, answer: str, rules: Rules = DEFAULT, settled: Settled | None = None) -> Comparison:
    """Whether a bare answer is the right one, with what is known about pairs of expressions from elsewhere."""
    if _squeezed(gold) == _squeezed(answer) and not rules.simplified:
        return Comparison(Verdict("correct", "the same text", "text"))
    bare = _with_point(gold, _bare(answer))
    if (plain := _plain(gold, bare, rules)) is not None:
        return Comparison(plain)
    try:
        right = parse(_chosen(bare, _right(gold)))
    except Unreadable as problem:
        if _spelled(gold) == _spelled(answer):
            return Comparison(Verdict("correct", "the same text", "text"))
        return Comparison(Verdict("undecided", f"the right answer cannot be read: {problem}", "parse"))
    try:
        given = parse(_chosen(gold, bare))
    except Unreadable as problem:
        if _spelled(gold) == _spelled(answer):
            return Comparison(Verdict("correct", "the same text", "text"))
        return Comparison(Verdict("wrong", f"the answer cannot be read: {problem}", "parse"))
    cascade = Cascade(rules, settled or {})
    try:
        verdict = cascade(right, given)
    except RecursionError:
        return Comparison(Verdict("undecided", "nested too deeply", "limit"))
    return Comparison(verdict, tuple((a, b) for a, b, _ in cascade.left.values()))


_PLAIN = re.compile(r"\$?(-?\d{1,300}(?:\.\d{1,300})?)\$?")


def _plain(gold: str, answer: str, rules: Rules) -> Verdict | None:
    """The fast way for two numbers in digits; None where there is more to think about."""
    left, right = _PLAIN.fullmatch(gold.strip()), _PLAIN.fullmatch(answer.strip())
    if left is None or right is None:
        return None
    a, b = Fraction(left[1]), Fraction(right[1])
    if a == b:
        return Verdict("correct", "equal numbers", "exact")
    whole = "." not in left[1] and "." not in right[1] and not rules.percent
    return Verdict("wrong", f"{right[1][:60]} instead of {left[1][:60]}", "exact") if whole else None


def _with_point(gold: str, answer: str) -> str:
    """`1,25` as 1.25 where the right answer is a decimal of as many places; anywhere else it is two numbers."""
    point, comma = re.fullmatch(r"\$?-?\d+\.(\d+)\$?", gold.strip()), re.fullmatch(r"\$?-?\d+,(\d+)\$?", answer.strip())
    same = point is not None and comma is not None and len(point[1]) == len(comma[1])
    return answer.replace(",", ".") if same else answer


_OPTION = re.compile(r"\(([A-H])\)\s*\S.*|([A-H])[.:)]\s+\S.*", re.DOTALL)


def _chosen(letter: str, option: str) -> str:
    """The letter of an option that stands before its text, where the other side is a letter alone; else all of it."""
    plain = re.sub(r"\\text(?:bf)?\s*\{([^{}]*)\}", r"\1", option).strip() if len(option) < LONGEST_GOLD else ""
    if re.fullmatch(r"\(?[A-H]\)?", letter.strip()) and (match := _OPTION.fullmatch(plain)):
        return match[1] or match[2]
    return option


def _right(gold: str) -> str:
    """The right answer, which a few sources give as a whole solution."""
    bare = _bare(gold)
    if len(bare) > LONGEST_GOLD and (found := extract(bare, "strict")) is not None:
        return found.answer
    return bare


def _bare(text: str) -> str:
    """The answer inside a box, or the text as it is."""
    if "boxed" in text and (found := extract(text)) is not None and found.rule == "boxed":
        return found.answer
    return text


def _spelled(text: str) -> str:
    """An answer that cannot be read, in one spelling, so that at least the same one is recognised."""
    return _squeezed(normalised(_bare(text)).lower())


def _squeezed(text: str) -> str:
    """The text without spaces, but for those between digits."""
    return re.sub(r"(?<!\d)\s+|\s+(?!\d)", "", text).strip().strip("$.")
