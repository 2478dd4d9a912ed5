"""What the records of a run say: all figures, kept in the run; and, for a model's card, what abstention costs and saves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from .item import Item
from .metrics import Metrics, metrics
from .metrics.intervals import wilson
from .record import Record
from .run import Run


def measure(run: Run) -> Metrics:
    """Every figure of a run, kept as its `metrics.json`."""
    found = metrics(run)
    run.write("metrics.json", found.to_json() + "\n")
    return found


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts over a group of records."""

    n: int
    """Records."""
    right: int
    """Right replies: the right answer given, or none where none was due."""
    wrong: int
    """Answers given that are not right; where none was due, every answer given."""
    lost: int
    """Right answers that were withheld."""

    @property
    def accuracy(self) -> float:
        """Share of right replies."""
        return self.right / self.n if self.n else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """95% Wilson score interval of the accuracy, for one record a problem."""
        return wilson(self.accuracy, self.n) if self.n else (0.0, 1.0)


def summarise(records: Iterable[Record]) -> Summary:
    """Counts of a group."""
    group = list(records)
    return Summary(
        n=len(group),
        right=sum(record.right for record in group),
        wrong=sum(record.given and not record.right for record in group),
        lost=sum(record.correct and not record.right for record in group),
    )


def by_subject(records: Iterable[Record], items: Mapping[str, Item]) -> Iterator[tuple[str, Summary]]:
    """Summaries by subject in alphabetical order; problems without one are under `all`."""
    groups: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        groups[items[record.problem].subject or "all"].append(record)
    for subject in sorted(groups):
        yield subject, summarise(groups[subject])


def markdown_table(records: list[Record], items: Mapping[str, Item], fewest: int = 1) -> str:
    """The counts by subject as a Markdown table, the total last; the total alone where subjects have fewer records than
    `fewest` on average."""
    lines = ["| sub-domain | n | right | 95% interval | wrong | right but withheld |", "|---|---|---|---|---|---|"]
    subjects = list(by_subject(records, items))
    told = subjects if len(records) >= fewest * len(subjects) else []
    for name, row in [*told, ("**all**", summarise(records))]:
        low, high = row.interval
        lines.append(
            f"| {name} | {row.n} | {row.accuracy:.1%} | {low:.1%} to {high:.1%} "
            f"| {row.wrong / row.n:.1%} | {row.lost / row.n:.1%} |"
        )
    return "\n".join(lines)
