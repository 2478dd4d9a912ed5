"""Modes of one run beside each other on the same problems: who solves what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import combinations

import numpy as np

from .figures import Overlap
from .outcomes import Outcomes
from .paired import difference
from .problems import Problems, problems


def overlaps(table: Outcomes) -> Iterator[Overlap]:
    """One for each benchmark that was answered in several modes; nothing where no problem has them all."""
    by_bench: dict[str, dict[str, Problems]] = {}
    for bench, mode, part in table.groups():
        by_bench.setdefault(bench, {})[mode] = problems(part)
    for bench, modes in by_bench.items():
        tried = [dict.fromkeys(item.id for item in rows.items) for rows in modes.values()]
        common = [name for name in tried[0] if all(name in ids for ids in tried)]
        if len(modes) > 1 and common:
            yield _overlap(bench, {mode: rows.only(common) for mode, rows in modes.items()})


def _overlap(bench: str, modes: dict[str, Problems]) -> Overlap:
    """Of modes with the same problems in the same order."""
    ratios = {mode: rows.ratios for mode, rows in modes.items()}
    solved = np.column_stack(list(ratios.values())) >= 0.5
    sets = Counter("+".join(mode for mode, yes in zip(modes, row, strict=True) if yes) or "none" for row in solved)
    clusters = next(iter(modes.values())).clusters
    return Overlap(
        bench=bench,
        modes=tuple(modes),
        solved=dict(sets.most_common()),
        differences={f"{b} - {a}": difference(ratios[a], ratios[b], clusters) for a, b in combinations(modes, 2)},
    )
