"""Whether our own grader accepts the right answers of a benchmark: the least that a grader and a benchmark must do.

Each right answer is judged as a model would give it: bare, in a box at the end of a solution, and, where there are options,
by the text of the right one. It is noted whether it can be read at all: an answer that cannot is equal only to the same
text, however right another one is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from string import ascii_uppercase

from ...engine.grading.extraction import extract
from ...engine.grading.parser import parse
from ...engine.grading.tokens import Unreadable
from ..item import Item
from ..judge import judge


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of one right answer."""

    item: Item
    """The problem."""
    accepted: bool
    """Whether it is accepted in every form."""
    readable: bool
    """Whether it is more than a text to the grader."""
    reason: str
    """Why not; empty where all is well."""


def check_golds(items: Iterable[Item]) -> Iterator[Finding]:
    """Judges every right answer; problems that should be declined have none."""
    for item in items:
        if item.gold is not None:
            yield _finding(item, item.gold)


def _finding(item: Item, gold: str) -> Finding:
    verdicts = {form: judge(item, answer) for form, answer in _forms(item, gold).items()}
    reasons = [f"{form}: {found.reason}" for form, found in verdicts.items() if found.verdict != "correct"]
    unreadable = _unreadable(gold)
    told = [*reasons, f"cannot be read: {unreadable}"] if unreadable else reasons
    return Finding(item, not reasons, not unreadable, "; ".join(told))


def _forms(item: Item, gold: str) -> dict[str, str | None]:
    """The right answer in the forms in which a model may give it."""
    boxed = extract(f"The final answer is $\\boxed{{{gold.strip().strip('$')}}}$.")
    forms = {"bare": gold, "in a box": None if boxed is None else boxed.answer}
    options = dict(zip(ascii_uppercase, item.choices, strict=False))
    return {**forms, "by its text": options[gold]} if gold in options else forms


def _unreadable(gold: str) -> str:
    try:
        parse(gold)
    except Unreadable as problem:
        return str(problem) or "not in the grammar of answers"
    return ""
