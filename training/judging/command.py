"""`mathsolve train adopt`: what other models wrote as a run."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from ...engine.console import harmless
from ...engine.errors import UsageError

app = App(
    name="adopt",
    help="Make a run of what other models wrote.",
    help_epilogue="""\
Programs, to train judges on:

mathsolve train adopt solutions.jsonl.gz --out runs/theirs
mathsolve train reward --model M --runs runs/mine --runs runs/theirs --out runs/reward

Solutions in words with labels, on questions of a benchmark, to measure judges with:

mathsolve train adopt example_model_solutions.jsonl --out runs/gpt3
mathsolve score runs/gpt3 --scorer runs/reward""",
)


@app.default
def adopt_file(
    file: Path,
    /,
    *,
    out: Path,
    bench: str | None = None,
    as_json: Annotated[bool, Parameter(name="--json", negative="")] = False,
) -> None:
    """Grade what other models wrote, after its programs were executed, and keep it as a run.

    Programs may be trained on. Solutions in words with labels, such as OpenAI published of GPT-3, are on the test questions of
    GSM8K, and training refuses such a run; it is there for `mathsolve score`.

    Parameters
    ----------
    file
        JSONL, also compressed: in each line an object with question, expected_answer and extracted_code; or with question,
        ground_truth, and by any other name objects with solution and is_correct.
    out
        Folder of the run.
    bench
        What its problems are called; the same for files on the same questions, which are pooled. By default adopted for
        programs, and gsm8k for solutions in words.
    as_json
        Print one JSON object, with every solution whose label is another than our verdict.
    """
    if not file.is_file():
        raise UsageError(f"there is no file {str(file)!r}; name one with solutions of other models")
    from ...sandbox import ProcessSandbox
    from .adopted import adopt
    from .disputes import compared
    from .published import read_published

    solutions = read_published(file, bench)
    run = adopt(file, solutions, out, ProcessSandbox())
    records = {record.key: record for record in run.records()}
    found = Counter(record.verdict for record in records.values())
    labels = compared(solutions, records)
    if as_json:
        print(json.dumps({"run": str(out), "problems": len(run.items), "verdicts": found, **labels.to_dict()}))
        return
    told = ", ".join(f"{count:,} {verdict}" for verdict, count in found.most_common())
    print(f"{out}: {told}, at {len(run.items):,} problems")
    print(harmless("\n".join(labels.lines())), end="\n" if labels.labelled or labels.unclear else "")
