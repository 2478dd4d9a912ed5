"""Held-out questions answered by the weights of every checkpoint, through the engine that will serve them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from ...engine.errors import MathsolveError
from ...engine.settings import Settings
from ...engine.solver import Solver
from ...engine.trajectory import Problem
from ...sandbox import SandboxError
from ..synthesis.example import Example
from .progress import Report


def accuracy(model: Path, family: str, questions: Sequence[Example], max_tokens: int) -> float:
    """The share of questions that the model in a folder answers right, greedily, its programs executed in the sandbox.

    Raises:
        MathsolveError, SandboxError: it cannot be loaded, or there is no sandbox.
    """
    settings = Settings(model=f"hf:{model}", family=family, mode="mixed", samples=1, max_tokens=max_tokens)
    problems = [Problem(example.question, answer=example.answer) for example in questions]
    with Solver(settings) as solver:
        right = 0
        for solution in solver.solve_many(problems, concurrency=16):
            gold, given = solution.problem.answer, solution.trajectory.answer
            right += given is not None and gold is not None and solver.equal(given, gold)
    return right / len(questions)


class Accuracy(TrainerCallback):
    """Measures every checkpoint. What goes wrong there is told, and training goes on."""

    def __init__(self, family: str, questions: Sequence[Example], row: int, report: Report, console: Console) -> None:
        self._family, self._questions, self._row = family, questions, row
        self._report, self._console = report, console

    def on_save(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Answers the questions with the weights that were just written."""
        if not self._questions or args.process_index:
            return
        checkpoint = Path(args.output_dir or "") / f"checkpoint-{state.global_step}"
        try:
            with torch.random.fork_rng():
                share = accuracy(checkpoint, self._family, self._questions, self._row)
        except (MathsolveError, SandboxError) as error:
            self._console.print(f"step {state.global_step}: no accuracy: {error}", markup=False)
            return
        self._report.write(state.global_step, {"accuracy": share})
        self._console.print(f"step {state.global_step}: {share:.0%} of {len(self._questions)} held-out questions right")
