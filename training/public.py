"""The user's folder of public data: what may be trained on lies in its folder `train`, benchmarks in its folder `eval`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal


def part(folder: Path | None, name: Literal["train", "eval"]) -> Path | None:
    """That folder in it; the folder itself where it is not divided."""
    return folder / name if folder is not None and (folder / name).is_dir() else folder
