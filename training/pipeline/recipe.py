"""A pipeline recipe: stages as data, each an ordinary `mathsolve` command line with placeholders.

    about = "From seeds to a model that learns from its own samples."
    [settings]
    questions = 400
    [[stage]]
    name = "data"
    run = "train synthesise -n {questions} --out {here}/data.jsonl"
    [[stage]]
    name = "sft"
    run = "train sft {recipes}/tiny.toml --data {data}/data.jsonl --out {here}"

`{here}` is the stage's own folder, `{recipes}` the folder of this file, `{data}` the folder of another stage, which thereby
becomes a parent, and `{questions}` a setting. `after = ["data"]` names parents that the command does not, and
`than = ["eval-sft"]` the evaluations that this one is compared with, instead of the one before it.
"""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ...engine.errors import UsageError
from ..recipe import RECIPES

LOOPS = RECIPES / "loops"
"""Where the package's pipeline recipes are."""
HERE, BESIDE = "here", "recipes"
"""Placeholders for the stage's own folder and for the folder of the recipe."""
RESERVED = (HERE, BESIDE, "stages")
"""Names that no stage and no setting can have."""
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_NAME = re.compile(r"[a-z][a-z0-9-]*")

Value = str | int | float | bool


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class StageTable(_Table):
    """One `[[stage]]`."""

    name: str
    """What it and its folder are called."""
    run: str
    """A command line; `mathsolve` need not stand before it."""
    after: tuple[str, ...] = ()
    """Parents that the command does not name, such as a stage that scores the samples of another one in their place."""
    than: tuple[str, ...] | None = None
    """Evaluations that this one is compared with, such as that of the model from which its model was trained; by default the
    one before it."""


