"""The problems of runs that may be trained on: those of benchmarks are not.

Sampling for training is an evaluation, so its runs look like those of benchmarks, and a slip would train on what is measured
with. A run on a benchmark of the registry is refused; a problem of the user's own file that asks what a benchmark of this
package asks is left out and counted. Does not promise to know the questions of benchmarks that are not in the package.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..engine.errors import UsageError
from ..evaluation.benchmarks.entry import entries
from ..evaluation.contamination.check import COUNTED
from ..evaluation.run import Run
from .samples import Sampled, pooled
from .synthesis.measures import measures


@dataclass(frozen=True, slots=True)
class Trainable:
    """Problems with their samples."""

    problems: list[Sampled]
    """Those that may be trained on."""
    contaminated: int
    """How many were left out because a benchmark asks the same."""


def trainable(folders: Sequence[Path], *, benchmarks: bool | None = None) -> Trainable:
    """The problems of runs that may be trained on.

    Args:
        folders: of the runs.
        benchmarks: whether those of benchmarks are wanted, too: what is made of them must not be measured with them. None: a
            user cannot ask for them.

    Raises:
        UsageError: see `samples.pooled`; or a run is on a benchmark, and that is not wanted.
    """
    if benchmarks:
        return Trainable(pooled(folders), 0)
    refuse_benchmarks(folders, remedy="" if benchmarks is None else ", or say --allow-benchmarks")
    problems = pooled(folders)
    found = measures().index.matches([one.item.question for one in problems])
    clean = [
        one for one, matches in zip(problems, found, strict=True) if not any(match.kind in COUNTED for match in matches)
    ]
    return Trainable(clean, len(problems) - len(clean))


def refuse_benchmarks(folders: Sequence[Path], remedy: str = "") -> None:
    """Refuses runs on a benchmark of the registry, before their samples are read.

    Args:
        folders: of the runs.
        remedy: what else a user can do, where there is something.

    Raises:
        UsageError: names the benchmarks; or a folder is no run.
    """
    benches = {item.bench for folder in folders for item in Run.load(folder).items.values()}
    if named := sorted(benches & entries().keys()):
        raise UsageError(
            f"the runs are on {' and '.join(named)}, which is for measuring, not for training; "
            f"sample your own problems (mathsolve eval problems.jsonl --samples 16){remedy}"
        )
