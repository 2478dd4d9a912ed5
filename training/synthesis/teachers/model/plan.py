"""What a draw is to be made of, decided by its number alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from random import Random

from ....seeds.drafts import Split
from .makers import Maker
from .masking import Masked, mask, stated
from .roots import Root, Roots


@dataclass(frozen=True, slots=True)
class Plan:
    """What one draw is to be made of."""

    maker: Maker
    """How."""
    shown: tuple[Root, ...]
    """The questions that the model sees."""
    masked: Masked | None
    """The root with a number hidden, where the maker wants that and there is one to hide."""
    seed: int
    """Where the seeds of its samples start."""

    @property
    def root(self) -> Root:
        """The question whose lineage it carries."""
        return self.shown[0]

    @property
    def level(self) -> int:
        """Its difficulty, as far as the maker tells."""
        return min(5, max(1, self.root.level + self.maker.level))

    def known(self, answer: str) -> str | None:
        """What its answer must be; None where nobody knows. `answer`: the root's."""
        if self.maker.answer == "root":
            return answer
        return self.masked.number if self.masked is not None else None

    def numbers(self, answer: str) -> frozenset[Decimal] | None:
        """The numbers that the question must state; None where that is free. `answer`: the root's."""
        if self.maker.answer == "open":
            return None
        return stated(self.root.question) if self.masked is None else stated(self.masked.question) | stated(answer)


def plan(makers: Sequence[Maker], roots: Roots, seed: int, split: Split, number: int) -> Plan | None:
    """The plan of a draw; None where the split has no root."""
    rng = Random(f"{seed}/{split}/{number}")
    maker = rng.choices(makers, [one.weight for one in makers])[0]
    shown = roots.choose(rng, split, maker.shown, answered=maker.answer != "open")
    if not shown:
        return None
    masked = mask(shown[0].question, rng) if maker.answer == "masked" else None
    return Plan(maker, shown, masked, rng.getrandbits(31))
