"""References: every longer number of a question gets a name, one token, by which programs speak of it.

A small model may lose its way in copying long numbers digit by digit. So a family may have tokens `<n0>`, `<n1>`, ...: one
is put before each number of the question, and where a program uses that number, the model writes the token alone. The
engine puts the number back before anything is run or shown:

>>> references = References("What is 1,250 plus 37?", 8)
>>> "".join(text for text, _ in references.marked())
'What is <n0>1,250 plus <n1>37?'
>>> "".join(text for text, _ in references.referred("print(1250 + 37)"))
'print(<n0> + <n1>)'
>>> references.resolved("print(<n0> + <n1>)")
'print(1250 + 37)'

Names run on from a first one that depends on the question, so that all of them are equally trained, and a question with more
numbers than any trained one still meets known names.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

_IN_QUESTION = re.compile(r"(?<![\d,(\[])[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?(?![,\d])|\d+(?:\.\d+)?")
_IN_PROGRAM = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?![\w.])")
_NAME = re.compile(r"<n(\d+)>")
SHORTEST = 2
"""Characters of the shortest number that is worth a name: one digit is one token anyway."""


def names(count: int) -> tuple[str, ...]:
    """The tokens of a family with so many."""
    return tuple(f"<n{number}>" for number in range(count))


class References:
    """The names of the numbers of one question."""

    def __init__(self, question: str, count: int) -> None:
        """Names for the first `count` different numbers of `question`."""
        self._question = question
        literals = (_literal(match[0]) for match in _IN_QUESTION.finditer(question))
        different = list(dict.fromkeys(literal for literal in literals if len(literal) >= SHORTEST))[:count]
        first = zlib.crc32(question.encode("utf-8", "surrogatepass")) % count if count else 0
        self._names = {literal: f"<n{(first + place) % count}>" for place, literal in enumerate(different)}
        self._literals = {name: literal for literal, name in self._names.items()}

    def marked(self) -> Iterator[tuple[str, bool]]:
        """The question with a name before each number, as pieces; True for a name."""
        place = 0
        for match in _IN_QUESTION.finditer(self._question):
            if name := self._names.get(_literal(match[0])):
                yield from _text(self._question[place : match.start()])
                yield name, True
                place = match.start()
        yield from _text(self._question[place:])

    def referred(self, program: str) -> Iterator[tuple[str, bool]]:
        """A program with names in place of the question's numbers, as pieces; True for a name."""
        place = 0
        for match in _IN_PROGRAM.finditer(program):
            if name := self._names.get(match[0]):
                yield from _text(program[place : match.start()])
                yield name, True
                place = match.end()
        yield from _text(program[place:])

    def resolved(self, text: str) -> str:
        """A text with the numbers in place of their names; a name that the question does not have stays."""
        return _NAME.sub(lambda match: self._literals.get(match[0], match[0]), text)


def _literal(number: str) -> str:
    """A number as programs write it."""
    return number.replace(",", "")


def _text(text: str) -> Iterator[tuple[str, bool]]:
    if text:
        yield text, False
