"""Synthesis: the seed bank in, a file of solved and verified examples out. The teacher is a program, not a model.

Promises: the same bank, counts and seed give the same bytes, whatever the concurrency and however often the run was
killed and started again. Every kept program was executed and its answer verified. No question occurs twice, none of a
held-out split occurs in the train split, and none there repeats a question that was written by hand to measure models (see
`evaluation.contamination`). What is rejected is kept beside the output, with its reason.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from importlib.metadata import version
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from ...engine.errors import UsageError
from ...evaluation.benchmarks.loading import load
from ...evaluation.contamination.index import Index
from ...sandbox import Sandbox
from ..seeds.bank import Bank, BankError
from ..seeds.drafts import Draft, Split, draw
from .example import Example, Written, example
from .ledger import ORDER, Ledger, Record, Reject, question_key
from .verification import Workshop

MODES: dict[Written, float] = {"mixed": 0.75, "pot": 0.15, "cot": 0.10}
"""Shares of the ways to answer; `cot` only where a seed has a solution in words."""
PATIENCE = 20
"""Draws for each example asked for, after which the bank is judged too small."""
MEASURES = "handwritten"
"""Benchmark whose questions are kept out of the train split."""
FLUSH = 50
"""Records between two updates of the files and of the progress bar."""


@dataclass(frozen=True, slots=True)
class Yield:
    """What a synthesis gave, over all its runs."""

    kept: Mapping[Split, int]
    """Examples by split."""
    rejected: Mapping[tuple[str, str], int]
    """Draws that are not used, by seed and reason."""


async def synthesise(
    bank: Bank,
    out_file: Path,
    counts: Mapping[Split, int],
    seed: int,
    sandbox: Sandbox,
    *,
    concurrency: int = 2,
    console: Console | None = None,
) -> Yield:
    """Write `counts[split]` examples of each split to `out_file`, or go on with a file that was left unfinished.

    Rejected draws go to `<out_file>.rejects.jsonl`, the configuration to `<out_file>.run.json`. With a console, a
    progress bar shows the rate, the rejected draws and the time left.

    Raises:
        UsageError: the file belongs to another configuration, or the bank is too small for the counts.
        SandboxError: the sandbox cannot work.
    """
    _claim(out_file, _configuration(bank, counts, seed))
    workshop = Workshop(sandbox, concurrency)
    try:
        with Ledger(out_file, counts) as ledger, _progress(console) as bar:
            for split in (split for split in ORDER if split in counts):
                draws = _Draws(bank, split, seed, frozenset(ledger.questions))
                async with aclosing(_verified(draws, ledger.next[split], workshop, concurrency * 4)) as records:
                    await _keep(records, ledger, split, counts[split], bar)
            return Yield(dict(ledger.kept), dict(ledger.rejected))
    finally:
        await workshop.close()


def read_examples(path: Path) -> Iterator[Example]:
    """The examples of a file, in order."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield Example.model_validate_json(line)


async def _keep(records: AsyncIterator[Record], ledger: Ledger, split: Split, wanted: int, bar: Progress) -> None:
    """Write records until so many examples of the split are kept."""
    task = bar.add_task(split, total=wanted, completed=ledger.kept[split], rejected=0)
    while ledger.kept[split] < wanted:
        record = await anext(records)
        ledger.write(record)
        drawn, kept = ledger.next[split], ledger.kept[split]
        if drawn > PATIENCE * wanted + 1000:
            raise UsageError(f"only {kept} different examples in {drawn} draws of split {split!r}: ask for fewer")
        if drawn % FLUSH == 0 or kept == wanted:
            ledger.flush()
            bar.update(task, completed=kept, rejected=drawn - kept)


