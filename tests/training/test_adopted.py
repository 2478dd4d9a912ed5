"""What other models wrote as a run: executed and graded here, whatever the file says."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from pathlib import Path

import pytest

from mathsolve.__main__ import run as mathsolve
from mathsolve.engine.errors import UsageError
from mathsolve.engine.trajectory import Thought
from mathsolve.evaluation.run import Run
from mathsolve.sandbox import ProcessSandbox, Program
from mathsolve.training.judging.adopted import adopt, asked
from mathsolve.training.judging.command import adopt_file
from mathsolve.training.judging.disputes import compared
from mathsolve.training.judging.published import read_published
from mathsolve.training.samples import pooled

from ..engine.tiny_judge import tiny_judge

SHARED = Path(__file__).parents[3] / "shared" / "data" / "replay" / "gsm8k" / "example_model_solutions.jsonl.gz"

FUNCTION = "def solution():\n    jars = 12 * 7\n    return jars"


def line(code: str, question: str = "How many jars are in 7 crates of 12?", **more: object) -> str:
    return json.dumps(
        {"question": question, "expected_answer": 84, "extracted_code": code, "status": "CORRECT", **more}
    )


def solution(words: str, label: bool) -> dict[str, object]:
    return {"solution": words, "is_correct": label}


CRATES = {
    "question": "Ann fills 7 crates with 12 jars each and sells 4 of the jars. How many jars are left?",
    "ground_truth": "There are 7*12=<<7*12=84>>84 jars.\nSo 84-4=<<84-4=80>>80 are left.\nA: 80",
    "6b_finetuning": solution("She has 7 + 12 = <<7+12=19>>19 jars\nSo 19 - 4 = <<19-4=15>>15\nA: 15", False),
    "6b_verification": solution("7 x 12 = <<7*12=84>>84 jars\nThat leaves 84 - 4 = <<84-4=80>>80\nA: 80.0", True),
    "175b_finetuning": solution("It is 7 * 12 = <<7*12=84>>84 and it goes on and", False),
    "175b_verification": solution("7 * 12 = <<7*12=84>>84\n84 - 4 = <<84-4=80>>80\nA: 80", False),
}
BUS = {
    "question": "A bus of 48 seats is half full, and 9 more get on. How many sit in it?",
    "ground_truth": "48/2=<<48/2=24>>24 sit in it.\nThen 24+9=<<24+9=33>>33 do.\nA: 33",
    "6b_finetuning": solution("48 / 2 = <<48/2=24>>24\nA: 24", True),
    "6b_verification": solution("48 + 9 = <<48+9=57>>57\nA: 57", False),
    "175b_finetuning": solution("48 / 2 = <<48/2=24>>24, 24 + 9 = <<24+9=33>>33\nA: $33", True),
    "175b_verification": solution("48 / 2 + 9 = <<48/2+9=33>>33\nA: 33", True),
}
"""Two questions in the form in which solutions of GPT-3 were published; two of the labels are wrong."""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "solutions.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in (CRATES, BUS)))
    return path


@pytest.fixture
def judged(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    adopt_file(file, out=tmp_path / "gpt")
    capsys.readouterr()
    return tmp_path / "gpt"


def adopted(file: Path, folder: Path, bench: str = "toy") -> Run:
    return adopt(file, read_published(file, bench), folder, ProcessSandbox())


def test_programs_are_executed_and_graded_and_files_pooled(tmp_path: Path) -> None:
    one, other = tmp_path / "a.jsonl", tmp_path / "b.jsonl.gz"
    one.write_text("\n".join([line(FUNCTION), line("print(12 + 7)"), line("print(1 +")]) + "\n")
    with gzip.open(other, "wt") as file:
        file.write(line("print(84)") + "\n")
    runs = [adopted(path, tmp_path / path.name[0]).folder for path in (one, other)]
    (problem,) = pooled(runs)
    assert [sample.record.verdict for sample in problem.samples].count("correct") == 2
    assert (len(problem.right), len(problem.wrong), len(problem.samples)) == (2, 2, 4)
    before = (tmp_path / "a" / "records.jsonl").read_bytes()
    adopted(one, tmp_path / "a")
    assert (tmp_path / "a" / "records.jsonl").read_bytes() == before, "nothing is done twice"
    with pytest.raises(UsageError, match="is a run of something else"):
        adopted(other, tmp_path / "a")


def test_solutions_without_names_are_numbered_by_their_place_in_the_file(tmp_path: Path) -> None:
    """The first takes the longest, and a line that stands there twice counts once."""
    slow, other = "print(sum(range(10**7)) * 0 + 84)", "How many are 12 and 7?"
    codes = [slow, "print(84)", "print(85)", "print(84)", "print(86)"]
    file = tmp_path / "a.jsonl"
    file.write_text("".join(line(code) + "\n" + line(code, other) + "\n" for code in codes))
    run = adopted(file, tmp_path / "run")
    for problem in pooled([run.folder]):
        assert [sample.record.sample for sample in problem.samples] == [0, 1, 2, 3]
        programs = [
            step.code for sample in problem.samples for step in sample.record.steps if isinstance(step, Program)
        ]
        assert programs == list(dict.fromkeys(codes))


def test_a_solution_without_a_name_is_of_none_of_the_models_of_others(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text(line("print(84)") + "\n" + json.dumps(CRATES) + "\n")
    models = [
        [sample.model for sample in problem.samples] for problem in pooled([adopted(file, tmp_path / "run").folder])
    ]
    assert models == [["a.jsonl"], ["6b", "6b", "175b", "175b"]]


def test_a_function_that_nobody_calls_is_asked_for_its_value() -> None:
    assert asked(FUNCTION).endswith("\nprint(solution())")
    assert asked(f'"""Jars."""\nimport math\n{FUNCTION}').endswith("\nprint(solution())")
    for code in (f"{FUNCTION}\nprint(solution())", "print(", "x = 1", '"""Jars."""'):
        assert asked(code) == code


@pytest.mark.parametrize("parameters", ["x", "x=1", "x, /", "*, x", "*, x=1", "*xs", "**xs"])
def test_a_function_with_parameters_is_not_asked(parameters: str) -> None:
    code = f"def f({parameters}):\n    return 7"
    assert asked(code) == code


def test_blank_lines_are_no_solutions(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text(f"{line(FUNCTION)}\n\n{line('print(84)')}\n \n")
    assert len(read_published(file)) == 2
    file.write_text(f"{line(FUNCTION)}\n\n[1]\n")
    with pytest.raises(UsageError, match="line 3, is no object"):
        read_published(file)
    file.write_text("\n")
    with pytest.raises(UsageError, match="is empty"):
        read_published(file)


def test_what_is_no_solution_is_named_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    unlabelled = {**CRATES, "6b_finetuning": {"solution": "A: 1", "is_correct": "no"}}
    for bad in (
        '{"question": "?"}',
        "[1]",
        json.dumps(unlabelled),
        json.dumps({**CRATES, "ground_truth": "80"}),
        json.dumps({"question": "?", "ground_truth": "A: 1"}),
    ):
        file.write_text(line(FUNCTION) + "\n" + bad + "\n")
        with pytest.raises(UsageError, match=r"line 2, is no object .*expected_answer .* ground_truth"):
            read_published(file)
    file.write_text("")
    with pytest.raises(UsageError, match="is empty"):
        read_published(file)


def test_solutions_in_words_are_graded_here_and_labels_that_differ_are_told(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    adopt_file(file, out=tmp_path / "gpt")
    told = capsys.readouterr().out
    assert "4 correct" in told and "4 wrong" in told and "labels: 2 of 8 differ" in told
    assert "175b_verification: answer '80', right answer '80'" in told
    run = Run.load(tmp_path / "gpt")
    records = {(record.problem, record.sample): record for record in run.records()}
    crates, bus = run.items.values()
    assert (crates.bench, crates.gold, bus.gold) == ("gsm8k", "80", "33")
    verdicts = [[records[item.id, sample].verdict for sample in range(4)] for item in (crates, bus)]
    assert verdicts == [["wrong", "correct", "wrong", "correct"], ["wrong", "wrong", "correct", "correct"]]
    assert {record.mode for record in records.values()} == {"cot"}
    assert records[crates.id, 1].steps == (
        Thought("7*12 = 84 jars. That leaves 84 - 4 = 80. The answer is \\boxed{80.0}."),
    )
    cut = records[crates.id, 2]
    assert (cut.stop, cut.answer, cut.given) == ("no_answer", None, False)
    assert [sample.model for sample in pooled([run.folder])[0].samples] == ["6b", "6b", "175b", "175b"]
    adopt_file(file, out=tmp_path / "gpt", as_json=True)
    again = json.loads(capsys.readouterr().out)
    assert [one["labelled_right"] for one in again["disputes"]] == [False, True]
    assert len(list(run.records())) == 8, "nothing is done twice"


def test_what_is_undecided_or_failed_is_no_dispute(file: Path, judged: Path) -> None:
    """Of three records of which two have no verdict, the labels right and wrong are treated alike."""
    solutions = read_published(file)
    records = {record.key: record for record in Run.load(judged).records()}
    right, wrong = (next(one.key for one in solutions if one.label is label) for label in (True, False))
    records[right] = replace(records[right], verdict="undecided")
    records[wrong] = replace(records[wrong], stop="sandbox_error")
    found = compared(solutions, records)
    assert (found.labelled, found.unclear) == (6, 2)
    assert all(one.record.verdict != "undecided" and not one.record.failed for one in found.disputes)
    assert next(iter(found.lines())).endswith("of 6 differ from our verdicts; 2 more have no verdict")
    assert found.to_dict()["unclear"] == 2


def test_what_the_machinery_failed_in_is_tried_again(file: Path, judged: Path) -> None:
    records = judged / "records.jsonl"
    records.write_text(records.read_text().replace('"stop": "answered"', '"stop": "sandbox_error"', 2))
    adopt_file(file, out=judged)
    found = list(Run.load(judged).records())
    assert len(found) == 8 and not any(record.failed for record in found)


@pytest.mark.parametrize(
    "command",
    [
        "train reward --model {model} --runs {run} --out {out}",
        "train critique --model {model} --runs {run} --out {out}",
        "train pairs --runs {run} --out {out}",
        "train hard --runs {run} --out {out}",
        "train rft --runs {run} --out {out}.jsonl",
        "train calibrate {critique} --runs {run} --out {out}",
    ],
)
def test_nothing_is_trained_on_solutions_to_questions_of_a_benchmark(
    judged: Path, tmp_path: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    critique = tiny_judge(tmp_path / "critique", "critique") if "{critique}" in command else ""
    named = {"run": judged, "out": out, "model": tmp_path / "none", "critique": critique}
    words = [word.format(**named) for word in command.split()]
    assert mathsolve(words) == 2
    told = capsys.readouterr().err
    assert "the runs are on gsm8k, which is for measuring, not for training" in told and told.count("\n") == 1
    assert ("--allow-benchmarks" in told) == (words[1] in ("pairs", "hard")), "no remedy that a command does not have"
    assert not out.exists()


def test_a_judge_is_measured_on_them_by_model(judged: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    judge = tiny_judge(tmp_path / "judge", "critique")
    assert mathsolve(["score", str(judged), "--scorer", str(judge), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)[str(judged)]
    figures = {one["model"]: one for one in told["judged"]}
    assert {name: (one["samples"], one["right"], one["k"]) for name, one in figures.items()} == {
        "": (8, 0.5, 4),
        "175b": (4, 0.75, 2),
        "6b": (4, 0.25, 2),
    }
    assert all(0 <= one[name] <= 1 for one in figures.values() for name in ("auroc", "ece", "brier"))
    assert all(0 <= one[name]["value"] <= 1 for one in figures.values() for name in ("pairs", "best"))
    assert mathsolve(["score", str(judged), "--scorer", str(judge)]) == 0
    shown = capsys.readouterr().out
    assert "pairs in order" in shown and "175b" in shown and "8 had one" in shown


@pytest.mark.skipif(not SHARED.is_file(), reason="the published solutions are not on this machine")
def test_published_solutions_are_read_and_labels_are_mostly_ours(tmp_path: Path) -> None:
    few = tmp_path / "few.jsonl"
    with gzip.open(SHARED, "rt", encoding="utf-8") as lines:
        few.write_text("".join(text for _, text in zip(range(40), lines, strict=False)), encoding="utf-8")
    solutions = read_published(few)
    records = {record.key: record for record in adopt(few, solutions, tmp_path / "run", ProcessSandbox()).records()}
    assert len(solutions) == len(records) == 160
    assert sum(records[one.key].correct == one.label for one in solutions) >= 155
    assert not any("<<" in getattr(step, "text", "") for record in records.values() for step in record.steps)
