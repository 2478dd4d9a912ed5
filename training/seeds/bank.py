"""The seed bank: kinds of tasks as data, one TOML file for each sub-domain.

    python -m mathsolve.training.seeds training/bank/derivatives.toml -n 20 --show 5

checks bank files: it draws examples of every seed, runs their programs and checks in the sandbox, and lists what fails.

Most ways to ask stand apart, so that a seed stays readable: `phrasings/<name of the bank file>` holds more frames of its
questions, as `"domain/name" = ["frame", ...]`. The two are loaded as one.

Promises: a file that loads has all its fields, its frames and its code compile, and no answer goes unverified. Does not
promise safety: a bank's `vars` are trusted project text, executed in this process.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from random import Random
from types import CodeType
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ...engine.errors import UsageError
from .frames import Frame, FrameError, compile_frame, compile_strictly

Text = Annotated[str, Field(min_length=1)]
PHRASINGS = "phrasings"
"""The folder beside the bank files with more frames of their questions."""


class BankError(UsageError):
    """A mistake in a bank file; the message names the file, the seed, the field and the remedy."""


class Seed(BaseModel):
    """One kind of task. The field names are those of the TOML file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Text
    """Unique name, `domain/name`."""
    level: Annotated[int, Field(ge=1, le=5)]
    """Difficulty, 1 (easiest) to 5."""
    hard: str = ""
    """What makes it hard, in a few words."""
    weight: Annotated[float, Field(gt=0)] = 1.0
    """Relative number of examples."""
    vars: str = ""
    """Python statements that draw the variables."""
    where: str = ""
    """Condition that the variables must meet; they are drawn again until they do."""
    questions: Annotated[tuple[Text, ...], Field(min_length=10)]
    """Frames of the question."""
    held_out: Annotated[tuple[Text, ...], Field(min_length=3)]
    """Frames of the question that no solution is shown for: the first, third, ... are for tests, the others to practise on."""
    distractors: tuple[Text, ...] = ()
    """Sentences that have nothing to do with the answer, one of which may be put before a question's last sentence."""
    thoughts: Annotated[tuple[Text, ...], Field(min_length=1)]
    """Frames of the plan, one of which is said before the program; without a program, the whole reply."""
    program: str = ""
    """Frame of the program, which prints the answer; empty for a task that must be declined."""
    final: Text = "The answer is {answer}."
    """Frame of the last sentence."""
    check: str = ""
    """Frame of the code that asserts the printed `answer` in another way."""
    cot: str = ""
    """Frame of a solution in words only."""

    @model_validator(mode="after")
    def _whole(self) -> Seed:
        if self.program and "assert" not in self.check:
            raise ValueError("check: holds no `assert`, so nothing would verify the answer: assert it in another way")
        if self.program and "answer" not in self.check:
            raise ValueError("check: never looks at `answer`: compare the printed answer with something")
        if not self.program and (self.check or self.cot):
            raise ValueError(
                "program: is missing, so `check` and `cot` have no answer to speak of: add it or remove them"
            )
        for field in ("final", "cot"):
            if (text := getattr(self, field)) and "{answer}" not in text:
                raise ValueError(f"{field}: must hold {{answer}}, the place of the boxed answer")
        if both := set(self.questions) & set(self.held_out):
            raise ValueError(f"held_out: {both.pop()!r} is also in `questions`: word it differently")
        try:
            _ = self.compiled
        except FrameError as error:
            raise ValueError(str(error)) from error
        except SyntaxError as error:
            raise ValueError(f"vars or where: {error.msg}: {error.text or ''}".rstrip()) from error
        return self

    @cached_property
    def compiled(self) -> Compiled:
        """The frames and code, compiled once."""
        return Compiled(
            vars=compile_strictly(self.vars, f"<vars of {self.id}>", "exec"),
            where=compile_strictly(self.where.strip() or "True", f"<where of {self.id}>", "eval"),
            questions=tuple(compile_frame(text) for text in self.questions),
            held_out=tuple(compile_frame(text) for text in self.held_out),
            distractors=tuple(compile_frame(text) for text in self.distractors),
            thoughts=tuple(compile_frame(text) for text in self.thoughts),
            program=compile_frame(self.program.strip("\n"), choices=False),
            final=compile_frame(self.final),
            check=compile_frame(self.check.strip("\n"), choices=False),
            cot=compile_frame(self.cot.strip()),
        )


