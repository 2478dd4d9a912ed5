"""What a synthesis gave: how many questions each filter let pass in each sub-domain, and what became of the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .example import Example
from .ledger import End, Record

if TYPE_CHECKING:
    from rich.table import Table

TEACHER = "teacher"
"""Stands for a filter where the teacher itself had nothing to give."""


class Yields:
    """Counts of draws. Every draw is counted once as kept or rejected, so the two add up to the draws."""

    def __init__(self) -> None:
        self.kept: Counter[tuple[str, str]] = Counter()
        """Questions by split and sub-domain."""
        self.rejected: Counter[tuple[str, str, str]] = Counter()
        """Questions that are not used, by sub-domain, filter and the fixed phrase of the reason."""
        self.refused: Counter[tuple[str, str, str]] = Counter()
        """Solutions that are not used, of questions kept or not, by sub-domain, filter and phrase."""
        self.modes: Counter[tuple[str, str]] = Counter()
        """Solutions kept, by sub-domain and mode."""
        self.levels: Counter[tuple[str, int]] = Counter()
        """Questions kept, by sub-domain and level."""
        self.sources: Counter[str] = Counter()
        """Questions kept, by source."""

    def add(self, record: Record) -> None:
        """Count one draw."""
        example, left = record
        if example is not None:
            self._add(example)
        if left is None or isinstance(left, End):
            return
        if left.filter is not None:
            self.rejected[left.domain, left.filter, left.reason.partition(":")[0]] += 1
        self.refused.update((left.domain, one.filter, one.reason.partition(":")[0]) for one in left.refused)

    @property
    def draws(self) -> int:
        """Questions drawn."""
        return self.kept.total() + self.rejected.total()

    def by_split(self) -> dict[str, int]:
        """Questions kept of each split."""
        return _summed(self.kept, 0)

    def as_data(self) -> dict[str, Any]:
        """Everything as plain data, in a fixed order."""
        return {
            "draws": self.draws,
            "kept": self.by_split(),
            "solutions": _summed(self.modes, 1),
            "sources": dict(sorted(self.sources.items())),
            "domains": {domain: self._of(domain) for domain in self.domains()},
        }

    def domains(self) -> list[str]:
        """Every sub-domain of which something was drawn."""
        return sorted({domain for _, domain in self.kept} | {domain for domain, _, _ in self.rejected})

    def kept_of(self, domain: str) -> int:
        """Questions kept of a sub-domain, in all splits."""
        return sum(count for (_, of), count in self.kept.items() if of == domain)

    def rejected_by(self, name: str, domain: str | None = None) -> int:
        """Questions that a filter rejected, in all sub-domains or in one."""
        return sum(n for (of, by, _), n in self.rejected.items() if by == name and domain in (None, of))

    def _add(self, example: Example) -> None:
        self.kept[example.split, example.domain] += 1
        self.levels[example.domain, example.level] += 1
        self.sources[example.source] += 1
        self.modes.update((example.domain, worked.mode) for worked in example.solutions)

    def _of(self, domain: str) -> dict[str, Any]:
        return {
            "kept": self.kept_of(domain),
            "modes": _part(self.modes, domain),
            "levels": _part(self.levels, domain),
            "rejected": _phrases(self.rejected, domain),
            "refused": _phrases(self.refused, domain),
        }


def table(yields: Yields, filters: Sequence[str]) -> Table:
    """Sub-domains by filters, for a terminal; filters that rejected nothing are left out."""
    from rich.table import Table

    shown = [name for name in (TEACHER, *filters) if yields.rejected_by(name)]
    grid = Table(box=None, pad_edge=False, header_style="bold")
    grid.add_column("sub-domain")
    for name in ("kept", "of drawn", *shown):
        grid.add_column(name, justify="right")
    for domain in (*yields.domains(), None):
        kept = yields.kept.total() if domain is None else yields.kept_of(domain)
        lost = [yields.rejected_by(name, domain) for name in shown]
        share = f"{kept / max(1, kept + sum(lost)):.1%}"
        cells = [str(kept), share, *(str(count) if count else "·" for count in lost)]
        grid.add_row("all" if domain is None else domain or "-", *cells, style="bold" if domain is None else None)
    return grid


def _summed(counts: Mapping[Any, int], place: int) -> dict[str, int]:
    """Totals by one part of the keys."""
    sums: Counter[str] = Counter()
    for key, count in counts.items():
        sums[key[place]] += count
    return dict(sorted(sums.items()))


def _part(counts: Mapping[Any, int], domain: str) -> dict[str, int]:
    return {str(key[1]): count for key, count in sorted(counts.items()) if key[0] == domain}


def _phrases(counts: Mapping[tuple[str, str, str], int], domain: str) -> dict[str, dict[str, int]]:
    """Reasons by filter."""
    found: dict[str, dict[str, int]] = {}
    for (of, name, phrase), count in sorted(counts.items()):
        if of == domain:
            found.setdefault(name, {})[phrase] = count
    return found
