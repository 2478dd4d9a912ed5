"""Runs: what is taken, recorded and resumed."""

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from mathsolve.engine.errors import UsageError
from mathsolve.engine.grading.verdict import Verdict
from mathsolve.engine.solver import Solver
from mathsolve.evaluation.item import Item
from mathsolve.evaluation.measure import markdown_table, summarise
from mathsolve.evaluation.record import Record
from mathsolve.evaluation.run import Name, Run, item_from_json, item_to_json
from mathsolve.evaluation.running.configuration import Configuration
from mathsolve.evaluation.running.draw import draws
from mathsolve.evaluation.running.evaluate import Halt, evaluate
from mathsolve.evaluation.running.journal import Journal
from mathsolve.evaluation.running.session import carry_out
from mathsolve.evaluation.running.take import take
from mathsolve.evaluation.running.tally import Tally
from mathsolve.evaluation.running.verdicts import Verdicts

SUMS = [
    Item(f"sums/{n}", "sums", f"What is {n} times 34?", str(n * 34), subject="even" if n % 2 == 0 else "odd")
    for n in range(12, 18)
]
TWICE = Configuration(("sums",), "embedded", "0123", ("mixed",), samples=2, temperature=0.7)
VOTE = replace(TWICE, modes=("auto",), samples=None, temperature=None)


def lasting(run: Run) -> dict[str, object]:
    """The records by key, without what may differ between two runs of the same: times."""

    def timeless(record: Record) -> Record:
        steps = tuple(replace(step, cpu_s=0.0) if hasattr(step, "cpu_s") else step for step in record.steps)
        return replace(record, seconds=0.0, steps=steps)

    return {record.key: timeless(record) for record in run.records()}


def test_every_sample_is_recorded_once_and_graded(solver: Solver, tmp_path: Path) -> None:
    outcome = carry_out(solver, TWICE, SUMS, tmp_path / "run")
    found = list(outcome.run.records())
    assert {(record.problem, record.sample) for record in found} == {(item.id, n) for item in SUMS for n in (0, 1)}
    assert len({record.key for record in found}) == len(found) == outcome.tally.done == 12
    assert sum(record.correct for record in found) > 6
    assert all(record.answer == record.steps[-2].stdout.strip() for record in found if record.correct)  # type: ignore[union-attr]
    assert outcome.run.items == {item.id: item for item in SUMS}


def test_a_resumed_run_equals_an_uninterrupted_one(solver: Solver, tmp_path: Path) -> None:
    whole = carry_out(solver, TWICE, SUMS, tmp_path / "whole").run
    first = carry_out(solver, replace(TWICE, samples=1, limit=3, concurrency=1), SUMS[:3], tmp_path / "parts").run
    path = first.path("records.jsonl")
    torn = path.read_bytes()[:-20]
    path.write_bytes(torn)
    grown = carry_out(solver, TWICE, SUMS, tmp_path / "parts").run
    assert lasting(grown) == lasting(whole)
    assert path.with_suffix(".torn").read_bytes().strip() == torn[torn.rfind(b"\n") + 1 :]


def test_a_sample_depends_on_its_own_number_not_on_what_else_there_is() -> None:
    few = {draw.key: draw for draw in draws(TWICE, SUMS[:2])}
    many = {draw.key: draw for draw in draws(replace(TWICE, samples=5, concurrency=3, limit=7), SUMS)}
    assert few.items() <= many.items()
    assert len({draw.sampling.seed for draw in many.values() if draw.sampling}) == len(many) == 30
    for other in (replace(TWICE, seed=1), replace(TWICE, fingerprint="9"), replace(TWICE, temperature=0.8)):
        assert few.keys().isdisjoint(draw.key for draw in draws(other, SUMS))