@dataclass(frozen=True, slots=True)
class Compiled:
    """A seed's frames and code, compiled; the fields are those of `Seed`."""

    vars: CodeType
    """Statements that draw the variables."""
    where: CodeType
    """Condition."""
    questions: tuple[Frame, ...]
    """Trained wordings."""
    held_out: tuple[Frame, ...]
    """Held-out wordings."""
    distractors: tuple[Frame, ...]
    """Sentences beside the point."""
    thoughts: tuple[Frame, ...]
    """Plans."""
    program: Frame
    """The program."""
    final: Frame
    """The last sentence."""
    check: Frame
    """The verification."""
    cot: Frame
    """The solution in words."""


class Domain(BaseModel):
    """One bank file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    domain: Text
    """Name of the sub-domain, equal to the file's name."""
    about: Text
    """One sentence on what it holds."""
    common: str = ""
    """Python statements before the `vars` of each of its seeds."""
    seed: Annotated[tuple[Seed, ...], Field(min_length=1)]
    """Its kinds of tasks."""


@dataclass(frozen=True, slots=True)
class Bank:
    """Every kind of task that is drawn from."""

    seeds: tuple[Seed, ...]
    """In the order of the files."""
    weights: tuple[float, ...]
    """Running total of the seeds' weights."""

    @classmethod
    def of(cls, seeds: Sequence[Seed]) -> Bank:
        """A bank of these seeds."""
        return cls(tuple(seeds), tuple(accumulate(seed.weight for seed in seeds)))

    def choose(self, rng: Random) -> Seed:
        """One seed, by weight."""
        return rng.choices(self.seeds, cum_weights=self.weights)[0]


def load_bank(paths: Sequence[Path]) -> Bank:
    """Read bank files.

    Raises:
        BankError: for anything that does not follow the form, or an id that occurs twice.
    """
    seeds: list[Seed] = []
    for path in paths:
        seeds += load_domain(path).seed
    seen: set[str] = set()
    for seed in seeds:
        if seed.id in seen:
            raise BankError(f"seed {seed.id}: the id occurs twice: rename one of them")
        seen.add(seed.id)
    return Bank.of(seeds)


def load_domain(path: Path) -> Domain:
    """Read one bank file and its phrasings. Raises `BankError`."""
    data = _toml(path)
    _add_phrasings(data, path.parent / PHRASINGS / path.name)
    _add_common(data)
    try:
        domain = Domain.model_validate(data)
    except ValidationError as error:
        raise BankError("\n".join(_explain(path, data, item) for item in error.errors())) from error
    if domain.domain != path.stem:
        raise BankError(f'{path}: domain is "{domain.domain}": name it "{path.stem}" like the file')
    for seed in domain.seed:
        if not seed.id.startswith(f"{domain.domain}/"):
            raise BankError(f'{path}: seed {seed.id}: id: start it with "{domain.domain}/"')
    return domain


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise BankError(f"{path}: not valid TOML: {error} (backslashes need '...' or \"\\\\\" strings)") from error


def _add_phrasings(data: dict[str, Any], path: Path) -> None:
    """Append the frames of a phrasings file, if there is one, to the questions of the seeds that it names."""
    seeds = {seed["id"]: seed for seed in data.get("seed", ()) if isinstance(seed, dict) and "id" in seed}
    for name, frames in (_toml(path) if path.exists() else {}).items():
        if name not in seeds:
            raise BankError(f"{path}: {name!r} is no seed of {path.name}: correct the id")
        if not isinstance(frames, list):
            raise BankError(f"{path}: {name}: write a list of frames")
        seeds[name]["questions"] = [*seeds[name].get("questions", ()), *frames]


def _add_common(data: dict[str, Any]) -> None:
    """Put the statements that a file's seeds have in common before the `vars` of each."""
    for seed in data.get("seed", ()):
        if isinstance(seed, dict) and data.get("common"):
            seed["vars"] = f"{data['common']}\n{seed.get('vars', '')}"


_REMEDIES = {
    "extra_forbidden": "is not a field of a seed: remove it or correct its spelling",
    "missing": "is missing: add it",
    "too_short": "has too few entries: add more",
}


def _explain(path: Path, data: Mapping[str, Any], error: Any) -> str:
    """One line for one validation error: file, seed, field, remedy."""
    place = list(error["loc"])
    where = str(path)
    if place[:1] == ["seed"] and len(place) > 1 and isinstance(place[1], int):
        number = place[1]
        where += f": seed {data['seed'][number].get('id', f'number {number + 1}')}"
        place = place[2:]
    field = ".".join(str(part) for part in place)
    message = error["msg"].removeprefix("Value error, ")
    remedy = _REMEDIES.get(error["type"])
    return f"{where}: " + (f"{field}: " if field else "") + (f"{remedy} ({message})" if remedy else message)
