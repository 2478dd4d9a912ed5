"""Whether an answer is right for a problem of a benchmark: its options, its further right answers, what its source accepts.

Promises: never raises for what an answer says; an answer that a benchmark's rules do not cover is graded as mathematics. An
answer that fits several options is undecided. Does not promise to decide everything: `settle` asks a computer algebra system
about what `judge` leaves open.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from ..engine.answers import settle as settle_answer
from ..engine.grading.grade import grade
from ..engine.grading.rules import Rules
from ..engine.grading.verdict import Verdict
from ..sandbox import Sandbox
from .item import Item

_LETTER = re.compile(
    r"\s*(?:(?:option|choice|answer)\s*)?[\[(]?\s*(?:\\(?:text|textbf|mathrm|mathbf|boxed)\s*\{\s*\(?)?([A-Z])\)?\s*\}?"
    r"(?:\s*[\])]|(?=\s*[.:)]|\s*$))\s*[.:)]?\s*(.*)",
    re.DOTALL | re.IGNORECASE,
)
"""The letter of an option, and what is said with it."""
ORDERED = Rules(ordered=True)
LONGEST_OPTION = 1_000
"""Characters of an answer in which a letter is looked for."""
_ASKS_PERCENT = re.compile(
    r"(?:what|which|how many|how much|find|calculate|compute|determine|express|write|give)\b[^.?!]{0,80}"
    r"(?<!\d)(?<!\d )(?:\bper ?cent(?:age)?\b|%)|\b(?:as|in) (?:a )?per ?cent(?:age)?\b",
    re.IGNORECASE,
)


def judge(item: Item, answer: str | None) -> Verdict:
    """Whether a bare answer is right for the item."""
    if item.gold is None:
        declined = answer is None or not answer.strip()
        return _declined() if declined else Verdict("wrong", "it should have been declined", "declined")
    if answer is None or not answer.strip():
        return Verdict("wrong", "it states no answer", "extraction")
    if item.choices:
        return _chosen(item, answer)
    return _best(grade(gold, answer, rules=rules(item)) for gold in (item.gold, *item.accepted))


async def settle(item: Item, answer: str | None, sandbox: Sandbox) -> Verdict:
    """The verdict, with the help of a computer algebra system where `judge` is undecided.

    Raises `SandboxError` when there is no sandbox.
    """
    first = judge(item, answer)
    if first.verdict != "undecided" or item.gold is None or answer is None:
        return first
    golds = (_right_option(item), *item.accepted) if item.choices else (item.gold, *item.accepted)
    async with await sandbox.open() as session:
        return _best([await settle_answer(gold, answer, session, rules(item)) for gold in golds])


def rules(item: Item) -> Rules:
    """What the benchmark accepts; a question for a percentage may be answered with the share."""
    return replace(item.rules, percent=item.rules.percent or asks_percentage(item.question))


def asks_percentage(question: str) -> bool:
    """Whether the last sentence that asks something asks for a percentage.

    >>> asks_percentage("20% are red. What percentage is blue?"), asks_percentage("He pays 5% tax. How much does he pay?")
    (True, False)
    """
    sentences = re.split(r"(?<=[.?!])\s+(?=[A-Z])", question.strip())
    asking = [one for one in sentences if one.endswith("?")] or sentences[-1:]
    return any(_ASKS_PERCENT.search(one) for one in asking[-1:])


def _declined() -> Verdict:
    return Verdict("correct", "declined, as it should be", "declined")


def _best(verdicts: Iterable[Verdict]) -> Verdict:
    """Correct if one is, else undecided if one is, else the first."""
    several = list(verdicts)
    order = {"correct": 0, "undecided": 1, "wrong": 2}
    return min(several, key=lambda verdict: order[verdict.verdict])


def _right_option(item: Item) -> str:
    """The text of the right option, or the right answer itself where it is no letter of one."""
    place = _place(item)
    return item.gold or "" if place is None else options(item)[place]


def _place(item: Item) -> int | None:
    """Which option is right, from 0; None where the right answer is no letter and no option."""
    letter, texts = (item.gold or "").strip(" ().").upper(), options(item)
    place = ord(letter) - ord("A") if len(letter) == 1 else -1
    if 0 <= place < len(texts):
        return place
    return texts.index(item.gold or "") if item.gold in texts else None


def options(item: Item) -> list[str]:
    """The texts of the options, without their letters."""
    return [re.sub(rf"^\(?{chr(65 + n)}[).:]\s*", "", option.strip()) for n, option in enumerate(item.choices)]


def _chosen(item: Item, answer: str) -> Verdict:
    """By letter, by letter and text, or by value; options that read alike are right together."""
    texts, right, place = options(item), _right_option(item), _place(item)
    letters = {one.strip(" ().").upper() for one in item.accepted}
    good = {n for n, text in enumerate(texts) if n == place or text == right or chr(65 + n) in letters}
    same = [n for n, text in enumerate(texts) if text == answer.strip()]
    if same and good:
        return _verdict(bool(good & set(same)), f"the text of option {chr(65 + same[0])}")
    letter = _LETTER.fullmatch(answer.strip()) if len(answer) < LONGEST_OPTION else None
    if letter is not None and ord(letter[1].upper()) - ord("A") < len(texts):
        return _by_letter(texts, good, letter)
    as_written = replace(rules(item), ordered=True)  # options may be the same numbers in another order
    fits = {n for n, text in enumerate(texts) if grade(text, answer, rules=as_written).verdict == "correct"}
    if fits & good and fits - good:
        return Verdict("undecided", "it fits several options", "choice")
    if fits:
        return _verdict(bool(fits & good), f"the value of option {chr(65 + min(fits))}")
    return _best(grade(gold, answer, rules=rules(item)) for gold in (right, *item.accepted))


def _by_letter(texts: list[str], good: set[int], letter: re.Match[str]) -> Verdict:
    """A letter counts unless the value beside it is that of another option."""
    chosen, said = ord(letter[1].upper()) - ord("A"), letter[2].strip(" .:$")
    fits = [n for n, text in enumerate(texts) if said and grade(text, said, rules=ORDERED).verdict == "correct"]
    if fits and chosen not in fits:
        return Verdict("wrong", f"option {letter[1].upper()} with the value of another", "choice")
    return _verdict(chosen in good, f"option {letter[1].upper()}")


def _verdict(right: bool, reason: str) -> Verdict:
    return Verdict("correct" if right else "wrong", reason, "choice")
