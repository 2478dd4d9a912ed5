"""Marks from 0 to 10 for attempts whose answers are verified: what can be told from a record without an opinion.

Every mark is decided by the verdict on the answer and by what executing the programs showed. A wrong attempt gets at most 5,
a right one at least 6, so that a mark above 5.5 always says "right".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction

from ...engine.trajectory import Step
from ...evaluation.record import Record
from ...sandbox import Observation, Program
from ..rft.paths import path_of, sound
from ..samples import Sampled

RUBRIC: Mapping[int, str] = {
    0: "no answer, and no program ran",
    1: "no answer: every program failed",
    2: "no answer, though a program ran to its end",
    3: "a wrong answer after a failed program, or one that a false equation led to",
    4: "a wrong answer, cleanly reached",
    5: "an answer that is off by its sign, a factor of 2, 10, 60 or a power of ten, or its rounding",
    6: "right, but the last program failed or was never run, or an equation is false",
    7: "right, after a program that failed was mended",
    8: "right in words alone, which nothing executed",
    9: "right, and all programs ran",
    10: "right, all programs ran, and another way led to the same answer",
}
"""What each mark stands for."""
FACTORS = (2, 10, 60, 100, 1000)
"""Factors by which an answer is off when a half, a unit or a percentage was forgotten."""
NEAR = Fraction(1, 100)
"""Relative error up to which an answer is off by its rounding."""
_NUMBER = re.compile(r"-?\d+(\.\d+)?(/\d+)?")


def marks(problem: Sampled) -> list[int | None]:
    """The mark of each sample of a problem; None where the verdict is undecided, or nothing could be right."""
    ways = {path_of(sample.record.steps).identity for sample in problem.samples if sample.right}
    found = [mark(sample.record, problem.item.gold) for sample in problem.samples]
    return [10 if one == 9 and len(ways) > 1 else one for one in found]


def mark(record: Record, gold: str | None) -> int | None:
    """The mark of one attempt by itself; 10 takes others beside it, see `marks`.

    Args:
        record: of the attempt.
        gold: the right answer.
    """
    if gold is None or record.verdict == "undecided" or record.failed:
        return None
    ran = [step.ok for step in record.steps if isinstance(step, Observation)]
    if record.answer is None:
        return 2 if any(ran) else 1 if ran else 0
    clean = all(ran) and sound(record.steps)
    if record.verdict == "wrong":
        return 5 if near(record.answer, gold) else 4 if clean else 3
    if not sound(record.steps) or not _finished(record.steps) or (ran and not ran[-1]):
        return 6
    return 8 if not ran else 9 if all(ran) else 7


def near(answer: str, gold: str) -> bool:
    """Whether a wrong number is off by its sign, a factor that is often forgotten, or its rounding.

    >>> near("-12", "12"), near("0.5", "50"), near("3.14", "3.14159"), near("13", "12")
    (True, True, True, False)
    """
    a, b = _number(answer), _number(gold)
    if not a or not b:
        return False
    ratio = abs(a / b)
    return abs(ratio - 1) <= NEAR or any(ratio in (factor, Fraction(1, factor)) for factor in FACTORS)


def _finished(steps: tuple[Step, ...]) -> bool:
    """Whether every program was run."""
    return sum(isinstance(step, Program) for step in steps) == sum(isinstance(step, Observation) for step in steps)


def _number(text: str) -> Fraction | None:
    plain = text.replace(",", "").replace("$", "").strip().removesuffix("%").removesuffix("\\")
    if len(plain) > 40 or not _NUMBER.fullmatch(plain):
        return None
    top, _, bottom = plain.partition("/")
    return None if bottom and not int(bottom) else Fraction(top) / int(bottom or 1)
