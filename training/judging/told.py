"""What the commands of both judges share: the recipe that they were told, and where they tell of their progress."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...engine.errors import UsageError
from ..command import check_libraries
from ..recipe import JudgeTraining, load_fine_tuning

if TYPE_CHECKING:
    from rich.console import Console


def judging_recipe(name: str, changes: Sequence[str], model: str | None) -> JudgeTraining:
    """The recipe of that name or file, with other values, and another model where one is named.

    Raises:
        UsageError: it is none for judges, or the libraries for training are missing.
    """
    found = load_fine_tuning(name, changes, model)
    if not isinstance(found, JudgeTraining):
        raise UsageError(
            f"recipe {name!r} has no table [judge]; choose reward, critique, critique-generative, or a file with one"
        )
    check_libraries()
    return found


def console() -> Console:
    """Standard error."""
    from rich.console import Console

    return Console(stderr=True)
