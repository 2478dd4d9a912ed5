"""A teacher: where questions and proposed solutions come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from ..seeds.drafts import Split
from .candidate import Candidate


@dataclass(frozen=True, slots=True)
class NoCandidate:
    """A draw from which nothing came."""

    seed: str
    """What it was to be made from."""
    reason: str
    """Why, beginning with a fixed phrase up to a colon, which is what is counted."""
    question: str = ""
    """The question, as far as there was one."""
    domain: str = ""
    """Its sub-domain, as far as that is known."""


class Teacher(Protocol):
    """Gives candidates by number, so that a run can be resumed at any of them."""

    @property
    def configuration(self) -> Mapping[str, Any]:
        """What its draws depend on, as JSON: a resumed run refuses a teacher that differs in it.

        An object `licences` in it, by source of the candidates, goes into the data card.
        """
        ...

    async def draw(self, split: Split, number: int) -> Candidate | NoCandidate | None:
        """Draw number `number` of a split; None when there are no more. Equal numbers give equal candidates, as far as
        the teacher can promise it; draws may be awaited at the same time, in any order.

        Raises:
            MathsolveError: the teacher cannot work at all (a server that does not answer); the run stops and is resumable.
        """
        ...

    async def close(self) -> None:
        """Ends what it holds open."""
        ...
