"""The steps of a run: attempts, learning, and now and then a measurement and a checkpoint.

Promises: wherever it is ended, the policy is as it was after the last whole step, which can be written down.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ...engine.backends.transformers import TransformersBackend
from ...engine.errors import MathsolveError
from ...engine.selection import Scorer
from ...engine.solver import Solver
from ...evaluation.item import Item
from ..sft.checkpoints import kept, whole_checkpoints
from .accuracy import accuracy
from .estimate import Estimate
from .problems import Problems
from .progress import Report, figures
from .rollouts import Group, rollouts
from .stopping import Signals
from .trainer import PolicyTrainer

TRIAL = 2
"""Problems whose attempts are timed before a run."""
REHEARSAL = -1
"""The number of the batch that they stand for, so that their random numbers are not those of the run."""
MOST_SPOILT = 0.5
"""Share of the attempts of a batch that the machinery may spoil before the run ends."""
MOST_GAP = 0.05
"""Mean difference between log-probabilities of sampling and of training from which people are told."""


@dataclass(frozen=True, slots=True)
class Loop:
    """A policy in training, and what it is trained with."""

    trainer: PolicyTrainer
    """The policy, and the steps that it has made."""
    problems: Problems
    """What it learns from."""
    folder: Path
    """Of the run."""
    backend: TransformersBackend
    """Serves the policy as it is."""
    solver: Solver
    """Makes attempts with the backend."""
    scorer: Scorer | None
    """Breaks ties."""

    def go(self, report: Report, signals: Signals) -> None:
        """All steps that are left, and before them the measurement that an ended run still owes.

        Raises:
            KeyboardInterrupt: a signal came.
            MathsolveError: the machinery spoilt most attempts.
        """
        trainer = self.trainer
        if self._due and not report.has(trainer.step, "accuracy"):
            self.measure(report)
        while trainer.step < trainer.steps:
            begun = time.monotonic()
            groups = self.attempts(trainer.step, self._batch(trainer.step))
            sampled = time.monotonic()
            with signals.held_back():
                told = figures(groups) | trainer.learn(groups)
                told |= {"sampling_s": sampled - begun, "learning_s": time.monotonic() - sampled}
                report.write(trainer.step, told)
            _tell(report, trainer.step, told)
            if self._due:
                self.measure(report)
                with signals.held_back():
                    self.checkpoint()

    def attempts(self, step: int, items: Sequence[Item]) -> list[Group]:
        """Attempts by the weights as they are; their keys and values take no memory afterwards.

        Raises:
            MathsolveError: the machinery spoilt most of them.
        """
        recipe = self.trainer.recipe
        self.backend.forget()
        taken = rollouts(self.solver, items, step, recipe.row, recipe.modes, recipe.policy, recipe.seed, self.scorer)
        groups = self.solver.run(taken)
        self.backend.forget()
        every = [one for group in groups for one in group.rollouts]
        spoilt = [one for one in every if one.spoilt]
        if len(spoilt) > MOST_SPOILT * len(every):
            last = spoilt[-1].attempt
            raise MathsolveError(
                f"{len(spoilt)} of {len(every)} attempts say nothing about the model; the last ended with {last.stop}: "
                f"{last.detail or 'its answer could not be graded'}; `mathsolve doctor` may tell more"
            )
        return groups

    def measure(self, report: Report) -> None:
        """Accuracy on the problems that are held out, if there are any, into the log."""
        held_out = self.problems.held_out
        if held_out:
            self.backend.forget()
            share = self.solver.run(accuracy(self.solver, held_out, self.trainer.recipe))
            self.backend.forget()
            report.write(self.trainer.step, {"accuracy": share})
            report.say(f"step {self.trainer.step}: {share:.1%} of {len(held_out)} held-out problems right")

    def checkpoint(self) -> None:
        """Writes one, unless it is there, and removes those that nobody needs any more."""
        done = whole_checkpoints(self.folder)
        folder = self.folder / f"checkpoint-{self.trainer.step}"
        if self.trainer.step and folder not in done:
            self.trainer.save(folder)
            done.append(folder)
        for old in done[: -kept(self.trainer.recipe.schedule)]:
            shutil.rmtree(old)

    def estimate(self) -> Estimate:
        """What the steps that are left will take, by a few attempts that nothing is learnt from."""
        trainer = self.trainer
        few = self._batch(trainer.step)[:TRIAL]
        begun = time.monotonic()
        groups = self.attempts(REHEARSAL, few)
        sampling_s, learning_s = time.monotonic() - begun, trainer.rehearsal_s(groups)
        times = trainer.recipe.policy.problems / len(few)
        context = self.backend.profile.context
        return Estimate.of(trainer, len(self.problems.train), context, times * sampling_s, times * learning_s)

    @property
    def _due(self) -> bool:
        """Whether the step that was made last is followed by a measurement and a checkpoint."""
        step, schedule = self.trainer.step, self.trainer.recipe.schedule
        return step % schedule.checkpoint_steps == 0 or step == self.trainer.steps

    def _batch(self, step: int) -> list[Item]:
        recipe = self.trainer.recipe
        return self.problems.batch(step, recipe.policy.problems, recipe.seed)


def _tell(report: Report, step: int, told: dict[str, float]) -> None:
    """What people see of a step."""
    report.show(step, f"right {told['right']:.0%} · reward {told['reward']:.2f} · {told['written']:.0f} tokens")
    if (gap := told.get("gap_mean", 0.0)) > MOST_GAP:
        report.say(
            f"step {step}: tokens have other log-probabilities in training than in sampling, by {gap:.2g} on average"
        )
