"""What became of each stage: `stages/NAME.json` in the folder of a pipeline, beside `stages/NAME.txt`, what it printed.

Its messages are not kept: standard error is that of the run, so that progress moves on a terminal, and a stage outlives a
runner that is killed.

Neither is in the stage's own folder, for that belongs to its command: `mathsolve eval` and others refuse a folder that
holds something else.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from hashlib import file_digest
from pathlib import Path
from signal import SIGKILL
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from ...engine.errors import UsageError
from ...evaluation.run import replace_file
from .recipe import BESIDE, HERE, PLACEHOLDER, Pipeline, Stage

State = Literal["waiting", "running", "stopped", "failed", "done"]
WRONG_USAGE = 2
"""Exit code of a command that was wrong and has made nothing."""


class MadeOf(BaseModel):
    """Everything that a stage depends on, apart from where it is."""

    model_config = ConfigDict(frozen=True)

    run: str
    """Its command with placeholders."""
    settings: dict[str, str]
    """The settings that it uses."""
    files: dict[str, str]
    """SHA-256 of the files, and models, outside the pipeline that it names, by the word that names them."""
    parents: dict[str, str]
    """The keys of its parents."""

    @property
    def key(self) -> str:
        """A hash of it all."""
        return hashlib.sha256(json.dumps(self.model_dump(), sort_keys=True).encode()).hexdigest()[:16]

    def differences(self, other: MadeOf) -> Iterator[str]:
        """What another one has that differs, in words; parents last."""
        if self.run != other.run:
            yield "another command"
        for name in {**self.settings, **other.settings}:
            if (was := self.settings.get(name)) != (now := other.settings.get(name)):
                yield f"another setting {name} ({was}, now {now})"
        for name in {**self.files, **other.files}:
            if self.files.get(name) != other.files.get(name):
                yield f"another file {PLACEHOLDER.sub('', name).strip('/')}"
        for name in {**self.parents, **other.parents}:
            if self.parents.get(name) != other.parents.get(name):
                yield f"another {name}"


class Account(BaseModel):
    """A stage that was begun."""

    model_config = ConfigDict(frozen=True)

    name: str
    """The stage."""
    state: State
    """How it ended; where the runner was killed `running`, until the next one begins."""
    command: str
    """What was run, ready for a shell."""
    key: str
    """Of what it is made of."""
    made_of: MadeOf
    """What it depends on."""
    starts: int = 1
    """How often it was started."""
    exit_code: int | None = None
    """Of the last start; minus the number of the signal that killed it."""
    wall_s: float = 0.0
    """Seconds from start to end, all starts together; of a start whose runner was killed nothing is known."""
    cpu_s: float = 0.0
    """Processor seconds, with those of its own children."""
    started: str
    """When it was first started, in UTC."""
    ended: str | None = None
    """When the last start ended."""
    versions: dict[str, str] = {}
    """Of mathsolve, Python and the libraries."""
    commit: str | None = None
    """Of the checkout."""

    @property
    def ending(self) -> str:
        """How the command ended, where it failed."""
        code = self.exit_code or 0
        if code >= 0:
            return f"failed with exit code {code}"
        return f"was ended by signal {-code}" + (" (out of memory?)" if -code == SIGKILL else "")


def path_of(folder: Path, name: str) -> Path:
    """Where the account of a stage is."""
    return folder / "stages" / f"{name}.json"


def output_of(folder: Path, name: str) -> Path:
    """Where the standard output of a stage is."""
    return folder / "stages" / f"{name}.txt"


def printed(folder: Path, name: str) -> str:
    """In words where that is; nothing where it is empty."""
    output = output_of(folder, name)
    return f", what it printed is in {output}" if output.is_file() and output.stat().st_size else ""


def write(folder: Path, account: Account) -> None:
    """Whole or not at all."""
    path = path_of(folder, account.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, [account.model_dump_json(indent=1), "\n"])


def read(folder: Path, name: str) -> Account | None:
    """The account of a stage, if it was ever begun. Raises `UsageError` for a damaged file."""
    path = path_of(folder, name)
    try:
        return Account.model_validate_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (ValidationError, OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is damaged; put it back, or remove it and {folder / name}") from error


def resolved(pipeline: Pipeline, stage: Stage, folder: Path) -> list[str]:
    """The words of a stage's command with everything filled in."""
    places = {HERE: folder / stage.name, BESIDE: pipeline.beside, **{name: folder / name for name in stage.parents}}
    values = {**pipeline.settings, **{name: str(place) for name, place in places.items()}}
    return [PLACEHOLDER.sub(lambda found: values[found[1]], word) for word in stage.words]


def made_of(pipeline: Pipeline, stage: Stage, folder: Path, keys: Mapping[str, str]) -> MadeOf:
    """What a stage depends on.

    Args:
        keys: those of its parents.

    Raises:
        UsageError: a companion file of the recipe is missing.
    """
    settings = {name: pipeline.settings[name] for name in stage.placeholders if name in pipeline.settings}
    return MadeOf(
        run=" ".join(stage.words),
        settings=settings,
        files=dict(_files(pipeline, stage, folder)),
        parents={name: keys[name] for name in stage.parents},
    )


def _files(pipeline: Pipeline, stage: Stage, folder: Path) -> Iterator[tuple[str, str]]:
    """What a command names, alone or in a list, with `NAME=` before or `=SHARE` after; not what other stages make."""
    inside = {HERE, *stage.parents}
    for word, text in zip(stage.words, resolved(pipeline, stage, folder), strict=True):
        names = set(PLACEHOLDER.findall(word))
        if names & inside:
            continue
        parts = [Path(part).expanduser() for part in re.split(r"[=,]", text) if part]
        if BESIDE in names and not any(path.exists() for path in parts):
            raise UsageError(f"stage {stage.name!r} needs {text}, which is not there; put it beside the recipe")
        named = [path for path in parts if path.is_file() or (path / "config.json").is_file()]
        for place, path in enumerate(named, 1):
            yield word if len(named) == 1 else f"{word} {place}: {path.name}", _digest(path)


def _digest(path: Path) -> str:
    """Of a file, or of the files in the folder of a model, but not of folders in it."""
    if path.is_file():
        state = path.stat()
        return _digest_of_file(path, state.st_size, state.st_mtime_ns)
    inside = sorted(one for one in path.iterdir() if one.is_file())
    return hashlib.sha256("\n".join(f"{one.name} {_digest(one)}" for one in inside).encode()).hexdigest()


@cache
def _digest_of_file(path: Path, size: int, changed: int) -> str:
    """Of its contents; a model that many stages go on from is read once."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()
