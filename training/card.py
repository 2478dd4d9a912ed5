"""The model card: what the model is, what it was trained on, and what was measured, written next to the model."""

from __future__ import annotations

import json
from pathlib import Path

from .. import __version__
from ..engine.settings import Settings
from ..engine.solver import Solver
from ..engine.trajectory import Problem
from ..evaluation.measure import (
    Result,
    load_problems,
    load_results,
    markdown_table,
    measure,
    save,
    summarise,
)
from .drafts import Split
from .recipe import DATA, Recipe
from .synthesis import read_examples

HANDWRITTEN = Path(__file__).parent.parent / "tests" / "data"
"""Questions that people wrote before they saw the model; part of the repository, not of the installed package."""


def write_card(recipe: Recipe, folder: Path, target: Path) -> None:
    """Measures the model, keeps every result in the run, and writes the model's `README.md`."""
    sets = test_sets(folder)
    results: dict[str, list[Result]] = {}
    with Solver(Settings(model=str(target), seed=recipe.seed)) as solver:
        for name, problems in sets.items():
            path = folder / "results" / f"{name}.jsonl"
            if not path.is_file():
                save(measure(solver, problems), path)
            results[name] = load_results(path)
    (target / "README.md").write_text(_card(recipe, folder, results), encoding="utf-8")


def test_sets(folder: Path) -> dict[str, list[Problem]]:
    """What is measured: both held-out splits of the run, and the questions written by hand where they are at hand."""
    splits: tuple[Split, ...] = ("numbers", "phrasings")
    sets: dict[str, list[Problem]] = {split: problems_of(folder, split) for split in splits}
    files = {name: HANDWRITTEN / f"handwritten_{name}.jsonl" for name in ("inside", "outside")}
    return {**sets, **{name: load_problems(path) for name, path in files.items() if path.is_file()}}


def problems_of(folder: Path, split: Split) -> list[Problem]:
    """The problems of a held-out split of a run."""
    examples = (example for example in read_examples(folder / DATA) if example.split == split)
    return [Problem(e.question, id=str(e.index), answer=e.answer, domain=e.domain, level=e.level) for e in examples]


_TITLES = {
    "numbers": "New numbers: wordings of the training data, problems never trained on",
    "phrasings": "New phrasings: wordings never trained on",
    "inside": "Questions inside the sub-domains, written by hand without knowledge of the training data",
    "outside": "Questions outside the sub-domains, written by hand",
}


def _card(recipe: Recipe, folder: Path, results: dict[str, list[Result]]) -> str:
    config = json.loads((folder / "transformers" / "config.json").read_text(encoding="utf-8"))
    sections = "\n\n".join(f"### {_TITLES[name]}\n\n{_section(found)}" for name, found in results.items())
    return f"""# The embedded model of mathsolve {__version__}

A Llama model of {_size(config)}, trained from scratch by `mathsolve train embedded`
on solutions that the seed bank of this repository generates. Every program in them was executed and every answer
checked by a second computation. No other data, no other model. Licence Apache-2.0, the data included.

It turns a question into a short Python program; it does not calculate. It knows only the sub-domains below, in English,
and wordings close to those of its training. Elsewhere it should say that it has no answer; it does so most of the time,
not always. In words alone (`--mode cot`) it is far weaker: only one in a hundred of its training solutions has no program.

Made with seed {recipe.seed}, {recipe.examples} solutions, {recipe.schedule.epochs:g} epochs.
This folder is the CTranslate2 form (int8) that the package loads; `training/embedded_model` in the repository is the
same model for transformers.

## Measured

{recipe.samples} attempts per question, with abstention. "Wrong" are answers given with confidence that are wrong; "right but
withheld" is what abstention costs. The threshold was fitted on other questions (`training/bank/calibration.jsonl`).

{sections}
"""


def _section(results: list[Result]) -> str:
    inside = [r for r in results if r.gold is not None]
    outside = summarise(r for r in results if r.gold is None)
    parts = [markdown_table(inside)] if inside else []
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
