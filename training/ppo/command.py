"""`mathsolve train ppo`: a model learns from its own attempts at problems, in the sandbox that serves it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from ...engine.errors import UsageError
from ..command import Changes, check_libraries
from ..recipe import PolicyTraining, load_fine_tuning

app = App(
    name="ppo",
    help="Learn from one's own attempts: PPO, or GRPO.",
    help_epilogue="""\
mathsolve train ppo --model runs/sft/model --problems sums.jsonl --out runs/ppo
mathsolve train ppo grpo --model runs/sft/model --problems sums.jsonl \\
    --out runs/grpo --scorer runs/critique --ids @hard.jsonl

Ctrl-C keeps what was done, and the same command goes on.""",
)


@app.default
def ppo(
    recipe: str = "ppo",
    *,
    model: str | None = None,
    problems: Annotated[list[str], Parameter(consume_multiple=True, negative="")],
    out: Path,
    ids: str | None = None,
    held_out: str | None = None,
    scorer: Path | None = None,
    changes: Changes = (),
) -> None:
    """Let a model attempt problems, programs run in the sandbox, and reinforce what comes out right.

    Parameters
    ----------
    recipe
        `ppo` (advantages by a learned value), `grpo` (by the other attempts at the same problem), or a TOML file.
    model
        The folder of a fine-tuned model in transformers' form, or a name on the hub; whatever the recipe says.
    problems
        Files of problems with right answers, such as JSONL with `question` and `answer`; some are held out.
    out
        Folder of the run; the finished model will be in its folder `model`.
    ids
        Only these problems, with commas between; or @FILE with one on each line, such as a file of `train hard`: attempts at
        problems that are always solved, or never, teach nothing.
    held_out
        A file of other problems to measure with, instead of a tenth of the first, or the recipe's `questions` of them.
    scorer
        Folder of a reward or critique model, which breaks ties among attempts at a problem with the same verdict.
    changes
        Another value in the recipe, e.g. policy.reference=0.05; may be given several times.
    """
    resolved = load_fine_tuning(recipe, changes, model)
    if not isinstance(resolved, PolicyTraining):
        raise UsageError(f"recipe {recipe!r} has no [policy]; choose ppo or grpo, or add one")
    check_libraries()
    from rich.console import Console

    from ...engine.judge import Judge
    from ...evaluation.running.options import ids_of
    from .run import train_policy

    judge = Judge(scorer) if scorer is not None else None
    train_policy(resolved, problems, out, Console(stderr=True), ids=ids_of(ids), held_out=held_out, scorer=judge)
