"""Words only: questions with options and a solution in words, as in AQuA and TAL-SCQ5K.

The solution is kept where every claim of it that can be read is true and it comes to the value of the right option; where
its equations come to it too, they also make a program, and the question is asked without options.

Promises: the right option's value is the last number of the words. Does not promise that the reasoning before it is right.
"""

from __future__ import annotations

import re
from dataclasses import replace

from .annotated import annotated, sentences
from .arithmetic import NUMBER, claims, false_claim, plain, without_units
from .solution import Row, Solution, Unusable, bare_number
from .wording import undecorated

_OPTIONS = re.compile(r"\s*\n(?:Options|Answer Choices):?\s*\n(?=\()")
_OPTION = re.compile(r"\(([A-Z])\)\s*(.*?)\s*(?=\n\([A-Z]\)|\Z)", re.DOTALL)
_NUMBER = re.compile(rf"-?(?:{NUMBER})(?:/\d+)?")
_CHOSEN = re.compile(r"[^.]*\b(?:answer|option|choice|choose|ans)\b[^.]*\b\(?[A-E]\)?\.?\s*\Z", re.IGNORECASE)
_CHOOSES = re.compile(
    r"\b(?:[Oo]ption|[Cc]hoice|[Cc]hoose|go with|I|[Mm]y|\d+C\d+)\b|\b(?:[Aa]ns|[Aa]nswer|ANSWER)\b\W*(?:is|=)?\W*[A-E]\b"
    r"|\([A-E]\)|=\s*\.?\Z"
)
_UNREADABLE = re.compile(r"[âÃ�]|\b(?:figure|diagram|picture|graph|chart|shown|above)\b")
_DEPENDS = re.compile(
    r"which (?:one )?of (?:the|these)|following|option|\bnone of\b|statement|approximate", re.IGNORECASE
)


def words(row: Row) -> Solution:
    """Words, and a program where their equations come to the answer. Raises `Unusable`."""
    question, texts = _asked(row)
    place = ord(row.gold.strip("() .")[:1] or "?") - ord("A")
    if not 0 <= place < len(texts):
        raise Unusable(f"gold is no option: {row.gold!r} of {len(texts)}")
    if unreadable := _UNREADABLE.search(question):
        raise Unusable(f"question not whole: it speaks of a picture or has lost characters ({unreadable[0]!r})")
    if _DEPENDS.search(question):
        raise Unusable("question needs its options: it cannot be asked without them")
    answer = _value_of(texts[place])
    cot = _CHOSEN.sub(
        "", sentences("\n".join(plain(undecorated(line)) for line in row.words.splitlines())).replace("$", "")
    ).strip()
    _confirm(cot, answer)
    try:
        made = annotated(Row(question, answer, words=cot))
    except Unusable:
        return Solution(question, answer, cot=cot, steps=3)
    return replace(made, cot=cot)


def _asked(row: Row) -> tuple[str, tuple[str, ...]]:
    """The question without its options, and these."""
    if row.options:
        return undecorated(row.question).rstrip(" ."), tuple(map(undecorated, row.options))
    stem, *listed = _OPTIONS.split(row.question, maxsplit=1)
    return undecorated(stem), tuple(match[2] for match in _OPTION.finditer(listed[0] if listed else ""))


def _value_of(option: str) -> str:
    """The number that an option is, its unit left out."""
    numbers = _NUMBER.findall(option)
    if len(numbers) != 1 or re.search(r"[\\^a-zA-Z]\d|\d[a-z]\b|\\(?!%)|:", option):
        raise Unusable("option is no number: its value cannot be compared")
    return bare_number(numbers[0])


def _confirm(cot: str, answer: str) -> None:
    """Raises `Unusable` where the words make a false claim or come to another value."""
    if _CHOOSES.search(cot) or "\\" in cot:
        raise Unusable("words not plain: they speak of options or hold formulas")
    if not any(claim.true for claim in claims(without_units(cot))):
        raise Unusable("words without arithmetic: nothing in them can be checked")
    if wrong := false_claim(cot):
        raise Unusable(f"cot is wrong: {wrong}")
    numbers = _NUMBER.findall(cot)
    if not numbers or bare_number(numbers[-1]) != answer:
        raise Unusable("cot comes to another value: its last number is not the right option's")
