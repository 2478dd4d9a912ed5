"""`mathsolve train scale`: a scaling curve or an ablation, from data to a table and a plot, in one command."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter

from ...engine.errors import UsageError
from ...evaluation.running.options import Options, check
from ..command import check_libraries
from ..recipe import FineTuning, load_fine_tuning

if TYPE_CHECKING:
    from .variant import Arm

app = App(
    name="scale",
    help="Accuracy against the number of examples, and between variants.",
    help_epilogue="""\
mathsolve train scale embedded-gpu --data all.jsonl --sizes 2000,20000,200000
mathsolve train scale embedded-gpu --data all.jsonl --sizes 60000 \\
    --variant mixed=mode=mixed --variant pot=mode=pot --variant cot=mode=cot
mathsolve train scale embedded-gpu --sizes 60000 --out runs/verification \\
    --variant verified=kept.jsonl --variant unverified=all.jsonl

Subsets are nested. All models take equally many optimizer steps, so that the data
differ and not the compute; a small subset is seen more often. Li et al. 2024
(arXiv 2403.04706) gave each size the same passes instead, so that larger ones
were trained for longer; --epochs does that.

The same command again goes on where it was ended.""",
)


@app.default
def scale(
    recipe: str = "embedded-gpu",
    *,
    data: Annotated[list[str] | None, Parameter(consume_multiple=True, negative="")] = None,
    sizes: str = "2000,6000,20000,60000,200000",
    variant: Annotated[list[str] | None, Parameter(negative="")] = None,
    steps: int | None = None,
    epochs: float | None = None,
    bench: str = "builtin,deepmind",
    limit: int | None = 300,
    samples: int = 16,
    temperature: float = 1.0,
    engine: Literal["embedded", "hf", "vllm"] = "embedded",
    concurrency: int = 32,
    out: Path = Path("runs/scaling"),
    as_json: Annotated[bool, Parameter(name="--json", negative="")] = False,
) -> int:
    """Fine-tune a model on each subset of the data, sample from each, and show ability and stability beside each other.

    Parameters
    ----------
    recipe:
        A recipe of the package or a TOML file.
    data:
        Files of examples, JSONL or Parquet.
    sizes:
        Examples for training, with commas between.
    variant:
        NAME=PART,PART... to compare with others of the same size. A part is a file, mode=pot (only such solutions; also
        cot, mixed), or a key of the recipe, e.g. family=FILE.
    steps:
        Optimizer steps of every model; by default those of the largest size in the recipe's passes.
    epochs:
        Passes of every model over its examples, instead of equal steps.
    bench:
        Benchmarks, with commas between; MATHSOLVE_DATA names the folder that holds them.
    limit:
        Problems of each benchmark, drawn once.
    samples:
        Samples for each problem.
    temperature:
        Temperature of the samples.
    engine:
        What answers: embedded (int8 on the CPU), hf (transformers) or vllm.
    concurrency:
        Samples in progress at the same time.
    out:
        Folder of the study; scaling.json, scaling.md and scaling.html are in it.
    as_json:
        Print what scaling.json holds instead of the table.
    """
    options = Options(bench=bench, samples=samples, temperature=temperature, limit=limit, concurrency=concurrency)
    check(options)
    if samples < 2:
        raise UsageError(f"--samples is {samples}; ability and stability differ from 2 samples on")
    if steps is not None and epochs is not None:
        raise UsageError("--steps and --epochs exclude each other: equal compute, or equal passes")
    if (steps is not None and steps < 1) or (epochs is not None and not epochs > 0):
        raise UsageError("--steps is a number from 1, --epochs one above 0")
    check_libraries()
    from rich.console import Console

    from ...evaluation.metrics.rows import text_table
    from .page import measured, plain_rows
    from .study import Study, conduct
    from .training import Compute

    arms = _arms(load_fine_tuning(recipe), data or [], variant or [], _sizes(sizes))
    found = conduct(Study(arms, Compute(steps, epochs), options, engine), out, Console(stderr=True))
    sys.stdout.write(found.to_json() if as_json else text_table(plain_rows(measured(found))) + "\n")
    sys.stderr.write(f"mathsolve: everything is in {out}; {out / 'scaling.html'} shows it\n")
    return 0


def _sizes(text: str) -> list[int]:
    """Numbers with commas between, smallest first. Raises `UsageError`."""
    try:
        found = sorted({int(number.replace("_", "")) for number in text.split(",")})
    except ValueError:
        found = [0]
    if found[0] < 1:
        raise UsageError(f"--sizes is {text!r}; write numbers from 1 with commas between, e.g. 2000,20000")
    return found


def _arms(recipe: FineTuning, data: list[str], variants: list[str], sizes: list[int]) -> tuple[Arm, ...]:
    """Every variant in every size. Raises `UsageError`."""
    from ..sft.data import Source
    from .variant import Arm, Variant, read_variant

    if recipe.model is None and (recipe.shape is None or recipe.family is None):
        raise UsageError("the recipe names neither a model nor a [shape] and a family for one from scratch")
    plain = FineTuning.model_validate(recipe.model_dump(include=set(FineTuning.model_fields)))
    sources = tuple(Source.parse(text) for text in data)
    found = [read_variant(text, sources, plain) for text in variants] or [Variant("", sources, plain)]
    if doubled := [one.name for one in found if sum(other.name == one.name for other in found) > 1]:
        raise UsageError(f"two variants are named {doubled[0]!r}; give each a name of its own")
    if lacking := [one for one in found if not one.sources]:
        named = f"variant {lacking[0].name!r} names no file" if lacking[0].name else "there is nothing to train on"
        raise UsageError(f"{named}; add --data FILE")
    for source in (source for one in found for source in one.sources if source.share != 1):
        raise UsageError(f"{source.path}={source.share:g}: a size counts examples, so files have no shares here")
    return tuple(Arm(variant, size) for variant in found for size in sizes)
