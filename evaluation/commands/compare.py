"""`mathsolve compare`: is one run better than another, on the same problems, and can the data tell."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter

from ..run import Run

if TYPE_CHECKING:
    from ..metrics.comparison import Comparison, Flip
    from ..metrics.paired import Difference

REGRESSION = 4
"""Exit code of a regression."""
COARSE = 0.1
"""Smallest detectable difference above which a sample is called too small."""
EXAMPLES = """\
mathsolve compare runs/before runs/after
mathsolve compare runs/before runs/after --metric maj@8
mathsolve compare runs/before runs/after --fail-on-regression

Exit codes: 0 compared, 2 wrong usage, 4 regression."""

app = App(name="compare", help="Compare two runs, problem by problem.", help_epilogue=EXAMPLES)


@app.default
def compare_runs(
    a: Path,
    b: Path,
    /,
    *,
    metric: str = "pass@1",
    flips: int = 5,
    as_json: Annotated[bool, Parameter(name="--json")] = False,
    fail_on_regression: bool = False,
) -> int:
    """Print what B changes against A: differences with intervals and tests, and the problems that change sides.

    Parameters
    ----------
    a:
        Folder of the run to compare with.
    b:
        Folder of the run that may be better or worse.
    metric:
        What is compared: pass@1 (mean over all samples), pass@K, pass^K, maj@K, or best@K:SCORER.
    flips:
        Problems to list on each side.
    as_json:
        Print one JSON object, with every problem that changes sides.
    fail_on_regression:
        Exit with 4 when B is significantly worse on a benchmark (Holm-corrected) or on all problems.
    """
    from ..metrics.comparison import compare

    found = compare(Run.load(a), Run.load(b), metric)
    print(json.dumps(_plain(found), ensure_ascii=False) if as_json else "\n".join(_lines(found, max(0, flips))))
    return REGRESSION if fail_on_regression and found.regression else 0


def verdict(part: Difference) -> str:
    """A difference in plain words."""
    size, least = _size(part.value), _size(part.detectable)
    if part.significant:
        side = "better" if part.value > 0 else "worse"
        return f"B is {side} by {size} (95%: {_points(part.low)} to {_points(part.high)}; p {_p(part)})"
    if not part.wins + part.losses:
        return f"equal on every problem: the data cannot rule out a difference smaller than {least}"
    words = f"tied: the data cannot tell a difference smaller than {least}"
    if part.detectable > COARSE:
        words += f"; {_count(part.n, 'problem')} cannot support a claim"
    if part.se and abs(part.value) > 0.005:
        needed = ceil(part.n * (1.96 * part.se / part.value) ** 2)
        words += f"; to confirm {size} would take about {needed:,} problems"
    return words


def _lines(found: Comparison, flips: int) -> Iterator[str]:
    from ..metrics.rows import text_table

    yield f"A  {found.a}\nB  {found.b}\n"
    parts = {**found.benches, **({"all": found.total} if len(found.benches) > 1 else {})}
    header = ("benchmark", "problems", f"A {found.metric}", f"B {found.metric}", "B - A [95%]", "bootstrap")
    rows = [(*header, "won/lost/tied", "p"), *(_row(name, part) for name, part in parts.items())]
    yield text_table(rows, left=1) + "\n"
    if len(found.benches) > 1:
        yield f"Mean over benchmarks: {_points(found.macro)} points.\n"
    yield from (f"{name}: {verdict(part)}." for name, part in parts.items())
    if any(part.p != part.adjusted for part in found.benches.values()):
        yield f"(p of benchmarks is corrected for {len(found.benches)} tests after Holm.)"
    yield from (f"Note: {warning}" for warning in found.warnings)
    yield from _flipped("worse", found.worse, flips)
    yield from _flipped("better", found.better, flips)


def _row(name: str, part: Difference) -> tuple[str, ...]:
    low, high = part.resampled
    return (
        name,
        str(part.n),
        f"{100 * part.a:.1f}%",
        f"{100 * part.b:.1f}%",
        f"{_points(part.value)} [{_points(part.low)}, {_points(part.high)}]",
        f"[{_points(low)}, {_points(high)}]",
        f"{part.wins}/{part.losses}/{part.ties}",
        _p(part).removeprefix("= "),
    )


def _flipped(side: str, flips: Sequence[Flip], most: int) -> Iterator[str]:
    if flips and most:
        shown = "; the largest changes" if len(flips) > most else ""
        yield f"\nB is {side} on {_count(len(flips), 'problem')}{shown}:"
        yield from (f"  {flip.problem}  {flip.a:.2f} -> {flip.b:.2f}" for flip in flips[:most])


def _plain(found: Comparison) -> dict[str, Any]:
    """The comparison for JSON, with the verdicts in words."""
    words = {name: verdict(part) for name, part in {**found.benches, "all": found.total}.items()}
    return {**asdict(found), "verdicts": words, "regression": found.regression}


def _p(part: Difference) -> str:
    """The corrected p, where it is corrected."""
    p = part.p if part.adjusted is None else part.adjusted
    return "< 0.0001" if p < 0.0001 else f"= {p:.4f}"


def _size(share: float) -> str:
    points = 100 * abs(share)
    return f"{points:.1f} points" if points >= 0.1 else f"{points:.2f} points"


def _points(share: float) -> str:
    return f"{100 * share:+.1f}"


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"
