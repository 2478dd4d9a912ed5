"""`mathsolve bench`: which benchmarks there are, where they would be read from, and whether their answers hold."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from ...engine.errors import UsageError
from ..benchmarks import hub
from ..benchmarks.choose import Selection, choose, choose_all
from ..benchmarks.entry import entries
from ..benchmarks.loading import load
from ..benchmarks.selfcheck import Finding, check_golds
from ..benchmarks.sources import cache_folder, place
from ..item import Item

app = App(
    name="bench",
    help="Show and fetch benchmarks.",
    help_epilogue="""\
mathsolve bench show gsm8k -n 1 --data ~/data
mathsolve bench fetch gsm8k math500
mathsolve bench check handwritten""",
)


COLUMNS = ("name", "size", "licence", "paper", "few_shot", "read_from")
"""What the list shows on a terminal."""


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Options:
    """Where to look and how to print."""

    data: Annotated[Path | None, Parameter(env_var="MATHSOLVE_DATA")] = None
    """Your folder of benchmarks, searched first: DATA/gsm8k/test.jsonl and the like."""
    json: Annotated[bool, Parameter(negative="")] = False
    """Print one JSON object."""


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class FieldNames:
    """Names of fields in a file of your own."""

    question_field: str | None = None
    """Field of the question, where the file uses a name that is not known."""
    answer_field: str | None = None
    """Field of the right answer."""


@app.command(name="list")
def list_(*, options: Options | None = None) -> None:
    """List the benchmarks: size, licence, source, few-shot setting of papers, and where each would be read from now."""
    options = options or Options()
    rows = [_row(Selection(bench), options.data) for bench in entries().values()]
    if options.json:
        print(json.dumps({"benchmarks": rows}, ensure_ascii=False))
        return
    columns = COLUMNS if sys.stdout.isatty() else (*COLUMNS, "source")
    _print_table(columns, [[str(row[column]) for column in columns] for row in rows])


@app.command
def show(
    name: str,
    /,
    *,
    n: Annotated[int, Parameter(name="-n")] = 3,
    options: Options | None = None,
    fields: FieldNames | None = None,
) -> None:
    """Show what is known about a benchmark, and its first problems where they are at hand.

    Parameters
    ----------
    name
        A benchmark (gsm8k), a part of one (mawps/addsub, mgsm/de, math/geometry), or a file of questions and answers.
    n
        How many problems.
    """
    options, fields = options or Options(), fields or FieldNames()
    if n < 0:
        raise UsageError(f"-n is {n}; give 0 or more")
    selection = choose(name)
    facts = selection.bench.model_dump(include={"parts", "note", "tolerance", "broken"})
    row = {**_row(selection, options.data), **facts}
    at_hand = place(selection, options.data).files
    items = load(name, folder=options.data, limit=n, **asdict(fields)) if n and at_hand else []
    if options.json:
        print(json.dumps({**row, "problems": [asdict(item) for item in items]}, ensure_ascii=False))
        return
    _print_facts(row)
    for item in items:
        _print_item(item)
    if not at_hand:
        print(f"no problems here yet: {hub.remedy(selection.bench)}", file=sys.stderr)


@app.command
def fetch(*names: str, json_: Annotated[bool, Parameter(name="--json", negative="")] = False) -> None:
    """Download benchmarks from the Hugging Face hub into the cache; needs pip install 'mathsolve[data]'.

    Parameters
    ----------
    names
        Which ones, e.g. gsm8k math500.
    json_
        Print one JSON object: the folder of each.
    """
    found = {
        selection.bench.name: hub.fetch(selection.bench, cache_folder()) for selection in choose_all(",".join(names))
    }
    if json_:
        print(json.dumps({name: str(folder) for name, folder in found.items()}, ensure_ascii=False))
        return
    for name, folder in found.items():
        print(f"{name}  {folder}")


@app.command
def check(*names: str, options: Options | None = None, fields: FieldNames | None = None) -> int:
    """Grade the right answers of benchmarks against themselves and list those that the grader does not accept.

    Those that can be read only as a text are listed too: another right answer in other words counts as wrong there.
    Exit code 1 when an answer is not accepted though the benchmark's entry does not declare it broken.

    Parameters
    ----------
    names
        Which ones; by default every one that can be read without a download.
    """
    options, fields = options or Options(), fields or FieldNames()
    chosen = choose_all(",".join(names or entries()))
    if not names:
        chosen = [selection for selection in chosen if place(selection, options.data).files]
    reports = []
    for selection in chosen:
        items = load(selection.spelling, folder=options.data, **asdict(fields))
        reports.append(_report(selection, list(check_golds(items))))
    if options.json:
        print(json.dumps({"benchmarks": reports}, ensure_ascii=False))
    else:
        columns = ("name", "n", "accepted", "declared_broken", "unexpected", "only_as_text")
        _print_table(columns, [[str(report[column]) for column in columns] for report in reports])
        for fault in (fault for report in reports for fault in report["faults"]):
            print(f"{fault['id']}: {fault['reason']}", file=sys.stderr)
    return 1 if any(report["unexpected"] for report in reports) else 0


def _row(selection: Selection, data: Path | None) -> dict[str, Any]:
    """What the list says of a benchmark, in plain types."""
    bench, where = selection.bench, place(selection, data)
    return {
        "name": bench.name,
        "title": bench.title,
        "size": bench.total or None,
        "splits": bench.size,
        "licence": bench.licence,
        "paper": bench.paper,
        "source": bench.source,
        "few_shot": bench.few_shot,
        "hub": bench.hub and bench.hub.repository,
        "read_from": where.kind,
        "path": where.path and str(where.path),
    }


def _report(selection: Selection, findings: Sequence[Finding]) -> dict[str, Any]:
    faults = [finding for finding in findings if not finding.accepted]
    declared = [finding for finding in faults if finding.item.id.partition("/")[2] in selection.bench.broken]
    return {
        "name": selection.name,
        "n": len(findings),
        "accepted": len(findings) - len(faults),
        "declared_broken": len(declared),
        "unexpected": len(faults) - len(declared),
        "only_as_text": sum(not finding.readable for finding in findings),
        "faults": [{"id": finding.item.id, "reason": finding.reason} for finding in findings if finding.reason],
    }


def _print_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table on a terminal; elsewhere a line for each row with tabs between, for other programs."""
    if not sys.stdout.isatty():
        for row in (columns, *rows):
            print("\t".join(row))
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(header_style="bold", box=None, pad_edge=False)
    for position, column in enumerate(columns):
        numeric = all(row[position].isdecimal() for row in rows)
        table.add_column(column.replace("_", " "), justify="right" if numeric else "left", no_wrap=position == 0)
    for row in rows:
        table.add_row(*map(escape, row))
    Console().print(table)


def _print_facts(row: dict[str, Any]) -> None:
    for name, value in row.items():
        if value:
            text = ", ".join(f"{key} {item}" for key, item in value.items()) if isinstance(value, dict) else value
            print(f"{name.replace('_', ' '):<10}  {', '.join(text) if isinstance(text, tuple | list) else text}")


def _print_item(item: Item) -> None:
    print(f"\n{item.id}" + "".join(f"  [{name}]" for name in (item.subject, item.level) if name))
    print(item.question)
    print(f"answer: {'none, it should be declined' if item.gold is None else item.gold}")
