"""`mathsolve train adopt`: programs that other models wrote as a run."""

from __future__ import annotations

from pathlib import Path

from cyclopts import App

from ...engine.errors import UsageError

app = App(
    name="adopt",
    help="Make a run of programs that other models wrote.",
    help_epilogue="""\
mathsolve train adopt solutions.jsonl.gz --out runs/theirs
mathsolve train reward --model M --runs runs/mine --runs runs/theirs --out runs/reward""",
)


@app.default
def adopt_file(file: Path, /, *, out: Path, bench: str = "adopted") -> None:
    """Execute and grade the programs of a file, and keep them as a run that training reads.

    Parameters
    ----------
    file
        JSONL, also compressed: an object with question, expected_answer and extracted_code a line.
    out
        Folder of the run.
    bench
        What its problems are called; the same for files on the same questions, which are pooled.
    """
    if not file.is_file():
        raise UsageError(f"there is no file {str(file)!r}")
    from collections import Counter

    from ...sandbox import ProcessSandbox
    from .adopted import adopt

    run = adopt(file, out, bench, ProcessSandbox())
    found = Counter(record.verdict for record in run.records())
    told = ", ".join(f"{count:,} {verdict}" for verdict, count in found.most_common())
    print(f"{out}: {told}, at {len(run.items):,} problems")
