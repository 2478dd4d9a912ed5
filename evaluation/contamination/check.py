"""Is a training set contaminated? Rows in, findings out, and a report of them.

    report = contaminated(questions, load("gsm8k"))
    report.clean, report.rows_by_kind

Fails closed: a row without a question cannot be decided and counts as contaminated; a benchmark without questions is an
error. Rows are streamed: memory does not grow with the training set, but for what is found.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from ..item import Item
from .index import KINDS, Index, Kind, Match
from .reading import Row

COUNTED: frozenset[Kind] = frozenset(KINDS) - {"template"}
"""Kinds of match that are contamination."""
CHUNK = 512
"""Rows that are compared together."""
EXAMPLES = 3
"""Findings of each kind and benchmark that a report shows."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found out about a row."""

    row: Row
    """The row."""
    matches: tuple[Match, ...]
    """Its best match in each benchmark that has one, the surest first."""
    contaminated: bool
    """Whether a match is contamination, or the row has no question and so cannot be decided."""

    @property
    def undecided(self) -> bool:
        """Whether there is no question to look at."""
        return not _asks(self.row.question)


@dataclass(frozen=True, slots=True)
class Report:
    """What was found out about a training set."""

    rows: int
    """Rows of the training set."""
    contaminated: int
    """Rows that repeat a question of a benchmark, or could not be decided."""
    undecided: int
    """Rows without a question among them."""
    benchmarks: Mapping[str, int]
    """Questions of each benchmark."""
    rows_by_kind: Mapping[tuple[str, Kind], int]
    """Rows whose best match in a benchmark is of a kind."""
    rows_by_benchmark: Mapping[str, int]
    """Contaminated rows of each benchmark."""
    questions_by_benchmark: Mapping[str, int]
    """Questions of each benchmark that are the best match of a contaminated row."""
    examples: tuple[Finding, ...]
    """The first findings of each kind and benchmark, with that match in front."""

    @property
    def clean(self) -> bool:
        """Whether no row is contaminated or undecided."""
        return self.contaminated == 0


def contaminated(
    training: Iterable[str | None], benchmarks: Index | Iterable[Item], counted: Collection[Kind] = COUNTED
) -> Report:
    """Compare the questions of a training set with benchmarks.

    training: the questions; None for a row that has none.
    counted: kinds of match that are contamination.
    Raises `UsageError` where a benchmark has no questions, or one without text.
    """
    index = benchmarks if isinstance(benchmarks, Index) else Index(benchmarks)
    rows = (Row("", number, question, "", 0) for number, question in enumerate(training, 1))
    return summary(check(rows, index, counted), index, counted)


def check(rows: Iterable[Row], index: Index, counted: Collection[Kind] = COUNTED) -> Iterator[Finding]:
    """A finding for each row, in order."""
    rows = iter(rows)
    while chunk := list(islice(rows, CHUNK)):
        found = index.matches([row.question or "" for row in chunk])
        for row, matches in zip(chunk, found, strict=True):
            guilty = any(match.kind in counted for match in matches)
            yield Finding(row, matches, guilty or not _asks(row.question))


def summary(findings: Iterable[Finding], index: Index, counted: Collection[Kind] = COUNTED) -> Report:
    """The report of findings, which are read to their end."""
    totals: Counter[str] = Counter()
    by_kind: Counter[tuple[str, Kind]] = Counter()
    by_benchmark: Counter[str] = Counter()
    questions: defaultdict[str, set[str]] = defaultdict(set)
    examples = []
    for finding in findings:
        totals.update(rows=1, contaminated=finding.contaminated, undecided=finding.undecided)
        for match in finding.matches:
            bench = match.item.bench
            by_kind[bench, match.kind] += 1
            if by_kind[bench, match.kind] <= EXAMPLES:
                examples.append(Finding(finding.row, (match,), finding.contaminated))
            if match.kind in counted:
                by_benchmark[bench] += 1
                questions[bench].add(match.item.id)
    return Report(
        rows=totals["rows"],
        contaminated=totals["contaminated"],
        undecided=totals["undecided"],
        benchmarks=index.counts,
        rows_by_kind=by_kind,
        rows_by_benchmark=by_benchmark,
        questions_by_benchmark={bench: len(ids) for bench, ids in questions.items()},
        examples=tuple(examples),
    )


def _asks(question: str | None) -> bool:
    """Whether there is something to look at: a letter or a digit."""
    return any(map(str.isalnum, question or ""))
