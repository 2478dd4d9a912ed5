"""Real programs: does the sandbox show what their authors' executors showed, and does the policy change that?

    python benchmarks/sandbox_corpus.py [--data ../shared/data] [--limit N] [--more] [--policy check ...] [--docker] [--json]

Runs every program of the ToRA-34B and Codex outputs on GSM8K (with `--more`, of three further sources) in a session of
its own, under each policy, and compares what the executor of its model would have told it with what the file recorded.
Prints the share that is equal, how the programs ended, every kind of difference with a count and an example, and the
programs whose result depends on the policy. The files lie beside the repository and are no part of it: without them
the script ends with exit status 2.

Promises: sorts a difference by what is in both texts alone, never by looking for an excuse; what fits no kind is
`other output`. Does not promise the same shares on another version of Python: error texts change.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import re
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from recorded import CORPORA, MORE, Corpus, Recorded
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress
from rich.table import Table

from mathsolve.sandbox import Limits, Observation, ProcessSandbox, Program, Sandbox
from mathsolve.sandbox.docker import DockerSandbox
from mathsolve.sandbox.process import Policy

POLICIES: tuple[Policy, ...] = ("check", "restricted", "off")
CPU_S = 5.0
"""What both executors gave a program; ours count processor time."""
SLOW_S = 1.0
"""Processor time from which a program may have been too slow for a recorded run whose reason for None is not told."""
WIDTH = 140
"""Columns of a table in a file."""
AT_ONCE = 64
"""Sessions that wait for their turn at a time."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One program under one policy."""

    name: str
    """The program."""
    status: str
    """How it ended."""
    recorded: str | None
    """What the file says."""
    told: str
    """What its executor would have said of our observation."""
    difference: str
    """The kind of difference; empty when there is none."""


@dataclass(frozen=True, slots=True)
class Pass:
    """One corpus under one policy."""

    corpus: str
    """Its name."""
    policy: Policy
    """The policy."""
    outcomes: list[Outcome]
    """One for each program, in order."""
    seconds: float
    """Wall time of all."""

    @property
    def equal(self) -> int:
        """Programs that showed what was recorded."""
        return sum(not outcome.difference for outcome in self.outcomes)


def main() -> int:
    """Read, run, show; the exit status."""
    asked = _arguments()
    corpora = [*CORPORA, *(MORE if asked.more else ())]
    programs = {corpus: spread(corpus.programs(asked.data), asked.limit) for corpus in corpora}
    missing = [corpus.path for corpus, found in programs.items() if not found]
    if missing:
        print(f"not found below {asked.data}: {', '.join(missing)}; these files are no part of the repository")
        return 2
    opened = DockerSandbox if asked.docker else ProcessSandbox
    passes = asyncio.run(_passes(programs, asked.policy, opened))
    if asked.json:
        print(json.dumps([asdict(done) for done in passes], indent=1))
    else:
        show(passes)
    return 0


