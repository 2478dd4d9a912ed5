"""A judge with a head: a classifier that reads the attempts at a problem together, trained by the loss of its stage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from transformers import PrinterCallback, TrainingArguments

from ...engine.errors import UsageError
from ..recipe import JudgeTraining
from ..sft.estimate import Estimate
from ..sft.model import Writing
from .costs import estimated
from .groups import Collator, Encoded, GroupDataset, encoded, groups
from .labels import Labelled
from .model import finish, load_judge_model
from .stage import Stage
from .trainer import JudgeTrainer


@dataclass(frozen=True, slots=True)
class Head:
    """See `Form`."""

    stage: Stage
    """Which judge."""
    recipe: JudgeTraining
    """How it learns."""
    words: Writing
    """How it reads."""
    data: Encoded
    """What it reads."""

    @classmethod
    def of(cls, stage: Stage, recipe: JudgeTraining, words: Writing, problems: Sequence[Sequence[Labelled]]) -> Head:
        """A judge of the attempts at these problems."""
        return cls(stage, recipe, words, encoded(problems, words, recipe.row))

    def digest(self) -> str:
        """See `Form`."""
        return self.data.digest()

    def ready(self, args: TrainingArguments) -> tuple[JudgeTrainer, Estimate]:
        """See `Form`."""
        members = groups(self.data, self.recipe.schedule.epochs, self.recipe.judge.attempts, self.recipe.seed)
        args.max_steps = _steps(self.recipe, len(members))
        model = load_judge_model(self.recipe, self.words, self.stage.kind)
        trainer = JudgeTrainer(
            self.stage,
            model=model,
            args=args,
            train_dataset=GroupDataset(self.data, members),
            data_collator=Collator(model.config.pad_token_id),
            processing_class=self.words.tokenizer,
        )
        trainer.remove_callback(PrinterCallback)
        return trainer, estimated(trainer, self.recipe, self.data, members)

    def finish(self, checkpoints: list[Path], folder: Path) -> None:
        """See `Form`."""
        finish(self.recipe, self.stage.kind, checkpoints, self.words, folder)


def _steps(recipe: JudgeTraining, problems: int) -> int:
    found = problems // recipe.schedule.rows_per_step
    if not found:
        raise UsageError(
            f"the runs give {problems} problems to learn from, fewer than the {recipe.schedule.rows_per_step} of one step; "
            "bring more, or choose a smaller rows_per_step or more epochs"
        )
    return found
