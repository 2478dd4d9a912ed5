"""Drawing one example from a kind of task: variables, wording, program, check.

Promises: a draft depends only on the seed and on the generator it is drawn with. The problems of a seed's `numbers` split
are never asked in those that models learn from, whatever the wording and whatever is done with them: the numbers of its
program, in any order, decide which split may use a problem. (With a hash of the whole program, the same numbers would be
added in one split and subtracted in the other, and a model would learn which numbers are added.)
Does not promise that the program is right, which synthesis finds out, nor that two seeds never ask the same thing of the same
numbers by different programs.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from random import Random
from typing import Any, Literal

from ..synthesis.candidate import ANSWER
from .agreement import agreed
from .bank import BankError, Compiled, Seed
from .frames import Frame, FrameError, expand
from .phrasing import plainly_opened, vary
from .samplers import namespace
from .style import PLAIN, Style, draw_style

Split = Literal["train", "practice", "numbers", "phrasings"]
"""What is trained on; wordings of which no solution is shown, for models to find some; the wordings of the train split with
numbers never trained on; wordings that are never used in training."""
LEARNT: tuple[Split, ...] = ("train", "practice")
"""Splits that models learn from, by solutions or by their own attempts."""

HELD_OUT_SHARE = 10
"""One problem in so many is kept for the held-out splits."""
MAX_REDRAWS = 300
"""Draws until `where` holds, and again until the problem belongs to the split."""


@dataclass(frozen=True, slots=True)
class Draft:
    """An example whose program has not run yet; `ANSWER` stands where its output will be."""

    seed: Seed
    """The kind of task."""
    question: str
    """The question as somebody typed it."""
    thought: str
    """The plan; the whole reply when there is no program."""
    program: str
    """The program; empty for a task that must be declined."""
    check: str
    """The verification of `answer`."""
    final: str
    """The last sentence."""
    cot: str
    """The solution in words, if the seed has one."""


def draw(seed: Seed, rng: Random, split: Split) -> Draft:
    """One example of a seed.

    Raises:
        BankError: when the seed's text fails, or when no draw meets `where` and belongs to the split.
    """
    try:
        values, program = _draw_problem(seed, rng, split)
        return _draft(seed, values, program, rng, split)
    except FrameError as error:
        raise BankError(f"seed {seed.id}: {error}") from error


def draw_values(seed: Seed, rng: Random) -> dict[str, Any]:
    """Variables that meet `where`, together with the samplers. Raises `BankError`."""
    for _ in range(MAX_REDRAWS):
        values = namespace(rng)
        try:
            exec(seed.compiled.vars, values)
            if eval(seed.compiled.where, values):
                return values
        except Exception as error:  # whatever the bank's own code raises is a mistake in the bank: say where
            raise BankError(f"seed {seed.id}: vars or where: {type(error).__name__}: {error}") from error
    raise BankError(f"seed {seed.id}: where: holds in none of {MAX_REDRAWS} draws: draw from a range that fits it")


def _draw_problem(seed: Seed, rng: Random, split: Split) -> tuple[dict[str, Any], str]:
    """Variables that make a problem of this split, and their program."""
    style = _program_style(seed)
    for _ in range(MAX_REDRAWS):
        values = draw_values(seed, rng)
        program = expand(seed.compiled.program, values, rng, style)
        if not seed.program or is_held_out(program) == (split not in LEARNT):
            return values, program
    if split == "phrasings":
        return values, program  # too few different problems to keep some back: at least the wording is new
    raise BankError(
        f"seed {seed.id}: vars: too few different problems to hold some out ({split}): draw from a wider range"
    )


def is_held_out(program: str) -> bool:
    """Whether problems with the numbers of this program are kept for the held-out splits; one without is told by its text.

    >>> is_held_out("print(91 - 17)") == is_held_out("print(17 + 91)")
    True
    """
    numbers = " ".join(sorted(re.findall(r"\d+", program)))
    return zlib.crc32((numbers or program).encode()) % HELD_OUT_SHARE == 0


def _program_style(seed: Seed) -> Style:
    exact = "Rational" if "sympy" in seed.program or "sympy" in seed.check else "Fraction"
    return Style(exact=exact, in_program=True)


def _draft(seed: Seed, values: dict[str, Any], program: str, rng: Random, split: Split) -> Draft:
    code = seed.compiled
    question = _question(code, values, rng, split)
    values["answer"] = ANSWER
    thought = expand(rng.choice(code.thoughts), values, rng, PLAIN)
    return Draft(
        seed,
        question,
        thought,
        program,
        expand(code.check, values, rng, _program_style(seed)),
        expand(code.final, values, rng, PLAIN),
        expand(code.cot, values, rng, PLAIN),
    )


def _question(code: Compiled, values: dict[str, Any], rng: Random, split: Split) -> str:
    style = draw_style(rng)
    question = expand(rng.choice(_frames(code, split)), values, rng, style)
    if code.distractors and rng.random() < 0.2:
        question = _distracted(question, expand(rng.choice(code.distractors), values, rng, style))
    question = agreed(question.strip())
    return plainly_opened(question, rng) if split == "phrasings" else vary(question, rng)


def _frames(code: Compiled, split: Split) -> tuple[Frame, ...]:
    """The wordings of a split: every second one that is held out is to practise on."""
    match split:
        case "phrasings":
            return code.held_out[::2]
        case "practice":
            return code.held_out[1::2]
    return code.questions


def _distracted(question: str, sentence: str) -> str:
    """The question with a sentence put before its last one; a question of one sentence stays as it is."""
    head, mark, tail = question.rpartition(". ")
    return f"{head}. {sentence.strip()} {tail}" if mark else question