def spread(programs: list[Recorded], limit: int | None) -> list[Recorded]:
    """At most `limit` of them, from the first to the last part of the source."""
    if limit is None or limit >= len(programs):
        return programs
    return [programs[n * len(programs) // limit] for n in range(limit)]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Real programs in the sandbox, compared with what was recorded.")
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    parser.add_argument("--data", type=Path, default=beside, help="folder with `replay` (and `train`) in it")
    parser.add_argument("--limit", type=int, help="only N programs of each source, evenly spread")
    parser.add_argument("--more", action="store_true", help="three further sources, 16,000 programs")
    parser.add_argument(
        "--policy", nargs="+", choices=POLICIES, default=POLICIES, help="which policies; all unless said"
    )
    parser.add_argument("--docker", action="store_true", help="in containers; first: mathsolve sandbox image")
    parser.add_argument("--json", action="store_true", help="every outcome as JSON instead of tables")
    return parser.parse_args()


async def _passes(
    programs: dict[Corpus, list[Recorded]], policies: list[Policy], opened: type[DockerSandbox | ProcessSandbox]
) -> list[Pass]:
    """Every corpus under every policy."""
    total = len(policies) * sum(map(len, programs.values()))
    passes = []
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("programs", total=total)
        for policy in policies:
            async with opened(Limits(cpu_s=CPU_S), policy=policy) as sandbox:
                for corpus, recorded in programs.items():
                    start = time.perf_counter()
                    outcomes = await _outcomes(sandbox, corpus, recorded, lambda: progress.advance(task))
                    passes.append(Pass(corpus.name, policy, outcomes, time.perf_counter() - start))
    return passes


async def _outcomes(
    sandbox: Sandbox, corpus: Corpus, programs: list[Recorded], tick: Callable[[], None]
) -> list[Outcome]:
    waiting = asyncio.Semaphore(AT_ONCE)

    async def outcome(program: Recorded) -> Outcome:
        async with waiting, await sandbox.open(preset=corpus.preset) as session:
            seen = await session.run(Program(program.code))
        tick()
        told = corpus.told(seen)
        return Outcome(program.name, seen.status, program.output, told, difference(program.output, told, seen))

    return list(await asyncio.gather(*map(outcome, programs)))


def difference(recorded: str | None, told: str, seen: Observation) -> str:
    """The kind of difference between what was recorded and what we told; empty when both are the same text."""
    if recorded is None:
        return "nothing recorded"
    if recorded == told:
        return ""
    timed_out = "timeout" in recorded.lower()
    if seen.status not in ("ok", "error"):
        return "both timed out" if timed_out and seen.status == "timeout" else f"ours: {seen.status}"
    if timed_out or (recorded == "None" and seen.cpu_s > SLOW_S):
        return "recorded timeout"
    if recorded == "None":
        return "recorded failure"
    theirs, ours = error_type(recorded), error_type(told)
    if theirs or ours:
        return "error in other words" if theirs == ours else "other error"
    if same_numbers(recorded, told):
        return "same number, other digits"
    return "same in another order" if sorted(recorded) == sorted(told) else "other output"


def error_type(text: str) -> str:
    """`NameError` of `NameError: name 'x' ...`; empty when the text is no error."""
    found = re.match(r"(\w+(?:Error|Exception|Interrupt|Iteration))(?::|$)", text)
    return found[1] if found else ""


def same_numbers(one: str, other: str) -> bool:
    """Whether two texts are the same but for the last digits of their numbers."""
    number = re.compile(r"-?\d+\.?\d*(?:e[-+]?\d+)?")
    pairs = zip(number.findall(one), number.findall(other), strict=False)
    alike = number.sub("#", one) == number.sub("#", other)
    return alike and all(math.isclose(float(a), float(b), rel_tol=1e-9) for a, b in pairs)


def show(passes: list[Pass]) -> None:
    """Three tables: results side by side, kinds of differences, programs that the policy decides."""
    policies = list(dict.fromkeys(done.policy for done in passes))
    console = Console(width=max(WIDTH, Console().width))
    for title, columns, rows in (
        ("Results", ("", *policies), results(passes)),
        ("Differences", ("kind", "programs", "example", "recorded", "ours"), differences(passes)),
        ("What depends on the policy", ("program", "policy", "status", "ours"), by_policy(passes)),
    ):
        table = Table(*columns, title=title, title_justify="left")
        for row in rows:
            table.add_row(*map(escape, row))
        console.print(table if table.rows else f"{title}: nothing")


def results(passes: list[Pass]) -> list[tuple[str, ...]]:
    """For every corpus: how many are equal of those with a recorded output, how they ended, how fast; a column a policy."""
    rows: list[tuple[str, ...]] = []
    for corpus in dict.fromkeys(done.corpus for done in passes):
        beside = [done for done in passes if done.corpus == corpus]
        known = sum(outcome.recorded is not None for outcome in beside[0].outcomes)
        if known:
            equal = (f"{done.equal} of {known} = {done.equal / known:.2%}" for done in beside)
            rows.append((f"{corpus}: equal", *equal))
        counts = [Counter(outcome.status for outcome in done.outcomes) for done in beside]
        for status in dict.fromkeys(status for count in counts for status in count):
            rows.append((f"{corpus}: status {status}", *(str(count[status]) for count in counts)))
        speeds = (f"{len(done.outcomes) / done.seconds:.0f}" for done in beside)
        rows.append((f"{corpus}: programs/s", *speeds))
    return rows


def differences(passes: list[Pass]) -> list[tuple[str, ...]]:
    """Every kind of difference in every corpus, how often under each policy, and one example."""
    kinds: dict[tuple[str, str], Counter[str]] = {}
    examples: dict[tuple[str, str], Outcome] = {}
    for done in passes:
        for outcome in done.outcomes:
            if outcome.difference:
                key = done.corpus, outcome.difference
                kinds.setdefault(key, Counter())[done.policy] += 1
                examples.setdefault(key, outcome)
    rows: list[tuple[str, ...]] = []
    for key, counts in kinds.items():
        example, programs = examples[key], ", ".join(f"{policy} {n}" for policy, n in counts.items())
        rows.append((key[1], programs, example.name, short(example.recorded), short(example.told)))
    return rows


def by_policy(passes: list[Pass]) -> list[tuple[str, ...]]:
    """Programs that ended differently under one policy than under another."""
    seen: dict[str, dict[str, Outcome]] = {}
    for done in passes:
        for outcome in done.outcomes:
            seen.setdefault(outcome.name, {})[done.policy] = outcome
    return [
        (name, policy, outcome.status, short(outcome.told))
        for name, outcomes in seen.items()
        if len({(x.status, x.told) for x in outcomes.values()}) > 1
        for policy, outcome in outcomes.items()
    ]


def short(text: str | None) -> str:
    """At most 70 characters on one line."""
    line = "(nothing)" if text is None else " ".join(text.split())
    return line if len(line) <= 70 else f"{line[:67]}..."


if __name__ == "__main__":
    sys.exit(main())
