"""How far a pipeline is: each stage beside what is known of it in the folder."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from ...engine.errors import UsageError
from ...evaluation.run import replace_file
from . import account
from .account import WRONG_USAGE, Account, MadeOf, State
from .lock import is_held
from .recipe import HERE, Pipeline, Stage

PLAN = "plan.json"
"""The pipeline as it was last run, so that its folder alone can be shown."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A stage, and what became of it."""

    stage: Stage
    """What is to be done."""
    made_of: MadeOf
    """What it depends on now."""
    account: Account | None
    """What was done; None: nothing yet."""
    folder: Path
    """Where its results are."""
    state: State
    """How far it is."""

    @property
    def done(self) -> bool:
        """Whether nothing is left to do."""
        return self.state == "done"

    @property
    def changed(self) -> tuple[str, ...]:
        """Why what is there is not what is asked for, parents last; nothing where it is, or where nothing was made."""
        was = self.account
        if was is None or was.exit_code == WRONG_USAGE:
            return ()
        return tuple(was.made_of.differences(self.made_of))


def standings(pipeline: Pipeline, folder: Path) -> tuple[Standing, ...]:
    """Every stage in order. Raises `UsageError` for a damaged account, and for a companion file that is missing."""
    keys: dict[str, str] = {}
    found = []
    running = is_held(folder)
    for stage in pipeline.stages:
        made_of = account.made_of(pipeline, stage, folder, keys)
        keys[stage.name] = made_of.key
        known = account.read(folder, stage.name)
        here = folder / stage.name
        found.append(Standing(stage, made_of, known, here, _state(stage, known, here, running=running)))
    return tuple(found)


def _state(stage: Stage, known: Account | None, here: Path, *, running: bool) -> State:
    if known is None or (known.state == "done" and HERE in stage.placeholders and not here.is_dir()):
        return "waiting"
    if known.state == "running" and not running:
        return "stopped"
    return known.state


def settle(pipeline: Pipeline, folder: Path) -> None:
    """Writes down as stopped what a runner that was killed left as running, for whoever holds the lock: nobody is at work.

    Raises:
        UsageError: an account is damaged.
    """
    for stage in pipeline.stages:
        known = account.read(folder, stage.name)
        if known is not None and known.state == "running":
            account.write(folder, known.model_copy(update={"state": "stopped"}))


def check(found: Sequence[Standing], folder: Path) -> None:
    """Refuses results that were made of something else, and folders that no stage made.

    Raises:
        UsageError: with the remedy.
    """
    for one in found:
        if reasons := one.changed:
            own = [reason for reason, name in _reasons(one) if name is None] or list(reasons)
            name = one.stage.name
            raise UsageError(
                f"stage {name!r} in {folder} was made with {' and '.join(own)}: --redo {name} makes it and what is made "
                "from it again; or name another folder with --out"
            )
        if one.account is None and one.folder.exists() and any(one.folder.iterdir()):
            raise UsageError(f"{one.folder} is there, and no stage made it; name another folder with --out")


def _reasons(one: Standing) -> list[tuple[str, str | None]]:
    """Each difference, and the parent that it is due to, if it is."""
    parents = {f"another {name}": name for name in one.stage.parents}
    return [(reason, parents.get(reason)) for reason in one.changed]


def remove(one: Standing, folder: Path) -> None:
    """Removes what a stage made, its account last."""
    if one.folder.is_symlink():
        one.folder.unlink()
    elif one.folder.is_dir():
        shutil.rmtree(one.folder)
    account.output_of(folder, one.stage.name).unlink(missing_ok=True)
    account.path_of(folder, one.stage.name).unlink(missing_ok=True)


def keep_plan(pipeline: Pipeline, folder: Path) -> None:
    """Writes the pipeline beside its results."""
    told = {
        "name": pipeline.name,
        "about": pipeline.about,
        "beside": str(pipeline.beside),
        "settings": dict(pipeline.settings),
        "stages": [asdict(one) for one in pipeline.stages],
    }
    replace_file(folder / PLAN, [json.dumps(told, indent=1, ensure_ascii=False), "\n"])


def kept_plan(folder: Path) -> Pipeline:
    """What `keep_plan` wrote. Raises `UsageError` where there is none."""
    try:
        told = json.loads((folder / PLAN).read_text(encoding="utf-8"))
        stages = tuple(
            Stage(one["name"], tuple(one["words"]), tuple(one["parents"]), _tuple(one.get("than")))
            for one in told["stages"]
        )
        return Pipeline(told["name"], told["about"], Path(told["beside"]), told["settings"], stages)
    except FileNotFoundError:
        raise UsageError(
            f"{str(folder)!r} is no pipeline; `mathsolve train run RECIPE --out {folder}` makes one"
        ) from None
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise UsageError(
            f"{folder / PLAN} is damaged ({error}); the same `mathsolve train run` writes it again"
        ) from error


def _tuple(names: list[str] | None) -> tuple[str, ...] | None:
    return None if names is None else tuple(names)
