"""Where the records of a benchmark are: the user's folder, this package, the cache, or only the hub."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ...engine.errors import UsageError
from .choose import SUFFIXES, Selection
from .entry import FOLDER, Benchmark

DATA = "MATHSOLVE_DATA"
"""Environment variable that names the user's folder of benchmarks."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where records are read from."""

    kind: Literal["file", "folder", "package", "cache", "hub", "nowhere"]
    """What sort of place."""
    files: tuple[Path, ...] = ()
    """Its files; none as long as they are on the hub."""

    @property
    def path(self) -> Path | None:
        """The folder, or the file where it is one; None where there is nothing yet."""
        if not self.files:
            return None
        return self.files[0] if self.kind == "file" else self.files[0].parent


def place(selection: Selection, folder: Path | None = None) -> Place:
    """Where a benchmark would be read from now.

    Args:
        folder: the user's folder of benchmarks; by default what the environment variable `MATHSOLVE_DATA` names.

    Raises:
        UsageError: there is no such folder.
    """
    bench = selection.bench
    if selection.path is not None:
        return Place("file", (selection.path.expanduser(),))
    if bench.packaged:
        return Place("package", _matching(FOLDER, bench.files))
    if own := folder or _named_folder():
        if not own.is_dir():
            raise UsageError(f"no folder {str(own)!r} with benchmarks; give one that exists, or none")
        if files := _in_folder(own, bench):
            return Place("folder", files)
    if files := _matching(cache_folder() / bench.name, ("*",)):
        return Place("cache", files)
    return Place("hub" if bench.hub else "nowhere")


def cache_folder() -> Path:
    """Where downloaded benchmarks are kept."""
    from platformdirs import user_cache_path

    return user_cache_path("mathsolve") / "benchmarks"


def _named_folder() -> Path | None:
    name = os.environ.get(DATA)
    return Path(name).expanduser() if name else None


def _in_folder(folder: Path, bench: Benchmark) -> tuple[Path, ...]:
    """`FOLDER/<name>/<split>.<suffix>`, or `FOLDER/<name>.<suffix>`."""
    for name in (bench.name, *bench.folders):
        found = _matching(folder / name, bench.files) or _matching(folder, (name,))
        if found:
            return found
    return ()


def _matching(folder: Path, patterns: tuple[str, ...]) -> tuple[Path, ...]:
    """The files of the first pattern that matches any, in natural order; of one name only the preferred format."""
    for pattern in patterns:
        found: dict[Path, Path] = {}
        for suffix in SUFFIXES:
            for path in folder.glob(pattern + suffix):
                found.setdefault(path.with_name(path.name.removesuffix(suffix)), path)
        if found:
            return tuple(sorted(found.values(), key=_natural))
    return ()


def _natural(path: Path) -> list[tuple[int, str]]:
    """Numbers in names in their order: 2 before 10."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", str(path))]
