"""One call of `mathsolve eval`: a configuration and problems in, a run with all its records out, or as far as it came."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from ...engine.solver import Solver
from ..item import Item
from ..run import Run
from .claim import check_folder, claim
from .configuration import Configuration
from .display import Display, title
from .draw import draws
from .environment import environment
from .evaluate import Halt, evaluate
from .journal import Journal
from .tally import Tally

INTERRUPTED = "interrupted"
"""Why a run was halted by Ctrl-C or a request to terminate."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a call ended."""

    run: Run
    """The run."""
    tally: Tally
    """Its figures."""
    halted: str
    """Why it ended early; empty when it did not."""


def carry_out(
    solver: Solver, configuration: Configuration, items: Sequence[Item], folder: Path, *, most_failures: float = 0.05
) -> Outcome:
    """Takes every sample that the folder does not hold yet.

    Ctrl-C, or a request to terminate, ends it within seconds with all that was taken recorded; a second one ends it at once.

    Args:
        most_failures: share of all samples that may fail in the machinery before the rest is not tried.

    Raises:
        UsageError: the folder holds something else, or another process is at it.
        BackendError: the model cannot be loaded.
        SandboxError: there is no sandbox.
        MathsolveError: records cannot be written.
    """
    check_folder(folder)
    where = environment(solver)
    folder.mkdir(parents=True, exist_ok=True)
    with Journal(folder) as journal:
        run = claim(folder, configuration, where, items)
        planned = configuration.planned(items)
        tally = Tally(planned, voting=configuration.samples is None)
        known = _recall(run, tally)
        display, halt = Display(tally, title(configuration), str(folder)), Halt()
        with interruptible(halt, display), display.shown():
            solver.run(
                evaluate(
                    solver,
                    (draw for draw in draws(configuration, items) if draw.key not in known),
                    journal,
                    tally,
                    concurrency=configuration.concurrency,
                    most_failures=most_failures * planned,
                    keep_tokens=configuration.keep_tokens,
                    halt=halt,
                    seen=display.refresh,
                )
            )
            display.refresh()
    return Outcome(run, tally, halt.reason)


def _recall(run: Run, tally: Tally) -> set[str]:
    """The keys of samples that need not be taken again."""
    known = set()
    for record in run.records():
        tally.recall(record)
        if not record.failed:
            known.add(record.key)
    return known


@contextmanager
def interruptible(halt: Halt, display: Display) -> Iterator[None]:
    """Turns Ctrl-C, or a request to terminate, into a halt, a second one into one without grace; a third one always works."""

    def handle(number: int, frame: FrameType | None) -> None:
        if halt.calls >= 2:
            raise KeyboardInterrupt
        display.note = "ending: samples in progress have a few seconds; Ctrl-C again drops them"
        halt.call(INTERRUPTED)

    if threading.current_thread() is not threading.main_thread():  # signals belong to the main thread
        yield
        return
    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
