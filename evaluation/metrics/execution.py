"""What the programs of one sample came to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...engine.trajectory import Step
from ...sandbox import Observation
from .classes import same

LONGEST_OUTPUT = 200
"""Characters of the longest last line that can be an answer."""


@dataclass(frozen=True, slots=True)
class Execution:
    """What the programs of one sample came to."""

    statuses: tuple[str, ...] = ()
    """How each ended, in order."""
    silent: int = 0
    """Programs that ran to their end and showed nothing."""
    agrees: bool | None = None
    """Whether the answer equals what the last program showed; None where either is missing."""

    @property
    def programs(self) -> int:
        """Programs that ran, well or not."""
        return len(self.statuses)

    @property
    def first_ran(self) -> bool:
        """Whether the first program ran to its end."""
        return self.statuses[:1] == ("ok",)

    @property
    def last_ran(self) -> bool:
        """Whether the last program ran to its end."""
        return self.statuses[-1:] == ("ok",)


NOTHING = Execution()
"""No program at all."""


def execution(steps: Sequence[Step], answer: str | None) -> Execution:
    """What the programs came to, and whether the answer is what the last one showed."""
    seen = [step for step in steps if isinstance(step, Observation)]
    if not seen:
        return NOTHING
    result = shown(seen[-1])
    return Execution(
        statuses=tuple(step.status for step in seen),
        silent=sum(step.ok and step.value is None and not step.stdout.strip() for step in seen),
        agrees=None if result is None or answer is None else same(result, answer.strip()),
    )


def shown(observation: Observation) -> str | None:
    """The last value or the last line of output, where it is short enough to be an answer.

    >>> shown(Observation("ok", "x is\\n42\\n"))
    '42'
    """
    if not observation.ok:
        return None
    result = observation.value or observation.stdout.rstrip().rpartition("\n")[2].strip()
    return result if result and len(result) <= LONGEST_OUTPUT else None
