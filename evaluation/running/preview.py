"""What a run would be: its size, its first sample in full, and an estimate of what it takes; nothing is recorded."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TextIO

from ...engine.console import Trace, harmless, pen_for
from ...engine.solver import Solver
from ..item import Item
from ..record import Record
from .configuration import Configuration
from .display import duration, title
from .draw import Draw, draws
from .take import take
from .verdicts import Verdicts


@dataclass(frozen=True, slots=True)
class Preview:
    """The first samples of a run."""

    planned: int
    """Samples of the whole run."""
    drawn: tuple[Draw, ...]
    """Samples that were tried."""
    records: tuple[Record, ...]
    """What came of them."""
    seconds: float
    """Wall time of all of them together."""

    @property
    def expected_s(self) -> float:
        """Seconds for the whole run at the same rate."""
        return self.seconds / len(self.records) * self.planned

    @property
    def expected_tokens(self) -> int:
        """Tokens that the model would choose."""
        return round(sum(record.sampled_tokens for record in self.records) / len(self.records) * self.planned)


def preview(solver: Solver, configuration: Configuration, items: Sequence[Item]) -> Preview:
    """Tries as many samples as would be in progress at the same time."""
    chosen = tuple(islice(draws(configuration, items), configuration.concurrency))
    begun = time.perf_counter()
    records = solver.run(_taken(solver, chosen))
    return Preview(configuration.planned(items), chosen, records, time.perf_counter() - begun)


def show(found: Preview, configuration: Configuration, out: TextIO) -> None:
    """Writes the preview for people."""
    out.write(f"{title(configuration)}: {found.planned:,} samples\n\n{harmless(found.drawn[0].item.question)}\n\n")
    trace = Trace(pen_for(out))
    for step in found.records[0].steps:
        trace.step(step)
    trace.close()
    out.write("\n".join(_closing(found)) + "\n")


def _closing(found: Preview) -> Iterator[str]:
    first, gold = found.records[0], found.drawn[0].item.gold
    answer = "no answer" if first.answer is None else f"answer {harmless(first.answer)}"
    due = "should be declined" if gold is None else f"right: {harmless(gold)}"
    yield f"{answer} ({due}) is {first.verdict}: {first.reason}\n"
    right = sum(record.right for record in found.records)
    yield f"{right} of the first {len(found.records)} samples are right; they took {found.seconds:.1f} s together"
    yield f"all {found.planned:,} would take about {duration(found.expected_s)} and {found.expected_tokens:,} tokens"


async def _taken(solver: Solver, chosen: Sequence[Draw]) -> tuple[Record, ...]:
    verdicts = Verdicts(solver.sandbox)
    return tuple(await asyncio.gather(*(take(solver, draw, verdicts) for draw in chosen)))
