"""The table of Saxton et al. 2019 (arXiv 1904.01557) from one of our runs: accuracy by module of the mathematics dataset.

    mathsolve eval deepmind --samples 1 --out runs/deepmind
    python benchmarks/deepmind_table.py runs/deepmind

Prints Markdown: for interpolation and extrapolation each module with its Wilson interval, the mean over modules, and beside
it the published mean of their best model, a Transformer of 30 million parameters that prints the answer directly. They
count an answer as right when it has the characters of the gold answer; our grader asks whether it is equal. A problem with
several samples counts with the share of them that are right.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

from mathsolve.engine.errors import UsageError
from mathsolve.evaluation.metrics.intervals import Estimate, macro_average, wilson
from mathsolve.evaluation.metrics.problems import problems
from mathsolve.evaluation.metrics.rows import markdown_table, with_interval
from mathsolve.evaluation.metrics.tabulate import outcomes
from mathsolve.evaluation.run import Run

PUBLISHED = {"interpolate": (0.76, 56), "extrapolate": (0.50, 15)}
"""Mean accuracy of their Transformer, and the number of modules it is a mean over, by split."""
Modules = dict[str, Estimate]
"""Accuracy by module."""


def main(folder: Path) -> None:
    """Prints the table of a run."""
    splits = accuracies(Run.load(folder))
    if not splits:
        raise UsageError(
            f"{folder} holds no problem of the dataset; mathsolve eval deepmind --out {folder} makes such a run"
        )
    print("\n\n".join(section(split, splits[split]) for split in PUBLISHED if split in splits))


def accuracies(run: Run) -> Mapping[str, Modules]:
    """Accuracy by split and module, the modules in alphabetical order."""
    rows = problems(outcomes(run))
    ratios: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    for item, ratio in zip(rows.items, rows.ratios.tolist(), strict=True):
        if item.level in PUBLISHED and item.subject:
            ratios[item.level, item.subject].append(ratio)
    found: defaultdict[str, Modules] = defaultdict(dict)
    for (split, module), values in sorted(ratios.items()):
        found[split][module] = accuracy(values)
    return found


def accuracy(ratios: list[float]) -> Estimate:
    """A module's accuracy, with Wilson's interval and the standard error that it stands for, which is not 0 at 0 of 40."""
    mean, number = sum(ratios) / len(ratios), len(ratios)
    low, high = wilson(mean, number)
    return Estimate(mean, low, high, "wilson", (high - low) / (2 * 1.96), None, number)


def section(split: str, modules: Modules) -> str:
    """The table of a split."""
    rows = [(f"{split}: module", "problems", "accuracy [95%]"), *cells(modules)]
    published, number = PUBLISHED[split]
    mean = macro_average(list(modules.values()))
    rows.append((f"mean over {len(modules)} of {number} modules", str(mean.n), with_interval(mean)))
    rows.append(("Saxton et al. 2019, Transformer, 30 M", "", f"{100 * published:.0f}%"))
    return markdown_table(rows)


def cells(modules: Modules) -> Iterator[tuple[str, str, str]]:
    """A row for each module."""
    yield from ((name, str(found.n), with_interval(found)) for name, found in modules.items())


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    try:
        main(Path(sys.argv[1]))
    except UsageError as error:
        sys.exit(f"deepmind_table: {error}")
