"""What `mathsolve eval` can be told, and the configuration and problems that follow from it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, get_args

from cyclopts import Parameter

from ...engine.errors import UsageError
from ...engine.settings import Settings
from ...engine.solver import Solver
from ...engine.trajectory import Mode
from ..benchmarks.choose import choose
from ..benchmarks.loading import load
from ..item import Item
from .configuration import Configuration

TEMPERATURE = 0.7
"""Temperature of several samples, where none is given."""
ORDER = 1
"""Seed by which a limit draws problems: the files of some benchmarks are sorted by kind."""
TIMEOUT_S = 600.0
"""Wall seconds for a sample: many, for samples share the machine, and a record should not depend on how busy it was."""


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Options:
    """What to measure and how to sample."""

    bench: str | None = None
    """Benchmarks by name, with commas between, as an option."""
    model: str = "embedded"
    """Either embedded, a folder, hf:NAME, vllm:NAME, openai:NAME, or a server's address."""
    family: str | None = None
    """How to talk to the model: a family or a TOML file; without it, by the model."""
    mode: str | None = None
    """Modes with commas between: cot, pot, mixed; each gets all samples. Without --samples one of them, or auto."""
    samples: Annotated[int | None, Parameter(name=["--samples", "-n"])] = None
    """Independent attempts a problem; without it, one answer as the product gives it: by a vote, or withheld."""
    temperature: float | None = None
    """Temperature of the samples; by default 0 for one sample, 0.7 for several."""
    top_p: float = 1.0
    """Nucleus: the smallest set of tokens with at least this probability."""
    max_tokens: int | None = None
    """Tokens of an attempt, observations included; by default as many as models of its family need."""
    seed: int = 0
    """Another seed makes other samples."""
    limit: int | None = None
    """Only so many problems of each benchmark, drawn once: the same ones every time, those of a smaller number among them."""
    ids: str | None = None
    """Only these problems, with commas between, e.g. gsm8k/17; or @FILE with one on each line, such as a file of train hard."""
    concurrency: int = 32
    """Samples in progress at the same time."""
    keep_tokens: bool = False
    """Keep every token with its log-probability in the records."""


def check(options: Options) -> None:
    """Refuses options that have no meaning, or none together.

    Raises:
        UsageError: names the option and the remedy.
    """
    for name in ("samples", "limit", "concurrency", "max_tokens"):
        value = getattr(options, name)
        if value is not None and value < 1:
            raise UsageError(f"--{name.replace('_', '-')} is {value}; choose a number from 1")
    if options.temperature is not None and not 0 <= options.temperature <= 10:
        raise UsageError(f"--temperature is {options.temperature:g}; choose a number from 0 to 10")
    if not 0 < options.top_p <= 1:
        raise UsageError(f"--top-p is {options.top_p:g}; choose a number above 0 and up to 1")
    if options.samples is None and (options.temperature is not None or options.top_p != 1):
        raise UsageError("--temperature and --top-p are for independent samples; add --samples, e.g. --samples 1")
    if options.samples and options.samples > 1 and options.temperature == 0:
        raise UsageError("at temperature 0 all samples are equal; choose --samples 1 or a higher --temperature")
    modes_of(options)


def modes_of(options: Options) -> tuple[Mode, ...]:
    """The modes by name. Raises `UsageError` for what is none, or does not go with the samples."""
    names = tuple(dict.fromkeys(name.strip() for name in (options.mode or "").split(",") if name.strip()))
    if not names:
        return ("auto",) if options.samples is None else ("mixed",)
    found = tuple(mode for name in names for mode in get_args(Mode) if mode == name)
    if len(found) < len(names):
        strange = next(name for name in names if name not in found)
        raise UsageError(f"unknown mode {strange!r}; choose cot, pot or mixed, or several with commas between")
    if options.samples is None and len(found) > 1:
        raise UsageError("several modes are compared by samples; add --samples, e.g. --samples 1")
    if options.samples is not None and "auto" in found:
        raise UsageError("auto is the product's vote among attempts; leave --samples out, or choose cot, pot or mixed")
    return found


def settings(options: Options) -> Settings:
    """What the engine is told."""
    return Settings(
        model=options.model,
        family=options.family,
        mode=modes_of(options)[0],
        seed=options.seed,
        timeout_s=TIMEOUT_S,
        max_tokens=options.max_tokens,
    )


def configured(options: Options, names: tuple[str, ...], solver: Solver) -> Configuration:
    """The resolved configuration. Raises `BackendError` where the model cannot be loaded."""
    temperature = options.temperature
    if temperature is None and options.samples is not None:
        temperature = 0.0 if options.samples == 1 else TEMPERATURE
    return Configuration(
        sources=tuple(choose(name).name for name in names),
        model=options.model,
        family=options.family,
        fingerprint=solver.fingerprint(),
        modes=modes_of(options),
        samples=options.samples,
        temperature=temperature,
        top_p=options.top_p,
        max_tokens=options.max_tokens or solver.backend.renderer.family.max_tokens,
        seed=options.seed,
        limit=options.limit,
        ids=ids_of(options.ids),
        concurrency=options.concurrency,
        keep_tokens=options.keep_tokens,
    )


def problems(names: tuple[str, ...], options: Options, data: Path | None) -> list[Item]:
    """The problems of all sources, each once.

    Raises:
        UsageError: there are none, or one asked for is missing.
    """
    if not names:
        raise UsageError(
            "name what to measure on, e.g. mathsolve eval gsm8k; `mathsolve bench list` shows what there is"
        )
    wanted = ids_of(options.ids)
    limit = None if wanted else options.limit
    found: dict[str, Item] = {}
    order = None if limit is None else ORDER
    for item in (item for name in names for item in load(name, folder=data, limit=limit, seed=order)):
        if found.setdefault(item.id, item) != item:
            raise UsageError(f"two sources have different problems with the id {item.id!r}; give one file another name")
    if missing := [name for name in wanted if name not in found]:
        raise UsageError(f"no problem {missing[0]!r}; ids are written as in records, e.g. {next(iter(found))}")
    return [found[name] for name in wanted] or list(found.values())


def share(text: str) -> float:
    """A share, written 5% or 0.05. Raises `UsageError`."""
    try:
        value = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise UsageError(f"--max-errors is {text!r}; choose a share, e.g. 5%")
    return value


def ids_of(text: str | None) -> tuple[str, ...]:
    """The ids of problems: with commas between, or `@FILE` with one on each line, or with JSON that has one as `problem`.

    Raises:
        UsageError: the file cannot be read, or names none.
    """
    if text is None or not text.startswith("@"):
        return names_of(text)
    path = Path(text[1:]).expanduser()
    try:
        lines = [line.strip() for line in path.read_text(encoding="utf-8").split("\n")]
        found = tuple(dict.fromkeys(_id(line) for line in lines if line))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"--ids {text}: cannot read ids from {path}: {error or type(error).__name__}") from error
    if not found:
        raise UsageError(f"--ids {text}: the file names no problem")
    return found


def _id(line: str) -> str:
    return str(json.loads(line)["problem"]) if line.startswith("{") else line


def names_of(text: str | None) -> tuple[str, ...]:
    """Names with commas between, each once."""
    return tuple(dict.fromkeys(name.strip() for name in (text or "").split(",") if name.strip()))
