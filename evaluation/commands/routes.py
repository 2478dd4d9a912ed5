"""`mathsolve routes`: how a model did in each mode, by kind of question, for `--mode auto` to choose by."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from ...engine.errors import UsageError
from ...engine.routing import LEAST, Record, modes_by_record
from ..metrics import text_table
from ..routes import MODES, tallied
from ..run import Run, replace_file

app = App(
    name="routes",
    help="Tell --mode auto how a model does in each mode.",
    help_epilogue="""\
mathsolve eval gsm8k math500 --model M --mode cot,mixed --samples 1 --out runs/m
mathsolve routes runs/m --out m.json
mathsolve "..." --model M --routes m.json

With --out M/mathsolve.json in the model's own folder, --routes is not needed.""",
)


@app.default
def make_routes(
    *runs: Path, out: Path | None = None, as_json: Annotated[bool, Parameter(name="--json")] = False
) -> None:
    """Count right answers by kind of question and mode, and keep them for `auto`, which tries the better mode first.

    Parameters
    ----------
    runs
        Folders of runs of one model with --samples, in cot and in mixed or pot.
    out
        A JSON file to keep the counts in, under `routes`; what else it holds stays.
    as_json
        Print the counts as JSON.
    """
    record = tallied([Run.load(folder) for folder in runs])
    if out is not None:
        _keep(record, out)
    sys.stdout.write((json.dumps({"routes": record}) if as_json else text_table(list(_rows(record)))) + "\n")
    if out is not None:
        sys.stderr.write(f"mathsolve: kept in {out}\n")


def _rows(record: Record) -> Iterator[tuple[str, ...]]:
    """A line for each kind of question."""
    yield ("kind of question", *(f"{mode}, right" for mode in MODES), "auto tries first")
    for about, tallies in sorted(record.items()):
        shares = [f"{tallies[mode][0]} of {tallies[mode][1]}" if mode in tallies else "" for mode in MODES]
        chosen = modes_by_record(about, record)
        yield about, *shares, f"by rule (fewer than {LEAST} answers)" if chosen is None else chosen[0]


def _keep(record: Record, out: Path) -> None:
    """Puts the record into a file that may hold other things."""
    try:
        known = json.loads(out.read_text(encoding="utf-8")) if out.exists() else {}
        replace_file(out, [json.dumps({**known, "routes": record}, indent=2) + "\n"])
    except OSError as error:
        raise UsageError(f"cannot write {str(out)!r}: {error.strerror}; choose another place") from error
    except (ValueError, TypeError) as error:
        raise UsageError(f"{str(out)!r} holds no JSON object ({error}); choose another file") from error
