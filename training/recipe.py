"""A recipe: everything that decides what a training run makes, read from a TOML file."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from pathlib import Path
from typing import Any, Self

from pydantic import Field, ValidationError, field_validator, model_validator

from ..engine.errors import UsageError, first_fault
from ..prompts import load_family
from .tables import Ingredient, Judging, Lora, Modes, Policy, Preference, Schedule, Shape, Table, Weights

RECIPES = Path(__file__).parent / "recipes"


class FineTuning(Table):
    """What fine-tuning makes of data."""

    seed: int
    """Decides the data and the training."""
    family: str | None = None
    """Model family, a file in prompts/; None: by the model's name."""
    row: int = Field(gt=0)
    """Tokens in a packed row; longer solutions are left out."""
    model: str | None = None
    """Where the weights come from: a folder or a name on the hub; None: from scratch."""
    vocabulary: int = Field(default=4096, ge=512)
    """Tokens of the tokenizer, where one is trained for a model from scratch."""
    shape: Shape | None = None
    """The model's size: from scratch it is needed, else it makes an estimate and a dry run possible without the weights."""
    lora: Lora | None = None
    """Train adapters alone."""
    weights: Weights = Weights()
    """What counts how much."""
    modes: Modes = Modes()
    """The mixture of kinds of solutions."""
    schedule: Schedule
    """The training."""

    @model_validator(mode="after")
    def _averages_whole_weights(self) -> Self:
        if self.lora and self.schedule.average > 1:
            raise ValueError(
                f"average is {self.schedule.average}, but the mean of adapters is not that of the models; take it out"
            )
        return self

    @model_validator(mode="after")
    def _has_room_for_a_row(self) -> Self:
        if self.shape is not None and self.shape.context < self.row:
            raise ValueError(
                f"row is {self.row} tokens, but the shape's context is {self.shape.context}; choose a row of at most that"
            )
        return self

    @field_validator("family")
    @classmethod
    def _is_a_family(cls, family: str | None) -> str | None:
        if family is not None:
            try:
                load_family(family)
            except FileNotFoundError as error:
                raise ValueError(str(error)) from error
        return family


class Recipe(FineTuning):
    """The whole chain from seeds to an exported model."""

    data: tuple[Ingredient, ...] = Field(min_length=1)
    """What it is trained on, each teacher once. The first gives the held-out splits."""
    benchmarks: tuple[str, ...] = ()
    """Benchmarks whose questions must not occur in the data, besides those of this package; `installed`: all at hand."""
    samples: int = Field(gt=0)
    """Attempts per question that the trust in an answer is calibrated for."""
    least_confidence: float = Field(ge=0, lt=1)
    """Least probability of being right with which an answer is given."""
    family: str
    """Model family, a file in prompts/."""
    shape: Shape
    """The model's size."""


class PolicyTraining(FineTuning):
    """Fine-tuning on a model's own attempts."""

    policy: Policy
    """How it learns from them."""

    @model_validator(mode="after")
    def _has_no_other_settings(self) -> PolicyTraining:
        used = {"word_noise": self.schedule.word_noise, "compile": self.schedule.compile, "shape": self.shape}
        if wrong := [name for name, value in used.items() if value]:
            raise ValueError(f"{wrong[0]} means nothing to a policy; take it out")
        if self.schedule.optimizer != "adamw":
            raise ValueError(f"a policy is trained by adamw, not by {self.schedule.optimizer}")
        if self.weights != Weights():
            raise ValueError("[weights] mean nothing to a policy: what it wrote counts the same; take them out")
        if self.policy.method == "grpo" and self.policy.samples < 2:
            raise ValueError("grpo compares attempts at a problem: samples must be 2 or more")
        if not any(self.modes.model_dump().values()):
            raise ValueError("every mode has a share of 0; give one of mixed, pot and cot more")
        return self


class JudgeTraining(FineTuning):
    """Training of a model that judges attempts."""

    judge: Judging
    """How it learns to."""

    @model_validator(mode="after")
    def _has_no_other_settings(self) -> JudgeTraining:
        schedule = self.schedule
        used = {"word_noise": schedule.word_noise, "compile": schedule.compile, "questions": schedule.questions}
        if wrong := [name for name, value in used.items() if value]:
            raise ValueError(f"{wrong[0]} means nothing to a judge; take it out")
        if schedule.optimizer != "adamw":
            raise ValueError(f"a judge is trained by adamw, not by {schedule.optimizer}")
        return self


