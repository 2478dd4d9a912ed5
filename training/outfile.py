"""The file that a command writes: refused before the work begins where it cannot be written; there only when it is whole."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from pydantic import BaseModel
from pydantic_core import PydanticSerializationError

from ..engine.errors import UsageError
from ..evaluation.run import replace_file


def outfile(path: Path) -> Path:
    """The path of a file, its folder made.

    Raises:
        UsageError: it is a folder, or cannot be written.
    """
    if path.is_dir():
        raise UsageError(f"--out {path} is a folder; name a file in it")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"--out {path}: cannot make {error.filename}: {error.strerror}; name another file") from error
    if not os.access(path.parent, os.W_OK):
        raise UsageError(f"--out {path}: nothing can be written to {path.parent}; name another file")
    return path


def write_lines(path: Path, models: Iterable[BaseModel]) -> int:
    """Writes a line of JSON for each.

    Returns:
        How many have none: half a character (a lone surrogate), such as a question may hold, is no text.
    """
    left_out = 0

    def lines() -> Iterator[str]:
        nonlocal left_out
        for one in models:
            try:
                yield one.model_dump_json(exclude_none=True) + "\n"
            except PydanticSerializationError:
                left_out += 1

    replace_file(path, lines())
    return left_out
