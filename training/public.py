"""The user's folder of public data: what may be trained on lies in its folder `train`, benchmarks in its folder `eval`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from ..engine.errors import UsageError


def part(folder: Path | None, name: Literal["train", "eval"]) -> Path | None:
    """That folder in it; the folder itself where it is not divided.

    Raises:
        UsageError: it has the one but not the other.
    """
    if folder is None or (folder / name).is_dir():
        return folder and folder / name
    if other := next((there for there in ("train", "eval") if (folder / there).is_dir()), None):
        raise UsageError(
            f"{folder} has a folder {other!r} but no {name!r}: put that beside it, or name {other!r} itself"
        )
    return folder
