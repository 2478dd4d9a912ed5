"""What a source of questions accepts, where sources differ."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rules:
    """What counts as equal besides what is mathematically equal."""

    tolerance: float = 0.0
    """Largest relative difference between numbers that are not integers, e.g. 0.01 for measured quantities; 0: exact."""
    percent: bool = False
    """Whether the question asks for a percentage, so that 35, 35% and 0.35 may mean the same."""
    ordered: bool = False
    """Whether the order of a bare list matters, as where numbers are to be sorted; otherwise it is a set of solutions."""
    units: bool = False
    """Whether the unit of the right answer has to be stated."""
    simplified: bool = False
    """Whether a number has to be written out: 1/2, neither 2/4 nor 1-1/2."""


DEFAULT = Rules()
"""What most sources accept."""
