"""`mathsolve train dpo`: a model learns from pairs of a better and a worse solution."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from ...engine.errors import UsageError
from ..command import Changes, check_libraries
from ..recipe import PreferenceTraining, load_fine_tuning

app = App(
    name="dpo",
    help="Train a model on pairs of a better and a worse solution (DPO).",
    help_epilogue="""\
mathsolve train dpo --model runs/sft/model --pairs pairs.jsonl --out runs/dpo
accelerate launch --config_file ddp.yaml -m mathsolve.training dpo \\
    --model runs/sft/model --pairs pairs.jsonl --out runs/dpo

A round is four commands, and the model of one is the reference of the next:

mathsolve eval problems.jsonl --model hf:runs/dpo/model --samples 16 \\
    --temperature 1 --keep-tokens --out runs/samples-2
mathsolve train pairs --runs runs/samples-2 --out pairs-2.jsonl
mathsolve train dpo --model runs/dpo/model --pairs pairs-2.jsonl --out runs/dpo-2
mathsolve compare runs/before runs/after""",
)


@app.default
def dpo(
    recipe: str = "dpo",
    *,
    pairs: Path,
    out: Path,
    model: str | None = None,
    changes: Changes = (),
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    tiny: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Train on pairs; the same command resumes a run that was stopped.

    Parameters
    ----------
    recipe:
        A recipe of the package (`dpo`) or a TOML file with a table [preference].
    pairs:
        File of `mathsolve train pairs`.
    out:
        Folder of the run; the finished model will be in its folder `model`.
    model:
        Start from this folder or name on the hub, whatever the recipe says. It is the reference, too.
    changes:
        Another value in the recipe, e.g. preference.beta=0.2; may be given several times.
    dry_run:
        Build everything, make two steps, and leave nothing behind.
    tiny:
        With random weights of a tiny model of the same architecture, which needs no download.
    """
    resolved = load_fine_tuning(recipe, changes, model)
    if not isinstance(resolved, PreferenceTraining):
        raise UsageError(f"recipe {recipe!r} has no table [preference]; take the recipe dpo, or add one")
    check_libraries()
    from rich.console import Console

    from .run import prefer

    prefer(resolved, pairs, out, Console(stderr=True), dry_run=dry_run, tiny=tiny)
