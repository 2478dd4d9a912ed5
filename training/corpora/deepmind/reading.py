"""What the reader's tables are made of: a form of ask, and the lines of a program that it becomes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

Groups = Mapping[str, str]
"""Named parts of an ask."""
Lines = Callable[[Groups], str]
"""Makes the last lines of a program."""

_UP_TO_SIXTH = ("first", "second", "third", "fourth", "fifth", "sixth")
ORDINALS = (*_UP_TO_SIXTH, "seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth")
"""From 1 on."""
_UP_TO_SIX = ("zero", "one", "two", "three", "four", "five", "six")
CARDINALS = (*_UP_TO_SIX, "seven", "eight", "nine", "ten", "eleven", "twelve")
"""From 0 on."""

EXPRESSION = r"(?:sqrt|(?![a-z]{2})[-+*/().\w ])*?[\w)]"
"""Matches an expression, as short a one as will do."""

_KINDS = {
    "E": EXPRESSION,
    "N": r"-?\w+(?:[./]\w+)?",  # a number or a name
    "D": r"-?\d+(?:\.\d+)?",  # a decimal number
    "L": r"[-\w./]+(?:, [-\w./]+)*",  # a list
    "O": r"\(a\) .+",  # options
    "S": r"[-+]",  # a sign
    "U": r"\d+|[a-z]+(?: [a-z]+)*",  # what is rounded to
    "v": r"[a-z]",  # a variable
    "w": r"[a-z]+(?: [a-z]+)*",  # words
}


class Unreadable(ValueError):
    """A question that no rule covers; the message says which part, after a fixed phrase and a colon."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A question as a program."""

    thought: str
    """What is to be found, in a few words."""
    program: str
    """Python that prints the answer; numbers and expressions stand in it as in the question."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One form of what a question asks for."""

    pattern: re.Pattern[str]
    """Matches the whole ask."""
    thought: str
    """What is to be found, in a few words, with groups of the pattern in braces."""
    lines: str | Lines
    """The last lines of the program, with groups of the pattern in braces, or a function of the groups. A group whose name
    begins with `n` is a number: an integer stands as it is, anything else as `R("...")`."""

    def read(self, text: str, exact: str) -> tuple[str, str] | None:
        """Thought and lines for an ask, or None when it has another form.

        exact: the function that gives the exact value of a text, for the group of that name.
        """
        match = self.pattern.fullmatch(text)
        if match is None:
            return None
        groups = {name: _operand(name, part) for name, part in match.groupdict().items() if part is not None}
        groups["exact"] = exact
        lines = self.lines(groups) if callable(self.lines) else self.lines.format_map(groups)
        return self.thought.format_map(groups), lines


def ask(pattern: str, thought: str, lines: str | Lines) -> Ask:
    """An ask; `<name:K>` in its pattern is a group of one of the kinds above.

    >>> ask(r"Is <na:E> even\\?", "Test it.", "print({na} % 2 == 0)").read("Is 2*x even?", "R")
    ('Test it.', 'print(R("2*x") % 2 == 0)')
    """
    named = re.sub(r"<(\w+):(\w)>", lambda group: f"(?P<{group[1]}>{_KINDS[group[2]]})", pattern)
    return Ask(re.compile(named), thought, lines)


def _operand(name: str, text: str) -> str:
    return f'R("{text}")' if name.startswith("n") and not re.fullmatch(r"-?\d+", text) else text
