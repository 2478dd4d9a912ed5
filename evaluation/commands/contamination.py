"""`mathsolve contamination`: benchmark questions in training data, found and taken out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, get_args

from cyclopts import App, Parameter

from ...engine.errors import UsageError
from ..benchmarks.choose import expanded
from ..benchmarks.loading import load
from ..contamination.check import check, summary
from ..contamination.index import Index, Kind
from ..contamination.output import written
from ..contamination.reading import Row, read_rows, size

if TYPE_CHECKING:
    from rich.console import Console

CONTAMINATED = 4
"""Exit code when a row is contaminated, or could not be decided."""
REFRESH = 512
"""Rows between two updates of the progress bar."""

app = App(
    name="contamination",
    help="Find benchmark questions in training data.",
    help_epilogue="""\
mathsolve contamination train.jsonl --bench gsm8k,math500 --clean clean.jsonl

Kinds of match, the surest first:
exact      the same words, however spelled
13-gram    13 words in a row
lcs        most words in order, and the same numbers
short      a rule of its own for questions of fewer than 13 words
template   the same wording with other numbers: reported, but no contamination
           unless --count names it

Exit codes: 0 clean, 4 contaminated or undecided rows, 2 wrong usage or
an unreadable file, 130 Ctrl-C.""",
)


@app.default
def contamination(
    *files: str,
    bench: Annotated[str, Parameter(name=["--bench", "-b"])],
    data: Path | None = None,
    field: str | None = None,
    count: str = "exact,13-gram,lcs,short",
    out: Path | None = None,
    clean: Path | None = None,
    examples: int = 1,
    as_json: Annotated[bool, Parameter(name="--json")] = False,
) -> int:
    """Compare every row of training files with every question of benchmarks.

    A row without a question counts as contaminated, since it cannot be decided. A missing benchmark, an empty file or an
    unreadable line is an error: nothing passes because it could not be looked at.

    Parameters
    ----------
    files
        Training data: JSONL (also .gz) or Parquet.
    bench
        Benchmarks by name, with commas between, or files; all: every one that is known. See mathsolve bench list.
    data
        Folder in which benchmarks are looked for first.
    field
        Where rows have their question, e.g. body,question; by default question, problem, prompt ..., or what a user says.
    count
        Kinds of match that are contamination, with commas between.
    out
        Write the contaminated rows here, with what they repeat: JSONL.
    clean
        Write the other rows here, as they are: JSONL. Only when all was checked.
    examples
        Examples to show of each kind.
    as_json
        Print one JSON object instead of a table.
    """
    from rich.console import Console

    from ..contamination.display import as_data, show

    counted = _kinds(count)
    if not files:
        raise UsageError("name the training data, e.g. mathsolve contamination train.jsonl --bench gsm8k")
    names = _names(bench)
    _refuse_to_overwrite([*files, *names], out, clean)
    index = Index(item for name in names for item in load(name, folder=data))
    rows = _shown(files, field, Console(stderr=True))
    report = summary(written(check(rows, index, counted), out, clean), index, counted)
    if as_json:
        print(json.dumps(as_data(report), ensure_ascii=False))
    else:
        show(report, Console(), examples)
    return 0 if report.clean else CONTAMINATED


def _shown(files: Iterable[str], field: str | None, console: Console) -> Iterator[Row]:
    """The rows of all files, with a progress bar on a terminal."""
    from rich.progress import Progress

    total = sum(map(size, files))
    with Progress(console=console, disable=not console.is_terminal, transient=True) as bar:
        task, before = bar.add_task("comparing", total=total), 0
        for file in files:
            for row in read_rows(file, field):
                yield row
                if row.number % REFRESH == 0:
                    bar.update(task, completed=before + row.position)
            before += size(file)


def _names(text: str) -> list[str]:
    """The benchmarks that a list with commas names."""
    names = expanded(name.strip() for name in text.split(",") if name.strip())
    if not names:
        raise UsageError("--bench is empty; name benchmarks, e.g. gsm8k,math500, or all")
    return list(names)


def _kinds(text: str) -> frozenset[Kind]:
    names = {name.strip() for name in text.split(",") if name.strip()}
    kinds = frozenset(kind for kind in get_args(Kind) if kind in names)
    if len(kinds) < len(names) or not kinds:
        raise UsageError(f"--count is {text!r}; choose among {', '.join(get_args(Kind))}")
    return kinds


def _refuse_to_overwrite(files: Iterable[str], out: Path | None, clean: Path | None) -> None:
    """Raises `UsageError` where results would replace the data, or one another."""
    taken = {Path(file).resolve() for file in files}
    for name, path in (("--out", out), ("--clean", clean)):
        if path and path.resolve() in taken:
            raise UsageError(f"{name} {path} is one of the other files; choose another name")
        if path:
            taken.add(path.resolve())