class _Draws:
    """Draws one example after the other; the order decides which of two equal questions is kept."""

    def __init__(self, bank: Bank, split: Split, seed: int, asked: frozenset[str]) -> None:
        self._bank, self._split, self._seed = bank, split, seed
        self._asked = set(asked)
        self._measures = Index(load(MEASURES)) if split == "train" else None

    def draw(self, index: int) -> Reject | tuple[Draft, Written]:
        """Draw number `index`: a draft to be verified and the way to answer, or why there is none."""
        rng = Random(f"{self._seed}/{self._split}/{index}")
        seed = self._bank.choose(rng)
        try:
            draft = draw(seed, rng, self._split)
        except BankError as error:
            return Reject(index=index, split=self._split, seed=seed.id, reason=f"bank error: {error}", question="")
        mode = rng.choices(tuple(MODES), tuple(MODES.values()))[0]
        if (key := question_key(draft.question)) in self._asked:
            return self._reject(draft, index, "duplicate question:")
        self._asked.add(key)
        if self._measures is not None and (match := self._measures.match(draft.question)) and match.kind != "template":
            return self._reject(draft, index, f"contaminated: {match.kind} match with {match.item.id}")
        return draft, mode

    async def solve(self, drawn: Reject | tuple[Draft, Written], index: int, workshop: Workshop) -> Record:
        """The record of a draw."""
        if isinstance(drawn, Reject):
            return drawn
        draft, mode = drawn
        verdict = await workshop.verify(draft)
        if verdict.rejected:
            return self._reject(draft, index, verdict.rejected)
        return example(draft, verdict.stdout, index, self._split, mode)

    def _reject(self, draft: Draft, index: int, reason: str) -> Reject:
        return Reject(index=index, split=self._split, seed=draft.seed.id, reason=reason, question=draft.question)


async def _verified(draws: _Draws, first: int, workshop: Workshop, window: int) -> AsyncGenerator[Record, None]:
    """Records in the order of their numbers, without end; `window` of them are worked on ahead of the awaited one."""
    ahead: deque[asyncio.Task[Record]] = deque()
    try:
        for index in count(first):
            ahead.append(asyncio.create_task(draws.solve(draws.draw(index), index, workshop)))
            if len(ahead) > window:
                yield await ahead.popleft()
    finally:
        for task in ahead:
            task.cancel()
        await asyncio.gather(*ahead, return_exceptions=True)


def _configuration(bank: Bank, counts: Mapping[Split, int], seed: int) -> dict[str, Any]:
    digest = hashlib.sha256("\n".join(kind.model_dump_json() for kind in bank.seeds).encode()).hexdigest()
    libraries = {name: version(name) for name in ("mathsolve", "sympy")}
    return {
        "bank": digest,
        "counts": {split: counts[split] for split in ORDER if split in counts},
        "seed": seed,
        **libraries,
    }


def _claim(out_file: Path, configuration: Mapping[str, Any]) -> None:
    """Make sure that the file is ours to go on with. Raises `UsageError`."""
    card = out_file.with_name(f"{out_file.name}.run.json")
    if card.exists():
        there = json.loads(card.read_text(encoding="utf-8"))
        if changed := [key for key in configuration if there.get(key) != configuration[key]]:
            raise UsageError(
                f"{out_file} was begun with another {' and '.join(changed)}: delete it and {card.name}, "
                "or choose another file"
            )
    elif out_file.exists():
        raise UsageError(f"{out_file} exists and is not a synthesis: choose another file")
    else:
        out_file.parent.mkdir(parents=True, exist_ok=True)
        card.write_text(json.dumps(configuration, indent=2) + "\n", encoding="utf-8")


class _Rate(ProgressColumn):
    """Examples a second and rejected draws."""

    def render(self, task: Task) -> Text:
        """The cell of one task."""
        return Text(f"{task.speed or 0:.0f}/s, {task.fields['rejected']} rejected")


def _progress(console: Console | None) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _Rate(), TimeRemainingColumn())
    return Progress(*columns, console=console or Console(stderr=True), disable=console is None)
