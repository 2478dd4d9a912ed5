"""What a run is made of, written where its results will be: a folder holds one run, and never a second one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from hashlib import file_digest
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from ..engine.errors import UsageError
from ..evaluation.run import replace_file
from ..evaluation.running.environment import commit

LIBRARIES = ("mathsolve", "torch", "transformers", "accelerate", "tokenizers", "ctranslate2", "sympy")
"""Whose versions are noted; a run may go on with others."""


def claim(path: Path, made_of: Mapping[str, Any], *, begun: bool = True) -> None:
    """Writes what a run is made of, or makes sure that it is what was written.

    Args:
        path: the JSON file in the run's folder, e.g. `runs/mine/sft.json`.
        made_of: all that decides the result, as JSON has it.
        begun: whether there are results; before that, what it is made of may still be replaced.

    Raises:
        UsageError: the folder holds another run or cannot be made, or the file is damaged.
    """
    wanted: dict[str, Any] = json.loads(json.dumps(made_of))
    if path.is_file() and begun:
        there = _read(path)
        if changed := [key for key, value in wanted.items() if there.get(key) != value]:
            raise UsageError(
                f"{path.parent} was begun with another {' and '.join(changed)}; name another folder with --out, or remove it"
            )
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"cannot make {path.parent}: {error.strerror}; name another folder with --out") from error
    noted = {"versions": _versions(), "commit": commit(Path(__file__).parents[1])}
    replace_file(path, [json.dumps({**wanted, **noted}, indent=2) + "\n"])


def vacant(path: Path, *prepared: str) -> None:
    """Refuses a folder that holds something, but not this run.

    Args:
        path: the JSON file that says what the run is made of.
        prepared: names of what may be there before it.

    Raises:
        UsageError: it is such a folder, or a file.
    """
    folder = path.parent
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file; name a folder with --out")
    there = [one.name for one in folder.iterdir() if not one.name.startswith(".")] if folder.is_dir() else []
    if not path.is_file() and set(there).difference(prepared):
        raise UsageError(f"{folder} holds other things; name a new folder with --out")


def hash_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise UsageError(f"{path} is damaged; put it back, or name another folder with --out")
    return found


@cache
def _versions() -> dict[str, str]:
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # an extra that this run does without
            continue
    return found
