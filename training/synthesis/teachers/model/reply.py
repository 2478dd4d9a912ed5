"""What a model replied to a maker: a question that it has checked itself, or the reason why there is none.

The form is that of prompts/synthesis/form.md: question, givens, unknown, solvable; after a `no`, the same once more for the
mended question (verify-and-repair in one call, as Xwin-Math does before it answers, arXiv 2403.04706). It is read strictly: a
reply in any other form is no question, because who does not follow it has not done the check either.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .....evaluation.contamination.words import words
from .masking import changed
from .plan import Plan

_FIELDS = ("question", "givens", "unknown", "solvable")
_BLOCK = r"\s*".join(rf"<{name}>(?P<{name}>(?:(?!</?(?:{'|'.join(_FIELDS)})>).)*)</{name}>" for name in _FIELDS)
_ONE = re.compile(_BLOCK, re.DOTALL)
_VERDICT = re.compile(r"(yes|no)\b", re.IGNORECASE)
_ENGLISH = frozenset(
    words("the a an of is are was what how many much find in to and if for by on at with has have each from as be it")
)
"""Words of which every longer English question has one."""
SHORT = 8
"""Words up to which a question need not hold one of those."""


@dataclass(frozen=True, slots=True)
class Written:
    """A question that a model has written and checked."""

    question: str
    """What it asks."""
    mended: bool = False
    """Whether it was rewritten after its first check."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """Why a reply gives no question."""

    reason: str
    """Beginning with a fixed phrase up to a colon."""
    question: str = ""
    """The question, as far as there was one."""


def read_reply(text: str) -> Written | Rejected:
    """The question of a reply.

    >>> one = "<question>What is 2 + 3?</question><givens>2, 3</givens><unknown>sum</unknown><solvable>yes</solvable>"
    >>> read_reply(one)
    Written(question='What is 2 + 3?', mended=False)
    >>> read_reply(one.replace("yes", "no: why not"))
    Rejected(reason='unsolvable question: no: why not', question='What is 2 + 3?')
    >>> read_reply("What is 2 + 3?").reason
    'unreadable reply: it is not in the form that was asked for'
    """
    text = text.strip()
    if not text:
        return Rejected("empty reply:")
    blocks = list(_ONE.finditer(text))
    if not 1 <= len(blocks) <= 2 or _ONE.sub("", text).strip():
        return Rejected("unreadable reply: it is not in the form that was asked for")
    checks = [{name: block[name].strip() for name in _FIELDS} for block in blocks]
    question = checks[-1]["question"]
    if empty := next((name for check in checks for name in _FIELDS if not check[name]), None):
        return Rejected(f"unreadable reply: <{empty}> is empty", question)
    verdicts = [found[1].lower() if (found := _VERDICT.match(check["solvable"])) else "" for check in checks]
    if "" in verdicts or verdicts[:-1] == ["yes"]:
        return Rejected("unreadable reply: <solvable> is neither yes nor no, or a yes was followed by more", question)
    if verdicts[-1] == "no":
        return Rejected(f"unsolvable question: {' '.join(checks[-1]['solvable'].split())[:200]}", question)
    return Written(question, mended=len(checks) == 2)


def objection(written: Written, plan: Plan, answer: str) -> str | None:
    """Why a question is not the one that was asked for, as far as its words tell."""
    if is_english(plan.root.question) and not is_english(written.question):
        return "wrong language:"
    asked = words(written.question)
    if copied := next((root.id for root in plan.shown if words(root.question) == asked), None):
        return f"copy of a seed question: {copied}"
    if plan.masked is not None and plan.masked.unknown not in asked:
        return f"lost unknown: {plan.masked.unknown} is not in the question"
    if (wanted := plan.numbers(answer)) is not None and (how := changed(wanted, written.question)):
        return f"numbers changed: {how}"
    return None


def is_english(text: str) -> bool:
    """Whether a question can be English: letters of the Latin alphabet, and in a longer one a common English word.

    >>> is_english("Wie viele Äpfel bleiben ihm, wenn er davon drei verschenkt?"), is_english("Solve x**2 = 4.")
    (False, True)
    """
    letters = [letter for letter in text if letter.isalpha() and not "\u0370" <= letter <= "\u03ff"]  # π is no language
    if sum(letter.isascii() for letter in letters) < 0.9 * len(letters):
        return False
    said = re.findall(r"[a-z]+", text.lower())
    return len(said) <= SHORT or not _ENGLISH.isdisjoint(said)
