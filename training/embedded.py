"""`mathsolve train embedded`: from the seed bank to the model that the package ships, in one command.

Stages, each skipped when its result is already in the run's folder, so that the same command resumes:

    data        seeds -> solutions, every program executed and checked     data.jsonl
    tokenizer   words and whole program lines                              tokenizer.json
    sft         a Llama model from scratch on packed rows                  sft/
    export      transformers and CTranslate2 folders                       transformers/, embedded_model/
    trust       P(right), fitted on calibration questions                  embedded_model/mathsolve.json
    report      held-out accuracy by sub-domain                            embedded_model/README.md

The data depend on the recipe and the seed bank alone.
"""

from __future__ import annotations

import asyncio
import json
import platform
import shutil
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console
from tokenizers import Tokenizer

from ..engine.backends.embedded import EMBEDDED_FOLDER
from ..engine.errors import UsageError
from ..engine.renderer import Renderer
from ..engine.settings import Settings
from ..engine.solver import Solver
from ..engine.trajectory import Step, Thought, Tokens
from ..prompts import Family, load_family
from ..sandbox import ProcessSandbox, Program
from . import card
from .recipe import DATA, Recipe
from .seeds.bank import load_bank
from .seeds.drafts import Split
from .sft.packing import pack
from .synthesis.example import Example
from .synthesis.synthesise import read_examples, synthesise

BANK = Path(__file__).parent / "bank"
TRANSFORMERS_FORM = Path(__file__).parent / "embedded_model"
"""The same model for transformers and vLLM; in the repository, not in the wheel."""


def train_embedded(recipe: Recipe, folder: Path, console: Console) -> Path:
    """Runs every stage that is still missing.

    Returns:
        The folder of the finished model, which `--model` accepts.
    """
    folder.mkdir(parents=True, exist_ok=True)
    claim(recipe, folder)
    family = load_family(recipe.family)
    make_data(recipe, folder / DATA, console)
    tokenizer = make_tokenizer(recipe, folder, family, console)
    source, target = folder / "transformers", folder / "embedded_model"
    if not (source / "model.safetensors").is_file():
        make_model(recipe, folder, Renderer(family, tokenizer), console)
    if not (target / "README.md").is_file():
        console.print("[bold]trust and report[/bold]")
        finish(recipe, folder, source, target)
    return target


def claim(recipe: Recipe, folder: Path) -> None:
    """Writes what the run is made of, or refuses a folder that holds another recipe's run.

    Raises:
        UsageError: with the remedy.
    """
    path = folder / "manifest.json"
    if path.is_file() and json.loads(path.read_text(encoding="utf-8"))["recipe"] != recipe.model_dump():
        raise UsageError(f"{folder} holds a run of another recipe; name another folder with --out, or remove this one")
    manifest = {"recipe": recipe.model_dump(), "versions": versions()}
    path.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


def make_data(recipe: Recipe, path: Path, console: Console) -> None:
    """Synthesises the held-out splits and the training split; a file that was cut short goes on where it stopped."""
    console.print("[bold]data[/bold]")
    counts: dict[Split, int] = {"phrasings": recipe.held_out, "numbers": recipe.held_out, "train": recipe.examples}
    bank = load_bank(sorted(BANK.glob("*.toml")))

    async def run() -> None:
        sandbox = ProcessSandbox()
        try:
            await synthesise(bank, path, counts, recipe.seed, sandbox, console=console)
        finally:
            await sandbox.close()

    asyncio.run(run())


def make_tokenizer(recipe: Recipe, folder: Path, family: Family, console: Console) -> Tokenizer:
    """Trains the tokenizer on the training split."""
    from .sft.tokenizer import train_tokenizer

    path = folder / "tokenizer.json"
    if not path.is_file():
        console.print("[bold]tokenizer[/bold]")
        texts: list[str] = []
        programs: list[str] = []
        for example in examples_of(folder, "train"):
            texts.append(example.question)
            texts.extend(_text(step) for step in example.trajectory)
            programs.extend(step.code for step in example.trajectory if isinstance(step, Program))
        train_tokenizer(texts, programs, family, recipe.vocabulary).save(str(path))
    return Tokenizer.from_file(str(path))


def make_model(recipe: Recipe, folder: Path, renderer: Renderer, console: Console) -> None:
    """Trains the model and writes its transformers folder."""
    from . import export
    from .sft import trainer

    console.print("[bold]sft[/bold]")
    rows = list(pack(solutions(folder, renderer), recipe.row, recipe.seed))
    vocabulary = renderer.tokenizer.get_vocab_size()
    model = trainer.new_model(recipe.shape, vocabulary, renderer.tag_ids[renderer.family.end], recipe.seed)
    trainer.train(model, rows, renderer.tokenizer, recipe.schedule, folder / "sft", recipe.seed)
    export.export_transformers(model, renderer.tokenizer, renderer.family, folder / "transformers")


def finish(recipe: Recipe, folder: Path, source: Path, target: Path) -> None:
    """Converts the model for the embedded backend, fits the trust in its answers, measures it, writes its card."""
    from .calibration import calibration_problems, fit_trust
    from .export import export_ctranslate2, write_settings

    path = target / "mathsolve.json"
    if not path.is_file():
        basics = {"family": recipe.family, "context": recipe.shape.context, "samples": recipe.samples}
        export_ctranslate2(source, target, basics)
    settings: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    if "trust" not in settings:
        with Solver(Settings(model=str(target), seed=recipe.seed)) as solver:
            settings["trust"] = fit_trust(solver, calibration_problems(), recipe.keep_right)
        write_settings(target, settings)
    card.write_card(recipe, folder, target)


def solutions(folder: Path, renderer: Renderer) -> Iterator[Tokens]:
    """The training examples of a run as the token ids that the model is to predict."""
    family = renderer.family
    for example in examples_of(folder, "train"):
        prompt = family.ask(example.question, example.mode)
        yield renderer.encode([*prompt, *renderer.steps(example.trajectory, example.question), *family.finish()])


def examples_of(folder: Path, split: Split) -> Iterator[Example]:
    """The examples of one split of a run."""
    return (example for example in read_examples(folder / DATA) if example.split == split)


def install(folder: Path) -> None:
    """Puts the model of a finished run where the package looks for it, and its transformers form into the repository."""
    shutil.copytree(folder / "embedded_model", EMBEDDED_FOLDER, dirs_exist_ok=True)
    shutil.copytree(folder / "transformers", TRANSFORMERS_FORM, dirs_exist_ok=True)


def versions() -> dict[str, str]:
    """What the result depends on besides the recipe and the bank."""
    libraries = ("mathsolve", "torch", "transformers", "tokenizers", "ctranslate2", "sympy")
    return {"python": platform.python_version(), "machine": platform.machine()} | {n: version(n) for n in libraries}


def _text(step: Step) -> str:
    if isinstance(step, Thought):
        return step.text
    return step.code if isinstance(step, Program) else step.text
