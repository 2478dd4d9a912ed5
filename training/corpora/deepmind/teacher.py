"""The teacher of the DeepMind mathematics dataset: its questions as programs, then new questions in its style.

    mathsolve train synthesise --teacher deepmind --set corpus=train.jsonl.gz -n 250000 --out deepmind.jsonl

Promises: every row that the reader can read is handed out once, in an order in which each module comes up equally often
as long as it has rows; then new questions, without end. Equal files and seeds give equal candidates. Everything made from a
row has that row's `seed`.
Does not promise that a program is right: the pipeline runs it, and compares with the dataset's answer or the form of it.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from random import Random
from typing import Any

from ....engine.errors import UsageError
from ...public import part
from ...seeds.drafts import Split
from ...synthesis.candidate import ANSWER, Candidate, Code, Proposal, Words
from ...synthesis.teacher import NoCandidate
from ...synthesis.teachers.registry import Wishes, unknown, unsettled
from ..teacher import FINAL
from . import forms
from .reader import read
from .reading import Reading, Unreadable
from .variation import vary

SOURCE = "deepmind_mathematics"
"""Source of its examples."""
LONGER = frozenset(
    {
        *(
            f"arithmetic__{name}"
            for name in ("add_or_sub", "add_sub_multiple", "div", "mixed", "mul", "mul_div_multiple")
        ),
        *(f"comparison__{name}" for name in ("closest", "kth_biggest", "sort")),
        *(f"numbers__{name}" for name in ("place_value", "round_number")),
        *(f"probability__swr_p_{name}" for name in ("level_set", "sequence")),
        "algebra__polynomial_roots",
        "measurement__conversion",
    }
)
"""Modules that extrapolation asks for longer: they have twice the share of the others in new questions."""
_LEVELS = {"train-easy": 2, "train-medium": 3, "train-hard": 4}
_OTHERS = 8
"""Questions that a new one may be put together with."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the dataset."""

    number: int
    """Place in the file, from 0 on."""
    question: str
    """As it is asked."""
    answer: str
    """The right answer."""
    module: str
    """Its module, e.g. `numbers__gcd_composed`."""
    level: int
    """Difficulty, 1 to 5."""


class DeepmindTeacher:
    """Hands out the rows of a file, then new questions."""

    def __init__(self, path: Path, seed: int = 0, modules: Sequence[str] = (), *, rows_only: bool = False) -> None:
        """Read the file.

        Args:
            path: lines of JSON, gzipped or not, with `question`, `answer`, `module` and maybe `split`.
            seed: decides the order of rows, and what is new.
            modules: those that are used; all when there are none.
            rows_only: whether it ends with the rows.

        Raises:
            UsageError: there is no such file, it has other fields, or nothing of these modules.
        """
        self._seed, self._modules, self._rows_only = seed, tuple(modules), rows_only
        self._digest, rows = _load(path)
        self._by_module: dict[str, list[Row]] = {}
        for row in rows:
            self._by_module.setdefault(row.module, []).append(row)
        unknown(modules, list(self._by_module))
        if modules:
            self._by_module = {name: self._by_module[name] for name in modules}
        self._rows = list(_balanced(self._by_module, seed))
        self._weights = [(1 + (name in LONGER)) / len(rows) for name, rows in self._by_module.items()]

    @property
    def configuration(self) -> Mapping[str, Any]:
        """What the file holds, the modules and the seed."""
        return {
            "teacher": SOURCE,
            "digest": self._digest,
            "seed": self._seed,
            "modules": list(self._modules),
            "licences": {SOURCE: "Apache-2.0"},
        }

    async def draw(self, split: Split, number: int) -> Candidate | NoCandidate | None:
        """Row `number`, or a new question once all rows have been drawn; None for splits that are held out."""
        if split != "train" or (self._rows_only and number >= len(self._rows)):
            return None
        if number < len(self._rows):
            return _candidate(self._rows[number])
        return self._varied(Random(f"{self._seed}/{number}"))

    async def close(self) -> None:
        """Nothing is held open."""

    def _varied(self, rng: Random) -> Candidate | NoCandidate:
        [rows] = rng.choices(list(self._by_module.values()), self._weights)
        row = rng.choice(rows)
        others = [other.question for other in rng.sample(rows, min(len(rows), _OTHERS))]
        question = vary(row.question, row.module, others, rng)
        if question == row.question:
            return NoCandidate(f"{SOURCE}/{row.number}", "not varied:", question, row.module)
        return _candidate(row, question)


def open_teacher(wishes: Wishes) -> DeepmindTeacher:
    """The teacher of the file `corpus=FILE`, or of the one in the folder of public data. Raises `UsageError`."""
    unsettled(wishes, ("corpus",))
    told = wishes.settings.get("corpus")
    path = Path(told) if told else (part(wishes.data, "train") or Path()) / "deepmind_mathematics" / "train.jsonl.gz"
    return DeepmindTeacher(path, wishes.seed, wishes.domains, rows_only=wishes.everything)


def _candidate(row: Row, question: str | None = None) -> Candidate | NoCandidate:
    """A row, or a new question in its place, with its program."""
    asked, seed = question or row.question, f"{SOURCE}/{row.number}"
    try:
        reading = read(asked, row.module)
    except Unreadable as fault:
        return NoCandidate(seed, f"unreadable {fault}", asked, row.module)
    return Candidate(
        question=asked,
        domain=row.module,
        seed=seed,
        level=row.level,
        source=SOURCE,
        proposals=_proposals(reading),
        answer=None if question else row.answer,
        check=forms.check(row.module, reading.program) if question else "",
    )


def _proposals(reading: Reading) -> tuple[Proposal, ...]:
    code = Code(reading.program)
    mixed = Proposal("mixed", (Words(reading.thought), code, Words(FINAL)))
    return (mixed, Proposal("pot", (code, Words(ANSWER))))


def _balanced(by_module: Mapping[str, Sequence[Row]], seed: int) -> Iterator[Row]:
    """All rows, a row of each module in turn, each module's in an order of their own."""
    columns = [Random(f"{seed}/{name}").sample(rows, len(rows)) for name, rows in sorted(by_module.items())]
    for turn in zip_longest(*columns):
        yield from (row for row in turn if row is not None)


def _load(path: Path) -> tuple[str, list[Row]]:
    """What a file holds, as a hash and as rows. Raises `UsageError`."""
    if not path.is_file():
        raise UsageError(f"no file {str(path)!r} with the DeepMind mathematics dataset; name its folder with --data")
    try:
        content = path.read_bytes()
        lines = (gzip.decompress(content) if path.suffix == ".gz" else content).decode().splitlines()
    except (OSError, EOFError, ValueError) as error:
        raise UsageError(f"{path} cannot be read ({error}); copy it again") from error
    rows = [_row(path, number, line) for number, line in enumerate(lines) if line.strip()]
    if not rows:
        raise UsageError(f"{path} is empty; name the DeepMind mathematics dataset with --set corpus=FILE")
    return hashlib.sha256(content).hexdigest(), rows


def _row(path: Path, number: int, line: str) -> Row:
    try:
        record = json.loads(line)
        question, answer, module = (str(record[name]) for name in ("question", "answer", "module"))
        return Row(number, question, answer, module, _LEVELS.get(str(record.get("split")), 3))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(
            f"{path}, line {number + 1}, is no JSON object with question, answer and module; mend it or take it out"
        ) from error
