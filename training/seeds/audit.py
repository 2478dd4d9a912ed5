"""Checking bank files: draws examples of every seed, runs them, and lists what fails, seed by seed.

python -m mathsolve.training.seeds training/bank/derivatives.toml -n 20 --show 5
"""

from __future__ import annotations

import asyncio
import re
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from random import Random
from typing import Annotated, get_args

from cyclopts import App, Parameter
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ...sandbox import ProcessSandbox
from ..synthesis.candidate import ANSWER
from ..synthesis.case import Case
from ..synthesis.filters.chain import trials
from ..synthesis.filters.format import Format
from ..synthesis.filters.length import Length
from ..synthesis.filters.solvability import Majority
from ..synthesis.stream import screened, tried
from ..synthesis.teachers.program import BRIEF, candidate
from ..synthesis.workshop import Workshop
from .bank import BankError, Seed, load_bank
from .drafts import Draft, Split, draw, draw_values
from .frames import Frame, FrameError, expand
from .style import PLAIN

BENCHES = 2
"""Programs that run at the same time."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came out of trying a draft."""

    answer: str
    """The answer; empty when there is none."""
    rejected: str | None
    """Why it, or one of its solutions, would not be used, beginning with a fixed phrase up to a colon; None when all would."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What checking one seed showed."""

    seed: Seed
    """The seed."""
    shown: tuple[tuple[Draft, Verdict], ...]
    """Drafts that were run, with their verdicts."""
    failures: tuple[str, ...]
    """What is wrong, one line each, without repetition."""
    notes: tuple[str, ...]
    """What may be meant so."""


async def audit(seed: Seed, count: int, workshop: Workshop) -> Finding:
    """Draw `count` examples of each split and run them."""
    try:
        failures = _bad_placeholders(seed)
    except BankError as error:
        return Finding(seed, (), (str(error),), ())
    drafts, more = _drawn(seed, count)
    failures += [*more, *near_copies(seed)]
    verdicts = await asyncio.gather(*(verify(draft, workshop) for draft in drafts))
    shown = tuple(zip(drafts, verdicts, strict=True))
    failures += [f"{verdict.rejected}\n{_quote(draft)}" for draft, verdict in shown if verdict.rejected]
    return Finding(seed, shown, tuple(_once(failures)), tuple(_notes(seed, shown)))


async def verify(draft: Draft, workshop: Workshop) -> Verdict:
    """Try one draft as the synthesis does, but for what depends on other questions."""
    (case,) = screened([candidate(draft)], (Format(), Length(BRIEF)))
    assert isinstance(case, Case), "a candidate makes a case"
    case = await tried(case, trials(Majority()), workshop)
    return Verdict(case.answer or "", case.reason or next((refusal.reason for refusal in case.refusals), None))


def near_copies(seed: Seed) -> list[str]:
    """Questions that are held-out frames in all but a word: what is measured on those would not be new wordings."""
    held_out = [words for frame in seed.held_out if len(words := _words(frame)) > 3]
    return [
        f"near copy of a held-out frame: {frame!r}: remove it or word it differently"
        for frame in seed.questions
        if len(words := _words(frame)) > 3
        and any(SequenceMatcher(None, words, other, autojunk=False).ratio() >= 0.85 for other in held_out)
    ]


def _words(frame: str) -> list[str]:
    """The words of a frame, with the first alternative of each choice and without placeholders."""
    first = re.sub(r"<([^<>|]*)\|[^<>]*>", r"\1", frame)
    return re.findall(r"[a-z']+", re.sub(r"\{[^{}]*\}", " ", first).lower())


def _drawn(seed: Seed, count: int) -> tuple[list[Draft], list[str]]:
    """Examples of each split and what went wrong in drawing."""
    drafts: list[Draft] = []
    failures: list[str] = []
    for split in get_args(Split):
        for number in range(count):
            try:
                drafts.append(draw(seed, Random(f"audit/{split}/{number}"), split))
            except BankError as error:
                failures.append(str(error))
    return drafts, failures


def _notes(seed: Seed, shown: Sequence[tuple[Draft, Verdict]]) -> list[str]:
    notes = []
    answers = Counter(verdict.answer for _, verdict in shown)
    if seed.program and len(shown) > 10 and len(answers) == 1:
        notes.append(f"every answer is {next(iter(answers))!r}")
    different = len({draft.question for draft, _ in shown})
    if different < 0.8 * len(shown):
        notes.append(f"only {different} of {len(shown)} questions differ: more frames or wider ranges")
    longest = max((len(draft.question) for draft, _ in shown), default=0)
    if longest > 280:
        notes.append(f"longest question: {longest} characters")
    return notes


