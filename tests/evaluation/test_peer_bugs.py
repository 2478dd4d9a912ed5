"""Bugs that were found in graders and evaluators of other systems: ours has none of them. Each test names the system."""

import asyncio
import itertools
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from mathsolve.engine.grading.extraction import extract
from mathsolve.engine.grading.grade import grade
from mathsolve.engine.grading.rules import Rules
from mathsolve.engine.solver import Solver
from mathsolve.engine.trajectory import Thought
from mathsolve.evaluation.item import Item
from mathsolve.evaluation.judge import judge
from mathsolve.evaluation.metrics import metrics
from mathsolve.evaluation.record import Record, keys, read_records
from mathsolve.evaluation.run import Run
from mathsolve.evaluation.running.verdicts import Verdicts
from mathsolve.sandbox import Observation, Program

HARD = r"\sum_{k=1}^{n} k^{%d}"
"""Only algebra can tell, or not even that."""


@pytest.mark.parametrize(
    ("gold", "pred"),
    [
        ("5", "500"),
        ("500", "5"),
        ("0.5", "50"),
        ("50", "0.5"),
        ("1/4", "25"),
        ("12", "1200%"),
        ("3", "0.03"),
        ("1000", "1001"),
        ("0.12341", "0.12344"),
        ("100000", "100001"),
    ],
)
def test_a_hundredfold_or_a_near_miss_is_wrong(gold: str, pred: str) -> None:
    """ToRA and Qwen2.5-Math accept x100 and /100, and a relative error of 1e-3 or 1e-4."""
    accepted = grade(gold, pred).verdict == "correct"
    assert accepted == ("%" in pred)  # the sign says what was meant


@pytest.mark.parametrize("gold", ["", "  ", "$$", "\\frac{", "see the figure", "((", "\\boxed{}", "Proof.", "\\left("])
@pytest.mark.parametrize("pred", ["1", "0", "x", "I do not know", "", None])
def test_a_right_answer_that_cannot_be_read_makes_nothing_right(gold: str, pred: str | None) -> None:
    """open-r1 gave the full reward whenever the gold could not be parsed."""
    assert grade(gold, pred).verdict != "correct"
    assert judge(Item("b/1", "b", "?", gold), pred).verdict != "correct"


def test_the_right_answer_comes_first() -> None:
    """open-r1 calls `verify(answer, gold)`, whose order is the other; it shows where a rule asks something of the answer."""
    asked = Rules(simplified=True)
    assert judge(Item("b/1", "b", "?", "2/4", rules=asked), "1/2").verdict == "correct"
    assert judge(Item("b/1", "b", "?", "1/2", rules=asked), "2/4").verdict == "wrong"
    rough = Rules(tolerance=0.1)
    assert [grade("10.5", "9.5", rules=rough).verdict, grade("9.5", "10.5", rules=rough).verdict] == [
        "correct",
        "wrong",
    ]


@pytest.mark.parametrize(
    ("text", "gold"),
    [
        ("The answer is 5. (First I had 7)", "7"),
        ("The answer is \\boxed{5}, and 5 + 2 = 7", "7"),
        ("#### 5\nNext question: what is 3 + 4? #### 7 7", "5 "),
        ("The answer is not 7.", "7"),
        ("It is 7 or 5.", "7"),
        ("The answer is 17.", "7"),
    ],
)
def test_only_what_is_stated_counts(text: str, gold: str) -> None:
    """ReTool counts "equal or the last number matches", Xwin takes an answer that includes the right one."""
    assert grade(gold, text, "completion").verdict != "correct"


@pytest.mark.parametrize(
    ("gold", "pred"),
    [
        ("\\left( 3, \\frac{1}{2} \\right)", "(3,0.5)"),
        ("\\text{ 42 }", "42"),
        ("1{,}234\\!", "1234"),
        ("90^\\circ", "90"),
        ("\\dfrac{\\pi}{2}", "\\pi/2"),
        ("x \\in [-2, 7]", "[-2,7]"),
    ],
)
def test_spelling_is_put_aside(gold: str, pred: str) -> None:
    """ToRA drops the result of `string.replace`; Qwen2.5-Math is thrown by `\\left`."""
    assert grade(gold, pred).verdict == grade(pred, gold).verdict == "correct"


def test_a_verdict_depends_on_its_own_answer_alone(solver: Solver) -> None:
    """Xwin counts an item that timed out with what was left over from the one before."""
    answers = ["3", "4", HARD % 90, None, "10^{10^{10}}"]
    item = Item("b/1", "b", "?", "3")
    alone = {answer: solver.run(Verdicts(solver.sandbox).of(item, answer, given=True)) for answer in answers}
    assert [alone[answer].verdict for answer in answers] == [
        "correct",
        "wrong",
        alone[HARD % 90].verdict,
        "wrong",
        "wrong",
    ]
    assert alone[HARD % 90].verdict != "correct"
    for order in list(itertools.permutations(answers))[::40]:
        verdicts = Verdicts(solver.sandbox)

        async def all_of_them(verdicts: Verdicts = verdicts, order: tuple[str | None, ...] = order) -> list[object]:
            return list(await asyncio.gather(*(verdicts.of(item, answer, given=True) for answer in order)))

        assert solver.run(all_of_them()) == [alone[answer] for answer in order]


