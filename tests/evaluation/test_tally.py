"""The figures while a run goes on, and how they are shown."""

import io
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from mathsolve.evaluation.item import Item
from mathsolve.evaluation.metrics import metrics
from mathsolve.evaluation.record import Record
from mathsolve.evaluation.run import Run, item_to_json
from mathsolve.evaluation.running.display import Display, duration, line, panel
from mathsolve.evaluation.running.journal import Journal
from mathsolve.evaluation.running.tally import Accuracy, Tally


def test_the_running_accuracy_is_that_of_the_metrics(record: Record, tmp_path: Path) -> None:
    tally = Tally(planned=300)
    (tmp_path / "problems.jsonl").write_text(
        "".join(item_to_json(Item(f"sums/{n}", "sums", "?", "1")) + "\n" for n in range(6))
    )
    with Journal(tmp_path) as journal:
        for number in range(300):
            place = number * number % 6
            right = number % 7 < place
            changes = {"key": str(number), "problem": f"sums/{place}", "verdict": "correct" if right else "wrong"}
            one = replace(record, sample=number, **changes)  # type: ignore[arg-type]
            journal.add(one)
            tally.add(one)
    [group] = metrics(Run(tmp_path)).groups
    assert tally.accuracy.mean == pytest.approx(group.accuracy.value)
    assert (tally.accuracy.n, tally.done) == (group.problems, group.samples)
    low, high = tally.accuracy.interval
    assert low < group.accuracy.value < high


def test_samples_of_one_problem_do_not_make_the_interval_narrow() -> None:
    once, often = Accuracy(), Accuracy()
    for problem in range(40):
        right = float(problem % 4 == 0)
        once.move(None, right)
        often.move(None, right)
        for _ in range(15):
            often.move(right, right)
    assert often.interval == pytest.approx(once.interval)


def test_a_log_gets_a_line_with_every_figure(record: Record) -> None:
    now = 0.0
    tally = Tally(planned=10, clock=lambda: now)
    stream = io.StringIO()
    with Display(tally, "sums", "runs/sums", stream).shown():
        for number in range(5):
            now += 1.0
            tally.add(replace(record, problem=f"sums/{number}", verdict="correct" if number > 0 else "wrong"))
    tally.add(replace(record, stop="sandbox_error"))
    assert stream.getvalue() == "mathsolve: sums, into runs/sums\n"
    assert line(tally) == (
        "5 of 10 · accuracy 80.0%, 37.6% to 96.4% · 1.2 samples/s · 11 tokens/s · 0.0 programs/s · 1 failed · 4 s left"
    )
    assert [duration(s) for s in (0.2, 59.6, 3599, 90_000)] == ["0 s", "1 min 0 s", "59 min 59 s", "25 h 0 min"]


def test_a_terminal_gets_a_panel_with_a_row_for_each_part(record: Record) -> None:
    tally = Tally(planned=1_000)
    for number in range(8):
        tally.add(replace(record, problem=f"{'ab'[number % 2]}/{number}", mode="cot" if number < 4 else "pot"))
    tally.add(replace(record, stop="backend_error"))
    stream = io.StringIO()
    Console(file=stream, width=80).print(panel(tally, "a, b", "runs/a+b", "ending"))
    rows = [" ".join(row.split()) for row in stream.getvalue().splitlines()]
    for shown in ("a, b", "a cot 100.0% 34.2% to 100.0%", "b pot 100.0% 34.2% to 100.0%", "failed 1 1 backend error"):
        assert shown in rows
    assert any("8 of 1,000" in row for row in rows) and "ending" in rows
