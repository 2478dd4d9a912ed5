"""The model card: what the model is, what it was trained on, and what was measured, written next to the model."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .. import __version__
from ..engine.backends.embedded import EMBEDDED_FOLDER
from ..engine.errors import MathsolveError
from ..engine.settings import Settings
from ..engine.solver import Solver
from ..evaluation.benchmarks.loading import load
from ..evaluation.item import Item
from ..evaluation.measure import markdown_table, summarise
from ..evaluation.run import Run, replace_file
from ..evaluation.running.configuration import Configuration
from ..evaluation.running.session import carry_out
from .recipe import Recipe
from .seeds.drafts import Split
from .synthesis.datacard import card_of
from .synthesis.ledger import read_examples

TRANSFORMERS_FORM = Path(__file__).parent / "embedded_model"
"""The model that the package ships, for transformers and vLLM; in the repository, not in the wheel."""


def write_card(recipe: Recipe, folder: Path, target: Path) -> None:
    """Measures the model, each set as a run of its own in the folder `results`, and writes the model's `README.md`.

    Raises:
        MathsolveError: a measurement was interrupted, or too many of its samples failed.
    """
    runs: dict[str, Run] = {}
    with Solver(Settings(model=str(target), seed=recipe.seed)) as solver:
        for name, items in test_sets(recipe, folder).items():
            configuration = Configuration(
                sources=(name,),
                model=str(target),
                fingerprint=solver.fingerprint(),
                modes=("auto",),
                samples=None,
                temperature=None,
                seed=recipe.seed,
            )
            outcome = carry_out(solver, configuration, items, folder / "results" / name)
            if outcome.halted:
                raise MathsolveError(f"measuring {name!r} ended early ({outcome.halted}); the same command goes on")
            runs[name] = outcome.run
    parts = _parts(recipe, folder)
    for part in parts:
        shutil.copy(part.card, target / part.name)
    replace_file(target / "README.md", [_card(recipe, folder, parts, runs)])


@dataclass(frozen=True, slots=True)
class Part:
    """Data that the model has seen."""

    round: int
    """Which training in a row saw them: each goes on from the model of the one before."""
    teacher: str
    """Who made them."""
    card: Path
    """Their data card."""

    @property
    def name(self) -> str:
        """What their card is called beside the model."""
        return f"data-{self.round}-{self.teacher}.md"

    def line(self) -> str:
        """An entry of a list."""
        return f"- training {self.round}, `{self.teacher}`: see [its data card]({self.name})\n"


def _parts(recipe: Recipe, folder: Path) -> list[Part]:
    """What the model was trained on, beginning with the trainings that it went on from, if those are known."""
    before = _parts_before(recipe)
    this = max((part.round for part in before), default=0) + 1
    return [*before, *(Part(this, one.teacher, card_of(one.file(folder))) for one in recipe.data)]


def _parts_before(recipe: Recipe) -> list[Part]:
    """What is told beside the finished model of the earlier run, so also what that one went on from."""
    if recipe.model is None:
        return []
    earlier = Path(recipe.model).resolve()
    finished = EMBEDDED_FOLDER if earlier == TRANSFORMERS_FORM else earlier.parents[1] / "embedded_model"
    named = ((card.stem.split("-", 2), card) for card in sorted(finished.glob("data-*-*.md")))
    return [Part(int(number), teacher, card) for (_, number, teacher), card in named]


def test_sets(recipe: Recipe, folder: Path) -> dict[str, list[Item]]:
    """What is measured: both held-out splits of the run, and the questions written by hand."""
    splits: tuple[Split, ...] = ("numbers", "phrasings")
    held = recipe.data[0].file(folder)
    sets: dict[str, list[Item]] = {split: held_out(held, split) for split in splits}
    return sets | {name: load(f"handwritten/{name}") for name in ("inside", "outside")}


def held_out(file: Path, split: Split) -> list[Item]:
    """The problems of a held-out split in a file of examples."""
    examples = (example for example in read_examples(file) if example.split == split)
    return [
        Item(f"{split}/{e.index}", split, e.question, e.answer, subject=e.domain, level=str(e.level)) for e in examples
    ]


_TITLES = {
    "numbers": "New numbers: wordings of the training data, problems never trained on",
    "phrasings": "New phrasings: wordings never trained on",
    "inside": "Questions inside the sub-domains, written by hand without knowledge of the training data",
    "outside": "Questions outside the sub-domains, written by hand",
}


def _card(recipe: Recipe, folder: Path, parts: Sequence[Part], runs: dict[str, Run]) -> str:
    config = json.loads((folder / "sft" / "model" / "config.json").read_text(encoding="utf-8"))
    sections = "\n\n".join(f"### {_TITLES[name]}\n\n{_section(run)}" for name, run in runs.items())
    return f"""# The embedded model of mathsolve {__version__}

A Llama model of {_size(config)},
{_origin(recipe)} by `mathsolve train embedded`,
on questions with solutions of which every program was executed and every answer checked:

{"".join(part.line() for part in parts)}
The weights are under the Apache licence 2.0; the data cards name the licences of the data.

It turns a question into a short Python program; it does not calculate. It knows only the sub-domains below, in English,
and wordings close to those of its training. Elsewhere it should say that it has no answer; it does so most of the time,
not always. In words alone (`--mode cot`) it is far weaker: few of its training solutions have no program.

Made with seed {recipe.seed}, {recipe.schedule.epochs:g} epochs.
This folder is the CTranslate2 form (int8) that the package loads; `training/embedded_model` in the repository is the
same model for transformers.

## Measured

{recipe.samples} attempts per question, with abstention. "Wrong" are answers given with confidence that are wrong; "right but
withheld" is what abstention costs. The threshold was fitted on other questions (`training/bank/calibration.jsonl`).

{sections}
"""


def _origin(recipe: Recipe) -> str:
    """Where the weights came from."""
    return f"trained further from that in `{recipe.model}`" if recipe.model else "trained from scratch"


def _section(run: Run) -> str:
    records, items = list(run.records()), run.items
    inside = [record for record in records if items[record.problem].gold is not None]
    outside = summarise(record for record in records if items[record.problem].gold is None)
    parts = [markdown_table(inside, items)] if inside else []
    if outside.n:
        parts.append(
            f"Of {outside.n} questions that it cannot be expected to answer it answered {outside.wrong} "
            f"({outside.wrong / outside.n:.1%})."
        )
    return "\n\n".join(parts)


def _size(config: dict[str, int]) -> str:
    layers, width, vocabulary = config["num_hidden_layers"], config["hidden_size"], config["vocab_size"]
    return f"{_parameters(config) / 1e6:.1f} million parameters ({layers} layers, width {width}, {vocabulary} tokens)"


def _parameters(config: dict[str, int]) -> int:
    """Parameters of a Llama model with tied embeddings."""
    width, layers = config["hidden_size"], config["num_hidden_layers"]
    block = 4 * width * width + 3 * width * config["intermediate_size"] + 2 * width
    return config["vocab_size"] * width + layers * block + width
