"""`Pair`: a better and a worse solution of one problem as a line of JSON, and the reading of such lines.

A pair is self-contained: its question, both sides with what their programs printed, and where the run kept them the tokens
exactly as they were sampled. It does not promise that those tokens are of the model that is trained on it; `data` looks.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import Field, PlainSerializer, PlainValidator, ValidationError

from ...engine.errors import UsageError, first_fault
from ...engine.trajectory import Role, Step, Thought, step_from_dict, step_to_dict
from ...sandbox import Observation, Program
from ..synthesis.candidate import Written
from ..synthesis.example import OnDisk

Kind = Literal["step", "near", "wide"]
"""`wide`: a clearly right solution against a clearly wrong one; `near`: against the wrong one most like it; `step`: both up
to the first program that runs otherwise."""
KINDS: tuple[Kind, ...] = get_args(Kind)

Share = Annotated[float, Field(ge=0, le=1)]
"""From 0 to 1."""

ENDED = frozenset({"answered", "refused", "untrusted", "no_answer"})
"""Stops of a solution that the model itself brought to its end."""


def _read(data: Any) -> Step:
    try:
        return data if isinstance(data, Thought | Program | Observation) else step_from_dict(data)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"no step: {error}") from error


StepOnDisk = Annotated[Step, PlainValidator(_read), PlainSerializer(step_to_dict)]
"""A step in the form that records have."""


class Served(OnDisk):
    """The tokens of a whole solution, prompt included, as they were sampled."""

    ids: tuple[int, ...]
    """Token ids."""
    roles: tuple[Role, ...]
    """Who each token belongs to."""


class Side(OnDisk):
    """One of the two solutions."""

    model: str
    """Who wrote it."""
    sample: int
    """Number of the sample in its run."""
    form: Written
    """How it goes about it: by words, a program, or both."""
    ended: bool
    """Whether the model itself ended it here."""
    score: Share | None = None
    """Of the whole solution, 0 to 1, where a scorer was named."""
    steps: tuple[StepOnDisk, ...]
    """Thoughts, programs and observations in order."""
    tokens: Served | None = None
    """As served, where the run kept them."""

    @property
    def written(self) -> int:
        """Characters that the model wrote."""
        return written(self.steps)


class Pair(OnDisk):
    """What is better than what."""

    version: Literal[1] = 1
    """Of this form."""
    kind: Kind
    """How the two were chosen."""
    problem: str
    """Id of the problem."""
    lineage: str
    """What variants of the problem have in common."""
    domain: str
    """Sub-domain."""
    question: str
    """As it was asked."""
    answer: str | None = None
    """The right answer, by which attempts at a problem that is held out are judged; files of before lack it."""
    mode: str
    """The mode in which it was asked, the same for both."""
    pass_rate: Share
    """Smoothed share of right samples of the problem."""
    gap: Annotated[float, Field(ge=-1, le=1)]
    """How much better the chosen one is, 0 to 1: by the scores; by verdicts alone 1."""
    chosen: Side
    """The better solution."""
    rejected: Side
    """The worse one."""


def form_of(steps: tuple[Step, ...]) -> Written:
    """How a solution goes about it.

    >>> form_of((Program("print(2)"), Observation("ok", stdout="2")))
    'pot'
    """
    words = any(isinstance(step, Thought) and step.text.strip() for step in steps)
    code = any(isinstance(step, Program) for step in steps)
    return "cot" if not code else "mixed" if words else "pot"


def written(steps: tuple[Step, ...]) -> int:
    """Characters of the steps without what the sandbox wrote."""
    return sum(
        len(step.code if isinstance(step, Program) else step.text)
        for step in steps
        if not isinstance(step, Observation)
    )


def read_pairs(path: Path) -> Iterator[Pair]:
    """The pairs of a file, one at a time.

    Raises:
        UsageError: the file cannot be read, or a line is no pair; it names the line.
    """
    try:
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                yield _pair(path, number, line)
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read {path}: {error}; `mathsolve train pairs` makes such a file") from error


def _pair(path: Path, number: int, line: str) -> Pair:
    try:
        return Pair.model_validate_json(line)
    except ValidationError as error:
        told = f"{path}, line {number} is no pair: {first_fault(error)}"
        raise UsageError(f"{told}; `mathsolve train pairs` makes them") from error
