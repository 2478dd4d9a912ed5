"""Where our verdicts and the labels of a file differ: what a label says is compared, and never believed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...evaluation.record import Record
from .written import Written

EXAMPLES = 5
"""Disputes of each kind that are shown."""


@dataclass(frozen=True, slots=True)
class Dispute:
    """A solution that the file calls right, and our grader does not, or the other way round."""

    written: Written
    """As the file has it."""
    record: Record
    """As we graded it."""

    @property
    def kind(self) -> str:
        """What both say."""
        return f"labelled {'right' if self.written.label else 'wrong'}, {self.record.verdict} here"

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        about = {"problem": self.written.item.id, "solution": self.written.name, "labelled_right": self.written.label}
        ours = {"verdict": self.record.verdict, "reason": self.record.reason, "answer": self.record.answer}
        return {**about, **ours, "right_answer": self.written.item.gold}

    def __str__(self) -> str:
        gold, answer = self.written.item.gold, self.record.answer
        said = "no answer" if answer is None else f"answer {answer!r}"
        return f"{self.written.item.id} {self.written.name}: {said}, right answer {gold!r} ({self.record.reason})"


@dataclass(frozen=True, slots=True)
class Compared:
    """Labels beside verdicts."""

    labelled: int
    """Solutions with a label."""
    disputes: Sequence[Dispute]
    """Those whose verdict is another."""

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {"labelled": self.labelled, "disputes": [one.to_dict() for one in self.disputes]}

    def lines(self) -> Iterable[str]:
        """For people; nothing where there are no labels."""
        if not self.labelled:
            return
        yield f"labels: {len(self.disputes):,} of {self.labelled:,} differ from our verdicts"
        kinds = Counter(one.kind for one in self.disputes)
        for kind, count in kinds.most_common():
            yield f"  {count:,} {kind}"
            shown = [one for one in self.disputes if one.kind == kind][:EXAMPLES]
            yield from (f"    {one}" for one in shown)


def compared(written: Iterable[Written], records: Mapping[str, Record]) -> Compared:
    """The labels of a file beside the verdicts of its records, which are named by their keys."""
    labelled = [one for one in written if one.label is not None and one.key in records]
    found = (Dispute(one, records[one.key]) for one in labelled)
    return Compared(len(labelled), [one for one in found if one.record.correct != one.written.label])
