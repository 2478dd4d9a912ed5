"""What came of a stage in words: one line for a table, a few words for a drawing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ...evaluation.metrics.rows import percent, with_interval
from .figures import Scored
from .holding import Holding, Synthesis, Training

SHOWN = 3
"""Numbers of a report, or of a log, that stand in one line."""


def described(held: Holding, scored: Sequence[Scored]) -> str:
    """Everything that a stage has made, in one line.

    Args:
        held: what is in its folder.
        scored: its figures on each benchmark, if it is an evaluation that is done.
    """
    told = [
        *([_measured(scored)] if scored else []),
        *([_sampling(held)] if held.evaluation and not scored else []),
        *([_trained(held.training)] if held.training else []),
        *map(_synthesised, held.syntheses),
        *([_reported(held.numbers)] if held.numbers else []),
    ]
    return "; ".join(told)


def in_brief(held: Holding, scored: Sequence[Scored]) -> str:
    """What matters most of it; nothing where the line is short anyway."""
    if scored:
        first, several = scored[0], len(scored) > 1
        shares = ", ".join(f"{100 * one.stability.value:.1f}" for one in scored)
        ability = f", pass@{first.k} {percent(first.ability.value)}" if first.k > 1 and not several else ""
        return f"pass@1 {shares}%{ability}"
    if held.training and held.training.losses:
        lasts = ", ".join(f"{points[-1][1]:.2f}" for points in held.training.losses.values())
        return f"{held.training.steps:,} steps, loss {lasts}"
    if held.syntheses:
        return f"{sum(one.kept for one in held.syntheses):,} questions"
    return next((_number(*one) for one in held.numbers.items()), "")


def last_line(output: Path) -> str:
    """The last line of what a command printed that is not empty."""
    if not output.is_file():
        return ""
    lines = [line.strip() for line in output.read_text("utf-8", errors="replace").splitlines()]
    return next((line for line in reversed(lines) if line), "")


def _measured(found: Sequence[Scored]) -> str:
    """What is done reliably, and what can be done at all; of several benchmarks the former."""
    if len(found) > 1:
        return "pass@1: " + ", ".join(f"{one.place.bench} {percent(one.stability.value)}" for one in found)
    one = found[0]
    ability = f", pass@{one.k} {percent(one.ability.value)}" if one.k > 1 else ""
    return f"pass@1 {with_interval(one.stability)}{ability}"


def _sampling(held: Holding) -> str:
    """How far an evaluation is."""
    if held.evaluation is None:
        return ""
    with held.evaluation.path("records.jsonl").open("rb") as lines:
        return f"{sum(1 for _ in lines):,} samples so far"


def _trained(found: Training) -> str:
    parts = [f"{found.steps:,} steps"]
    for name, points in found.losses.items():
        first = f"{points[0][1]:.2f} → " if len(points) > 1 else ""
        parts.append(f"{name.replace('_', ' ')} {first}{points[-1][1]:.2f}")
    parts += [_number(name, points[-1][1]) for name, points in list(found.others.items())[:SHOWN]]
    return ", ".join(parts)


def _synthesised(found: Synthesis) -> str:
    return f"{found.kept:,} of {found.drawn:,} questions kept, {sum(found.solutions.values()):,} solutions"


def _reported(numbers: dict[str, float]) -> str:
    shown = [_number(*one) for one in list(numbers.items())[:SHOWN]]
    return ", ".join(shown) + (" …" if len(numbers) > SHOWN else "")


def _number(name: str, value: float) -> str:
    return f"{name.replace('_', ' ')} {value:.4g}"
