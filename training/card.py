"""The model card: what the model is, what it was trained on, and what was measured, written next to the model."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .. import __version__
from ..engine.backends.embedded import EMBEDDED_FOLDER
from ..engine.errors import MathsolveError
from ..engine.settings import Settings
from ..engine.solver import Solver
from ..engine.trust import Trust
from ..evaluation.benchmarks.loading import load
from ..evaluation.item import Item
from ..evaluation.measure import markdown_table, summarise
from ..evaluation.run import Run, replace_file
from ..evaluation.running.configuration import Configuration
from ..evaluation.running.session import carry_out
from .export import read_settings
from .recipe import Recipe
from .seeds.drafts import Split
from .synthesis.datacard import card_of
from .synthesis.ledger import read_examples

TRANSFORMERS_FORM = Path(__file__).resolve().parent / "embedded_model"
"""The model that the package ships, for transformers and vLLM; in the repository, not in the wheel."""


FEWEST = 10
"""Questions of a sub-domain, on average, from which on each has a row of its own."""


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


@dataclass(frozen=True, slots=True)
class Origin:
    """What a card says of a model that was not measured."""

    made: str
    """How the weights came about: the rest of a sentence that begins with its size."""
    parts: Sequence[Part]
    """The data that it has seen."""
    seed: int
    """Of what is sampled for the card."""
    samples: int
    """Attempts per question."""
    stages: str = ""
    """What each stage of its making gave, in Markdown."""


def write_card(origin: Origin, source: Path, sets: Mapping[str, Sequence[Item]], results: Path, target: Path) -> None:
    """Measures a model, each set as a run of its own, and writes its `README.md`.

    Args:
        origin: what it is.
        source: the model in transformers' form.
        sets: problems by the name of the set; see `_TITLES`.
        results: folder of the runs.
        target: folder of the model as it answers; the card and the data cards go there.

    Raises:
        MathsolveError: a measurement was interrupted, or too many of its samples failed.
    """
    runs: dict[str, Run] = {}
    with Solver(Settings(model=str(target), seed=origin.seed)) as solver:
        for name, items in sets.items():
            configuration = Configuration(
                sources=(name,),
                model=str(target),
                fingerprint=solver.fingerprint(),
                modes=("auto",),
                samples=None,
                temperature=None,
                seed=origin.seed,
            )
            outcome = carry_out(solver, configuration, items, results / name)
            if outcome.halted:
                raise MathsolveError(f"measuring {name!r} ended early ({outcome.halted}); the same command goes on")
            runs[name] = outcome.run
    for part in origin.parts:
        shutil.copy(part.card, target / part.name)
    config = json.loads((source / "config.json").read_text(encoding="utf-8"))
    trust = Trust(**read_settings(target)["trust"])
    replace_file(target / "README.md", [_card(origin, config, trust, runs)])


def origin_of(recipe: Recipe, folder: Path) -> Origin:
    """Of a run of `mathsolve train embedded`: what it was trained on begins with what the model had seen that it went on
    from, if that is known."""
    before = [] if recipe.model is None else parts_before(Path(recipe.model))
    this = max((part.round for part in before), default=0) + 1
    parts = [*before, *(Part(this, one.teacher, card_of(one.file(folder))) for one in recipe.data)]
    start = f"trained further from that in `{recipe.model}`" if recipe.model else "trained from scratch"
    made = f"{start} by `mathsolve train embedded`,\nwith seed {recipe.seed}, {recipe.schedule.epochs:g} epochs"
    return Origin(made, parts, recipe.seed, recipe.samples)


def parts_before(model: Path) -> list[Part]:
    """What a model has seen, as the cards tell beside the form in which it answers: in its run's folder, or in the package."""
    model = model.resolve()
    finished = EMBEDDED_FOLDER if model == TRANSFORMERS_FORM else model.parent.parent / "embedded_model"
    named = ((re.fullmatch(r"data-(\d+)-(.+)", card.stem), card) for card in finished.glob("data-*.md"))
    found = [Part(int(match[1]), match[2], card) for match, card in named if match]
    return sorted(found, key=lambda part: (part.round, part.teacher))


def test_sets(recipe: Recipe, folder: Path) -> dict[str, list[Item]]:
    """What is measured: both held-out splits of the run, and what was written by hand."""
    splits: tuple[Split, ...] = ("numbers", "phrasings")
    held = recipe.data[0].file(folder)
    sets: dict[str, list[Item]] = {split: held_out(held, split) for split in splits}
    return sets | {name: load(where) for name, where in BY_HAND.items()}


def held_out(file: Path, split: Split) -> list[Item]:
    """The problems of a held-out split in a file of examples."""
    examples = (example for example in read_examples(file) if example.split == split)
    return [
        Item(f"{split}/{e.index}", split, e.question, e.answer, subject=e.domain, level=str(e.level)) for e in examples
    ]


BY_HAND = {"inside": "handwritten/inside", "ordinary": "ordinary", "outside": "handwritten/outside"}
"""What was written by hand and every model is measured on, as the card calls it, and where it is."""
_TITLES = {
    "numbers": "New numbers: wordings of the training data, problems never trained on",
    "phrasings": "New phrasings: wordings never trained on",
    "inside": "Questions inside the sub-domains, written by hand without knowledge of the training data",
    "ordinary": "Ordinary questions, four for each sub-domain, written without knowledge of the seed bank",
    "outside": "Questions outside the sub-domains, written by hand",
}


def _card(origin: Origin, config: dict[str, int], trust: Trust, runs: dict[str, Run]) -> str:
    sections = "\n\n".join(f"### {_TITLES[name]}\n\n{_section(run)}" for name, run in runs.items())
    stages = f"\n## What each stage gave\n\n{origin.stages}\n" if origin.stages else ""
    return f"""# The embedded model of mathsolve {__version__}

A Llama model of {_size(config)},
{origin.made},
on questions with solutions of which every program was executed and every answer checked:

{"".join(part.line() for part in origin.parts)}
The weights are under the Apache licence 2.0; the data cards name the licences of the data.

It turns a question into a short Python program; it does not calculate. It knows only the sub-domains below, in English,
and wordings close to those of its training. Elsewhere it should say that it has no answer; it does so most of the time,
not always. In words alone (`--mode cot`) it is far weaker: few of its training solutions have no program.

This folder is the CTranslate2 form (int8), which needs no GPU; of the model that the package ships, `training/embedded_model`
in the repository is the form for transformers.

## Measured

{origin.samples} attempts per question, with abstention. "Wrong" are answers given with confidence that are wrong; "right but
withheld" is what abstention costs. {_given(trust)}

{sections}
{stages}"""


def _given(trust: Trust) -> str:
    if not trust.fitted:
        return "It was not fitted here: every answer is given, by votes."
    return (
        f"An answer is given where the estimated probability\nthat it is right is at least {trust.threshold:.0%}, or a "
        "check against the question shows that it is; the estimate\nwas fitted on other questions "
        "(`training/bank/calibration.jsonl`)."
    )


def _section(run: Run) -> str:
    records, items = list(run.records()), run.items
    inside = [record for record in records if items[record.problem].gold is not None]
    outside = summarise(record for record in records if items[record.problem].gold is None)
    parts = [markdown_table(inside, items, FEWEST)] if inside else []
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
