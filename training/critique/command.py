"""`mathsolve train critique`: a model that tells how likely an attempt is right."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from ..command import Changes
from ..judging.told import console, judging_recipe

app = App(
    name="critique",
    help="Train a model that tells how likely an attempt is right.",
    help_epilogue="""\
mathsolve eval problems.jsonl --model M --samples 16 --out runs/m
mathsolve train critique --model M --runs runs/m --out runs/critique
mathsolve train critique critique-generative --model M --runs runs/m --out runs/critic
mathsolve score runs/other --scorer runs/critique""",
)


@app.default
def train_critique(
    recipe: str = "critique",
    *,
    runs: Annotated[list[Path], Parameter(consume_multiple=True, negative="")],
    out: Path,
    model: str | None = None,
    changes: Changes = (),
) -> None:
    """Train a critique model on the attempts of evaluation runs; the same command resumes a run that was stopped.

    It learns the marks of a rubric that executing the programs decides. Part of the problems is held out; on them its marks
    become probabilities, and the report says how far these are to be believed.

    Parameters
    ----------
    recipe
        A recipe of the package (`critique`; `critique-generative` for a model that also says why, in words) or a TOML file.
    runs
        Folders of runs on problems for training, with several samples.
    out
        Folder of the run; the finished model will be in its folder `model`.
    model
        Start from this folder or name on the hub, whatever the recipe says.
    changes
        Another value in the recipe, e.g. judge.held_out=0.2; may be given several times.
    """
    resolved = judging_recipe(recipe, changes, model)
    from ..judging.run import train_judge
    from .stage import CritiqueStage

    train_judge(CritiqueStage(), resolved, runs, out, console())
