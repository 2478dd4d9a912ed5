"""The study: every arm's data, training, export and samples, each skipped where it is done; then what was found.

    NAME/examples.jsonl   the arm's subset          NAME/sampled/   its run with k samples a problem
    NAME/plan.json        recipe, steps, passes     NAME/greedy/    its run with one greedy answer a problem
    NAME/sft/             the fine-tuning           tokenizer-*     what all arms of a family share
    NAME/exported/        the model as it serves    scaling.*       the findings, after every arm

The same command resumes a study that was stopped; more sizes, variants, samples or problems may be added to it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from rich.console import Console

from ...engine.errors import MathsolveError
from ...engine.solver import Solver
from ...evaluation.benchmarks.choose import expanded
from ...evaluation.item import Item
from ...evaluation.running.options import Options, configured, names_of, problems, settings
from ...evaluation.running.session import INTERRUPTED, carry_out
from ..claim import claim, hash_of
from . import findings
from .findings import GREEDY, SAMPLED, Figures, Findings
from .page import write
from .subsets import MODES, write_subsets
from .training import EXAMPLES, Compute, Tokenizers, exported, plan, train
from .variant import Arm

Engine = Literal["embedded", "hf", "vllm"]


@dataclass(frozen=True, slots=True)
class Study:
    """What is to be measured."""

    arms: tuple[Arm, ...]
    """The models."""
    compute: Compute
    """How long each is trained; without steps and passes, for the steps of the largest arm in the recipe's passes."""
    options: Options
    """Benchmarks, samples and limits."""
    engine: Engine = "embedded"
    """What answers: the exported model (CTranslate2 on the CPU), transformers, or vLLM."""

    @property
    def largest(self) -> Arm:
        """The first of the largest arms."""
        return max(self.arms, key=lambda arm: arm.size)


def conduct(study: Study, folder: Path, console: Console) -> Findings:
    """Does everything that is missing; the findings are written after every arm.

    Raises:
        UsageError: the folder holds another study, or something cannot be done as it is asked for.
        MathsolveError: too many samples failed.
        KeyboardInterrupt: it was ended; what was done is kept.
    """
    items = problems(expanded(names_of(study.options.bench)), study.options, None)
    for arm in study.arms:
        _claim(arm, folder / arm.name)
    with console.status("reading the examples"):
        _subsets(study, folder)
    tokenizers = Tokenizers(folder, _texts(study, folder))
    compute = _compute(study, folder, tokenizers, console)
    found: list[Figures] = []
    done: list[Arm] = []
    told = Findings(title := _title(study, items), about := _about(study, compute, items), (), ())
    for number, arm in enumerate(study.arms, 1):
        console.print(f"[bold]{arm.name}[/bold]  ({number} of {len(study.arms)})", highlight=False)
        here = folder / arm.name
        with console.status("packing the examples"):
            made = plan(arm, here, tokenizers, compute)
        model = train(made, here, console)
        _sample(study, arm, model if study.engine != "embedded" else exported(made, model, here), items, here)
        done.append(arm)
        found += findings.figures(arm, made, here)
        contrasts = findings.contrasts(done, folder, study.options.samples or 1, told.contrasts)
        told = Findings(title, about, tuple(found), contrasts)
        write(told, folder)
    return told


def _claim(arm: Arm, folder: Path) -> None:
    """Writes what an arm is made of, or refuses a folder of another one. Raises `UsageError`."""
    data = [{"file": source.path.name, "sha256": hash_of(source.path)} for source in arm.variant.sources]
    claim(folder / "arm.json", {"recipe": arm.variant.recipe.model_dump(mode="json"), "data": data})


def _subsets(study: Study, folder: Path) -> None:
    """Writes the examples of all arms."""
    for name in dict.fromkeys(arm.variant.name for arm in study.arms):
        mine = [arm for arm in study.arms if arm.variant.name == name]
        targets = {arm.size: folder / arm.name / EXAMPLES for arm in mine}
        recipe = mine[0].variant.recipe
        modes = [mode for mode in MODES if getattr(recipe.modes, mode)]
        write_subsets(mine[0].variant.sources, targets, recipe.seed, modes)


def _texts(study: Study, folder: Path) -> dict[str, tuple[Path, ...]]:
    """Files of examples by family: the largest subset of each variant, which holds the others."""
    found: dict[str, tuple[Path, ...]] = {}
    for arm in sorted(study.arms, key=lambda arm: arm.size):
        family = arm.variant.recipe.family or ""
        if arm.size == study.largest.size:
            found[family] = (*found.get(family, ()), folder / arm.name / EXAMPLES)
    return found


def _compute(study: Study, folder: Path, tokenizers: Tokenizers, console: Console) -> Compute:
    """What was asked for, or else the steps that the recipe makes of the largest arm."""
    if study.compute.steps is not None or study.compute.epochs is not None:
        return study.compute
    with console.status("packing the examples"):
        return Compute(steps=plan(study.largest, folder / study.largest.name, tokenizers, study.compute).steps)


def _sample(study: Study, arm: Arm, model: Path, items: Sequence[Item], folder: Path) -> None:
    """Takes the samples that are missing. Raises `MathsolveError`, and `KeyboardInterrupt` after a signal."""
    served = str(model) if study.engine == "embedded" else f"{study.engine}:{model}"
    sampled = replace(study.options, model=served, mode=arm.variant.mode, family=arm.variant.recipe.family)
    names = expanded(names_of(sampled.bench))
    with Solver(settings(sampled)) as solver:
        for name, options in ((SAMPLED, sampled), (GREEDY, replace(sampled, samples=1, temperature=0.0))):
            outcome = carry_out(solver, configured(options, names, solver), items, folder / name)
            if outcome.halted == INTERRUPTED:
                raise KeyboardInterrupt
            if outcome.halted:
                trouble = f"{outcome.halted}, the last with: {outcome.tally.trouble}"
                raise MathsolveError(f"{folder / name}: {trouble}; the same command goes on")


def _title(study: Study, items: Sequence[Item]) -> str:
    """What it is about."""
    what = "Scaling" if len({arm.size for arm in study.arms}) > 1 else "Variants"
    return f"{what} on {' and '.join(dict.fromkeys(item.bench for item in items))}"


def _about(study: Study, compute: Compute, items: Sequence[Item]) -> str:
    """How it was measured."""
    how = (
        f"{compute.steps:,} optimizer steps each"
        if compute.steps
        else f"{compute.epochs:g} passes over its examples each"
    )
    options = study.options
    samples = f"{options.samples} samples a problem at temperature {options.temperature:g}, and one greedy answer"
    counts = ", ".join(f"{count:,} of {bench}" for bench, count in Counter(item.bench for item in items).items())
    return f"{len(study.arms)} models, {how}; {samples}; problems: {counts}."