def test_failed_samples_are_tried_again(solver: Solver, tmp_path: Path) -> None:
    first = next(draws(TWICE, SUMS))
    once = replace(TWICE, samples=1)
    run = carry_out(solver, once, SUMS[:1], tmp_path / "run").run
    [good] = run.records()
    run.path("records.jsonl").write_text(replace(good, stop="backend_error", answer=None).to_json() + "\n")
    again = carry_out(solver, once, SUMS[:1], tmp_path / "run")
    assert [record.stop for record in again.run.records()] == ["answered"]
    assert (again.tally.done, first.key) == (1, good.key)


def test_a_bug_costs_one_sample_and_too_many_end_the_run(solver: Solver, tmp_path: Path) -> None:
    broken = replace(SUMS[0], question=7)  # type: ignore[arg-type]  # no text: the engine cannot even look at it
    verdicts = Verdicts(solver.sandbox)
    record = solver.run(take(solver, next(draws(TWICE, [broken])), verdicts))
    assert (record.failed, record.verdict) == (True, "undecided")
    assert "int" in (record.detail or "")
    outcome = carry_out(solver, replace(TWICE, concurrency=1), [broken, *SUMS], tmp_path / "run")
    assert outcome.halted == "too many samples failed"
    assert outcome.tally.done < 14


def test_an_empty_question_is_recorded_as_refused(solver: Solver) -> None:
    for configuration in (TWICE, VOTE):
        [first, *_] = draws(configuration, [replace(SUMS[0], question=" ")])
        record = solver.run(take(solver, first, Verdicts(solver.sandbox)))
        assert (record.stop, record.verdict, record.failed) == ("refused", "wrong", False)


def test_a_vote_keeps_what_was_withheld(solver: Solver, tmp_path: Path) -> None:
    painter = Item("sums/who", "sums", "Who painted the Mona Lisa?", None)
    run = carry_out(solver, VOTE, [SUMS[0], painter], tmp_path / "run").run
    sure, unsure = sorted(run.records(), key=lambda record: record.problem)
    assert (sure.answer, sure.given, sure.right, sure.agreement is not None) == ("408", True, True, True)
    assert (unsure.given, unsure.right) == (False, True)
    assert summarise([sure, unsure, replace(sure, given=False)]) == summarise([sure, unsure]).__class__(3, 2, 0, 1)
    assert "| even | 1 | 100.0% |" in markdown_table([sure], run.items)
    assert "even" not in (total := markdown_table([sure], run.items, 2)) and "| **all** | 1 |" in total


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"temperature": 0.5}, r"temperature was 0\.7, now 0\.5"),
        ({"fingerprint": "ffff"}, "fingerprint was 0123, now ffff"),
        ({"samples": 1}, r"samples was 2, now 1 \(it may only grow\)"),
        ({"samples": None}, "samples was 2, now none"),
        ({"modes": ("cot", "pot")}, "modes was mixed, now cot, pot"),
    ],
)
def test_another_configuration_in_the_same_folder_is_refused(
    solver: Solver, tmp_path: Path, change: dict[str, object], named: str
) -> None:
    carry_out(solver, TWICE, SUMS[:1], tmp_path)
    before = (tmp_path / "run.json").read_bytes()
    with pytest.raises(UsageError, match=named):
        carry_out(solver, replace(TWICE, **change), SUMS[:1], tmp_path)  # type: ignore[arg-type]
    assert (tmp_path / "run.json").read_bytes() == before


def test_changed_problems_and_foreign_folders_are_refused(solver: Solver, tmp_path: Path) -> None:
    carry_out(solver, replace(TWICE, samples=1), SUMS[:2], tmp_path / "run")
    with pytest.raises(UsageError, match=r"'sums/13' of the run in .* is another now"):
        carry_out(solver, TWICE, [SUMS[0], replace(SUMS[1], gold="7")], tmp_path / "run")
    with pytest.raises(UsageError, match=r"'sums/13' .* is gone"):
        carry_out(solver, TWICE, SUMS[:1], tmp_path / "run")
    (tmp_path / "begun").mkdir()
    for name in ("run.lock", "records.jsonl", "run.json.part"):  # killed before there was a run
        (tmp_path / "begun" / name).touch()
    assert carry_out(solver, replace(TWICE, samples=1), SUMS[:1], tmp_path / "begun").tally.done == 1
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "problems.jsonl").write_text("precious")
    with pytest.raises(UsageError, match=r"holds problems\.jsonl and no run"):
        carry_out(solver, TWICE, SUMS, tmp_path / "mine")


