"""Errors that a person can mend: their text names the value and the remedy, and is shown without a traceback."""

from __future__ import annotations

import sys
import traceback
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import ValidationError


class MathsolveError(Exception):
    """Something outside the solver is wrong."""


class UsageError(MathsolveError):
    """The caller asked for something that cannot be done: a bad option, an empty question."""


class BackendError(MathsolveError):
    """The model cannot be loaded or failed while generating."""


def first_fault(error: ValidationError) -> str:
    """The first thing that is wrong with data of pydantic, and where, e.g. `schedule.epochs: Field required`."""
    first = error.errors()[0]
    where, told = ".".join(map(str, first["loc"])), first["msg"].removeprefix("Value error, ")
    return f"{where}: {told}" if where else told


def bug(error: Exception) -> str:
    """The words for an error that nobody expected. The first with these words is told on standard error, too, with its place:
    it ends one attempt and no more, and should be heard of all the same.

    >>> bug(KeyError("logits"))
    "KeyError: 'logits'"
    """
    words = f"{type(error).__name__}: {error}"
    places = traceback.extract_tb(error.__traceback__)
    _tell(words, f" in {places[-1].name}, {places[-1].filename}:{places[-1].lineno}" if places else "")
    return words


@cache
def _tell(words: str, place: str) -> None:
    first = words.splitlines()[0]
    print(f"mathsolve: internal error{place}: {first}; it is recorded, and the rest goes on", file=sys.stderr)
