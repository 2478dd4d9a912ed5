"""`mathsolve train calibrate`: new curves for a critique, for the attempts of a model that it was not trained on.

    model/                     the critique with the new curves; its marks are the same
    report.json, .md, .svg     how far its probabilities are to be believed now

Curves are fitted on problems that it was not trained on; others are left aside. The figures are of curves that did not see the
problem, as those of its training are.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from rich.console import Console

from ...engine.errors import UsageError
from ...engine.judge import Judge
from ..claim import claim, vacant
from ..command import check_libraries
from ..judging.labels import taught
from ..judging.learnt import unseen
from ..judging.split import families
from ..judging.told import console
from ..samples import Sampled, digest
from ..trainable import trainable
from .isotonic import ENOUGH, FOLDS

MADE_OF = "calibration.json"

app = App(
    name="calibrate",
    help="Fit the probabilities of a critique anew.",
    help_epilogue="""\
mathsolve eval problems.jsonl --model NEW --samples 16 --out runs/new
mathsolve train calibrate runs/critique --runs runs/new --out runs/critique-2

After every round of training: `mathsolve score` says when a critique has drifted.""",
)


@app.default
def calibrate(
    critique: Path,
    *,
    runs: Annotated[list[Path], Parameter(consume_multiple=True, negative="")],
    out: Path,
    known: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Write a copy of a critique whose marks mean for new attempts what they say; the weights stay as they are.

    Parameters
    ----------
    critique
        Folder of a critique model, or of the run that made it.
    runs
        Folders of runs of the new model on problems for training, with several samples.
    out
        Folder for the copy, in its folder `model`, and for the report.
    known
        Fit them to new questions of families that it was trained on, too. They then hold for such questions.
    """
    check_libraries()
    calibrated(critique, runs, out, console(), known=known)


def calibrated(critique: Path, runs: Sequence[Path], folder: Path, console: Console, *, known: bool = False) -> Path:
    """Fits the curves of a critique anew, or finds that it is done.

    Args:
        critique: folder of a critique, or of the run that made it.
        runs: folders of evaluation runs, see `trainable`.
        folder: of the result.
        console: hears what came out.
        known: whether families that it was trained on count, with other questions.

    Returns:
        The folder of the calibrated critique.

    Raises:
        UsageError: it is no critique, or too few problems of the runs are new to it.
    """
    judge, model = Judge(critique), folder / "model"
    if judge.manifest.kind != "critique":
        raise UsageError(
            f"{str(critique)!r} is a {judge.manifest.kind} model, which gives no probabilities; name a critique"
        )
    if folder.resolve().is_relative_to(judge.folder.resolve()):
        raise UsageError(f"{folder} is in the critique's own folder; name another one with --out")
    problems = trainable(runs).problems
    new = unseen(judge.folder, problems, known=known)
    if len(set(families(new))) < FOLDS or not taught(new, "critique"):
        raise UsageError(
            f"of {len(problems)} problems in the runs {len(new)} are new to the critique, fewer than {FOLDS} of them unlike "
            "each other: bring runs on more problems, or take new questions of families that it knows, with --known"
        )
    vacant(folder / MADE_OF)
    made_of = {
        "judge": judge.fingerprint(),
        "runs": digest(problems),
        "choice of problems": "known" if known else "new",
    }
    claim(folder / MADE_OF, made_of, begun=model.is_dir())
    if model.is_dir():
        console.print(f"{model} is finished: nothing is left to do", highlight=False, soft_wrap=True)
        return model
    _calibrate(judge, new, folder, console)
    console.print(f"made {model}: mathsolve score RUN --scorer {model}", highlight=False, soft_wrap=True)
    return model


def _calibrate(judge: Judge, problems: Sequence[Sampled], folder: Path, console: Console) -> None:
    from .stage import CritiqueStage

    with console.status("reading the problems that are new to it"):
        found = CritiqueStage().measure(judge, problems, seed=0)
    part = folder / "model.part"
    shutil.rmtree(part, ignore_errors=True)
    shutil.copytree(judge.folder, part)
    judge.manifest.model_copy(update={"curves": found.curves}).write(part)
    found.write(folder, "critique")
    part.replace(folder / "model")
    console.print(found.text(), highlight=False, soft_wrap=True, markup=False)
    if found.figures["attempts"] < ENOUGH:
        told = f"only {found.figures['attempts']} attempts: one curve for all of them; {ENOUGH} and more are better"
        console.print(told, highlight=False, soft_wrap=True)
