"""`mathsolve train embedded`: from the seed bank to the model that the package ships, in one command.

Stages, each skipped when its result is already in the run's folder, so that the same command resumes:

    data        teachers -> solutions, every program executed and checked  data/
    sft         a tokenizer and a Llama model, or a model trained further  sft/
    export      the form of CTranslate2                                    embedded_model/
    trust       P(right), fitted on calibration questions                  embedded_model/mathsolve.json
    report      held-out accuracy by sub-domain                            embedded_model/README.md

The data depend on the recipe, the seed bank, and the public data that the recipe names.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import shutil
from pathlib import Path

from rich.console import Console

from ..engine.backends.embedded import EMBEDDED_FOLDER
from ..engine.errors import UsageError
from ..sandbox import ProcessSandbox
from .card import TRANSFORMERS_FORM, origin_of, test_sets, write_card
from .claim import claim, hash_of
from .public import part
from .recipe import Recipe
from .seeds.drafts import Split
from .synthesis.datacard import card_of, write_data_card
from .synthesis.filters.chain import Chain, Criteria
from .synthesis.filters.near_duplicate import Likeness
from .synthesis.ledger import read_examples
from .synthesis.measures import Measures, measures
from .synthesis.synthesise import synthesise
from .synthesis.teacher import Teacher
from .synthesis.teachers.registry import Wishes, open_teacher
from .tables import Ingredient

BENCHMARKS = Path(__file__).parent.parent / "evaluation" / "benchmarks"
"""Where the files of the benchmark `builtin` are."""
HELD_OUT: tuple[Split, ...] = ("phrasings", "numbers")
"""Splits that are never trained on."""


def train_embedded(recipe: Recipe, folder: Path, console: Console, public: Path | None = None) -> Path:
    """Runs every stage that is still missing.

    Args:
        recipe: what to make.
        folder: the run's.
        console: for progress.
        public: folder of public data and benchmarks, for a recipe that names some.

    Returns:
        The folder of the finished model, which `--model` accepts.

    Raises:
        UsageError: the model that the recipe goes on from is not there, or the folder holds another run.
    """
    if recipe.model is not None and not trained(folder).is_dir() and not Path(recipe.model).is_dir():
        raise UsageError(
            f"the recipe goes on from the model in {recipe.model}, which is not there: make it first, "
            "or go to the folder where it is; training/embedded_model is in the repository only"
        )
    made_of: dict[str, object] = {"recipe": recipe.model_dump(mode="json")}
    if recipe.model is not None and Path(recipe.model).is_dir():
        made_of["start"] = [hash_of(weights) for weights in sorted(Path(recipe.model).glob("*.safetensors"))]
    claim(folder / "manifest.json", made_of)
    make_data(recipe, folder, console, public)
    source, target = trained(folder), folder / "embedded_model"
    if not source.is_dir():
        make_model(recipe, folder, console)
    if not (target / "README.md").is_file():
        console.print("[bold]trust and report[/bold]")
        finish(recipe, folder, source, target)
    return target


def trained(folder: Path) -> Path:
    """Where the model of a run is in transformers' form."""
    return folder / "sft" / "model"


def make_data(recipe: Recipe, folder: Path, console: Console, public: Path | None = None) -> None:
    """Synthesises what each teacher gives, held-out splits first; a file that was cut short goes on where it stopped.

    A data card goes beside each file. Raises `UsageError` before anything is made where a teacher or a benchmark is missing.
    """
    wanted = [one for one in recipe.data if not card_of(one.file(folder)).is_file()]
    if not wanted:
        return
    teachers = [open_teacher(one.teacher, Wishes(recipe.seed, not one.questions, data=public)) for one in wanted]
    benchmarks = measures(recipe.benchmarks, part(public, "eval"))
    for ingredient, teacher in zip(wanted, teachers, strict=True):
        console.print(f"[bold]data: {ingredient.teacher}[/bold]")
        asyncio.run(_make_ingredient(ingredient, teacher, folder, console, benchmarks))


async def _make_ingredient(
    ingredient: Ingredient, teacher: Teacher, folder: Path, console: Console, benchmarks: Measures
) -> None:
    path = ingredient.file(folder)
    criteria = Criteria(benchmarks, likeness=None if ingredient.near_duplicates else Likeness())
    counts: dict[Split, int | None] = {split: ingredient.held_out for split in HELD_OUT if ingredient.held_out}
    counts["train"] = ingredient.questions or None
    try:
        async with ProcessSandbox() as sandbox:
            yields = await synthesise(teacher, path, counts, sandbox, criteria, console=console)
    finally:
        await teacher.close()
    write_data_card(path, path, yields, Chain(criteria).names)


def make_model(recipe: Recipe, folder: Path, console: Console) -> None:
    """Trains the model."""
    from .sft.data import Source
    from .sft.run import fine_tune

    console.print("[bold]sft[/bold]")
    sources = [Source(one.file(folder), one.share) for one in recipe.data]
    fine_tune(recipe, sources, folder / "sft", console)


def finish(recipe: Recipe, folder: Path, source: Path, target: Path) -> None:
    """Converts the model for the embedded backend, fits the trust in its answers, measures it, writes its card."""
    from .export import Serving, export

    export(source, target, Serving(recipe.samples, recipe.least_confidence, recipe.seed))
    write_card(origin_of(recipe, folder), source, test_sets(recipe, folder), folder / "results", target)


def install(recipe: Recipe, folder: Path) -> None:
    """Makes the model of a finished run the package's own, and what it was never trained on the benchmark `builtin`."""
    put(folder / "embedded_model", trained(folder))
    for split in HELD_OUT:
        benchmark(recipe.data[0].file(folder), split, BENCHMARKS / f"builtin_{split}.jsonl.gz")


def put(finished: Path, source: Path) -> None:
    """Puts a model where the package looks for it, and its transformers form into the repository."""
    for made, place in ((finished, EMBEDDED_FOLDER), (source, TRANSFORMERS_FORM)):
        copy = place.with_name(f"{place.name}.new")
        shutil.rmtree(copy, ignore_errors=True)  # of an install that was cut short
        shutil.copytree(made, copy)
        shutil.rmtree(place, ignore_errors=True)
        copy.rename(place)


def benchmark(file: Path, split: Split, target: Path) -> None:
    """Writes a held-out split of a file of examples as a file of the benchmark `builtin`; equal data give equal bytes."""
    held = (example for example in read_examples(file) if example.split == split)
    lines = (
        json.dumps({"question": one.question, "answer": one.answer, "domain": one.domain, "seed": one.seed}) + "\n"
        for one in held
    )
    with target.open("wb") as raw, gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as packed:
        packed.writelines(line.encode() for line in lines)
