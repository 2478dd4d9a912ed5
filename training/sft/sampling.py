"""Held-out questions answered by the weights of every checkpoint, through the engine that will serve them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from ...engine.errors import MathsolveError
from ...engine.settings import Settings
from ...engine.solver import Solver
from ...engine.trajectory import Problem
from ...sandbox import Observation, SandboxError
from .program_weight import ProgramWeight
from .progress import Report


@dataclass(frozen=True, slots=True)
class Answered:
    """How a model did on some questions."""

    right: float
    """Share of questions that it answered right."""
    failed: float | None
    """Share of its programs that failed in the sandbox; None where it wrote none."""


def answered(model: Path, family: str, problems: Sequence[Problem], max_tokens: int) -> Answered:
    """How the model in a folder answers questions, greedily, its programs executed in the sandbox.

    Raises:
        MathsolveError, SandboxError: it cannot be loaded, or there is no sandbox.
    """
    settings = Settings(model=f"hf:{model}", family=family, mode="mixed", samples=1, max_tokens=max_tokens)
    with Solver(settings) as solver:
        right, ran = 0, []
        for solution in solver.solve_many(problems, concurrency=16):
            gold, given = solution.problem.answer, solution.trajectory.answer
            right += given is not None and gold is not None and solver.equal(given, gold)
            ran += [step.ok for step in solution.steps if isinstance(step, Observation)]
    return Answered(right / len(problems), 1 - sum(ran) / len(ran) if ran else None)


class Accuracy(TrainerCallback):
    """Measures every checkpoint. What goes wrong there is told, and training goes on.

    The weight of programs hears how many of them failed at checkpoints of the schedule; one that a signal asked for says
    nothing, so that a run that was stopped hears what it would have heard.
    """

    def __init__(
        self,
        family: str,
        problems: Sequence[Problem],
        row: int,
        report: Report,
        console: Console,
        program_weight: ProgramWeight | None = None,
    ) -> None:
        self._family, self._problems, self._row = family, problems, row
        self._report, self._console = report, console
        self._program_weight = program_weight

    def on_train_begin(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Hears again what the weight of programs had not yet made use of when the checkpoint was written."""
        if state.global_step and self._program_weight is not None:
            self._measured(args, state)

    def on_save(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Answers the questions with the weights that were just written."""
        if (found := self._measured(args, state)) is None:
            return
        self._report.write(state.global_step, {"accuracy": found.right})
        self._console.print(
            f"step {state.global_step}: {found.right:.0%} of {len(self._problems)} held-out questions right"
        )

    def _measured(self, args: TrainingArguments, state: TrainerState) -> Answered | None:
        """How the checkpoint of this step answers; None where it cannot be told."""
        if not self._problems or args.process_index:
            return None
        checkpoint = Path(args.output_dir or "") / f"checkpoint-{state.global_step}"
        try:
            with torch.random.fork_rng():
                found = answered(checkpoint, self._family, self._problems, self._row)
        except (MathsolveError, SandboxError) as error:
            self._console.print(f"step {state.global_step}: no accuracy: {error}", markup=False)
            return None
        if self._program_weight is not None and found.failed is not None and state.global_step % args.save_steps == 0:
            self._program_weight.hear_failures(found.failed)
        return found
