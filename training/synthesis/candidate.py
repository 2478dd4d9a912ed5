"""What a teacher hands over: a question with solutions that nobody has checked yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Written = Literal["mixed", "pot", "cot"]
"""How an answer is reached: words and a program, a program alone, or words alone."""

ANSWER = "\x00"
"""Stands in a proposed solution for the boxed output of its last program, which nobody has seen yet."""


@dataclass(frozen=True, slots=True)
class Words:
    """Words of a proposed solution."""

    text: str
    """What is said; may hold `ANSWER`."""


@dataclass(frozen=True, slots=True)
class Code:
    """A program of a proposed solution, not executed yet."""

    source: str
    """Python."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """One proposed way to the answer."""

    mode: Written
    """How the answer is reached."""
    steps: tuple[Words | Code, ...]
    """In order, without observations."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A question with its proposed solutions: what filters judge."""

    question: str
    """As it will be asked."""
    domain: str
    """Sub-domain, e.g. `derivatives`."""
    seed: str
    """What it was made from: the id of a kind of task, of a seed question, or of a row of a corpus. Everything made from
    one seed stays on one side of a split."""
    level: int
    """Difficulty, 1 to 5."""
    source: str
    """Where it comes from, e.g. `bank`, `gsm8k`, `self-instruct`; the key of a licence in the data card."""
    proposals: tuple[Proposal, ...]
    """Ways to the answer; more than one of a mode where a teacher sampled several."""
    answer: str | None = None
    """The answer, where it is known before anything is executed."""
    check: str = ""
    """Code that asserts the stated `answer` (a string of that name) in another way. It runs after the programs of a
    solution and finds their names."""
    declined: bool = False
    """Whether the right reply is to say that it cannot be answered: proposals are words alone and state no answer."""
    perturbed: tuple[tuple[str, str], ...] = ()
    """The same problem with other numbers, as pairs of program and check: a program that holds for its numbers alone fails
    here."""
