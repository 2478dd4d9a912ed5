"""`Outcomes`: the records of a run as columns of numbers, a row for each sample.

Figures are worked out from these columns alone; 200,000 samples take about 30 MB. Samples that the machinery failed in say
nothing about the model: they are counted, and left out of every figure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from ...engine.grading.verdict import Outcome
from ...engine.trajectory import Stop
from ...sandbox import Status
from ..item import Item

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

VERDICTS: tuple[Outcome, ...] = get_args(Outcome)
"""Verdicts in the order of their numbers."""
STOPS: tuple[Stop, ...] = get_args(Stop)
"""Stops in the order of their numbers."""
STATUSES: tuple[Status, ...] = get_args(Status)
"""How programs end, in the order of their numbers."""


@dataclass(frozen=True, slots=True)
class Samples:
    """Columns: each array has one row for each sample, by problem, then mode, then number."""

    problem: Ints
    """Place of its problem in `Outcomes.items`."""
    mode: Ints
    """Place of its mode in `Outcomes.modes`."""
    sample: Ints
    """Its number."""
    right: Flags
    """Whether the reply is right (`Record.right`)."""
    verdict: Ints
    """Place of its verdict in `VERDICTS`; whether the stated answer is right, given or not."""
    due: Flags
    """Whether there is a right answer, so that declining is not right."""
    stated: Flags
    """Whether the model stated an answer."""
    given: Flags
    """Whether that answer was given rather than withheld."""
    answer: Ints
    """Class of the answer among equal ones to the same problem; -1 where none was given."""
    stop: Ints
    """Place of its stop in `STOPS`."""
    prompt_tokens: Ints
    """As in `Record`."""
    sampled_tokens: Ints
    """As in `Record`."""
    observed_tokens: Ints
    """As in `Record`."""
    seconds: Floats
    """As in `Record`."""
    programs: Ints
    """Programs that ran, well or not."""
    silent: Ints
    """Programs that ran to their end and showed nothing."""
    first_ran: Flags
    """Whether the first program ran to its end."""
    last_ran: Flags
    """Whether the last program ran to its end."""
    agrees: Ints
    """Whether the answer equals what the last program showed: 1 or 0, -1 where there is nothing to compare."""
    statuses: Ints
    """How programs ended: a column for each of `STATUSES`."""

    def __len__(self) -> int:
        return len(self.problem)

    def where(self, chosen: Flags) -> Samples:
        """The rows that are chosen."""
        return Samples(*(getattr(self, column.name)[chosen] for column in fields(self)))


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What became of every sample of a run."""

    items: tuple[Item, ...]
    """The problems that have samples, in the run's order."""
    modes: tuple[str, ...]
    """The modes that occur."""
    samples: Samples
    """The samples, without failed ones."""
    scores: Mapping[str, Floats]
    """Scores by name of the scorer, NaN where a sample has none."""
    failed: Mapping[tuple[str, str], int]
    """Samples that the machinery failed in, by benchmark and mode."""
    graders: tuple[int, ...]
    """Versions of the grader that decided."""
    strays: int
    """Records whose problem the run does not hold."""
    critics: frozenset[str] = frozenset()
    """Names of the scores that are probabilities."""

    def where(self, chosen: Flags) -> Outcomes:
        """These outcomes with the chosen samples only."""
        scores = {name: values[chosen] for name, values in self.scores.items()}
        return replace(self, samples=self.samples.where(chosen), scores=scores)

    def groups(self) -> Iterator[tuple[str, str, Outcomes]]:
        """The outcomes of each benchmark and mode, in the order of the problems."""
        benches = list(dict.fromkeys(item.bench for item in self.items))
        places = {bench: place for place, bench in enumerate(benches)}
        bench_of = np.array([places[item.bench] for item in self.items], dtype=np.int64)
        mine = bench_of[self.samples.problem] if self.items else np.zeros(0, dtype=np.int64)
        for place, bench in enumerate(benches):
            for number, mode in enumerate(self.modes):
                chosen = (mine == place) & (self.samples.mode == number)
                if chosen.any():
                    yield bench, mode, self.where(chosen)
