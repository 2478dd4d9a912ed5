"""What a converter makes of a row, and why it made nothing."""

from __future__ import annotations

from dataclasses import dataclass

MAX_LENGTH = 700
"""Characters of a question and its program together, and of a solution in words: a small model learns from short ones."""


class Unusable(ValueError):
    """A row of which nothing can be made; the message begins with a fixed phrase up to a colon, which is what is counted."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a corpus, its fields found; empty where the corpus has no such field."""

    question: str = ""
    """What is asked."""
    gold: str = ""
    """The right answer, or the letter of the right option."""
    words: str = ""
    """A solution in words."""
    program: str = ""
    """A solution in Python, perhaps inside a text."""
    equations: tuple[str, ...] = ()
    """Equations whose solution is the answer."""
    numbers: tuple[str, ...] = ()
    """What `number0`, `number1` ... stand for in the question and the equations."""
    options: tuple[str, ...] = ()
    """What there is to choose from."""
    vouched: bool = True
    """Whether the right answer comes from elsewhere than the program."""


@dataclass(frozen=True, slots=True)
class Solution:
    """A question with a solution that nobody has executed yet."""

    question: str
    """As it will be asked."""
    answer: str | None
    """The right answer; None where the corpus has none."""
    program: str = ""
    """Prints the answer; empty where there are only words."""
    cot: str = ""
    """A solution in words, up to the answer; empty where there is only a program."""
    steps: int = 1
    """Steps of calculation, from which the level is estimated."""

    @property
    def level(self) -> int:
        """Difficulty, 1 to 5."""
        return min(5, 1 + self.steps // 2)


def bare_number(text: str) -> str:
    r"""A number as Python writes it; a text that is none stays.

    >>> bare_number("$1,234.50"), bare_number("72.0"), bare_number("1/2"), bare_number("a few")
    ('1234.5', '72', '1/2', 'a few')
    """
    bare = text.strip().strip("$£€ ").removesuffix(".").replace(",", "").removeprefix("+")
    try:
        value = float(bare)
    except ValueError:
        return bare if bare.replace("/", "", 1).lstrip("-").isdecimal() else text.strip()
    short = f"{value:.10g}"
    return bare if {"e", "n"} & set(short) else short  # an exponent, inf or nan
