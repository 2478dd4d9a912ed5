"""`Benchmark`: what is known about a benchmark before any of its records is read; a TOML file in this folder each.

The records themselves are in nobody's repository: they are read from the user's own folder, from the cache, or from the
hub. What the sources do differently (field names, the form of the right answer, tolerance) is data here.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

FOLDER = Path(__file__).parent
"""Where the entries are, and the records of the benchmarks that belong to this project."""

GoldForm = Literal["text", "number", "hashes", "boxed", "bracketed", "letter", "any"]
"""How a source writes the right answer: see `golds.py`; any: by what it looks like."""


class Data(BaseModel):
    """Settings read from TOML: an unknown name is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Fields(Data):
    """Names of the fields of a record. `@file`, `@folder` and `@number` stand for where a record was found."""

    question: tuple[str, ...] = ("question",)
    """The first that a record has is the question; `Body + Question` stands for two texts, one after the other."""
    answer: tuple[str, ...] = ("answer",)
    """The first that a record has holds the right answer."""
    choices: tuple[str, ...] = ()
    """The first that a record has holds the options."""
    id: tuple[str, ...] = ()
    """The first that a record has is its name; else its number in the file."""
    subject: tuple[str, ...] = ()
    """The first that a record has is its sub-domain."""
    level: tuple[str, ...] = ()
    """The first that a record has is its difficulty."""
    cluster: tuple[str, ...] = ()
    """The first that a record has tells of what it is a variant; else only equal questions are variants."""


class HubSource(Data):
    """A dataset of the Hugging Face hub."""

    repository: str
    """Its name there, e.g. `openai/gsm8k`."""
    configs: tuple[str, ...] = ()
    """Configurations to read; none: the only one."""
    in_folders: bool = False
    """Whether each configuration is a folder, as in the hub's own conversions to Parquet, which have no others."""
    splits: tuple[str, ...] = ("test",)
    """Splits that make up the benchmark."""
    revision: str | None = None
    """Commit or branch; None: the newest."""


class Benchmark(Data):
    """A benchmark."""

    name: str
    """As it is called on the command line: the stem of its file."""
    title: str
    """Full name."""
    size: dict[str, int]
    """Problems of each split, as papers count them."""
    licence: str
    """Licence of the questions in the words of their source."""
    source: str
    """Where its authors publish it."""
    paper: str
    """What to cite."""
    few_shot: str
    """Setting that papers report; nothing here puts examples into prompts."""
    gold: GoldForm = "text"
    """Form of the right answer."""
    fields: Fields = Fields()
    """Names of the fields."""
    tolerance: float = 0.0
    """Largest relative difference between numbers that are not integers, as in `engine.grading.rules.Rules`."""
    hub: HubSource | None = None
    """Where it is on the hub; None: nowhere in the form that papers use."""
    folders: tuple[str, ...] = ()
    """Further names that its folder may have."""
    files: tuple[str, ...] = ("test",)
    """Patterns of file names without suffix; the first that matches anything decides."""
    parts: tuple[str, ...] = ()
    """Subsets that papers report; any subject or level may be named as a part."""
    special: bool = False
    """Whether `special.py` has a page of code for it."""
    packaged: bool = False
    """Whether its records belong to this project and lie in this folder."""
    corrections: dict[str, str] = Field(default_factory=dict)
    """Right answers that are damaged in the source, and what they should be; empty: there is none to be had."""
    broken: dict[str, str] = Field(default_factory=dict)
    """Problems whose right answer is not usable as it stands, by id, with the reason; they are asked all the same."""
    note: str = ""
    """What a reader of the figures should know."""

    @property
    def total(self) -> int:
        """Problems in all splits together."""
        return sum(self.size.values())


@cache
def entries() -> dict[str, Benchmark]:
    """Every benchmark by name, in alphabetical order."""
    return {path.stem: read_entry(path) for path in sorted(FOLDER.glob("*.toml"))}


def read_entry(path: Path) -> Benchmark:
    """The benchmark that a file describes. Raises pydantic's `ValidationError` for a file that is none."""
    return Benchmark(name=path.stem, **tomllib.loads(path.read_text(encoding="utf-8")))
