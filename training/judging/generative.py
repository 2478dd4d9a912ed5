"""A judge that writes: a causal language model, fine-tuned to give an attempt its mark and then to say why.

The attempt is the prompt, which has no weight in the loss; what is learnt is the critique. It is packed and trained as any
solution is (see `sft`), each attempt as often as the passes over the problems draw it (see `groups`). A mark is learnt as one
token among others, by its likelihood. Right and wrong attempts are drawn by halves, so its probabilities are those of such a
draw, not of attempts as they come: only a curve fitted on these (see `critique`) makes them so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from transformers import PrinterCallback, TrainingArguments

from ...engine.critic import Layout
from ...engine.errors import UsageError
from ...engine.judge import Manifest
from ...engine.trajectory import Tokens
from ...prompts import Segment
from ..recipe import JudgeTraining
from ..sft import arguments
from ..sft.checkpoints import finish
from ..sft.estimate import Estimate
from ..sft.model import Writing, load_model
from ..sft.noise import WordNoise
from ..sft.packing import pack
from ..sft.trainer import RowDataset, SftTrainer
from .groups import Encoded, encoded, groups
from .labels import Labelled
from .stage import Stage


@dataclass(frozen=True, slots=True)
class Generative:
    """See `Form`."""

    recipe: JudgeTraining
    """How it learns."""
    words: Writing
    """How it reads and writes."""
    data: Encoded
    """The attempts."""
    critiques: tuple[Tokens, ...]
    """What it is to write of each."""

    @classmethod
    def of(
        cls, stage: Stage, recipe: JudgeTraining, words: Writing, problems: Sequence[Sequence[Labelled]]
    ) -> Generative:
        """A judge of the attempts at these problems.

        Raises:
            UsageError: of a reward model, which has no words; a row has no room for them; or the tokenizer has no digits.
        """
        if stage.kind != "critique":
            raise UsageError(f"a {stage.kind} model has a head: take form out of the recipe's table [judge]")
        layout = Layout.of(words.renderer)
        critiques = tuple(critique(one, layout, words) for attempts in problems for one in attempts)
        longest = _longest(critiques)
        if 2 * longest > recipe.row:
            raise UsageError(
                f"row is {recipe.row} tokens, of which a critique takes {longest}; choose a row of {4 * longest} or more"
            )
        return cls(recipe, words, encoded(problems, words, recipe.row - longest), critiques)

    def digest(self) -> str:
        """See `Form`."""
        written = repr([tokens.ids for tokens in self.critiques])
        return sha256(f"{self.data.digest()}{written}".encode()).hexdigest()

    def ready(self, args: TrainingArguments) -> tuple[SftTrainer, Estimate]:
        """See `Form`."""
        recipe = self.recipe
        members = groups(self.data, recipe.schedule.epochs, recipe.judge.attempts, recipe.seed)
        times = Counter(number for group in members for number in group)
        seen = ((self._solution(number), count) for number, count in sorted(times.items()))
        rows = pack(seen, recipe.row, recipe.seed)
        args.max_steps = arguments.steps(recipe, len(rows))
        trainer = SftTrainer(
            recipe,
            model=load_model(recipe, self.words),
            args=args,
            train_dataset=RowDataset(rows, WordNoise(self.words.renderer.tokenizer, 0.0, recipe.seed)),
            processing_class=self.words.tokenizer,
        )
        trainer.remove_callback(PrinterCallback)
        return trainer, Estimate.of(trainer, recipe, rows, args.max_steps, None)

    def finish(self, checkpoints: list[Path], folder: Path) -> None:
        """See `Form`."""
        finish(self.recipe, checkpoints, self.words, folder)
        family, longest = self.words.renderer.family.name, _longest(self.critiques)
        context = self.recipe.row - longest
        manifest = Manifest(kind="critique", form="generative", family=family, context=context, words=longest)
        manifest.write(folder)

    def _solution(self, number: int) -> Tokens:
        """An attempt and its critique."""
        start, end = self.data.starts[number], self.data.starts[number + 1]
        return Tokens().extended(self.data.ids[start:end].tolist(), "prompt") + self.critiques[number]


def _longest(critiques: Sequence[Tokens]) -> int:
    """Tokens of the longest critique."""
    return max(len(tokens.ids) for tokens in critiques)


def critique(one: Labelled, layout: Layout, words: Writing) -> Tokens:
    """A critique of an attempt, after its end token: the opening is given, the rest is the model's own."""
    said = words.renderer.encode([Segment(one.remark, "thought")]).ids
    written = (*layout.marks[int(one.mark)], *layout.closing, *said)
    return (
        Tokens().extended(layout.opening, "observation").extended(written, "thought").extended([words.end_id], "stop")
    )
