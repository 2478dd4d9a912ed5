"""One question of the synthetic data with all its verified solutions: a JSONL line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hashlib import blake2b
from itertools import cycle, islice
from random import Random
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from ...engine.trajectory import Step, Thought
from ...sandbox import Observation, Program
from ..seeds.drafts import Split
from .candidate import ANSWER, Words, Written
from .case import Attempt, Case

SAMPLES_OF = "samples/"
"""Begins the `source` of an example whose solutions models sampled, each going its own way."""


class OnDisk(BaseModel):
    """What is written to a file: an unknown key is an error, a value never changes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ThoughtLine(OnDisk):
    """Words."""

    kind: Literal["thought"] = "thought"
    """Tells the lines apart."""
    text: str
    """What is said."""


class ProgramLine(OnDisk):
    """A program."""

    kind: Literal["program"] = "program"
    """Tells the lines apart."""
    code: str
    """Its source."""


class ObservationLine(OnDisk):
    """What the program showed; only programs that ran to their end are kept."""

    kind: Literal["observation"] = "observation"
    """Tells the lines apart."""
    stdout: str
    """The output, exactly as it was."""
    value: str | None = None
    """The last expression's value, where the program ended in one."""


Line = Annotated[ThoughtLine | ProgramLine | ObservationLine, Field(discriminator="kind")]


class Worked(OnDisk):
    """One verified solution."""

    mode: Written
    """How the answer is reached."""
    steps: tuple[Line, ...]
    """Thoughts, programs and their observations, in order."""

    @property
    def trajectory(self) -> tuple[Step, ...]:
        """The steps as the engine's nouns."""
        return tuple(_step(line) for line in self.steps)


class Example(OnDisk):
    """A question with every verified way to its answer."""

    index: int
    """Number of the draw in its split."""
    split: Split
    """What it may be used for."""
    source: str
    """Where it comes from; the key of a licence in the data card. See `SAMPLES_OF`."""
    domain: str
    """Sub-domain, e.g. `derivatives`."""
    seed: str
    """What it was made from; everything made from one seed stays on one side of a split."""
    level: int
    """Difficulty, 1 to 5."""
    question: str
    """As somebody typed it."""
    answer: str | None = None
    """The answer; None for a task that is declined."""
    solutions: tuple[Worked, ...]
    """The ways to it, at least one."""
    refused: int = 0
    """How many more were proposed and refused: they are among the rejects."""

    @property
    def sampled(self) -> bool:
        """Whether models sampled its solutions: then each is learnt from. Others write one way down in several modes."""
        return self.source.startswith(SAMPLES_OF)

    def rows(self, shares: Mapping[Written, float]) -> int:
        """How many of its solutions one pass over the data sees: one of several modes, but every sampled one.

        So a problem weighs as much as the number of ways that were kept of it, as in rejection-sampling fine-tuning (Yuan et
        al. 2023, arXiv 2308.01825) and DART-Math (Tong et al. 2024, arXiv 2407.13690).
        """
        return len(self._usable(shares)) if self.sampled else 1

    def seen(self, shares: Mapping[Written, float], seed: int, turns: int) -> list[Worked]:
        """The solutions of so many turns: sampled ones in an order drawn by the seed, none again before all were seen; of
        others the one `chosen` in each."""
        if not self.sampled:
            return [one for turn in range(turns) if (one := self.chosen(shares, seed, turn)) is not None]
        ways = self._usable(shares)
        Random(f"{seed}/{self.source}/{self.split}/{self.index}").shuffle(ways)
        return list(islice(cycle(ways), turns))

    def chosen(self, shares: Mapping[Written, float], seed: int, turn: int = 0) -> Worked | None:
        """The solution for one pass over the data, of a mode drawn by these shares; the same arguments give the same one.

        Where the question lacks the mode it is one of `mixed`, and where it lacks that too, any; but never of a mode without
        a share: None where there is no other.
        """
        usable = self._usable(shares)
        if not usable:
            return None
        key = f"{seed}/{turn}/{self.source}/{self.split}/{self.index}".encode()
        number = int.from_bytes(blake2b(key, digest_size=16).digest())
        mode = _drawn(shares, (number & (2**64 - 1)) / 2**64)
        having = [worked for worked in usable if worked.mode == mode]
        having = having or [worked for worked in usable if worked.mode == "mixed"] or usable
        return having[(number >> 64) % len(having)]

    def _usable(self, shares: Mapping[Written, float]) -> list[Worked]:
        """The solutions of a mode that has a share."""
        return [worked for worked in self.solutions if shares.get(worked.mode)]


def example(case: Case, index: int, split: Split) -> Example:
    """A case that passed every filter as an example."""
    of = case.candidate
    return Example(
        index=index,
        split=split,
        source=of.source,
        domain=of.domain,
        seed=of.seed,
        level=of.level,
        question=of.question,
        answer=case.answer,
        solutions=tuple(Worked(mode=one.proposal.mode, steps=tuple(_lines(one))) for one in case.attempts),
        refused=len(case.refusals),
    )


def _lines(attempt: Attempt) -> Iterator[ThoughtLine | ProgramLine | ObservationLine]:
    boxed, shown = f"\\boxed{{{attempt.answer}}}", iter(attempt.shown)
    for step in attempt.proposal.steps:
        if isinstance(step, Words):
            yield ThoughtLine(text=step.text.replace(ANSWER, boxed))
        else:
            observation = next(shown)
            yield ProgramLine(code=step.source)
            yield ObservationLine(stdout=observation.stdout, value=observation.value)


def _drawn(shares: Mapping[Written, float], point: float) -> Written:
    """The mode in whose part of the shares, laid end to end, a point between 0 and 1 lies."""
    rest = point * sum(shares.values())
    for mode, share in shares.items():
        rest -= share
        if rest < 0:
            return mode
    return "mixed"


def _step(line: ThoughtLine | ProgramLine | ObservationLine) -> Step:
    match line:
        case ThoughtLine():
            return Thought(line.text)
        case ProgramLine():
            return Program(line.code)
        case ObservationLine():
            return Observation("ok", stdout=line.stdout, value=line.value)
