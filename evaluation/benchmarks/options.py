"""Multiple choice: options out of the ways in which sources write them, and one layout in which they are shown."""

from __future__ import annotations

import re
from collections.abc import Sequence
from string import ascii_uppercase
from typing import Any


def options(value: Any) -> tuple[str, ...]:
    """The texts of the options without their letters: from a list, a list written as text, or one line.

    >>> options(["A)1", "B)2"])
    ('1', '2')
    >>> options("a ) 2 : 3 , b ) 4 : 5 , c ) none")
    ('2 : 3', '4 : 5', 'none')
    >>> options("['a ) 1 cm', 'b ) 3 cm']")
    ('1 cm', '3 cm')
    >>> options("A. the set A B. the set B")
    ('the set A', 'the set B')
    """
    if isinstance(value, str):
        return _split(value)
    return tuple(_bare(str(text), mark) for text, mark in zip(value or (), ascii_uppercase, strict=False))


def with_options(question: str, choices: Sequence[str]) -> str:
    """The question with its options beneath it.

    >>> print(with_options("Which is even?", ["3", "4"]))
    Which is even?
    <BLANKLINE>
    Options:
    (A) 3
    (B) 4
    """
    lines = [f"({mark}) {text}" for mark, text in zip(ascii_uppercase, choices, strict=False)]
    return "\n".join([question, "", "Options:", *lines]) if lines else question


def letter_of(answer: str, choices: Sequence[str]) -> str:
    """The letter of an answer that is given in words or by its number from 0; an answer that is no option stays.

    >>> letter_of("no", ["yes", "no"]), letter_of("1", ["yes", "no"]), letter_of("1", ["1", "2"]), letter_of("7", ["1"])
    ('B', 'B', 'A', '7')
    """
    marks = ascii_uppercase[: len(choices)]
    if answer in marks and answer:
        return answer
    found = [mark for mark, text in zip(marks, choices, strict=False) if text.strip() == answer.strip()]
    if not found and answer.isdecimal() and int(answer) < len(marks):
        return marks[int(answer)]
    return found[0] if found else answer


def same_option(letter: str, choices: Sequence[str]) -> tuple[str, ...]:
    """The letters of other options that read like the right one; none where the options say nothing at all.

    >>> same_option("A", ["15 s", "20 s", "15 s"]), same_option("A", ["m", "m"])
    (('C',), ())
    """
    texts = dict(zip(ascii_uppercase, (text.strip() for text in choices), strict=False))
    if len(set(texts.values())) < 2 or letter not in texts:
        return ()
    return tuple(mark for mark, text in texts.items() if text == texts[letter] and mark != letter)


def _split(line: str) -> tuple[str, ...]:
    """One line with marks in order: each mark is looked for after the one before it."""
    starts: list[tuple[int, int]] = []
    for mark in ascii_uppercase:
        pattern = re.compile(rf"(?:^|(?<=[\s,'\"\[])){_mark(mark)}", re.IGNORECASE)
        match = pattern.search(line, starts[-1][1] if starts else 0)
        if match is None:
            break
        starts.append(match.span())
    ends = [start for start, _ in starts[1:]] + [len(line)]
    waste = " ,'\"[]" if re.match(r"\s*\[\s*['\"]", line) else " ,"
    return tuple(line[begin:end].strip(waste) for (_, begin), end in zip(starts, ends, strict=True))


def _bare(text: str, mark: str) -> str:
    return re.sub(rf"^\s*{_mark(mark)}", "", text, count=1, flags=re.IGNORECASE).strip()


def _mark(letter: str) -> str:
    """A pattern of a letter and its bracket or full stop; some sources write it twice."""
    return rf"(?:\(?{letter}\s*[).]\s*)+"
