"""Problems to train a judge on, and problems to measure and calibrate it on, which have nothing in common with the first.

The unit is the family of problems: those of one lineage, those with the same question, and all that hang together through
either stand on one side. Which side depends on the family's names and the seed alone, so that a problem stays where it is
when others join it, but for a problem that joins two families.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from ..samples import Sampled
from ..synthesis.filters.duplicate import question_key


@dataclass(frozen=True, slots=True)
class Split:
    """Problems on two sides."""

    train: tuple[Sampled, ...]
    """To learn from."""
    held_out: tuple[Sampled, ...]
    """To be measured on."""


def split(problems: Sequence[Sampled], share: float, seed: int) -> Split:
    """Holds out about that share of the families of problems."""
    names = families(problems)
    out = [place(name, seed) < share for name in names]
    return Split(
        tuple(one for one, held in zip(problems, out, strict=True) if not held),
        tuple(one for one, held in zip(problems, out, strict=True) if held),
    )


def families(problems: Sequence[Sampled]) -> list[str]:
    """The family of each problem, by the name of its lineage that comes first in the alphabet."""
    parents: dict[str, str] = {}
    keys = [(f"lineage {one.lineage}", f"question {question_key(one.item.question).hex()}") for one in problems]
    for lineage, question in keys:
        first, second = sorted((_root(parents, lineage), _root(parents, question)))
        parents[second] = first
    return [_root(parents, lineage) for lineage, _ in keys]


def place(name: str, seed: int, salt: str = "") -> float:
    """A number from 0 to 1 that a name gets by chance, the same every time."""
    digest = sha256(f"{seed}/{salt}/{name}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def _root(parents: dict[str, str], name: str) -> str:
    while (above := parents.setdefault(name, name)) != name:
        parents[name] = name = parents[above]
    return name
