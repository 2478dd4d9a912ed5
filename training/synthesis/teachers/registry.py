"""Teachers by name, imported when they are used."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

from ....engine.errors import UsageError
from ..teacher import Teacher


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the user said about the teacher; each takes what it needs."""

    seed: int = 0
    """Decides what is drawn."""
    everything: bool = False
    """Whether all is wanted that there is, instead of a number of questions."""
    domains: tuple[str, ...] = ()
    """Sub-domains; none: all."""
    data: Path | None = None
    """Folder of public data."""
    model: str = ""
    """Model that teaches, as `mathsolve --model` takes it."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """What else only this teacher knows, as the user wrote it, by name."""


Opening = Callable[[Wishes], Teacher]
"""Opens a teacher. Raises `UsageError` where the wishes cannot be met."""

TEACHERS = {
    "bank": ".program:open_teacher",
    "corpora": ".corpora:open_teacher",
    "deepmind": "...corpora.deepmind.teacher:open_teacher",
    "model": ".model.teacher:open_teacher",
    "renumbered": ".renumbered:open_teacher",
}
"""Module and function that opens each teacher."""


def open_teacher(name: str, wishes: Wishes) -> Teacher:
    """The teacher of this name. Raises `UsageError`."""
    if name not in TEACHERS:
        raise UsageError(f"no teacher {name!r}; there are {', '.join(sorted(TEACHERS))}")
    module, _, function = TEACHERS[name].partition(":")
    opening: Opening = getattr(import_module(module, __package__), function)
    return opening(wishes)


def unsettled(wishes: Wishes, known: Sequence[str] = ()) -> None:
    """Raises `UsageError` where something is set that the teacher does not know."""
    if strange := [name for name in wishes.settings if name not in known]:
        there = f"it has {', '.join(known)}" if known else "it has none"
        raise UsageError(f"--set {strange[0]}: this teacher has no such setting; {there}")


def unknown(wanted: Sequence[str], known: Sequence[str]) -> None:
    """Raises `UsageError` where a sub-domain is wanted that the teacher does not know."""
    if strange := [name for name in wanted if name not in known]:
        raise UsageError(f"no sub-domain {strange[0]!r}; there are {', '.join(sorted(set(known)))}")
