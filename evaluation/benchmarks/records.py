"""Raw records out of files: JSON lines, JSON, Parquet, CSV, TSV, XML, and the lines of DeepMind's texts.

Promises: a file is read as a stream where its format allows it; what cannot be read is a `UsageError` that names the
file and the line. Does not promise that a record makes a problem: `mapping.py` finds out.
"""

from __future__ import annotations

import csv
import gzip
import json
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from xml.etree.ElementTree import ParseError, iterparse

from ...engine.errors import UsageError


@dataclass(frozen=True, slots=True)
class Record:
    """A record as its source wrote it, and where it was found."""

    values: dict[str, Any]
    """Its fields."""
    file: str
    """Name of the file without suffixes."""
    folder: str
    """Name of the folder of the file."""
    number: int
    """Its number in the file, from 0."""

    def get(self, field: str) -> Any:
        """A field, or what `@file`, `@folder`, `@number` stand for; None where there is none."""
        match field:
            case "@file":
                return self.file
            case "@folder":
                return self.folder
            case "@number":
                return self.number
            case _:
                return self.values.get(field)

    def first(self, fields: tuple[str, ...]) -> Any:
        """The first of the fields that is there and not empty."""
        return next((found for field in fields if (found := self.get(field)) not in (None, "")), None)


def read_records(path: Path) -> Iterator[Record]:
    """The records of a file whose name ends in one of `choose.SUFFIXES`.

    Raises:
        UsageError: it is missing, torn or in another format; the message names the line where there are lines.
    """
    name, _, suffix = path.name.removesuffix(".gz").rpartition(".")
    try:
        for number, values in enumerate(_READERS[suffix](path)):
            yield Record(values, name, path.parent.name, number)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise UsageError(f"{str(path)!r} is torn or no gzip file ({error}); fetch it again") from error
    except OSError as error:
        raise UsageError(f"cannot read {str(path)!r}: {error.strerror}") from error
    except csv.Error as error:
        raise UsageError(f"{str(path)!r} is no table ({error})") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{str(path)!r} is not text in UTF-8 ({error.reason} at byte {error.start})") from error


def _open(path: Path) -> IO[str]:
    if path.name.endswith(".gz"):
        return gzip.open(path, "rt", encoding="utf-8-sig")
    return path.open(encoding="utf-8-sig", newline="" if path.suffix in (".csv", ".tsv") else None)


def _json_lines(path: Path) -> Iterator[dict[str, Any]]:
    with _open(path) as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                yield _object(line, f"{path}, line {number}")


def _object(text: str, where: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{where}: not JSON ({_reason(error)}); there must be one object a line") from error
    if not isinstance(found, dict):
        raise UsageError(f"{where}: {type(found).__name__} where an object is expected")
    return found


def _reason(error: ValueError | RecursionError) -> str:
    """What is wrong with a text that is not JSON."""
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg}: column {error.colno}"
    return (
        "nested too deeply" if isinstance(error, RecursionError) else "a number too long to be read: put it in quotes"
    )


def _json(path: Path) -> Iterator[dict[str, Any]]:
    """A list of records, an object of records by id, one record named after the file, or JSON lines by another name."""
    with _open(path) as file:
        text = file.read()
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        if text.lstrip()[:1] == "{" and error.msg == "Extra data":
            yield from _json_lines(path)
            return
        raise UsageError(f"{path}, line {error.lineno}: not JSON ({error.msg})") from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path}: not JSON ({_reason(error)})") from error
    yield from _listed(found, path)


def _listed(found: Any, path: Path) -> Iterator[dict[str, Any]]:
    if isinstance(found, dict):
        nested = bool(found) and all(isinstance(value, dict) for value in found.values())
        alone = {"_file": f"{path.parent.name}/{path.stem}", **found}
        found = [{"id": name, **value} for name, value in found.items()] if nested else [alone]
    if not isinstance(found, list) or not all(isinstance(value, dict) for value in found):
        raise UsageError(f"{path}: neither a list of objects nor an object")
    yield from found


def _parquet(path: Path) -> Iterator[dict[str, Any]]:
    try:
        from pyarrow import ArrowException
        from pyarrow.parquet import ParquetFile
    except ImportError as error:
        raise UsageError(f"reading {str(path)!r} needs pyarrow: pip install 'mathsolve[data]'") from error
    try:
        for batch in ParquetFile(path).iter_batches():
            yield from batch.to_pylist()
    except ArrowException as error:
        raise UsageError(f"{str(path)!r} is no whole Parquet file ({error})") from error


def _table(delimiter: str) -> Callable[[Path], Iterator[dict[str, Any]]]:
    def read(path: Path) -> Iterator[dict[str, Any]]:
        with _open(path) as file:
            rows = csv.reader(
                file, delimiter=delimiter, quoting=csv.QUOTE_NONE if delimiter == "\t" else csv.QUOTE_MINIMAL
            )
            header = None if delimiter == "\t" else next(rows, None)
            for row in rows:
                yield dict(zip(header or ("question", "answer"), row, strict=False))

    return read


def _pairs(path: Path) -> Iterator[dict[str, Any]]:
    """Lines of questions, each followed by the line of its answer."""
    with _open(path) as lines:
        for number, question in enumerate(lines):
            answer = next(lines, None)
            if answer is None:
                raise UsageError(f"{path}, line {2 * number + 1}: the last question has no answer")
            yield {"question": question.rstrip("\n"), "answer": answer.rstrip("\n")}


def _xml(path: Path) -> Iterator[dict[str, Any]]:
    """Elements whose children are texts, as in ASDiv's own file; names in small letters."""
    try:
        for _, element in iterparse(path):
            if len(element) > 1 and not any(len(child) for child in element):
                yield {child.tag.lower().replace("-", "_"): (child.text or "").strip() for child in element}
    except ParseError as error:
        raise UsageError(f"{path}, line {error.position[0]}: not XML ({error})") from error


_READERS: dict[str, Callable[[Path], Iterator[dict[str, Any]]]] = {
    "jsonl": _json_lines,
    "json": _json,
    "parquet": _parquet,
    "csv": _table(","),
    "tsv": _table("\t"),
    "txt": _pairs,
    "xml": _xml,
}
