"""The table of corpora, and their rows as fields.

Promises: a corpus that is unknown or not there is a `UsageError` with the remedy. A row that is torn, or has no such field,
is `Unusable`, and the rows after it are read. Files are read as they are asked for, packed or not.
"""

from __future__ import annotations

import gzip
import json
import tomllib
import zlib
from collections.abc import Collection, Iterator
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from ...engine.errors import UsageError
from .solution import Row, Unusable
from .wording import untokenised

TABLE = Path(__file__).parent / "corpora.toml"


class Paths(BaseModel):
    """Where in a row each field is: a path with dots."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    question: str
    """What is asked."""
    gold: str | None = None
    """The right answer."""
    words: str | None = None
    """A solution in words."""
    program: str | None = None
    """A solution in Python."""
    equations: str | None = None
    """Equations, one or a list."""
    numbers: str | None = None
    """Numbers with spaces between, that the question and its equation only count."""
    options: str | None = None
    """What there is to choose from."""


class Lineage(BaseModel):
    """From which rows of another corpus these were made."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    corpus: str
    """The other corpus."""
    field: str
    """Where in a row the other one's number is."""
    first: int
    """How the first row of the other corpus is numbered there."""


class Corpus(BaseModel):
    """A public data set."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    """Short name, the `source` of its examples."""
    files: tuple[str, ...]
    """Patterns of its files in the folder of corpora."""
    licence: str
    """Under which its content is."""
    credit: str
    """Who made it."""
    shipped: bool = True
    """Whether it is used unless others are named: a model that is handed on is trained on nothing else."""
    why: str = ""
    """Why not."""
    converter: Literal["annotated", "program", "words", "prefix", "system"]
    """How a solution is made of a row."""
    domain: str
    """Sub-domain of its questions."""
    domain_field: str | None = None
    """Where in a row its own tag is."""
    domains: dict[str, str] = {}
    """Sub-domains by words of the tag; the first that occurs in it decides."""
    tokenised: bool = False
    """Whether its questions were cut into words, with spaces around each."""
    vouched: bool = True
    """Whether its answers come from elsewhere than its programs."""
    fields: Paths
    """Where its fields are."""
    where: dict[str, str] = {}
    """What fields must be for a row to count."""
    lineage: Lineage | None = None
    """What its questions were made from."""

    def row(self, record: dict[str, Any]) -> Row:
        """The fields of a record. Raises `Unusable`."""
        if any(str(record.get(name)) != value for name, value in self.where.items()):
            raise Unusable(f"not counted: {', '.join(self.where)} is another")
        found = {name: at(record, path) for name, path in self.fields.model_dump(exclude_none=True).items()}
        numbers, equations = str(found.get("numbers", "")).split(), found.get("equations", ())
        return Row(
            question=untokenised(_text(found, "question")) if self.tokenised else _text(found, "question"),
            gold=_gold(found.get("gold", "")),
            words=_text(found, "words"),
            program=_text(found, "program"),
            equations=(equations,) if isinstance(equations, str) else tuple(map(str, equations)),
            numbers=tuple(numbers),
            options=tuple(str(option[0]["aoVal"] and option[0]["content"]) for option in found.get("options", ())),
            vouched=self.vouched,
        )

    def domain_of(self, record: dict[str, Any]) -> str:
        """The sub-domain of a record, by its own tag where it has one."""
        tag = str(at(record, self.domain_field)) if self.domain_field else ""
        return next((domain for word, domain in self.domains.items() if word in tag), self.domain)


def at(record: Any, path: str) -> Any:
    """What stands at a path with dots. Raises `Unusable`.

    >>> at({"messages": [{"content": "Hello"}]}, "messages.0.content")
    'Hello'
    """
    found = record
    for part in path.split("."):
        try:
            found = found[int(part)] if isinstance(found, list) else found[part]
        except (KeyError, IndexError, TypeError, ValueError):
            raise Unusable(f"field missing: {path}") from None
    return found


@cache
def table() -> dict[str, Corpus]:
    """All corpora by name, in the order of the table."""
    listed = tomllib.loads(TABLE.read_text(encoding="utf-8"))["corpus"]
    return {corpus.name: corpus for corpus in map(Corpus.model_validate, listed)}


def chosen(names: Collection[str] = ()) -> list[Corpus]:
    """The corpora of these names, or those that a model that is handed on may be trained on. Raises `UsageError`."""
    known = table()
    if unknown := [name for name in names if name not in known]:
        raise UsageError(f"no corpus {unknown[0]!r}; there are {', '.join(known)}")
    return [corpus for corpus in known.values() if (corpus.name in names if names else corpus.shipped)]


def records(corpus: Corpus, folder: Path) -> Iterator[tuple[str, dict[str, Any] | None]]:
    """The id and the record of each row; None for a row that is torn.

    Raises:
        UsageError: its files are not there, or are not what their names say.
    """
    files = [path for pattern in corpus.files for path in sorted(folder.glob(pattern))]
    if not files:
        raise UsageError(
            f"no files of corpus {corpus.name!r} in {str(folder)!r} (looked for {', '.join(corpus.files)}); "
            f"get them from {corpus.credit.partition(':')[0]}, or name other corpora"
        )
    for path in files:
        for number, line in enumerate(_lines(path)):
            part = f"{path.name.partition('.jsonl')[0]}/" if len(files) > 1 else ""
            yield f"{corpus.name}/{part}{number}", _record(line)


def _lines(path: Path) -> Iterator[str]:
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rt", encoding="utf-8", errors="replace") as lines:
            yield from lines
    except (OSError, EOFError, zlib.error) as error:
        raise UsageError(f"cannot read {str(path)!r}: {error}; fetch it again") from error


def _record(line: str) -> dict[str, Any] | None:
    try:
        record = json.loads(line)
    except ValueError:
        return None
    return record if isinstance(record, dict) else None


def _text(found: dict[str, Any], name: str) -> str:
    value = found.get(name, "")
    if not isinstance(value, str):
        raise Unusable(f"field is no text: {name}")
    return value


def _gold(value: Any) -> str:
    """A value as text; several of them in order of size."""
    return (
        f"[{', '.join(f'{one:.10g}' for one in sorted(map(float, value)))}]" if isinstance(value, list) else str(value)
    )
