"""`mathsolve train`: the stages that make a model, each a command that goes on where it was stopped."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from cyclopts.validators import Number

from ..engine.errors import UsageError
from .recipe import load_fine_tuning, load_recipe

Changes = Annotated[tuple[str, ...], Parameter(name="--set", negative="")]
"""`--set KEY=VALUE`: other values in the recipe of a training."""

app = App(
    name="train",
    help="Make a model: synthesis, fine-tuning, export.",
    help_epilogue="""\
mathsolve train embedded tiny
mathsolve train synthesise --out data.jsonl -n 1000
mathsolve train sft --model FOLDER --data data.jsonl --out runs/mine
mathsolve train run loop-tiny --out runs/tiny   several stages, with a page

Every command says what it is about to do; Ctrl-C keeps what was done, and
the same command goes on.""",
)
app.command(
    "mathsolve.training.synthesis.command:app", name="synthesise", help="Make questions with verified solutions."
)
app.command("mathsolve.training.judging.command:app", name="adopt", help="Make a run of programs of other models.")
app.command("mathsolve.training.reward.command:app", name="reward", help="Train a judge of two attempts at a problem.")
app.command("mathsolve.training.critique.command:app", name="critique", help="Train a judge of single attempts.")
app.command("mathsolve.training.critique.calibrate:app", name="calibrate", help="Fit a critique's probabilities anew.")
app.command("mathsolve.training.rft.command:app", name="rft", help="Choose among right solutions of models.")
app.command("mathsolve.training.ppo.command:app", name="ppo", help="Learn from own attempts: PPO, or GRPO.")
app.command("mathsolve.training.hard.command:app", name="hard", help="Find the problems that are solved seldom.")
app.command(
    "mathsolve.training.dpo.pairs_command:app", name="pairs", help="Pair better with worse attempts at a problem."
)
app.command("mathsolve.training.dpo.command:app", name="dpo", help="Train a model on pairs of attempts.")
app.command("mathsolve.training.scaling.command:app", name="scale", help="Accuracy against the number of examples.")
app.command("mathsolve.training.pipeline.command:run", name="run", help="Run a recipe of stages; skip what is done.")
app.command("mathsolve.training.ship:app", name="ship", help="Make the model of a stage ready to ship.")
app.command("mathsolve.training.pipeline.command:status", name="status", help="Show how far a recipe's run is.")


@app.command
def embedded(
    recipe: str = "embedded-bank",
    *,
    out: Path | None = None,
    data: Annotated[Path | None, Parameter(env_var="MATHSOLVE_DATA")] = None,
    changes: Changes = (),
    keep: Annotated[bool, Parameter(name="--install", negative="")] = False,
) -> None:
    """Run the whole chain from the seed bank to a model that answers; the same command resumes a run that was stopped.

    Parameters
    ----------
    recipe:
        A recipe of the package (`embedded-bank`, which needs nothing else; `embedded-cpu` and `embedded-gpu`, which also
        use public data; `embedded-further`, which goes on from what ships; or `tiny` for a look in two minutes) or a
        TOML file.
    out:
        Folder of the run; by default runs/<recipe>.
    data:
        Folder of public data, for the recipes that use some: what is trained on in its folder train, benchmarks in its
        folder eval.
    changes:
        Another value in the recipe, e.g. schedule.epochs=2; may be given several times.
    keep:
        Put the finished model where the package looks for its embedded model.
    """
    resolved = load_recipe(recipe, changes)
    check_libraries()
    from rich.console import Console

    from .embedded import install, train_embedded

    console = Console(stderr=True)
    folder = out or Path("runs") / Path(recipe).stem
    model = train_embedded(resolved, folder, console, data)
    if keep:
        install(resolved, folder)
    console.print(f'done: mathsolve --model {model} "What is 15% of 80?"')


@app.command
def sft(
    recipe: str = "fine-tune",
    *,
    data: Annotated[list[str], Parameter(consume_multiple=True, negative="")],
    out: Path,
    model: str | None = None,
    changes: Changes = (),
    hard: Path | None = None,
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    tiny: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Fine-tune a model on mixed solutions; the same command resumes a run that was stopped.

    On one device:

        mathsolve train sft --model Qwen/Qwen2.5-Math-1.5B --data solutions.jsonl --out runs/qwen

    On eight GPUs (the files of configurations for accelerate lie in mathsolve/training/recipes/accelerate):

        accelerate launch --config_file fsdp2.yaml -m mathsolve.training sft qwen-7b-fsdp --data solutions.jsonl --out runs/7b

    Parameters
    ----------
    recipe:
        A recipe of the package (`fine-tune`, `embedded-cpu`, `embedded-gpu`, `qwen-7b-lora`, `qwen-7b-fsdp`) or a TOML file.
    data:
        Files of examples, JSONL or Parquet; FILE=0.5 sees half of its questions in each pass, FILE=2 each of them twice.
    out:
        Folder of the run; the finished model will be in its folder `model`.
    model:
        Start from this folder or name on the hub, whatever the recipe says.
    changes:
        Another value in the recipe, e.g. schedule.epochs=2; may be given several times.
    hard:
        File of `mathsolve train hard`: questions are seen by their weights, hard ones at most three times as often as others.
    dry_run:
        Build everything, make two steps, and leave nothing behind.
    tiny:
        With random weights of a tiny model of the same architecture, which needs no download.
    """
    resolved = load_fine_tuning(recipe, changes, model)
    check_libraries()
    from rich.console import Console

    from .sft.data import Source
    from .sft.run import fine_tune

    console = Console(stderr=True)
    sources = [Source.parse(text) for text in data]
    fine_tune(resolved, sources, out, console, dry_run=dry_run, tiny=tiny, hard=hard)


