"""Training files as rows: JSONL, packed or not, and Parquet.

Fails closed: a file that is missing or empty, or a line that is no object, is an error that names it. A row without a
question is handed on as such, for the caller to count.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from ...engine.errors import UsageError

_TOGETHER = (("Body", "Question"), ("body", "question"), ("context", "question"), ("instruction", "input"))
_ALONE = "question problem Problem input Input query instruction prompt user text original_text question_en Question"
FIELDS: tuple[tuple[str, ...], ...] = (*_TOGETHER, *((name,) for name in _ALONE.split()))
"""Where training sets keep their questions, in the order in which it is tried; several fields make one question."""
TALKS = ("messages", "conversations", "conversation", "prompt")
"""Where training sets keep lists of messages."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a training file."""

    file: str
    """The file, as it was named."""
    number: int
    """Number of the row, from 1; in JSONL that of the line."""
    question: str | None
    """What is asked; None where the row does not say."""
    json: str
    """The row as one line of JSON; in JSONL the line itself, without its end."""
    position: int
    """Where the file was being read, of `size(file)`."""


def size(file: str) -> int:
    """Length of a file in the unit of `Row.position`: bytes. Raises `UsageError`."""
    with _naming(file):
        return Path(file).stat().st_size


def read_rows(file: str, field: str | None = None) -> Iterator[Row]:
    """The rows of a training file.

    field: where the question is, several fields with commas between; None tries `FIELDS`, then `TALKS`.

    Raises:
        UsageError: the file cannot be read, is empty, has a line that is no object, or no row has a question.
    """
    found = rows = 0
    for row in _parquet(file, field) if Path(file).suffix == ".parquet" else _jsonl(file, field):
        rows += 1
        found += row.question is not None
        yield row
    if not rows:
        raise UsageError(f"{file} holds no rows")
    if not found:
        where = f"a text in {field!r}" if field else "a question where one is looked for"
        raise UsageError(f"no row of {file} has {where}; name its field with --field")


def question_of(row: dict[str, Any], field: str | None = None) -> str | None:
    """The question of a row, or None; of a conversation, all that the user says.

    >>> question_of({"id": 1, "problem": "What is 2 + 2?"})
    'What is 2 + 2?'
    >>> question_of({"messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "2 + 2?"}]})
    '2 + 2?'
    """
    ways = FIELDS if field is None else (tuple(field.split(",")),)
    names = TALKS if field is None else (field,)
    texts = [_together([row.get(name) for name in way]) for way in ways]
    found = next(filter(None, (*texts, *(_asked(row.get(name)) for name in names))), None)
    return found and found.encode("utf-8", "replace").decode()


def _together(values: list[object]) -> str | None:
    """The texts as one; None unless all are there."""
    texts = [value.strip() for value in values if isinstance(value, str) and value.strip()]
    if len(texts) < len(values):
        return None
    return texts[-1] if texts[0] in texts[-1] else " ".join(texts)


def _asked(messages: object) -> str | None:
    """What the user says in a conversation."""
    said = [
        message.get("content") or message.get("value")
        for message in (messages if isinstance(messages, list) else ())
        if isinstance(message, dict) and (message.get("role") or message.get("from")) in ("user", "human")
    ]
    return "\n".join(text for text in said if isinstance(text, str)).strip() or None


def _jsonl(file: str, field: str | None) -> Iterator[Row]:
    with _naming(file), Path(file).open("rb") as raw, _unpacked(raw, file) as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                text = line.decode("utf-8-sig").rstrip("\r\n")
                row = json.loads(text)
            except (ValueError, RecursionError) as error:
                raise UsageError(f"{file}, line {number} is not JSON: {error}") from error
            if not isinstance(row, dict):
                raise UsageError(f"{file}, line {number} is no object: {text[:60]}")
            yield Row(file, number, question_of(row, field), text, raw.tell())


def _unpacked(raw: BinaryIO, file: str) -> BinaryIO | gzip.GzipFile:
    return gzip.GzipFile(fileobj=raw) if Path(file).suffix == ".gz" else raw


def _parquet(file: str, field: str | None) -> Iterator[Row]:
    try:
        from pyarrow import ArrowException, parquet
    except ImportError as error:
        raise UsageError(f"reading {file} needs pyarrow: pip install 'mathsolve[data]'") from error
    length = size(file)
    try:
        with parquet.ParquetFile(file) as table:
            total, number = table.metadata.num_rows, 0
            for batch in table.iter_batches(1024):
                for row in batch.to_pylist():
                    number += 1
                    text = json.dumps(row, ensure_ascii=False, default=str)
                    yield Row(file, number, question_of(row, field), text, length * number // total)
    except (OSError, ArrowException) as error:
        raise UsageError(f"{file} is no readable Parquet: {error}") from error


@contextmanager
def _naming(file: str) -> Iterator[None]:
    """Turn what goes wrong with a file into an error that names it."""
    try:
        yield
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"cannot read {file}: {reason}") from error
