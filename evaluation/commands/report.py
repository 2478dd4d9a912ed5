"""`mathsolve report`: a run as tables, as Markdown and as a page."""

from __future__ import annotations

import json
import sys
import webbrowser
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from ...engine.errors import UsageError
from ..run import Run

app = App(
    name="report",
    help="Show a run: terminal, Markdown, HTML.",
    help_epilogue="mathsolve report runs/gsm8k-embedded-mixed-1f2e3d --open",
)


@app.default
def show_runs(
    runs: list[Path],
    /,
    *,
    html: Path | None = None,
    markdown: Path | None = None,
    open: bool = False,
    all: bool = False,
    figures_only: bool = False,
    as_json: Annotated[bool, Parameter(name="--json")] = False,
) -> None:
    """Show one run, or several beside the first.

    The tables are printed; report.md and report.html go into the folder of the first run. The page is one file that needs
    no network: figures, drawings, and every trajectory with search and filters.

    Parameters
    ----------
    runs
        Folders of runs.
    html
        Another place for the page.
    markdown
        Another place for the Markdown.
    open
        Open the page in the browser.
    all
        Print every table, not only the main ones.
    figures_only
        Leave the trajectories out of the page, with them every question: for benchmarks that may not be passed on.
    as_json
        Print one JSON object with all figures instead of tables.
    """
    from ..report.reading import read
    from ..report.write import write

    loaded = [Run.load(folder) for folder in runs]
    page = html or loaded[0].path("report.html")
    text = markdown or loaded[0].path("report.md")
    for file in (page, text):
        if not file.resolve().parent.is_dir():
            raise UsageError(f"cannot write {str(file)!r}: there is no folder {str(file.parent)!r}")
        if file.is_dir():
            raise UsageError(f"cannot write {str(file)!r}: it is a folder; name a file in it")
    shown = read(loaded, trajectories=not figures_only)
    if as_json:
        figures = {one.name: one.metrics.to_json() for one in shown.runs}
        sys.stdout.write("{" + ",\n".join(f"{json.dumps(name)}: {found}" for name, found in figures.items()) + "}\n")
    else:
        from rich.console import Console

        from ..report.terminal import show

        show(shown, Console(width=None if sys.stdout.isatty() else 160), every=all)
    write(shown, loaded, text, page)
    print(f"wrote {text} and {page}", file=sys.stderr)
    if open:
        webbrowser.open(page.resolve().as_uri())
