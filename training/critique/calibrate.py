"""`mathsolve train calibrate`: new curves for a critique, for the attempts of a model that it was not trained on.

    model/                     the critique with the new curves; its marks are the same
    report.json, .md, .svg     how far its probabilities are to be believed now

Curves are fitted on problems that its own training had held out; others are left aside. The figures are of curves that did not
see the problem, as those of its training are.
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
from ..claim import claim, hash_of, vacant
from ..command import check_libraries
from ..judging.labels import taught
from ..judging.model import write_manifest
from ..judging.split import split
from ..judging.told import console
from ..trainable import trainable

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
    """
    check_libraries()
    calibrated(critique, runs, out, console())


def calibrated(critique: Path, runs: Sequence[Path], folder: Path, console: Console) -> Path:
    """Fits the curves of a critique anew, or finds that it is done.

    Args:
        critique: folder of a critique, or of the run that made it.
        runs: folders of evaluation runs, see `trainable`.
        folder: of the result.
        console: hears what came out.

    Returns:
        The folder of the calibrated critique.

    Raises:
        UsageError: it is no critique, or no problem of the runs was held out when it was trained.
    """
    from .stage import CritiqueStage

    judge, stage = Judge(critique), CritiqueStage()
    manifest, model = judge.manifest, folder / "model"
    if manifest.kind != "critique":
        raise UsageError(f"{str(critique)!r} is a {manifest.kind} model, which gives no probabilities; name a critique")
    if not manifest.held_out:
        raise UsageError(f"{judge.folder} does not say which problems it was trained on; train the critique again")
    problems = trainable(runs).problems
    vacant(folder / MADE_OF)
    claim(folder / MADE_OF, {"judge": judge.fingerprint(), "runs": [hash_of(run / "records.jsonl") for run in runs]})
    if model.is_dir():
        console.print(f"{model} is finished: nothing is left to do", highlight=False, soft_wrap=True)
        return model
    held_out = split(problems, manifest.held_out, manifest.seed).held_out
    if not taught(held_out, stage.kind):
        raise UsageError(
            f"of {len(problems)} problems in the runs none with a verdict was held out when the critique was trained; "
            f"it holds out {manifest.held_out:.0%}: bring runs on more problems"
        )
    with console.status("reading the held-out problems"):
        found = stage.measure(judge, held_out, manifest.seed)
    part = folder / "model.part"
    shutil.rmtree(part, ignore_errors=True)
    shutil.copytree(judge.folder, part)
    write_manifest(part, manifest.model_copy(update={"curves": found.curves}))
    found.write(folder, stage.kind)
    part.replace(model)
    console.print(found.text(), highlight=False, soft_wrap=True, markup=False)
    console.print(f"made {model}: mathsolve score RUN --scorer {model}", highlight=False, soft_wrap=True)
    return model
