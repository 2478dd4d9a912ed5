"""Errors that a person can mend: their text names the value and the remedy, and is shown without a traceback."""

from __future__ import annotations


class MathsolveError(Exception):
    """Something outside the solver is wrong."""


class UsageError(MathsolveError):
    """The caller asked for something that cannot be done: a bad option, an empty question."""


class BackendError(MathsolveError):
    """The model cannot be loaded or failed while generating."""
