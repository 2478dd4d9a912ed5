"""What the study found: the figures of each arm, and paired differences between arms on the same problems.

Stability is PassRatio@k, the share of k samples that are right; ability is pass@k, whether one of them is; the gap between
them is what a model can do but does not do reliably (Li et al. 2024, arXiv 2403.04706).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from ...evaluation.measure import measure
from ...evaluation.metrics.comparison import compare
from ...evaluation.metrics.intervals import Estimate
from ...evaluation.metrics.paired import Difference, holm
from ...evaluation.run import Run
from .training import Plan
from .variant import Arm

SAMPLED = "sampled"
"""Folder of the run with k samples a problem."""
GREEDY = "greedy"
"""Folder of the run with one greedy answer a problem."""


@dataclass(frozen=True, slots=True)
class Figures:
    """An arm on one benchmark."""

    arm: str
    """Its name."""
    variant: str
    """Its variant; empty where there is only one."""
    size: int
    """Examples that it was trained on."""
    steps: int
    """Optimizer steps."""
    passes: float
    """How often a question was seen."""
    bench: str
    """Name of the benchmark."""
    problems: int
    """Problems."""
    k: int
    """Samples a problem."""
    ability: Estimate
    """pass@k."""
    stability: Estimate
    """PassRatio@k."""
    greedy: Estimate
    """pass@1 of the most probable tokens."""
    gap: Estimate
    """pass@k less PassRatio@k."""


@dataclass(frozen=True, slots=True)
class Contrast:
    """An arm less another one on one benchmark."""

    arm: str
    """The one that may be better."""
    than: str
    """The one that it is compared with."""
    bench: str
    """Name of the benchmark."""
    metric: str
    """`pass@k`, `PassRatio@k` or `pass@1 greedy`."""
    difference: Difference
    """On the same problems; `adjusted` is corrected for all contrasts of the study with this metric."""


@dataclass(frozen=True, slots=True)
class Findings:
    """All of it, as `scaling.json` holds it."""

    title: str
    """What was measured."""
    about: str
    """How, in a sentence."""
    figures: tuple[Figures, ...]
    """By arm and benchmark."""
    contrasts: tuple[Contrast, ...]
    """By pair, metric and benchmark."""

    def to_json(self) -> str:
        """The text of `scaling.json`."""
        from pydantic import TypeAdapter

        return TypeAdapter(Findings).dump_json(self, indent=1).decode() + "\n"


def figures(arm: Arm, plan: Plan, folder: Path) -> Iterator[Figures]:
    """The figures of an arm whose runs are complete, one for each benchmark."""
    greedy = {group.bench: group.accuracy for group in measure(Run.load(folder / GREEDY)).groups}
    for group in measure(Run.load(folder / SAMPLED)).groups:
        yield Figures(
            arm=arm.name,
            variant=arm.variant.name,
            size=arm.size,
            steps=plan.steps,
            passes=plan.passes,
            bench=group.bench,
            problems=group.problems,
            k=group.fewest,
            ability=group.passes[-1].estimate,
            stability=group.accuracy,
            greedy=greedy[group.bench],
            gap=group.gap,
        )


def pairs(arms: Sequence[Arm]) -> Iterator[tuple[Arm, Arm]]:
    """Which arm is compared with which: each variant with the first one of its size, each size with the next smaller one."""
    for size in dict.fromkeys(arm.size for arm in arms):
        first, *others = [arm for arm in arms if arm.size == size]
        yield from ((first, other) for other in others)
    for name in dict.fromkeys(arm.variant.name for arm in arms):
        yield from pairwise(sorted((arm for arm in arms if arm.variant.name == name), key=lambda arm: arm.size))


def contrasts(arms: Sequence[Arm], folder: Path, k: int, known: Sequence[Contrast] = ()) -> tuple[Contrast, ...]:
    """All paired differences, those of one metric corrected together after Holm.

    Args:
        arms: those whose runs are complete.
        folder: of the study.
        k: samples a problem.
        known: what was found for some of the arms, which is not worked out again.
    """
    wanted = [(than.name, arm.name) for than, arm in pairs(arms)]
    found: list[Contrast] = []
    for name, run, metric in (
        (f"PassRatio@{k}", SAMPLED, "pass@1"),
        (f"pass@{k}", SAMPLED, f"pass@{k}"),
        ("pass@1 greedy", GREEDY, "pass@1"),
    ):
        mine = [one for one in known if one.metric == name and (one.than, one.arm) in wanted]
        there = {(one.than, one.arm) for one in mine}
        for than, arm in (pair for pair in wanted if pair not in there):
            compared = compare(Run.load(folder / than / run), Run.load(folder / arm / run), metric)
            mine += [Contrast(arm, than, bench, name, part) for bench, part in compared.benches.items()]
        ps = holm([one.difference.p for one in mine])
        found += [replace(one, difference=replace(one.difference, adjusted=p)) for one, p in zip(mine, ps, strict=True)]
    return tuple(found)
