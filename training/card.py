"""The model card: what the model is, what it was trained on, and what was measured, written next to the model."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from .. import __version__
from ..engine.solver import Settings, Solver
from ..engine.trajectory import Problem
from ..evaluation.measure import Result, markdown_table, measure, save, summarise
from .recipe import Recipe
from .synthesis import read_examples

HELD_OUT = {
    "numbers": "New numbers: wordings of the training data, problems never trained on",
    "phrasings": "New phrasings: wordings never trained on",
}


def write_card(recipe: Recipe, folder: Path, target: Path) -> None:
    """Measures the model on both held-out splits and writes `README.md` into its folder; every result is kept in the run."""
    with Solver(Settings(model=str(target), seed=recipe.seed)) as solver:
        tables = {
            split: list(measure(solver, problems_of(folder, split))) for split in HELD_OUT
        }
    for split, results in tables.items():
        save(results, folder / "results" / f"{split}.jsonl")
    (target / "README.md").write_text(_card(recipe, folder, tables), encoding="utf-8")


def problems_of(folder: Path, split: str) -> list[Problem]:
    """The problems of a held-out split of a run."""
    examples = (example for example in read_examples(folder / "data.jsonl") if example.split == split)
    return [Problem(e.question, id=str(e.index), answer=e.answer, domain=e.domain, level=e.level) for e in examples]


def _card(recipe: Recipe, folder: Path, tables: dict[str, list[Result]]) -> str:
    config = json.loads((folder / "transformers" / "config.json").read_text(encoding="utf-8"))
    sections = "\n\n".join(f"### {title}\n\n{_section(tables[split])}" for split, title in HELD_OUT.items())
    return f"""# The embedded model of mathsolve {__version__}

A Llama model of {_parameters(config) / 1e6:.1f} million parameters ({config["num_hidden_layers"]} layers, width
{config["hidden_size"]}, {config["vocab_size"]} tokens), trained from scratch by `mathsolve train embedded` on solutions
that the seed bank of this repository generates. Every program in them was executed and every answer checked by a second
computation. No other data, no other model. Licence Apache-2.0, the data included.

It turns a question into a short Python program. It does not calculate, and it knows only the kinds of tasks below, in
English. Outside of them it should say that it has no answer; it is right about that most of the time, not always.

Made with seed {recipe.seed}, {recipe.examples} solutions, {recipe.schedule.epochs:g} epochs.

## Held-out accuracy, with abstention

{recipe.samples} attempts per question; "wrong" are confident wrong answers, "right but withheld" is what abstention costs.

{sections}
"""


def _section(results: Iterable[Result]) -> str:
    everything = list(results)
    inside = [r for r in everything if r.gold is not None]
    outside = [r for r in everything if r.gold is None]
    declined = summarise(outside)
    note = f"\n\nOf {declined.n} questions that it should decline it answered {declined.wrong}." if outside else ""
    return markdown_table(inside) + note


def _parameters(config: dict[str, int]) -> int:
    """Parameters of a Llama model with tied embeddings."""
    width, layers = config["hidden_size"], config["num_hidden_layers"]
    block = 4 * width * width + 3 * width * config["intermediate_size"] + 2 * width
    return config["vocab_size"] * width + layers * block + width
