"""A candidate on its way through the filters, and what became of its solutions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ...sandbox import Observation
from .candidate import ANSWER, Candidate, Code, Proposal, Words


@dataclass(frozen=True, slots=True)
class Attempt:
    """A proposed solution that no filter has refused so far."""

    proposal: Proposal
    """As the teacher wrote it."""
    shown: tuple[Observation, ...] = ()
    """What its programs showed, once they have run."""
    checked: Observation | None = None
    """What the check of its answer showed, where there is one."""
    answer: str | None = None
    """The answer that it states, once that is known."""

    @property
    def programs(self) -> tuple[str, ...]:
        """Its programs, in order."""
        return tuple(step.source for step in self.proposal.steps if isinstance(step, Code))

    @property
    def words(self) -> str:
        """All its words, with the answer where it was left open."""
        said = "\n".join(step.text for step in self.proposal.steps if isinstance(step, Words))
        return said if self.answer is None else said.replace(ANSWER, f"\\boxed{{{self.answer}}}")


@dataclass(frozen=True, slots=True)
class Refusal:
    """A solution that is not used."""

    filter: str
    """Name of the filter."""
    reason: str
    """Why, beginning with a fixed phrase up to a colon."""
    proposal: Proposal
    """The solution."""


@dataclass(frozen=True, slots=True)
class Case:
    """A question with the solutions that are left of it."""

    candidate: Candidate
    """As the teacher gave it."""
    attempts: tuple[Attempt, ...]
    """Solutions that no filter has refused."""
    refusals: tuple[Refusal, ...] = ()
    """Solutions that one has."""
    filter: str | None = None
    """Name of the filter that rejected the question; None as long as none has."""
    reason: str = ""
    """Why it did, beginning with a fixed phrase up to a colon."""
    answer: str | None = None
    """The answer that all attempts agree on, once that is known."""

    @classmethod
    def of(cls, candidate: Candidate) -> Case:
        """A candidate before the first filter."""
        return cls(candidate, tuple(Attempt(proposal) for proposal in candidate.proposals))

    @property
    def vouched(self) -> bool:
        """Whether something outside its solutions says what is right: a known answer, a check, or that it is declined."""
        return self.candidate.declined or self.candidate.answer is not None or bool(self.candidate.check)

    def rejected(self, filter: str, reason: str) -> Case:
        """The case with its question rejected."""
        return replace(self, filter=filter, reason=reason)

    def sifted(self, filter: str, reasons: Sequence[str | None]) -> Case:
        """The case without the attempts for which there is a reason; without any left, the question is rejected."""
        judged = tuple(zip(self.attempts, reasons, strict=True))
        refused = tuple(Refusal(filter, reason, attempt.proposal) for attempt, reason in judged if reason)
        left = tuple(attempt for attempt, reason in judged if not reason)
        case = replace(self, attempts=left, refusals=self.refusals + refused)
        return case if left else case.rejected(filter, refused[0].reason if refused else "no solution:")
