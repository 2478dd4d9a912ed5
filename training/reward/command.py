"""`mathsolve train reward`: a model that tells the better of two attempts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from ..command import Changes
from ..judging.told import console, judging_recipe

app = App(
    name="reward",
    help="Train a model that tells the better of two attempts.",
    help_epilogue="""\
mathsolve eval problems.jsonl --model M --samples 16 --out runs/m
mathsolve train reward --model M --runs runs/m --out runs/reward
mathsolve score runs/other --scorer runs/reward""",
)


@app.default
def train_reward(
    recipe: str = "reward",
    *,
    runs: Annotated[list[Path], Parameter(consume_multiple=True, negative="")],
    out: Path,
    model: str | None = None,
    changes: Changes = (),
) -> None:
    """Train a reward model on the attempts of evaluation runs; the same command resumes a run that was stopped.

    It learns from problems with right and wrong attempts. Part of the problems is held out, and the report says what the
    model does there.

    Parameters
    ----------
    recipe
        A recipe of the package (`reward`) or a TOML file.
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
    from .stage import RewardStage

    train_judge(RewardStage(resolved.judge), resolved, runs, out, console())
