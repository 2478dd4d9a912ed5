"""Policy optimisation from a model and problems to a finished model: `mathsolve train ppo`.

    ppo.json          what the run is made of
    checkpoint-N/     what a stopped run goes on from: weights, value layer, optimizer
    log.jsonl         rewards, shares, lengths, distances, losses of each step; accuracy on held-out problems
    model/            the finished model, for transformers, vLLM and the engine

The same command resumes a run that was stopped, and does nothing for a finished one. It goes on from the last checkpoint with
the same weights, optimizer, learning rate, problems and random numbers, to the last bit; what follows is the same up to the
rounding of sampling (see `rollouts`).

Does not promise to use more than one device.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from tokenizers import Tokenizer

from ...engine.backends import find
from ...engine.backends.transformers import TransformersBackend
from ...engine.errors import MathsolveError, UsageError
from ...engine.judge import Judge
from ...engine.selection import Scorer
from ...engine.settings import Settings
from ...engine.solver import Solver
from ...prompts import Family, load_family
from ...sandbox import SandboxError
from ..claim import claim, hash_of, vacant
from ..recipe import PolicyTraining
from ..sft.checkpoints import averaged, finish, to_go_on_from
from ..sft.conduct import conducted
from ..sft.model import Writing, fitted, writing
from ..start import check_start
from .loop import Loop
from .policy import PolicyModel
from .problems import Problems, read_problems
from .progress import Report
from .stopping import Signals
from .trainer import PolicyTrainer

PATIENCE_S = 1800.0
"""Wall seconds that an attempt may take, others beside it."""


@dataclass(frozen=True, slots=True)
class Run:
    """A run that is ready to be carried out."""

    recipe: PolicyTraining
    """How to train; it names the model and its family."""
    problems: Problems
    """On what."""
    folder: Path
    """Where."""
    console: Console
    """Tells people."""
    scorer: Scorer | None
    """Breaks ties among attempts with the same verdict."""


def train_policy(
    recipe: PolicyTraining,
    problems: Sequence[str],
    folder: Path,
    console: Console,
    *,
    ids: Sequence[str] = (),
    held_out: str | None = None,
    scorer: Scorer | None = None,
) -> Path:
    """Trains, or goes on with it.

    Args:
        recipe: how.
        problems: files of problems with answers.
        folder: of the run.
        console: hears of the estimate and the progress.
        ids: of the problems to learn from; none: all.
        held_out: a file of other problems, to be measured with; else some of the first are kept for that.
        scorer: breaks ties among attempts with the same verdict.

    Returns:
        The folder of the finished model.

    Raises:
        UsageError: something cannot be done as it is asked for.
        MathsolveError: the machinery failed in most attempts.
        KeyboardInterrupt: a signal ended the run; what was done is kept.
    """
    recipe = fitted(named(recipe), console)
    read = read_problems(problems, held_out, recipe.schedule.questions, recipe.seed, ids)
    _claim(recipe, [Path(path) for path in (*problems, held_out) if path is not None], ids, scorer, folder)
    with conducted():
        return _carry_out(Run(recipe, read, folder, console, scorer))


def named(recipe: PolicyTraining) -> PolicyTraining:
    """The recipe with the model's own family, where it names none. Raises `UsageError` without a model to start from."""
    if recipe.model is None:
        raise UsageError(
            "the recipe names no model: give one with --model, such as the one that `mathsolve train sft` made"
        )
    source = find(recipe.model, recipe.family)
    check_start(source.name)
    if source.kind != "transformers":
        raise UsageError(
            f"{recipe.model!r} cannot be trained: name a folder in transformers' form, or a model of the hub"
        )
    family = source.told_family()
    return recipe.model_copy(
        update={"model": source.name, "family": recipe.family or (family.name if family else None)}
    )


def _claim(
    recipe: PolicyTraining, files: Sequence[Path], ids: Sequence[str], scorer: Scorer | None, folder: Path
) -> None:
    """Claims the folder; as long as nothing was logged, what the run is made of may be replaced. Raises `UsageError`."""
    path, begun = folder / "ppo.json", (folder / "log.jsonl").is_file()
    vacant(path)
    scored = scorer.fingerprint() if isinstance(scorer, Judge) else scorer.name if scorer is not None else None
    data = [{"file": file.name, "sha256": hash_of(file)} for file in files]
    made_of = {"recipe": recipe.model_dump(mode="json"), "data": data, "ids": list(ids), "scorer": scored}
    claim(path, made_of, begun=begun)


def _carry_out(run: Run) -> Path:
    model = run.folder / "model"
    if model.is_dir():
        run.console.print(f"{model} is finished: nothing is left to do")
        return model
    words = writing(run.recipe, _never)
    trainer = _trainer(run, words)
    _train(run, trainer)
    last = averaged(run.folder, run.recipe.schedule)
    finish(run.recipe, last, words, model)
    run.console.print(f'made {model}: mathsolve --model {model} "What is 15% of 80?"', highlight=False, soft_wrap=True)
    return model


def _trainer(run: Run, words: Writing) -> PolicyTrainer:
    """The trainer as the last whole checkpoint left it."""
    steps = run.problems.steps(run.recipe.schedule.epochs, run.recipe.policy.problems)
    trainer = PolicyTrainer(run.recipe, PolicyModel(run.recipe, words), steps)
    if done := to_go_on_from(run.folder, run.recipe.schedule):
        trainer.load(done)
    return trainer


def _train(run: Run, trainer: PolicyTrainer) -> None:
    """What is left of steps and measurements. Raises `KeyboardInterrupt` after a signal, with a checkpoint of all that was
    learnt."""
    recipe, signals = run.recipe, Signals()
    family = load_family(recipe.family) if recipe.family else None
    backend = TransformersBackend(recipe.model or "", family, weights=trainer.policy.served)
    settings = Settings(mode="mixed", timeout_s=PATIENCE_S, seed=recipe.seed)
    with Solver(settings, backend=backend) as solver, signals.heard():
        loop = Loop(trainer, run.problems, run.folder, backend, solver, run.scorer)
        for line in loop.estimate().lines() if trainer.step < trainer.steps else ():
            run.console.print(line, highlight=False, soft_wrap=True)
        try:
            with Report(run.folder, run.console, recipe.policy.method, trainer.step, trainer.steps) as report:
                loop.go(report, signals)
        except (KeyboardInterrupt, MathsolveError, SandboxError):
            if not signals.torn:
                loop.checkpoint()
                run.console.print(f"stopped after step {trainer.step}; the same command goes on from there")
            raise


def _never(family: Family) -> Tokenizer:
    raise UsageError("a policy starts from a model, which has a tokenizer")
