"""Synthesis: a teacher in, a file of verified questions with their solutions out.

    teacher -> screens (text alone, in order) -> trials (programs, in the sandbox) -> ledger

Promises: the same teacher, counts and criteria give the same bytes, whatever the concurrency and however often the run was
killed and started again, as far as the teacher gives the same draws. Every kept program was executed and every answer
vouched for by a check, a known answer, or agreement. In one file no question occurs twice, none of a held-out split occurs
in the train split, and none there repeats a question of a benchmark that was asked for. What is rejected is kept beside
the output, with the filter and its reason. Memory grows by about a kilobyte for a question.

Does not promise that a check is a good one, which is the teacher's: some look at the form of an answer only.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING

from ... import __version__
from ...engine.errors import UsageError
from ...sandbox import Sandbox
from ..seeds.drafts import Split
from .filters.chain import Chain, Criteria
from .ledger import ORDER, Ledger, Record
from .progress import progress
from .runcard import claim, conclude
from .stream import AHEAD, records
from .teacher import Teacher
from .workshop import Workshop
from .yields import Yields

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

PATIENCE = 2000
"""Draws in a row without an example, after which the teacher is judged to have no more."""
FLUSH, FLUSH_S = 50, 1.0
"""Records, or seconds, between two updates of the files and of the progress bar, whichever are over first."""


async def synthesise(
    teacher: Teacher,
    out_file: Path,
    counts: Mapping[Split, int | None],
    sandbox: Sandbox,
    criteria: Criteria,
    *,
    concurrency: int = 2,
    console: Console | None = None,
) -> Yields:
    """Write `counts[split]` examples of each split to `out_file`, or go on with a file that was left unfinished.

    Rejected draws go to `<out_file>.rejects.jsonl`, the configuration and at the end the yields to `<out_file>.run.json`.

    Args:
        counts: None: as many as the teacher has.
        concurrency: programs that run at the same time.
        console: shows a progress bar with the rate, the rejected draws and the time left.

    Raises:
        UsageError: the file belongs to another configuration, or the teacher repeats itself before it has given enough.
        SandboxError: the sandbox cannot work.
    """
    wanted = {split: counts[split] for split in ORDER if split in counts}
    *first, last = wanted
    held_out = {split: wanted[split] for split in first}
    made_of = {**teacher.configuration, **criteria.configuration, "held_out": held_out, "mathsolve": __version__}
    if last != "train":
        made_of["split"] = last
    claim(out_file, made_of)
    yields, workshop = Yields(), Workshop(sandbox, concurrency)
    try:
        with Ledger(out_file, wanted) as ledger, progress(console) as bar:
            for record in ledger.records():
                yields.add(record)
            for split, most in wanted.items():
                ahead = AHEAD if most is None else min(AHEAD, 8 + 2 * (most - ledger.kept[split]))
                chain = _chain(criteria, ledger)
                async with aclosing(records(teacher, split, ledger.next[split], chain, workshop, ahead)) as made:
                    await _keep(made, ledger, split, most, yields, bar)
                if console and most is not None and ledger.kept[split] < most:
                    console.print(f"the teacher had no more than {ledger.kept[split]} of {most} questions ({split})")
        conclude(out_file, yields.as_data())
        return yields
    finally:
        await workshop.close()


def _chain(criteria: Criteria, ledger: Ledger) -> Chain:
    """Filters that know what is written, and nothing that was drawn ahead of that: a resumed run would not know it."""
    chain = Chain(criteria)
    for record in ledger.records():
        chain.remember(record)
    return chain


async def _keep(
    made: AsyncIterator[Record], ledger: Ledger, split: Split, wanted: int | None, yields: Yields, bar: Progress
) -> None:
    """Write records until the split is done."""
    task = bar.add_task(split, total=wanted, completed=ledger.kept[split], rejected=0)
    flushed_s, barren = time.monotonic(), 0
    while not ledger.done(split):
        record = await anext(made)
        ledger.write(record)
        yields.add(record)
        drawn, kept = ledger.next[split], ledger.kept[split]
        barren = 0 if record[0] else barren + 1
        if wanted is not None and barren > PATIENCE:
            raise UsageError(
                f"the last {barren} draws of split {split!r} gave no example; {kept} of {wanted} are kept: ask for {kept}"
            )
        if drawn % FLUSH == 0 or ledger.done(split) or time.monotonic() - flushed_s > FLUSH_S:
            flushed_s = time.monotonic()
            ledger.flush()
            bar.update(task, completed=kept, rejected=drawn - kept)