class PreferenceTraining(FineTuning):
    """Training on pairs of a better and a worse solution."""

    preference: Preference
    """How it learns from them."""

    @model_validator(mode="after")
    def _has_no_other_settings(self) -> PreferenceTraining:
        used = ("word_noise", "compile")
        if wrong := [name for name in used if getattr(self.schedule, name)]:
            raise ValueError(f"{wrong[0]} means nothing to pairs; take it out")
        if self.weights.prompt:
            raise ValueError("a prompt has no weight in pairs; take it out of [weights]")
        return self


KINDS: dict[str, type[FineTuning]] = {
    "data": Recipe,
    "policy": PolicyTraining,
    "judge": JudgeTraining,
    "preference": PreferenceTraining,
}
"""What a recipe with such a table is."""


def load_recipe(name: str, changes: Sequence[str] = ()) -> Recipe:
    """The recipe of that name, or of a TOML file, for the whole chain.

    Args:
        name: see `load_fine_tuning`.
        changes: the same.

    Raises:
        UsageError: there is none, or a key is wrong (it names the key), or the recipe makes no data.
    """
    found = load_fine_tuning(name, changes)
    if not isinstance(found, Recipe):
        raise UsageError(
            f"recipe {name!r} makes no data of its own: mathsolve train sft {name} --data FILE --out FOLDER"
        )
    return found


def load_fine_tuning(name: str, changes: Sequence[str] = (), model: str | None = None) -> FineTuning:
    """The recipe of that name, or of a TOML file: one with `[[data]]` is a `Recipe`, one with `[policy]` a
    `PolicyTraining`, one with `[judge]` a `JudgeTraining`, one with `[preference]` a `PreferenceTraining`.

    Args:
        name: of a recipe of the package, or a path.
        changes: other values, e.g. `schedule.epochs=2`; see `changed`.
        model: where the weights come from, instead of what it says.

    Raises:
        UsageError: there is none, or a key is wrong; it names the key.
    """
    found = changed(_read(name), settings(changes))
    return found if model is None else type(found).model_validate({**found.model_dump(), "model": model})


def _read(name: str) -> FineTuning:
    path = RECIPES / f"{name}.toml"
    if not path.is_file():
        path = Path(name)
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in RECIPES.glob("*.toml")))
        raise UsageError(f"no recipe {name!r}: neither a file nor one of {known}")
    try:
        table: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        return next((kind for key, kind in KINDS.items() if key in table), FineTuning).model_validate(table)
    except ValidationError as error:
        raise UsageError(f"{path}: {first_fault(error)}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is not valid TOML: {error}") from error


def settings(told: Sequence[str]) -> dict[str, str]:
    """NAME=VALUE words as a mapping. Raises `UsageError`.

    >>> settings(["samples=8"])
    {'samples': '8'}
    """
    found = {}
    for word in told:
        name, equals, value = word.partition("=")
        if not name or not equals:
            raise UsageError(f"--set {word}: write NAME=VALUE")
        found[name] = value
    return found


def changed(recipe: FineTuning, changes: Mapping[str, str]) -> FineTuning:
    """A recipe with other values, keys written with dots and values as in TOML, e.g. `{"modes.pot": "0"}`.

    Raises:
        UsageError: there is no such key, it cannot have that value, or there is no such family.
    """
    tables = recipe.model_dump()
    for key, text in changes.items():
        *path, last = key.split(".")
        table = reduce(_inside, path, tables)
        if not isinstance(table, dict) or last not in table:
            raise UsageError(f"the recipe has no key {key!r}; {_remedy(key, tables)}")
        table[last] = _value(text)
    try:
        return type(recipe).model_validate(tables)
    except ValidationError as error:
        raise UsageError(f"a recipe cannot be changed so: {first_fault(error)}") from error


def _inside(table: Any, name: str) -> Any:
    """The part of that name; None where there is none."""
    if isinstance(table, dict):
        return table.get(name)
    return table[int(name)] if isinstance(table, tuple) and name.isdecimal() and int(name) < len(table) else None


def _remedy(key: str, tables: dict[str, Any]) -> str:
    """What to write instead of a key that there is not."""
    known = list(_keys(tables))
    if (first := key.split(".")[0]) in known and first != key:
        return f"it has no table {first!r} of which to change one key: give the whole, in quotes, as {first}={{...}}"
    near = difflib.get_close_matches(key, known, n=3, cutoff=0.5)
    return f"near it: {', '.join(near)}" if near else f"there are {', '.join(known)}"


def _keys(table: Any, path: str = "") -> Iterator[str]:
    """All keys, with dots."""
    parts = table.items() if isinstance(table, dict) else enumerate(table) if isinstance(table, tuple) else ()
    if not parts:
        yield path
    for name, part in parts:
        yield from _keys(part, f"{path}.{name}" if path else str(name))


def _value(text: str) -> Any:
    """A value of TOML; a word is itself."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