def test_a_halt_ends_within_seconds_and_loses_nothing(solver: Solver, tmp_path: Path) -> None:
    tally, halt = Tally(planned=20_000), Halt()
    many = draws(replace(TWICE, samples=20_000), SUMS[:1])
    with Journal(tmp_path) as journal:
        threading.Timer(1.0, halt.call, ["enough"]).start()
        solver.run(evaluate(solver, many, journal, tally, concurrency=8, most_failures=0, halt=halt))
    assert halt.reason == "enough"
    assert 0 < tally.done == len(list(Run(tmp_path).records())) < 20_000


def test_a_halt_before_the_start_takes_nothing(solver: Solver, tmp_path: Path) -> None:
    halt = Halt()
    halt.call("too early")
    with Journal(tmp_path) as journal:
        solver.run(evaluate(solver, draws(TWICE, SUMS), journal, Tally(12), concurrency=8, most_failures=0, halt=halt))
    assert not list(Run(tmp_path).records())


def test_tokens_are_kept_on_request(solver: Solver, tmp_path: Path) -> None:
    [record] = carry_out(solver, replace(TWICE, samples=1, keep_tokens=True), SUMS[:1], tmp_path).run.records()
    assert record.tokens is not None
    assert len(record.tokens.ids) == record.prompt_tokens + record.sampled_tokens + record.observed_tokens
    assert len(record.tokens.sampled()) == record.sampled_tokens > 0


def test_a_question_with_half_a_character_is_kept(solver: Solver, tmp_path: Path) -> None:
    half = replace(SUMS[0], question="What is 12 times 34\ud800?", gold="\udfff")
    run = carry_out(solver, replace(TWICE, samples=1), [half, SUMS[1]], tmp_path, most_failures=1).run
    assert run.items[half.id] == half


def test_items_come_back_equal() -> None:
    full = replace(SUMS[0], accepted=("4e2",), choices=("a", "b"), level="5", cluster="c", gold=None)
    assert [item_from_json(item_to_json(item)) for item in (SUMS[0], full)] == [SUMS[0], full]


def test_equal_answers_are_graded_once_and_hard_ones_settled_in_the_sandbox(solver: Solver) -> None:
    verdicts = Verdicts(solver.sandbox)
    hard = Item("sums/e", "sums", "Give a formula.", r"\sin(2x)")

    async def found(answer: str) -> Verdict:
        return await verdicts.of(hard, answer, given=True)

    assert solver.run(found("2*sin(x)*cos(x)")) is solver.run(found("2*sin(x)*cos(x)"))
    assert [solver.run(found(answer)).verdict for answer in ("2*sin(x)*cos(x)", "2*sin(x)")] == ["correct", "wrong"]


@pytest.mark.parametrize(
    ("name", "content", "named"),
    [
        ("run.json", b"[]", "describes no run"),
        ("run.json", b'{"config": 5}', "describes no run"),
        ("run.json", b"\xff", "is damaged"),
        ("problems.jsonl", None, "is missing"),
        ("problems.jsonl", b"\xff\n", "line 1, is no problem"),
        ("problems.jsonl", b'{"id": "a", "bench": "b", "question": 7, "gold": "1"}\n', "line 1, is no problem"),
    ],
)
def test_what_is_damaged_in_a_run_is_named(tmp_path: Path, name: Name, content: bytes | None, named: str) -> None:
    (tmp_path / "run.json").write_text('{"config": {}}')
    if content is not None:
        (tmp_path / name).write_bytes(content)
    run = Run.load(tmp_path)
    with pytest.raises(UsageError, match=named):
        assert run.description and run.items
