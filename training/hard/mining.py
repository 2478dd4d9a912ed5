"""Which problems are hard, and how much more of them is wanted.

    hard            at least 8 samples, pass rate (smoothed) of at most 0.3, mean critique of at most 4 of 10 where there is one
    unsolved        no sample has the right answer: for a stronger teacher or more samples, never for preferences
    learnable-hard  hard, and solved at least once
    within-reach    solved at times, and not hard
    solved          every sample has the right answer: attempts at it cannot be compared
    weight          (1 - pass rate) / mean, clipped to [0.25, 4]

Samples that nobody could decide do not count. The others say how hard a problem is for the models that gave them: after a round
of training it is measured again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Literal, get_args

from pydantic import ValidationError

from ...engine.errors import UsageError
from ...evaluation.running.options import names_of
from ..samples import Sampled
from ..synthesis.example import OnDisk
from ..synthesis.filters.duplicate import question_key
from .score import Scale

SAMPLES = 8
"""Fewer say little about a problem."""
PASS_RATE = 0.3
"""Solved more often, it is not hard."""
SCORE = 0.4
"""A critique that is better on average: the solutions are nearly right, and the problem is not hard."""
LEAST, MOST = 0.25, 4.0
"""Bounds of a weight."""
TIMES = 3.0
"""How many times as often as another question a hard one is seen at most, in every pass of the schedule: more would be learnt
by heart. It bounds a ratio, and not the passes in all, which grow with the epochs and the share of the file."""

Class = Literal["unsolved", "learnable-hard", "within-reach", "solved"]
CLASSES: tuple[Class, ...] = get_args(Class)


def classes(told: str) -> tuple[Class, ...]:
    """The classes that are named with commas between; all where none is. Raises `UsageError`."""
    named = names_of(told)
    if strange := [name for name in named if name not in CLASSES]:
        raise UsageError(f"--only names {strange[0]!r}: choose among {', '.join(CLASSES)}, with commas between")
    return tuple(kind for kind in CLASSES if not named or kind in named)


class Measured(OnDisk):
    """A problem that was sampled often enough: a line of the file."""

    problem: str
    """Its id in the runs."""
    question: str
    """As it was asked."""
    domain: str
    """Sub-domain."""
    kind: Class
    """What it is."""
    samples: int
    """How many there are that could be decided."""
    right: int
    """How many of them have the right answer."""
    pass_rate: float
    """`(right + 1) / (samples + 2)`."""
    score: float | None = None
    """Mean score, 0 to 1."""
    weight: float
    """How often it is wanted, against a problem of mean difficulty."""


def class_of(problem: Sampled, scale: Scale) -> Class | None:
    """What a problem is; None with too few samples to tell."""
    if problem.decided < SAMPLES:
        return None
    if not problem.solved:
        return "unsolved"
    if problem.solved == problem.decided:
        return "solved"
    score = scale.mean(problem.samples)
    hard = problem.pass_rate <= PASS_RATE and (score is None or score <= SCORE)
    return "learnable-hard" if hard else "within-reach"


def mined(problems: Sequence[Sampled], scale: Scale) -> list[Measured]:
    """The problems that were sampled often enough, in their order, with their classes and weights."""
    enough = [(problem, kind) for problem in problems if (kind := class_of(problem, scale)) is not None]
    weights = hard_weights([problem.pass_rate for problem, _ in enough])
    return [
        Measured(
            problem=problem.item.id,
            question=problem.item.question,
            domain=problem.item.subject or problem.item.bench,
            kind=kind,
            samples=problem.decided,
            right=problem.solved,
            pass_rate=round(problem.pass_rate, 6),
            score=scale.mean(problem.samples),
            weight=round(weight, 6),
        )
        for (problem, kind), weight in zip(enough, weights, strict=True)
    ]


def hard_weights(pass_rates: Sequence[float], gamma: float = 1.0) -> list[float]:
    """Weights of problems, larger for those that are failed more often; their mean is 1 before they are clipped.

    `(1 - p) ** gamma / mean`, with p the smoothed pass rate.

    >>> hard_weights([0.1, 0.5, 0.9])
    [1.8, 1.0, 0.25]
    """
    raw = [(1 - rate) ** gamma for rate in pass_rates]
    mean = sum(raw) / len(raw) if raw else 0.0
    return [min(MOST, max(LEAST, value / mean if mean else 1.0)) for value in raw]


def read_hard(path: Path) -> dict[bytes, float]:
    """How many times as often as others questions are to be seen, by `question_key`, at most `TIMES`.

    Raises:
        UsageError: the file cannot be read, or a line is no such problem.
    """
    try:
        with path.open(encoding="utf-8") as lines:  # cut at line ends alone: a question may hold other separators
            return dict(_multiples(path, lines))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read {path}: {error}; `mathsolve train hard` makes it") from error


def by_class(measured: Iterable[Measured]) -> Mapping[str, Mapping[Class, int]]:
    """Counts of the classes in each sub-domain, in alphabetical order."""
    found: dict[str, dict[Class, int]] = {}
    for one in sorted(measured, key=lambda one: one.domain):
        counts = found.setdefault(one.domain, dict.fromkeys(CLASSES, 0))
        counts[one.kind] += 1
    return found


def _multiples(path: Path, lines: Iterable[str]) -> Iterable[tuple[bytes, float]]:
    for number, line in enumerate(lines, 1):
        try:
            one = Measured.model_validate_json(line)
        except ValidationError as error:
            raise UsageError(
                f"{path}, line {number}, is no problem of `mathsolve train hard`: make it again"
            ) from error
        yield question_key(one.question), min(TIMES, one.weight)
