"""`CorpusTeacher`: public data as candidates, one for each question.

Promises: the same folder and table give the same candidates in the same order, which is shuffled, so that any number of
them is a fair sample; a question that several corpora hold is one candidate with all their solutions. Rows made from the
same question, however reworded, have the same `seed`.
Does not promise that a program runs or that its answer is right: that is the pipeline's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from ...engine.errors import UsageError
from ..seeds.drafts import Split
from ..synthesis.candidate import ANSWER, Candidate, Code, Proposal, Words
from ..synthesis.teacher import NoCandidate
from .annotated import annotated
from .equations import prefix, system
from .naming import plan
from .programs import program
from .solution import MAX_LENGTH, Row, Solution, Unusable
from .table import Corpus, at, chosen, records, table
from .words import words

FINAL = f"The answer is {ANSWER}."
"""How a solution ends."""
MOST = 4
"""Programs of one question, and solutions of it in words."""

_CONVERTERS: Mapping[str, Callable[[Row], Solution]] = {
    "annotated": annotated,
    "program": program,
    "words": words,
    "prefix": prefix,
    "system": system,
}


@dataclass(frozen=True, slots=True)
class Source:
    """A row of a corpus, not converted yet."""

    corpus: Corpus
    """Its corpus."""
    id: str
    """Its place, e.g. `gsm8k/17`."""
    record: dict[str, Any]
    """The row."""


def convert(source: Source) -> Solution:
    """The solution that a row holds, short enough to be trained on. Raises `Unusable`."""
    solution = _CONVERTERS[source.corpus.converter](source.corpus.row(source.record))
    size, said = len(solution.question) + len(solution.program), len(solution.question) + len(solution.cot)
    if size > MAX_LENGTH:
        raise Unusable(f"too long: {size} characters of question and program (at most {MAX_LENGTH})")
    if said > MAX_LENGTH and not solution.program:
        raise Unusable(f"too long: {said} characters of question and words (at most {MAX_LENGTH})")
    return solution


def proposals(solution: Solution) -> tuple[Proposal, ...]:
    """The ways to answer that a solution has: words and a program, a program alone, words alone."""
    ways: list[Proposal] = []
    if solution.program:
        code = Code(solution.program)
        ways.append(Proposal("mixed", (Words(plan(solution.program)), code, Words(FINAL))))
        ways.append(Proposal("pot", (code, Words(ANSWER))))
    if solution.cot and solution.answer and len(solution.question) + len(solution.cot) <= MAX_LENGTH:
        said = f"{solution.cot} {FINAL}".replace(ANSWER, f"\\boxed{{{solution.answer}}}")
        ways.append(Proposal("cot", (Words(said),)))
    return tuple(ways)


@dataclass(frozen=True)
class CorpusTeacher:
    """Hands out the questions of corpora."""

    folder: Path
    """The folder of corpora."""
    names: tuple[str, ...] = ()
    """Corpora that are used; by default those that a model that is handed on is trained on."""
    torn: list[str] = field(default_factory=list, compare=False)
    """Ids of rows that could not be read; filled with the first draw."""

    def __post_init__(self) -> None:
        """Look whether everything is there. Raises `UsageError`."""
        if not self.folder.is_dir():
            raise UsageError(
                f"no folder {str(self.folder)!r} with corpora; name one with --data, or --set folder=FOLDER"
            )
        for corpus in chosen(self.names):
            next(records(corpus, self.folder), None)

    @property
    def configuration(self) -> Mapping[str, Any]:
        """The table's lines in use, and what the files hold."""
        digest = hashlib.sha256()
        for corpus in chosen(self.names):
            digest.update(corpus.model_dump_json().encode())
            for path in sorted(path for pattern in corpus.files for path in self.folder.glob(pattern)):
                digest.update(path.read_bytes())
        used = chosen(self.names)
        return {
            "corpora": [corpus.name for corpus in used],
            "digest": digest.hexdigest(),
            "licences": {corpus.name: corpus.licence for corpus in used},
        }

    async def draw(self, split: Split, number: int) -> Candidate | NoCandidate | None:
        """Question number `number`; None when there are no more, and for splits that are held out."""
        if split != "train" or number >= len(self._questions):
            return None
        return candidate(self._questions[number])

    async def close(self) -> None:
        """Nothing is held open."""

    @cached_property
    def _questions(self) -> list[list[Source]]:
        """Rows by question, in an order that depends on the question alone."""
        groups: dict[str, list[Source]] = {}
        for corpus in chosen(self.names):
            for id, record in records(corpus, self.folder):
                if record is None:
                    self.torn.append(id)
                    continue
                key = _question_key(corpus, record) or id
                groups.setdefault(key, []).append(Source(corpus, id, record))
        return [groups[key] for key in sorted(groups, key=lambda key: hashlib.sha256(key.encode()).digest())]


def candidate(sources: Collection[Source]) -> Candidate | NoCandidate:
    """One candidate from all rows with the same question, or why there is none: what is wrong with the first of them."""
    made: list[tuple[Source, Solution, str]] = []
    faults: list[str] = []
    seeds: list[str] = []
    domains: list[str] = []
    for source in sources:
        try:
            seeds.append(_seed(source))
            domains.append(source.corpus.domain_of(source.record))
            made.append((source, convert(source), domains[-1]))
        except Unusable as fault:
            faults.append(str(fault))
    first = next(iter(sources))
    seed = min(seeds, key=lambda id: id.partition("/")[0] not in _originals(), default=first.id)
    if not made:
        return NoCandidate(seed, faults[0], domain=next(iter(domains), first.corpus.domain))
    source, solution, domain = made[0]
    return Candidate(
        question=solution.question,
        domain=domain,
        seed=seed,
        level=solution.level,
        source=source.corpus.name,
        proposals=_distinct(way for _, each, _ in made for way in proposals(each)),
        answer=next((each.answer for _, each, _ in made if each.answer is not None), None),
    )


def _distinct(ways: Iterable[Proposal]) -> tuple[Proposal, ...]:
    """Different proposals, a few of each mode."""
    kept: list[Proposal] = []
    for way in dict.fromkeys(ways):
        if sum(way.mode == other.mode for other in kept) < MOST:
            kept.append(way)
    return tuple(kept)


def _question_key(corpus: Corpus, record: dict[str, Any]) -> str:
    try:
        return " ".join(str(at(record, corpus.fields.question)).casefold().split())
    except Unusable:
        return ""


@cache
def _originals() -> frozenset[str]:
    """Corpora that others reword; a question that is in one of them has its id there."""
    return frozenset(corpus.lineage.corpus for corpus in table().values() if corpus.lineage)


def _seed(source: Source) -> str:
    """The id of the question that a row was made from: its own, or that of the row that it rewords. Raises `Unusable`."""
    lineage = source.corpus.lineage
    if lineage is None:
        return source.id
    number = str(at(source.record, lineage.field))
    if not number.isdecimal():
        raise Unusable(f"field is no number: {lineage.field}")
    return f"{lineage.corpus}/{int(number) - lineage.first}"