def test_graders_work_in_any_thread(solver: Solver) -> None:
    """math-verify's limits are signals: outside the main thread they are silently "not equal", or there are none."""
    pairs = [
        ("1/2", "0.5"),
        ("\\frac{x^2-9}{x-3}", "x+3"),
        ("7", "8"),
        ("\\sqrt{50}", "5\\sqrt2"),
        ("(1,2)", "(2,1)"),
    ] * 8
    item = Item("b/1", "b", "?", r"\frac{n(n+1)}{2}")

    def told(pair: tuple[str, str]) -> str:
        return grade(*pair).verdict

    def settled(answer: str) -> str:
        return solver.run(Verdicts(solver.sandbox).of(item, answer, given=True)).verdict

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(told, pairs)) == [told(pair) for pair in pairs]
        assert list(threads.map(settled, [HARD % 1, HARD % 2] * 2)) == ["correct", "wrong"] * 2


def written(folder: Path, records: list[Record]) -> Run:
    """A run of these records of one problem."""
    (folder / "run.json").write_text("{}")
    item = Item("sums/12", "sums", "?", "408")
    (folder / "problems.jsonl").write_text(json.dumps(asdict(item)) + "\n")
    lines = (replace(each, key=f"{n:032x}", sample=n).to_json() + "\n" for n, each in enumerate(records))
    (folder / "records.jsonl").write_text("".join(lines))
    return Run(folder)


def test_failures_are_counted_by_status_and_not_by_words(record: Record, tmp_path: Path) -> None:
    """rStar-Math takes "error" in an output for a failure; NeMo-Skills filters words that its sandbox spells otherwise."""

    def ran(observation: Observation) -> Record:
        return replace(record, steps=(Thought("So"), Program("..."), observation, Thought("It is \\boxed{408}.")))

    samples = [
        ran(Observation("ok", "the standard error is 408; Timed out, Traceback\n")),
        ran(Observation("timeout", "408\n", error="TimeoutError: execution exceeded 5 s of CPU time")),
        ran(Observation("memory", "")),
    ]
    [group] = metrics(written(tmp_path, samples)).groups
    assert group.programs.statuses == {"ok": 1, "timeout": 1, "memory": 1}
    assert group.programs.failing == pytest.approx(2 / 3)


def test_a_time_out_is_no_answer_that_was_wrong_by_chance(record: Record, tmp_path: Path) -> None:
    """Xwin marks such an item False in its file and counts it by another's verdict; others fold it into wrong unsaid."""
    late = replace(record, answer=None, given=False, verdict="wrong", stop="timeout", method="extraction")
    open_ = replace(record, verdict="undecided", reason="the limit was reached")
    [group] = metrics(written(tmp_path, [record, late, open_, record])).groups
    assert group.accuracy.value == 0.5
    assert list(read_records(tmp_path / "records.jsonl"))[1].stop == "timeout"


def test_votes_are_by_value_in_figures_too(record: Record, tmp_path: Path) -> None:
    """NeMo-Skills, Qwen2.5-Math and others vote on strings."""
    ways = ["407", "408", "816/2", "406"]
    votes = [replace(record, answer=way, verdict="correct" if "8" in way else "wrong") for way in ways]
    [group] = metrics(written(tmp_path, votes)).groups
    assert {point.k: point.estimate.value for point in group.votes}[4] == pytest.approx(1.0)  # of four strings: a half


def test_records_are_known_by_key_whatever_their_place(record: Record, tmp_path: Path) -> None:
    """NeMo-Skills and MathCoder resume by the number of lines: one line lost, and all that follow have the wrong problem."""
    run = written(tmp_path, [replace(record, problem=f"sums/{n}") for n in range(5)])
    path = run.path("records.jsonl")
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([lines[3], lines[0], lines[4]]))
    assert [int(key, 16) for key in keys(path)] == [3, 0, 4]
    assert [one.problem for one in read_records(path)] == ["sums/3", "sums/0", "sums/4"]


def test_a_right_box_is_found_behind_tokens_that_end_a_text() -> None:
    """Abel, MetaMath and others want a literal phrase, and take what a model writes after its end."""
    found = extract("So \\boxed{4}.<|im_end|><|im_start|>user\nAnd 2 + 3? \\boxed{5}")
    assert found is not None and found.answer == "4"
