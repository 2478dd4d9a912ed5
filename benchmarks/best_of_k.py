"""What choosing by a judge's scores gains over the vote of as many samples.

    mathsolve score runs/a --scorer runs/reward      # once for each judge
    python benchmarks/best_of_k.py 8 runs/a

Prints Markdown: for each benchmark of the run and each judge best@k less maj@k, in points, with its 95% interval and p; both
are means over all ways to draw k of a problem's samples. Where each has k, also the vote weighed by the scores less maj@k.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from mathsolve.engine.errors import UsageError
from mathsolve.evaluation.metrics.choice import weight_in_use, weighted_vote
from mathsolve.evaluation.metrics.paired import difference
from mathsolve.evaluation.metrics.problems import problems
from mathsolve.evaluation.metrics.rows import markdown_table
from mathsolve.evaluation.metrics.tabulate import outcomes
from mathsolve.evaluation.run import Run


def main(k: int, folder: Path) -> None:
    """Prints the table of a run."""
    found = list(rows(k, Run.load(folder)))
    if not found:
        raise UsageError(
            f"the samples of {folder} have no scores; mathsolve score {folder} --scorer FOLDER gives them some"
        )
    heads = ("benchmark", "judge", "chosen by", "problems", f"maj@{k}", "so chosen", "points", "95%", "p")
    print(markdown_table([heads, *found]))


def rows(k: int, run: Run) -> Iterator[tuple[str, ...]]:
    """A row for each benchmark, judge and way to choose."""
    for bench, _, table in outcomes(run).groups():
        known = problems(table)
        vote = known.figure(f"maj@{k}")
        for scorer in sorted(known.scores):
            ways = {f"best@{k}": known.best(scorer, k)}
            if (known.n == k).all():
                ways["weighted vote"] = weighted_vote(known, scorer, weight_in_use(known, scorer))
            for way, chosen in ways.items():
                gain = difference(vote, chosen, known.clusters)
                yield (
                    bench,
                    scorer,
                    way,
                    str(len(known.items)),
                    f"{vote.mean():.1%}",
                    f"{chosen.mean():.1%}",
                    f"{100 * gain.value:+.1f}",
                    f"{100 * gain.low:+.1f} to {100 * gain.high:+.1f}",
                    f"{gain.p:.3f}",
                )


if __name__ == "__main__":
    if len(sys.argv) != 3 or not sys.argv[1].isdigit():
        sys.exit(__doc__)
    try:
        main(int(sys.argv[1]), Path(sys.argv[2]))
    except UsageError as error:
        sys.exit(f"best_of_k: {error}")
