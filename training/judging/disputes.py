"""Where our verdicts and the labels of a file differ: what a label says is compared, and never believed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...evaluation.record import Record
from .published import Published

EXAMPLES = 5
"""Disputes of each kind that are shown."""


@dataclass(frozen=True, slots=True)
class Dispute:
    """A solution that the file calls right, and our grader does not, or the other way round."""

    solution: Published
    """As the file has it."""
    record: Record
    """As we graded it."""

    @property
    def kind(self) -> str:
        """What both say."""
        return f"labelled {'right' if self.solution.label else 'wrong'}, {self.record.verdict} here"

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        about = {
            "problem": self.solution.item.id,
            "solution": self.solution.name,
            "labelled_right": self.solution.label,
        }
        ours = {"verdict": self.record.verdict, "reason": self.record.reason, "answer": self.record.answer}
        return {**about, **ours, "right_answer": self.solution.item.gold}

    def __str__(self) -> str:
        gold, answer = self.solution.item.gold, self.record.answer
        said = "no answer" if answer is None else f"answer {answer!r}"
        return f"{self.solution.item.id} {self.solution.name}: {said}, right answer {gold!r} ({self.record.reason})"


@dataclass(frozen=True, slots=True)
class Compared:
    """Labels beside verdicts."""

    labelled: int
    """Solutions with a label and a verdict."""
    disputes: Sequence[Dispute]
    """Those whose verdict is another."""
    unclear: int = 0
    """Further solutions with a label, whose verdict is undecided or which the machinery failed in: in no other number."""

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {
            "labelled": self.labelled,
            "unclear": self.unclear,
            "disputes": [one.to_dict() for one in self.disputes],
        }

    def lines(self) -> Iterable[str]:
        """For people; nothing where there are no labels."""
        if not self.labelled and not self.unclear:
            return
        without = f"; {self.unclear:,} more have no verdict" if self.unclear else ""
        yield f"labels: {len(self.disputes):,} of {self.labelled:,} differ from our verdicts{without}"
        kinds = Counter(one.kind for one in self.disputes)
        for kind, count in kinds.most_common():
            yield f"  {count:,} {kind}"
            shown = [one for one in self.disputes if one.kind == kind][:EXAMPLES]
            yield from (f"    {one}" for one in shown)


def compared(solutions: Iterable[Published], records: Mapping[str, Record]) -> Compared:
    """The labels of a file beside the verdicts of its records, which are named by their keys.

    What is undecided could only ever differ from a label "right", so it is left out of both numbers.
    """
    found = [Dispute(one, records[one.key]) for one in solutions if one.label is not None and one.key in records]
    clear = [one for one in found if one.record.verdict != "undecided" and not one.record.failed]
    disputes = [one for one in clear if one.record.correct != one.solution.label]
    return Compared(len(clear), disputes, len(found) - len(clear))
