"""Training a judge from runs to a finished folder: `mathsolve train reward` and `mathsolve train critique`.

    checkpoint-N/     what a stopped run goes on from
    log.jsonl         losses and how well attempts are told apart
    judge-run.json    what the run is made of
    model/            the finished judge, see `engine.judge`
    report.json, .md  what it does on the problems that were held out

The same command resumes a run that was stopped, with the same result, and does nothing for a finished one.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from tokenizers import Tokenizer
from transformers import TrainingArguments

from ...engine.errors import UsageError
from ...engine.judge import Judge
from ...evaluation.run import replace_file
from ...prompts import Family
from ...sandbox import Program
from ..claim import claim, vacant
from ..recipe import JudgeTraining
from ..sft import arguments, checkpoints
from ..sft.conduct import conducted, finished, train
from ..sft.model import Writing, fitted, writing
from ..sft.tokenizer import train_tokenizer
from ..start import check_start
from ..trainable import trainable
from .form import Form
from .generative import Generative
from .head import Head
from .labels import Labelled, taught
from .learnt import write_learnt
from .progress import JudgeReport
from .split import Split, split
from .stage import Stage

MADE_OF, TOKENIZER = "judge-run.json", "tokenizer.json"
Attempts = Sequence[Sequence[Labelled]]
"""By problem."""
FORMS: Mapping[str, Callable[[Stage, JudgeTraining, Writing, Attempts], Form]] = {
    "head": Head.of,
    "generative": Generative.of,
}
"""What a recipe's `form` makes."""


@dataclass(frozen=True, slots=True)
class JudgeRun:
    """A run that is ready to be carried out."""

    stage: Stage
    """Which judge to make."""
    recipe: JudgeTraining
    """How."""
    problems: Split
    """Of what, and what to measure it on."""
    folder: Path
    """Where."""
    console: Console
    """Tells people; quiet in all processes but the first."""

    @property
    def model(self) -> Path:
        """The finished judge."""
        return self.folder / "model"

    @property
    def begun(self) -> bool:
        """Whether something was learnt from the data, so that they may no longer change."""
        return self.model.is_dir() or bool(list(self.folder.glob("checkpoint-*")))


def train_judge(stage: Stage, recipe: JudgeTraining, runs: Sequence[Path], folder: Path, console: Console) -> Path:
    """Trains a judge, or goes on with it.

    Args:
        stage: which.
        recipe: how.
        runs: folders of evaluation runs, see `trainable`.
        folder: of the run.
        console: hears of the estimate and the progress.

    Returns:
        The folder of the finished judge.

    Raises:
        UsageError: something cannot be done as it is asked for.
        KeyboardInterrupt: a signal ended the run; what was done is kept.
    """
    if recipe.model is None and (recipe.shape is None or recipe.family is None):
        raise UsageError(
            "the recipe names no model: give one with --model, or a [shape] and a family for one from scratch"
        )
    vacant(folder / MADE_OF, TOKENIZER)
    if recipe.model is not None and recipe.judge.form == "generative":
        check_start(recipe.model)
    with conducted():
        sides = split(trainable(runs).problems, recipe.judge.held_out, recipe.seed)
        args = arguments.training_arguments(recipe, folder)
        if args.process_index:
            console = Console(quiet=True)
        recipe = fitted(recipe, console)
        return _carry_out(JudgeRun(stage, recipe, sides, folder, console), args)


def _carry_out(run: JudgeRun, args: TrainingArguments) -> Path:
    attempts = taught(run.problems.train, run.stage.kind)
    held_out = taught(run.problems.held_out, run.stage.kind)
    _check(run, attempts, held_out)
    with args.main_process_first(local=False, desc="data"):
        run.folder.mkdir(parents=True, exist_ok=True)
        first = not args.process_index
        words = writing(run.recipe, lambda family: _tokenizer(run, attempts, family, first=first))
        form = FORMS[run.recipe.judge.form](run.stage, run.recipe, words, attempts)
        if first:
            made_of = {"kind": run.stage.kind, "recipe": run.recipe.model_dump(mode="json"), "data": form.digest()}
            claim(run.folder / MADE_OF, made_of, begun=run.begun)
    if run.model.is_dir():
        run.console.print(f"{run.model} is finished: nothing is left to do")
        return run.model
    _train(run, form, args)
    if not args.process_index:
        _finish(run, form)
    return run.model


def _check(run: JudgeRun, attempts: Sequence[Any], held_out: Sequence[Any]) -> None:
    """Refuses runs that teach nothing, or leave nothing to measure. Raises `UsageError`."""
    wanted = "right and wrong attempts at one problem" if run.stage.kind == "reward" else "attempts with a verdict"
    if not attempts:
        raise UsageError(f"the runs hold no {wanted}; sample more: mathsolve eval PROBLEMS --samples 16")
    if not held_out:
        raise UsageError(
            f"none of the {len(run.problems.held_out)} problems that are held out has {wanted}; "
            "bring more problems, or a larger held_out in the recipe's table [judge]"
        )
    told = f"{len(attempts):,} problems to learn from, {len(held_out):,} held out, {wanted}"
    run.console.print(f"data     {told}", highlight=False, soft_wrap=True)


def _tokenizer(run: JudgeRun, attempts: Attempts, family: Family, *, first: bool) -> Tokenizer:
    """A tokenizer trained on the attempts, for a model from scratch; all processes have that of the first."""
    path = run.folder / TOKENIZER
    if path.is_file() and (run.begun or not first):
        return Tokenizer.from_file(str(path))
    steps = [step for problem in attempts for one in problem for step in one.steps]
    programs = [step.code for step in steps if isinstance(step, Program)]
    texts = [problem[0].question for problem in attempts]
    texts += [step.code if isinstance(step, Program) else step.text for step in steps]
    if run.recipe.judge.form == "generative":
        texts += [one.remark for problem in attempts for one in problem]
    tokenizer = train_tokenizer(texts, programs, family, run.recipe.vocabulary)
    replace_file(path, [tokenizer.to_str()])
    return tokenizer


def _train(run: JudgeRun, form: Form, args: TrainingArguments) -> None:
    trainer, estimate = form.ready(args)
    if finished(args, run.folder, run.recipe.schedule):
        return
    for line in estimate.lines():
        run.console.print(line, highlight=False, soft_wrap=True)
    report = JudgeReport(run.stage.kind, run.folder, run.console, estimate)
    train(trainer, run.folder, run.recipe.schedule, run.console, report)


def _finish(run: JudgeRun, form: Form) -> None:
    """Writes the judge and what it does on held-out problems; its folder gets its name when all of it is there."""
    part = run.folder / "model.part"
    last = checkpoints.averaged(run.folder, run.recipe.schedule)
    form.finish(last, part)
    judge = Judge(part)
    with run.console.status("reading the held-out problems"):
        found = run.stage.measure(judge, run.problems.held_out, run.recipe.seed)
    judge.manifest.model_copy(update={"curves": found.curves}).write(part)
    write_learnt(part, run.problems.train)
    found.write(run.folder, run.stage.kind)
    shutil.rmtree(run.model, ignore_errors=True)
    part.replace(run.model)
    run.console.print(found.text(), highlight=False, soft_wrap=True, markup=False)
    run.console.print(f"made {run.model}: mathsolve score RUN --scorer {run.model}", highlight=False, soft_wrap=True)