class PipelineTable(_Table):
    """The whole file."""

    about: str
    """What it makes, in a sentence."""
    settings: dict[str, Value] = {}
    """Values that `--set NAME=VALUE` changes."""
    stage: tuple[StageTable, ...] = Field(min_length=1)
    """The stages; their parents, not their places, decide the order."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of a pipeline."""

    name: str
    """What it and its folder are called."""
    words: tuple[str, ...]
    """Its command line with placeholders."""
    parents: tuple[str, ...]
    """Stages whose folders it reads."""
    than: tuple[str, ...] | None = None
    """Stages that it is compared with; None: the one before it."""

    @property
    def placeholders(self) -> tuple[str, ...]:
        """What stands in braces, each once."""
        return tuple(dict.fromkeys(name for word in self.words for name in PLACEHOLDER.findall(word)))


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A recipe that was read and found to be sound."""

    name: str
    """Of the file."""
    about: str
    """What it makes."""
    beside: Path
    """The folder of the file."""
    settings: Mapping[str, str]
    """Values by name."""
    stages: tuple[Stage, ...]
    """In the order in which they run: parents first, else as they stand in the file."""

    def stage(self, name: str) -> Stage:
        """The stage of that name. Raises `UsageError`."""
        for stage in self.stages:
            if stage.name == name:
                return stage
        raise UsageError(f"{self.name} has no stage {name!r}; it has {', '.join(one.name for one in self.stages)}")

    def descendants(self, names: Sequence[str]) -> tuple[Stage, ...]:
        """The stages of these names and everything that is made from them, in the order in which they run."""
        found = {self.stage(name).name for name in names}
        for stage in self.stages:
            if found.intersection(stage.parents):
                found.add(stage.name)
        return tuple(stage for stage in self.stages if stage.name in found)

    def ancestors(self, names: Sequence[str]) -> tuple[Stage, ...]:
        """The stages of these names and everything that they are made from, in the order in which they run."""
        found = {self.stage(name).name for name in names}
        for stage in reversed(self.stages):
            if stage.name in found:
                found.update(stage.parents)
        return tuple(stage for stage in self.stages if stage.name in found)


def load_pipeline(name: str, changed: Sequence[str] = ()) -> Pipeline:
    """The recipe of that name, or of a TOML file.

    Args:
        name: `loop`, `loop-tiny`, or a path.
        changed: settings as `NAME=VALUE`.

    Raises:
        UsageError: there is none, or something in it is wrong; it names what.
    """
    path = LOOPS / f"{name}.toml"
    if not path.is_file():
        path = Path(name)
    if not path.is_file():
        there = ", ".join(sorted(one.stem for one in LOOPS.glob("*.toml") if one.stem.startswith("loop")))
        raise UsageError(f"no pipeline {name!r}: neither a file nor one of {there}")
    try:
        table = PipelineTable.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (ValidationError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: {error}") from error
    settings = _settings(table, changed)
    check_names(table)
    known = [stage.name for stage in table.stage]
    stages = [_stage(one, known, settings) for one in table.stage]
    return Pipeline(path.stem, table.about, path.parent.absolute(), settings, ordered(stages))


def ordered(stages: Sequence[Stage]) -> tuple[Stage, ...]:
    """The stages, each after its parents, else in their order.

    Raises:
        UsageError: some wait for each other; it names them.

    >>> [one.name for one in ordered([Stage("b", (), ("a",)), Stage("c", (), ()), Stage("a", (), ())])]
    ['c', 'a', 'b']
    """
    left, placed = list(stages), dict[str, Stage]()
    while left:
        ready = next((one for one in left if placed.keys() >= set(one.parents)), None)
        if ready is None:
            raise UsageError(f"stages wait for each other: {' -> '.join(_cycle(left))}; break the circle")
        left.remove(ready)
        placed[ready.name] = ready
    return tuple(placed.values())


def _cycle(stuck: Sequence[Stage]) -> list[str]:
    """One circle among stages that all wait for one of them."""
    waits = {one.name: one for one in stuck}
    path = [stuck[0].name]
    while path[-1] not in path[:-1]:
        path.append(next(parent for parent in waits[path[-1]].parents if parent in waits))
    return path[path.index(path[-1]) :]


def check_names(table: PipelineTable) -> None:
    """Every name is one of a kind, and fit for a folder. Raises `UsageError`."""
    seen = list(table.settings)
    for stage in table.stage:
        if not _NAME.fullmatch(stage.name) or stage.name in RESERVED:
            raise UsageError(
                f"a stage cannot be named {stage.name!r}: use small letters, digits and hyphens, and not {', '.join(RESERVED)}"
            )
        if stage.name in seen:
            raise UsageError(f"two things are named {stage.name!r}; give each stage and setting a name of its own")
        seen.append(stage.name)


def _stage(table: StageTable, known: Sequence[str], settings: Mapping[str, str]) -> Stage:
    try:
        words = tuple(shlex.split(table.run))
    except ValueError as error:
        raise UsageError(f"stage {table.name!r}: its command cannot be read: {error}") from error
    stage = Stage(table.name, words[1:] if words[:1] == ("mathsolve",) else words, (), table.than)
    for name in stage.placeholders:
        if name not in (*known, *settings, HERE, BESIDE):
            raise UsageError(
                f"stage {table.name!r}: {{{name}}} is neither a stage nor a setting; there are "
                f"{', '.join((HERE, BESIDE, *known, *settings))}"
            )
    if strange := [name for name in table.after if name not in known]:
        raise UsageError(f"stage {table.name!r} is to run after {strange[0]!r}; the stages are {', '.join(known)}")
    if strange := [name for name in table.than or () if name not in known]:
        raise UsageError(
            f"stage {table.name!r} is to be compared with {strange[0]!r}; the stages are {', '.join(known)}"
        )
    if not stage.words:
        raise UsageError(f'stage {table.name!r} runs nothing; write a command, e.g. run = "eval gsm8k --out {{here}}"')
    return replace(
        stage, parents=tuple(dict.fromkeys(name for name in (*stage.placeholders, *table.after) if name in known))
    )


def _settings(table: PipelineTable, changed: Sequence[str]) -> dict[str, str]:
    """The settings with those that were changed. Raises `UsageError`."""
    found = {name: _text(value) for name, value in table.settings.items()}
    for name in found:
        if not re.fullmatch(r"[a-z][\w-]*", name) or name in RESERVED:
            raise UsageError(f"a setting cannot be named {name!r}: use letters, digits and hyphens")
    for word in changed:
        name, equals, value = word.partition("=")
        if not equals or name not in found:
            there = ", ".join(f"{known}={old}" for known, old in found.items()) or "none"
            raise UsageError(f"--set {word}: write NAME=VALUE of a setting of the recipe; there are: {there}")
        found[name] = value
    return found


def _text(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