@app.command
def export(
    model: Path,
    *,
    out: Path,
    samples: Annotated[int, Parameter(validator=Number(gte=1))] = 5,
    least_confidence: Annotated[float, Parameter(validator=Number(gte=0, lt=1))] = 0.6,
    seed: int = 1,
) -> None:
    """Make of a model that was trained what answers without a GPU, with a trust in its answers that fits it.

        mathsolve train export runs/mine/model --out runs/small
        mathsolve --model runs/small/model "What is 15% of 80?"

    Parameters
    ----------
    model:
        The finished model: the folder `model` of a run of sft, dpo, ppo or average.
    out:
        Folder of the run; the weights, of 8 bits and for CTranslate2, will be in its folder `model`. The same command goes on
        where it was stopped.
    samples:
        Attempts per question that it will make.
    least_confidence:
        Probability of being right from which on it gives an answer, estimated by what can be seen of its attempts; 0: it
        gives every answer, and nothing is fitted, which takes no time.
    seed:
        Of the attempts at those questions.
    """
    check_libraries()
    from .calibration import NONE
    from .export import Serving, export_run

    made, trust = export_run(model, out, Serving(samples, least_confidence, seed))
    told = f"withholds answers that it trusts by less than {trust['threshold']:.0%}"
    if not least_confidence:
        told = "withholds nothing"
    elif trust == NONE:
        told = (
            "withholds nothing: of the questions that are kept for this it answers none, or all rightly, or all wrongly"
        )
    print(f"{made} {told}", file=sys.stderr)
    print(f'made {made}: mathsolve --model {made} "What is 15% of 80?"', file=sys.stderr)


@app.command
def average(
    models: Annotated[list[Path], Parameter(consume_multiple=True, negative="")],
    /,
    *,
    out: Path,
    shares: str = "",
) -> None:
    """Make of models that come from one start the model between them, which keeps most of what each of them can do.

        mathsolve train average before/model runs/rft/model --shares 1,2 --out runs/between

    Practice on some problems costs ability on others that are not practised. The mean of the weights before and after it keeps
    most of what was gained, and forgets less (arXiv 2109.01903).

    Parameters
    ----------
    models:
        Finished models: folders `model` of runs of sft, dpo, ppo or average, of which one was trained from the other, or all
        from one start.
    out:
        Folder of the run; the finished model will be in its folder `model`.
    shares:
        How much each model counts, with commas between, e.g. 1,2; by default all the same.
    """
    try:
        numbers = [float(share) for share in shares.split(",")] if shares else [1.0] * len(models)
    except ValueError:
        raise UsageError(f"--shares {shares!r}: write numbers with commas between, e.g. 1,2") from None
    check_libraries()
    from .average import average

    made = average(models, numbers, out)
    print(f'made {made}: mathsolve --model hf:{made} "What is 15% of 80?"', file=sys.stderr)


def check_libraries() -> None:
    """Refuses to train without the libraries for it. Raises `UsageError`."""
    if missing := [name for name in ("torch", "transformers", "accelerate") if find_spec(name) is None]:
        raise UsageError(f"training needs {' and '.join(missing)}: pip install 'mathsolve[train]'")
