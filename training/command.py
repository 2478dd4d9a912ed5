"""`mathsolve train`: the stages that make a model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from ..engine.errors import UsageError
from .recipe import load_recipe

app = App(name="train", help="Make a model: synthesis, fine-tuning, export.")


@app.command
def embedded(
    recipe: str = "embedded",
    *,
    out: Path | None = None,
    keep: Annotated[bool, Parameter(name="--install", negative="")] = False,
) -> None:
    """Run the whole chain from the seed bank to a model that answers; the same command resumes a run that was stopped.

    Parameters
    ----------
    recipe:
        A recipe of the package (`embedded`, or `tiny` for a look in two minutes) or a TOML file.
    out:
        Folder of the run; by default runs/<recipe>.
    keep:
        Put the finished model where the package looks for its embedded model.
    """
    resolved = load_recipe(recipe)
    try:
        import torch  # noqa: F401
    except ImportError:
        raise UsageError("training needs torch: pip install 'mathsolve[train]'") from None
    from rich.console import Console

    from .embedded import install, train_embedded

    console = Console(stderr=True)
    folder = out or Path("runs") / Path(recipe).stem
    model = train_embedded(resolved, folder, console)
    if keep:
        install(folder)
    console.print(f'done: mathsolve --model {model} "What is 15% of 80?"')
