"""Names that people give: `gsm8k`, `mawps/addsub`, `deepmind/interpolate`, or the path of a file."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ...engine.errors import UsageError
from ..item import Item
from .entry import Benchmark, Fields, entries

SUFFIXES = (".jsonl", ".jsonl.gz", ".json", ".json.gz", ".parquet", ".csv", ".tsv", ".txt", ".xml")
"""Formats of records, the preferred first."""

EVERY = "all"
"""The name of all benchmarks together."""

GUESSES = Fields(
    question=("question", "problem", "input", "prompt", "Body + Question", "body + question", "Question", "Problem"),
    answer=("answer", "gold", "target", "final_answer", "Answer", "solution"),
    choices=("choices", "options"),
    id=("id", "unique_id", "idx"),
    subject=("subject", "domain", "type", "category", "kind"),
    level=("level", "difficulty"),
    cluster=("cluster", "lineage", "seed"),
)
"""Names of fields that a file of unknown origin may use."""


@dataclass(frozen=True, slots=True)
class Selection:
    """A benchmark, or a part of one."""

    bench: Benchmark
    """The benchmark."""
    part: str | None = None
    """Slug of a subject or a level."""
    path: Path | None = None
    """The file, where it is no benchmark of the registry."""

    @property
    def name(self) -> str:
        """As on the command line."""
        return f"{self.bench.name}/{self.part}" if self.part else self.bench.name

    @property
    def spelling(self) -> str:
        """What `choose` takes for it."""
        return str(self.path) if self.path else self.name

    def keeps(self, item: Item) -> bool:
        """Whether the problem belongs to the part."""
        return self.part is None or self.part in (slug(item.subject), slug(item.level))


def choose_all(text: str) -> list[Selection]:
    """What a list with commas names, without repetition; `all` is every benchmark. Raises `UsageError`."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise UsageError("no benchmark is named; `mathsolve bench list` shows them")
    return [choose(name) for name in expanded(names)]


def expanded(names: Iterable[str]) -> tuple[str, ...]:
    """The names, each once, with `all` as the names of every benchmark."""
    return tuple(dict.fromkeys(one for name in names for one in (entries() if name == EVERY else (name,))))


def choose(name: str) -> Selection:
    """What a name stands for; spelling with capitals, hyphens or a known other name is understood.

    Raises:
        UsageError: no benchmark has it; it names the nearest.
    """
    path = Path(name).expanduser()
    if name.endswith(SUFFIXES):
        return Selection(of_file(path), path=path)
    head, _, part = name.partition("/")
    known = _names()
    if _plain(head) in known:
        return Selection(known[_plain(head)], slug(part) or None)
    near = difflib.get_close_matches(_plain(head), known, n=1, cutoff=0.5)
    meant = f"did you mean {known[near[0]].name!r}? " if near else ""
    raise UsageError(
        f"no benchmark {name!r}: {meant}`mathsolve bench list` shows them; a file must end in {', '.join(SUFFIXES)}"
    )


def _names() -> dict[str, Benchmark]:
    """Every benchmark by every name that it has."""
    found = {_plain(other): bench for bench in entries().values() for other in bench.folders}
    return {**found, **entries()}


def _plain(name: str) -> str:
    return name.strip().lower().replace("-", "_")


def of_file(path: Path) -> Benchmark:
    """An entry for a file of questions and answers of unknown origin."""
    stem = path.name
    for suffix in sorted(SUFFIXES, key=len, reverse=True):
        stem = stem.removesuffix(suffix)
    return Benchmark(
        name=stem,
        title=path.name,
        size={},
        licence="not known",
        source=str(path),
        paper="",
        few_shot="",
        gold="any",
        files=(stem,),
        fields=GUESSES,
    )


def slug(text: str | None) -> str:
    """How a part is written on the command line.

    >>> slug("Counting & Probability"), slug("Level 5")
    ('counting-probability', 'level-5')
    """
    return re.sub(r"[^\w.]+", "-", (text or "").lower()).strip("-")


def parts(items: Iterable[Item]) -> list[str]:
    """Every part that these problems have."""
    return sorted({slug(name) for item in items for name in (item.subject, item.level) if name})
