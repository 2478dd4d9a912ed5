"""The tables of `sandbox_speed.py`: medians, throughput, ratios, and what they were meant to be."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from rich.console import Console
from rich.table import Table

OURS, LIVE, TORA = "sandbox, new session", "sandbox, live session", "ToRA's pool"
FLOOR, FLOOR_SYMPY = "bare fork", "bare fork, sympy loaded"
WIDTH = 120
"""Columns of a table in a file."""


@dataclass(frozen=True, slots=True)
class Latency:
    """One kind of program, run alone, by one contender."""

    case: str
    """The kind."""
    contender: str
    """Who ran it."""
    seconds: list[float]
    """Wall time of each."""

    @property
    def p50(self) -> float:
        """The median."""
        return statistics.median(self.seconds)

    @property
    def p99(self) -> float:
        """Slower than 99 of 100; the slowest where there are fewer."""
        return sorted(self.seconds)[int(0.99 * len(self.seconds))]


@dataclass(frozen=True, slots=True)
class Batch:
    """One batch, run by one contender."""

    case: str
    """Kind of program."""
    contender: str
    """Who ran it."""
    size: int
    """Number of programs."""
    seconds: float
    """Wall time of all."""
    cpu_s: float
    """Processor time of the contender and its children."""


@dataclass(frozen=True, slots=True)
class Rate:
    """All batches of one kind and size, by one contender."""

    per_s: float
    """Programs a second: median over the batches."""
    cpu_ms: float
    """Processor time of a program: mean over the batches, because the kernel counts in hundredths of a second."""


def rates(batches: Iterable[Batch]) -> dict[tuple[str, int, str], Rate]:
    """By kind, size and contender, in order."""
    groups: dict[tuple[str, int, str], list[Batch]] = {}
    for batch in batches:
        groups.setdefault((batch.case, batch.size, batch.contender), []).append(batch)
    return {
        key: Rate(
            statistics.median(batch.size / batch.seconds for batch in group),
            1e3 * sum(batch.cpu_s for batch in group) / sum(batch.size for batch in group),
        )
        for key, group in sorted(groups.items(), key=lambda item: item[0][:2])
    }


def show(latencies: list[Latency], batches: list[Batch], as_json: bool) -> None:
    """Print everything."""
    if as_json:
        print(json.dumps({"latencies": [*map(asdict, latencies)], "batches": [*map(asdict, batches)]}))
        return
    console = Console(width=max(WIDTH, Console().width))
    console.print(latency_table(latencies))
    console.print(throughput_table(rates(batches)))
    console.print(target_table(latencies, rates(batches)))


def latency_table(latencies: list[Latency]) -> Table:
    """Milliseconds of one program on an idle contender."""
    median = {(x.case, x.contender): x.p50 for x in latencies}
    table = Table("program", "contender", title="One program at a time, ms", title_justify="left")
    for column in ("p50", "p99", "n", "it / new session", "it / bare fork"):
        table.add_column(column, justify="right")
    for case in dict.fromkeys(x.case for x in latencies):
        for x in (x for x in latencies if x.case == case):
            ratios = (f"{x.p50 / median[case, other]:.2f}" for other in (OURS, FLOOR))
            table.add_row(case, x.contender, f"{x.p50 * 1e3:.3f}", f"{x.p99 * 1e3:.3f}", str(len(x.seconds)), *ratios)
        table.add_section()
    return table


def throughput_table(found: dict[tuple[str, int, str], Rate]) -> Table:
    """Programs a second, and their cost."""
    table = Table("programs", "contender", title="Batches", title_justify="left")
    for column in ("programs/s", "new session / it", "CPU ms each", "its CPU / bare fork's"):
        table.add_column(column, justify="right")
    for (case, size, contender), rate in found.items():
        ours, floor = (found[case, size, other] for other in (OURS, FLOOR))
        cpu = ("-", "-")
        if "docker" not in contender:  # its processes are the daemon's, where they are not counted
            cpu = f"{rate.cpu_ms:.2f}", f"{rate.cpu_ms / floor.cpu_ms:.2f}" if floor.cpu_ms else "-"
        speeds = f"{rate.per_s:.1f}", f"{ours.per_s / rate.per_s:.2f}"
        table.add_row(f"{size} x {case}", contender, *speeds, *cpu)
    return table


def target_table(latencies: list[Latency], found: dict[tuple[str, int, str], Rate]) -> Table:
    """What was wanted, what was measured."""
    median = {(x.case, x.contender): x.p50 for x in latencies}
    rows = [
        ("print(n+1) in a new session, ms", "<=", 1.5, 1e3 * median["print", OURS]),
        ("print(n+1) in a live session, ms", "<=", 0.2, 1e3 * median["print", LIVE]),
    ]
    for case, size in dict.fromkeys(key[:2] for key in found):
        ours = found[case, size, OURS]
        for floor in (FLOOR, FLOOR_SYMPY):
            if size > 10 and (case, size, floor) in found:  # small batches measure how long the first and the last wait
                least = found[case, size, floor]
                rows.append((f"time of {size} x {case} / {floor}", "<=", 1.3, least.per_s / ours.per_s))
                rows.append((f"CPU of {size} x {case} / {floor}", "<=", 1.3, ours.cpu_ms / (least.cpu_ms or 1e-3)))
        if case == "sympy" and (case, size, TORA) in found:
            wanted = 1.5 if size > 10 else 10.0
            rows.append(
                (f"throughput of {size} x sympy / ToRA's", ">=", wanted, ours.per_s / found[case, size, TORA].per_s)
            )
    table = Table("target", "wanted", "measured", "met", title="Targets", title_justify="left")
    for name, sign, wanted, measured in rows:
        met = measured <= wanted if sign == "<=" else measured >= wanted
        table.add_row(name, f"{sign} {wanted:g}", f"{measured:.2f}", "yes" if met else "no")
    return table
