"""`mathsolve train run` and `mathsolve train status`: a recipe of stages from its first to its last, and how far it is."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

from cyclopts import App, Parameter

from ...engine.errors import MathsolveError, UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from .account import Account
    from .recipe import Pipeline, Stage
    from .standing import Standing

WIDE = 160
"""Columns where the output does not go to a terminal."""

run = App(
    name="run",
    help="Run a recipe of stages; skip what is done.",
    help_epilogue="""\
mathsolve train run loop-tiny --out runs/tiny
mathsolve train run loop --out runs/loop --set questions=20000 --dry-run
mathsolve train run loop --out runs/loop --redo sft

The same command again goes on where it was ended. FOLDER/pipeline.html shows
lineage, losses, and the accuracy after each stage; it is renewed after each.
Exit codes: 0 all done, 1 a stage failed, 2 wrong usage, 130 Ctrl-C.""",
)
status = App(
    name="status",
    help="Show how far a recipe's run is.",
    help_epilogue="mathsolve train status runs/tiny --html",
)


@run.default
def run_(
    recipe: str,
    *,
    out: Path,
    set_: Annotated[tuple[str, ...], Parameter(name="--set", negative="")] = (),
    only: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    redo: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    as_json: Annotated[bool, Parameter(name="--json", negative="")] = False,
) -> int:
    """Run the stages of a recipe in the order of what they are made from, each as a command of its own.

    Parameters
    ----------
    recipe
        A recipe of the package (loop-tiny, loop-embedded, loop) or a TOML file.
    out
        Folder of the run; each stage has a folder of its name in it.
    set_
        A setting of the recipe, NAME=VALUE; may be given several times.
    only
        Run this stage, and what it is made from, and no others; may be given several times.
    redo
        Remove what this stage made and everything made from it, and make it again; only what --only leaves out then waits;
        may be given several times.
    dry_run
        Print the plan; run and remove nothing.
    as_json
        Print one JSON object at the end instead of tables.
    """
    from rich.console import Console

    from .dashboard import duration
    from .lock import locked
    from .recipe import load_pipeline
    from .standing import check, keep_plan, remove, settle, standings

    pipeline, console = load_pipeline(recipe, set_), Console(stderr=True)
    again = {stage.name for stage in pipeline.descendants(redo)}
    wanted = pipeline.ancestors(only) if only else pipeline.stages
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out} is a file; name a folder with --out")
    if dry_run:
        sys.stdout.write("\n".join(_planned(pipeline, standings(pipeline, out), wanted, again, out)) + "\n")
        return 0
    out.mkdir(parents=True, exist_ok=True)
    with locked(out) as lock:
        settle(pipeline, out)
        found = standings(pipeline, out)
        check([one for one in found if one.stage.name not in again], out)
        for one in found:
            if one.stage.name in again and one.account is not None:
                _note(console, f"removing {one.folder}, which took {duration(one.account.wall_s)}")
                remove(one, out)
        found = standings(pipeline, out)
        check(found, out)
        keep_plan(pipeline, out)
        code = _carry_out(pipeline, [one for one in found if one.stage in wanted], out, lock, console)
    _tell(pipeline, out, as_json=as_json)
    return code


@status.default
def status_(
    folder: Path,
    /,
    *,
    html: Annotated[bool, Parameter(negative="")] = False,
    as_json: Annotated[bool, Parameter(name="--json", negative="")] = False,
) -> int:
    """Print how far a run is, and the accuracy after each evaluation.

    Parameters
    ----------
    folder
        Folder of a run that `mathsolve train run` has begun.
    html
        Write pipeline.html, pipeline.md and pipeline.json anew, e.g. while a stage is at work.
    as_json
        Print one JSON object instead of tables.
    """
    from .dashboard import dashboard
    from .page import write
    from .standing import kept_plan

    pipeline = kept_plan(folder)
    _tell(pipeline, folder, as_json=as_json)
    if html:
        write(dashboard(pipeline, folder), folder)
        sys.stderr.write(f"mathsolve: wrote {folder / 'pipeline.html'}\n")
    return 0


def _carry_out(pipeline: Pipeline, stages: Sequence[Standing], folder: Path, lock: TextIO, console: Console) -> int:
    """Runs what is not done, tells of every start and end, and returns the exit code. Raises `MathsolveError`."""
    from .runner import INTERRUPTED, carry_out

    left = [one for one in stages if not one.done]
    number = {one.stage.name: f"{place} of {len(stages)}" for place, one in enumerate(stages, 1)}
    if done := [one.stage.name for one in stages if one.done]:
        _note(console, f"done before: {', '.join(done)}")

    def begun(found: Account) -> None:
        console.rule(f"[bold]{found.name}[/bold] ({number[found.name]})", align="left", style="dim")
        _note(console, found.command, style="dim")

    def ended(found: Account) -> None:
        _refresh(pipeline, folder, found, console)

    try:
        carry_out(pipeline, left, folder, lock, begun=begun, ended=ended)
    except KeyboardInterrupt:
        _note(console, f"stopped; what is done is kept in {folder}, and the same command goes on")
        return INTERRUPTED
    return 0


def _refresh(pipeline: Pipeline, folder: Path, ended: Account, console: Console) -> None:
    """Writes the page anew and tells what came of a stage; what cannot be shown does not end the run."""
    from .dashboard import dashboard, duration
    from .page import write
    from .tables import MARKS
    from .terminal import STYLES

    mark = f"{MARKS[ended.state]} {ended.name} {ended.state} after {duration(ended.wall_s)}"
    try:
        found = dashboard(pipeline, folder)
        write(found, folder)
    except (MathsolveError, OSError) as error:
        _note(console, f"{mark}; the page could not be written: {error}")
        return
    outcome = next(row.outcome for row in found.rows if row.name == ended.name)
    _note(console, f"{mark}: {outcome}" if outcome and ended.state != "failed" else mark, style=STYLES[ended.state])


def _planned(
    pipeline: Pipeline, found: Sequence[Standing], wanted: Sequence[Stage], again: set[str], folder: Path
) -> Iterator[str]:
    """What would be done, in order."""
    from .account import resolved

    yield f"{pipeline.name}: {pipeline.about}"
    for place, one in enumerate(found, 1):
        name = one.stage.name
        if one.account is not None and name in again:
            what = "to be removed and made again" if one.stage in wanted else "to be removed"
        elif one.changed:
            what = f"refused: made with {' and '.join(one.changed)}"
        elif one.stage not in wanted:
            what = "left out"
        else:
            what = one.state
        yield f"\n{place}. {name}  [{what}]" + (f"  from {', '.join(one.stage.parents)}" if one.stage.parents else "")
        yield f"   {shlex.join(['mathsolve', *resolved(pipeline, one.stage, folder)])}"


def _tell(pipeline: Pipeline, folder: Path, *, as_json: bool) -> None:
    """Prints the dashboard."""
    from .dashboard import dashboard
    from .page import as_data
    from .terminal import show

    found = dashboard(pipeline, folder)
    if as_json:
        sys.stdout.write(json.dumps(as_data(found), ensure_ascii=False) + "\n")
        return
    from rich.console import Console

    show(found, Console(width=None if sys.stdout.isatty() else WIDE))


def _note(console: Console, text: str, style: str | None = None) -> None:
    """A line on standard error, as wide as it is."""
    console.print(text, style=style, highlight=False, markup=False, soft_wrap=True)
