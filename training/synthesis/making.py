"""A teacher's questions as a file with its data card: what `train synthesise` and `train rft` have in common."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console

from ...sandbox import ProcessSandbox
from ..seeds.drafts import Split
from .datacard import write_data_card
from .filters.chain import Chain, Criteria
from .formats import convert, working_file
from .synthesise import synthesise
from .teacher import Teacher
from .yields import Yields, table

WIDE = 200
"""Columns of the table where it does not go to a terminal."""


def make(
    teacher: Teacher,
    out: Path,
    counts: Mapping[Split, int | None],
    criteria: Criteria,
    *,
    concurrency: int = 2,
    as_json: bool = False,
) -> int:
    """Draw from a teacher, keep what passes every filter, and show what came out; goes on with what is there.

    Args:
        teacher: where questions come from; it is closed.
        out: a .jsonl or .parquet file, or a folder for datasets.
        counts: questions to keep of each split; None: all.
        criteria: of the filters.
        concurrency: programs that run at the same time.
        as_json: print one JSON object instead of a table.

    Returns:
        The exit code: 130 after Ctrl-C, which keeps what was done.
    """
    working = working_file(out)
    try:
        yields = asyncio.run(_made(teacher, working, counts, criteria, concurrency))
    except KeyboardInterrupt:
        print(f"mathsolve: stopped; {working} is kept, and the same command goes on", file=sys.stderr)
        return 130
    _finish(out, yields, criteria, as_json=as_json)
    return 0


async def _made(
    teacher: Teacher, working: Path, counts: Mapping[Split, int | None], criteria: Criteria, concurrency: int
) -> Yields:
    console = Console(stderr=True)
    try:
        async with ProcessSandbox() as sandbox:
            return await synthesise(
                teacher, working, counts, sandbox, criteria, concurrency=concurrency, console=console
            )
    finally:
        await teacher.close()


def _finish(out: Path, yields: Yields, criteria: Criteria, *, as_json: bool) -> None:
    """Convert, write the data card, and show what came out."""
    working, filters = working_file(out), Chain(criteria).names
    convert(working, out)
    card = write_data_card(out, working, yields, filters)
    if as_json:
        print(json.dumps({"file": str(out), "card": str(card), **yields.as_data()}, ensure_ascii=False))
        return
    Console(width=None if sys.stdout.isatty() else WIDE).print(table(yields, filters))
    made = f"{yields.kept.total()} questions, {yields.modes.total()} solutions"
    print(f"{out}: {made}, compared with {len(criteria.measures.counts)} benchmarks; {card} describes them")
