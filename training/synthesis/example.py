"""One solved problem of the synthetic data: a JSONL line, and the steps that a model learns to write."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from ...engine.trajectory import Step, Thought
from ...sandbox import Observation, Program
from ..seeds.drafts import ANSWER, Draft, Split

Written = Literal["mixed", "pot", "cot"]
"""How an answer is reached: words and a program, a program alone, or words alone."""


class ThoughtLine(BaseModel):
    """Words."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["thought"] = "thought"
    """Tells the lines apart."""
    text: str
    """What is said."""


class ProgramLine(BaseModel):
    """A program."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["program"] = "program"
    """Tells the lines apart."""
    code: str
    """Its source."""


class ObservationLine(BaseModel):
    """What the program printed; only programs that ran to their end are kept."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["observation"] = "observation"
    """Tells the lines apart."""
    stdout: str
    """The output, exactly as it was."""


Line = Annotated[ThoughtLine | ProgramLine | ObservationLine, Field(discriminator="kind")]


class Example(BaseModel):
    """A question with the steps to its answer."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    index: int
    """Number of the draw in its split."""
    split: Split
    """What it may be used for."""
    domain: str
    """Sub-domain, e.g. `derivatives`."""
    seed: str
    """Id of the kind of task."""
    level: int
    """Difficulty, 1 to 5."""
    question: str
    """As somebody typed it."""
    mode: Written
    """How the answer is reached."""
    steps: tuple[Line, ...]
    """Thoughts, the program and its observation, in order."""
    answer: str | None
    """What the program printed; None for a task that is declined."""

    @property
    def trajectory(self) -> tuple[Step, ...]:
        """The steps as the engine's nouns."""
        return tuple(_step(line) for line in self.steps)


def example(draft: Draft, stdout: str, index: int, split: Split, mode: Written) -> Example:
    """A verified draft as an example; a mode that the seed has no text for becomes `mixed`."""
    mode = "mixed" if mode == "cot" and not draft.cot else mode
    return Example(
        index=index,
        split=split,
        domain=draft.seed.id.partition("/")[0],
        seed=draft.seed.id,
        level=draft.seed.level,
        question=draft.question,
        mode=mode,
        steps=_lines(draft, stdout, mode),
        answer=stdout.strip() if draft.program else None,
    )


def _lines(draft: Draft, stdout: str, mode: Written) -> tuple[Line, ...]:
    boxed = f"\\boxed{{{stdout.strip()}}}"
    if not draft.program:
        return (ThoughtLine(text=draft.thought),)
    if mode == "cot":
        return (ThoughtLine(text=draft.cot.replace(ANSWER, boxed)),)
    executed = (ProgramLine(code=draft.program), ObservationLine(stdout=stdout))
    if mode == "pot":
        return (*executed, ThoughtLine(text=boxed))
    return (ThoughtLine(text=draft.thought), *executed, ThoughtLine(text=draft.final.replace(ANSWER, boxed)))


def _step(line: ThoughtLine | ProgramLine | ObservationLine) -> Step:
    match line:
        case ThoughtLine():
            return Thought(line.text)
        case ProgramLine():
            return Program(line.code)
        case ObservationLine():
            return Observation("ok", stdout=line.stdout)
