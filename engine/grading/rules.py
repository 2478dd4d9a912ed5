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
    ordered: bool = True
    """Whether the order of a bare list matters."""
