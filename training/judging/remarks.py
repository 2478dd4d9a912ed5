"""What there is to say of an attempt: the words of a critique, by rules from the verdict and from what executing it showed.

One sentence for the mark, and one for the first fault that can be pointed at. Promises: they quote nothing but equations of
the attempt and the names of its errors, and no equation in which the right answer stands where the attempt has another.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from fractions import Fraction
from itertools import islice

from ...engine.answers import decide
from ...engine.trajectory import Step, Thought
from ...evaluation.record import Record
from ...sandbox import Observation, Program
from ..corpora.arithmetic import NotArithmetic, false_claim, plain, value

FINDINGS: Mapping[int, str] = {
    0: "It states no answer, and no program ran.",
    1: "It states no answer, and every program failed.",
    2: "It states no answer, though a program ran to its end.",
    3: "The answer is wrong.",
    4: "The answer is wrong, though nothing failed on the way.",
    5: "The answer is wrong by little: by its sign, a factor or its rounding.",
    6: "The answer is right, but not the way to it.",
    7: "The answer is right, after a program that failed was mended.",
    8: "The answer is right, but nothing was executed.",
    9: "The answer is right, and all programs ran.",
    10: "The answer is right, all programs ran, and another way leads to it, too.",
}
"""What is said for each mark of the rubric."""
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")
"""Names of programs; digits could be the answer."""
QUOTED = 60
"""Characters of an equation that is quoted, at most."""
STATED = 200
"""Characters of a line that may be a printed answer, at most."""
_NUMBER = re.compile(r"\d*\.?\d+")
_QUOTIENT = re.compile(rf"(?<![\d.])({_NUMBER.pattern})\s*/\s*({_NUMBER.pattern})(?![\d.])")
"""A fraction, or a percentage as a claim writes it, (50/100)."""
_ERROR = re.compile(r"[A-Za-z_.]+(?=:|$)")


def remark(record: Record, mark: int, gold: str) -> str:
    """What to say of an attempt.

    Args:
        record: of the attempt.
        mark: by the rubric.
        gold: the right answer, which is not told where the attempt does not have it.
    """
    hidden = gold if mark < 6 else None
    return " ".join([FINDINGS[mark], *islice(_faults(record, hidden), 1)])


def _faults(record: Record, hidden: str | None) -> Iterator[str]:
    """What can be pointed at, in the order in which it happened."""
    programs = 0
    for step in record.steps:
        programs += isinstance(step, Program)
        if isinstance(step, Observation) and not step.ok:
            yield f"{_ordinal(programs)} program {_failure(step)}."
        if isinstance(step, Thought) and (claim := false_claim(step.text)):
            yield _falsehood(str(claim), hidden)
    if programs > sum(isinstance(step, Observation) for step in record.steps):
        yield "A program was never run."
    if hidden is not None and record.answer is not None and _contradicts(record.steps, record.answer):
        yield "The answer is not what the last program printed."


def _failure(seen: Observation) -> str:
    """How a program ended.

    >>> _failure(Observation("error", error="NameError: name 'x' is not defined")), _failure(Observation("output_limit"))
    ('failed with NameError', 'ended with output limit')
    """
    named = _ERROR.match(seen.error or "") if seen.status == "error" else None
    return f"failed with {named[0]}" if named else f"ended with {seen.status.replace('_', ' ')}"


def _falsehood(claim: str, hidden: str | None) -> str:
    if len(claim) > QUOTED or (hidden is not None and _tells(claim, hidden)):
        return "An equation in it is false."
    return f"It says {claim}, which is false."


def _tells(claim: str, hidden: str) -> bool:
    """Whether the right answer stands in an equation, as a number, a fraction or a percentage, whichever way it is written.

    >>> _tells("2 + 2 = 05.0", "$5"), _tells("0.5 + 1 = 2", "1/2"), _tells("(50/100) * 3 = 4", "0.5"), _tells("25 + 2 = 7", "5")
    (True, True, True, False)
    """
    bare = hidden.replace(",", "")
    wanted = set(_values([plain(bare)]))
    if not wanted or "%" in bare:
        wanted |= set(_values(_NUMBER.findall(bare)))
    quotients = _values(one[0] for one in _QUOTIENT.finditer(claim))
    fractions = (one for one in quotients if one.denominator > 1)  # 10/2 is a calculation
    return bare in claim.split() or not wanted.isdisjoint([*_values(_NUMBER.findall(claim)), *fractions])


def _values(texts: Iterable[str]) -> Iterator[Fraction]:
    """Of those that have one."""
    for text in texts:
        with suppress(NotArithmetic):
            yield value(text)


def _contradicts(steps: tuple[Step, ...], answer: str) -> bool:
    """Whether the last program printed something else than what is stated as the answer."""
    seen = next((step for step in reversed(steps) if isinstance(step, Observation)), None)
    lines = seen.text.strip().splitlines() if seen is not None and seen.ok else []
    return bool(lines) and max(len(lines[-1]), len(answer)) <= STATED and decide(answer, lines[-1].strip()) is False


def _ordinal(number: int) -> str:
    return f"The {ORDINALS[number - 1]}" if 0 < number <= len(ORDINALS) else "A later"
