"""What a model teacher depends on, and how the command line says it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .....engine.errors import UsageError
from ..registry import Wishes, unsettled


@dataclass(frozen=True, slots=True)
class ModelOptions:
    """What a model teacher depends on."""

    model: str
    """The model that writes questions, in one of the forms of `engine.backends.source`."""
    family: str | None = None
    """How it is talked to; None: by the model."""
    solver: str | None = None
    """The model that solves them; None: the same."""
    solver_family: str | None = None
    """How that one is talked to."""
    seeds: Path | None = None
    """JSONL file of root questions; None: the seed bank."""
    domains: tuple[str, ...] = ()
    """Sub-domains of the roots; none: all."""
    makers: tuple[str, ...] = ()
    """Names of makers or TOML files; none: all that come with the package."""
    samples: int = 4
    """Attempts in words at a question, and as many by program; half of them where the answer is known."""
    temperature: float = 0.7
    """Temperature of solutions; questions are written at 1."""
    max_tokens: int = 2048
    """Most tokens of a reply and of a solution."""
    seed: int = 0
    """Seed of every random choice."""
    concurrency: int = 32
    """Draws that are worked on at a time, each with up to twice `samples` requests."""

    def __post_init__(self) -> None:
        """Raises `UsageError` for a number without meaning."""
        for name, least, most in (("samples", 1, 64), ("max_tokens", 16, 1 << 20), ("concurrency", 1, 1 << 16)):
            if not least <= (value := getattr(self, name)) <= most:
                raise UsageError(f"{name} is {value}; choose a number from {least} to {most}")
        if not 0 <= self.temperature <= 2:
            raise UsageError(f"temperature is {self.temperature:g}; choose a number from 0 to 2")


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


SETTINGS: Mapping[str, Callable[[str], Any]] = {
    "family": str,
    "solver": str,
    "solver_family": str,
    "seeds": Path,
    "makers": _names,
    "samples": int,
    "temperature": float,
    "max_tokens": int,
    "concurrency": int,
}
"""What may be set as NAME=VALUE."""


def options_of(wishes: Wishes) -> ModelOptions:
    """The options that a user's wishes come to. Raises `UsageError`."""
    unsettled(wishes, tuple(SETTINGS))
    if not wishes.model:
        raise UsageError("the model teacher needs a model, e.g. --model http://localhost:8000/v1")
    if wishes.everything:
        raise UsageError("a model never ends: say how many questions to make, e.g. -n 1000")
    read: dict[str, Any] = {}
    for name, value in wishes.settings.items():
        try:
            read[name] = SETTINGS[name](value)
        except ValueError:
            raise UsageError(f"--set {name}={value}: it must be a number") from None
    return ModelOptions(wishes.model, domains=wishes.domains, seed=wishes.seed, **read)