def _quote(draft: Draft) -> str:
    return f"    question: {draft.question}\n    program: " + draft.program.replace("\n", "\n             ")


def _once(failures: Sequence[str]) -> list[str]:
    """The first failure of each kind, with the number of them."""
    kinds = Counter(failure.partition(":")[0] for failure in failures)
    first: dict[str, str] = {}
    for failure in failures:
        first.setdefault(failure.partition(":")[0], failure)
    return [f"[{kinds[kind]}x] {failure}" for kind, failure in first.items()]


def report(findings: Sequence[Finding], show: int, console: Console) -> bool:
    """Print examples, failures and a table; returns whether everything is well."""
    for finding in findings:
        for draft, verdict in finding.shown[:: max(1, len(finding.shown) // show)][:show] if show else ():
            _print_example(draft, verdict, console)
    table = Table("seed", "level", "questions", "held out", "examples", "failed", box=None)
    for finding in findings:
        seed, failed = finding.seed, sum(1 for _, verdict in finding.shown if verdict.rejected)
        table.add_row(
            seed.id,
            str(seed.level),
            str(len(seed.questions)),
            str(len(seed.held_out)),
            str(len(finding.shown)),
            str(failed),
        )
    console.print(table)
    for finding in findings:
        for note in finding.notes:
            console.print(f"[yellow]note[/] {escape(f'{finding.seed.id}: {note}')}")
        for failure in finding.failures:
            console.print(f"[red]FAIL[/] {escape(f'{finding.seed.id}: {failure}')}")
    return not any(finding.failures for finding in findings)


def _print_example(draft: Draft, verdict: Verdict, console: Console) -> None:
    console.print(f"[bold]{escape(draft.seed.id)}[/]  {escape(draft.question)}")
    for text in (draft.thought, draft.program, verdict.answer):
        if text:
            console.print("    " + escape(text.replace("\n", "\n    ")))
    boxed = f"\\boxed{{{verdict.answer}}}"
    console.print("    " + escape((draft.final if draft.program else "(declines)").replace(ANSWER, boxed)))
    if draft.cot:
        console.print("    cot: " + escape(draft.cot.replace(ANSWER, boxed).replace("\n", "\n    ")))


def _bad_placeholders(seed: Seed) -> list[str]:
    """Placeholders that fail, tried in every alternative of every frame with one set of variables."""
    failures = []
    values, rng = draw_values(seed, Random("audit")), Random("audit")
    code = seed.compiled
    for frame in (*code.questions, *code.held_out, *code.distractors, *code.thoughts):
        for option in (option for part in frame.parts for option in part):
            try:
                expand(Frame(frame.source, ((option,),)), values, rng, PLAIN)
            except FrameError as error:
                failures.append(f"bad placeholder: {error}")
    return failures


async def _audit_all(seeds: Sequence[Seed], count: int) -> list[Finding]:
    async with ProcessSandbox() as sandbox:
        workshop = Workshop(sandbox, BENCHES)
        try:
            return [await audit(seed, count, workshop) for seed in seeds]
        finally:
            await workshop.close()


app = App(help="Check files of the seed bank.", help_format="plaintext")


@app.default
def check(
    *files: Path, n: Annotated[int, Parameter(name=["-n", "--count"])] = 20, show: int = 0, seed: str = ""
) -> int:
    """Draw examples of every seed from every split, run program and check, list what fails.

    Parameters
    ----------
    files
        Bank files, e.g. training/bank/derivatives.toml.
    n
        Examples of each seed and split.
    show
        Examples of each seed to print.
    seed
        Only seeds whose id contains this.
    """
    console = Console(soft_wrap=True, highlight=False)
    good = [file for file in files if _loads([file], console)]
    if not good or not _loads(good, console):
        return 1
    seeds = [one for one in load_bank(good).seeds if seed in one.id]
    well = report(asyncio.run(_audit_all(seeds, n)), show, console)
    return 0 if well and len(good) == len(files) else 1


def _loads(files: Sequence[Path], console: Console) -> bool:
    """Whether these files make a bank; says why not."""
    try:
        load_bank(files)
    except (BankError, OSError) as error:
        console.print(f"[red]FAIL[/] {escape(str(error))}")
        return False
    return True


def command() -> None:
    """Entry point of `python -m mathsolve.training.seeds`."""
    sys.exit(app(result_action="return_value"))
