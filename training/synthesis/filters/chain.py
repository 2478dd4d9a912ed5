"""Every filter, in order: the cheap ones first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from ...seeds.drafts import LEARNT, Split
from ..ledger import Record, Reject
from ..measures import Measures
from .agreement import Agreement
from .check import Check
from .claims import Claims
from .constant import Constant
from .contamination import Contamination
from .duplicate import Duplicate
from .execution import Execution
from .filter import Screen, Trial
from .format import Format
from .length import Length, Lengths
from .near_duplicate import Likeness, NearDuplicate
from .perturbation import Perturbation
from .solvability import Majority, Solvability


@dataclass(frozen=True, slots=True)
class Criteria:
    """What the filters ask for."""

    measures: Measures
    """Benchmarks that the train split must not repeat."""
    lengths: Lengths = field(default_factory=Lengths)
    """Longest texts."""
    likeness: Likeness | None = field(default_factory=Likeness)
    """When two questions are nearly the same; None: they may be, as those are that a few templates give by the thousand."""
    majority: Majority = field(default_factory=Majority)
    """How many solutions must agree where nothing else speaks for an answer."""

    @property
    def configuration(self) -> Mapping[str, Any]:
        """What verdicts depend on, as JSON."""
        return {
            "benchmarks": dict(self.measures.counts),
            "benchmarks_digest": self.measures.digest,
            "lengths": asdict(self.lengths),
            "likeness": asdict(self.likeness) if self.likeness else None,
            "majority": asdict(self.majority),
        }


class Chain:
    """The filters of one synthesis."""

    def __init__(self, criteria: Criteria) -> None:
        self._seen: tuple[Screen, ...] = (
            Format(),
            Length(criteria.lengths),
            Duplicate(),
            *((NearDuplicate(criteria.likeness),) if criteria.likeness else ()),
        )
        self._contamination = Contamination(criteria.measures.index)
        self.trials = trials(criteria.majority)
        """Filters that run programs, in order."""
        self.names = (*(one.name for one in (*self._seen, self._contamination)), *(one.name for one in self.trials))
        """What rejections are counted under, in order."""

    def screens(self, split: Split) -> tuple[Screen, ...]:
        """Filters that look at text, in order; only what is learnt from is compared with benchmarks."""
        return (*self._seen, self._contamination) if split in LEARNT else self._seen

    def remember(self, record: Record) -> None:
        """A draw of an earlier run, told to each screen that let it pass."""
        example, left = record
        if example is not None:
            domain, question, passed = example.domain, example.question, len(self.names)
        elif isinstance(left, Reject) and left.filter in self.names:
            domain, question, passed = left.domain, left.question, self.names.index(left.filter)
        else:
            return
        for screen in self._seen[:passed]:
            screen.remember(domain, question)


def trials(majority: Majority) -> tuple[Trial, ...]:
    """Filters that run programs, in order."""
    return (Execution(), Check(), Constant(), Claims(), Agreement(), Solvability(majority), Perturbation())
