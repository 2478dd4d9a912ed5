"""From runs to training data: which samples are right, whose they are, and how many of them are handed out."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from mathsolve.engine.errors import UsageError
from mathsolve.engine.grading.verdict import Outcome
from mathsolve.engine.trajectory import Step, Thought
from mathsolve.evaluation.item import Item
from mathsolve.evaluation.record import Record
from mathsolve.evaluation.run import item_to_json
from mathsolve.sandbox import Observation, ProcessSandbox, Program
from mathsolve.training.command import app
from mathsolve.training.rft.gate import Bounds
from mathsolve.training.rft.teacher import SampleTeacher
from mathsolve.training.samples import pooled
from mathsolve.training.synthesis.candidate import Candidate
from mathsolve.training.synthesis.filters.chain import Criteria
from mathsolve.training.synthesis.ledger import read_examples
from mathsolve.training.synthesis.measures import measures
from mathsolve.training.synthesis.synthesise import synthesise
from mathsolve.training.synthesis.teacher import NoCandidate

EASY = Item("toy/easy", "toy", "A crate holds 12 jars. How many jars do 7 crates hold?", "84")
HARD = Item("toy/hard", "toy", "A tram has 5 stops of 4 minutes and 3 of 9 minutes. How long does it wait?", "47")
LOST = Item("toy/lost", "toy", "Which number is it that 31 tailors count?", "9")


def by_program(code: str, printed: str, said: str = "") -> tuple[Step, ...]:
    return (Program(code), Observation("ok", stdout=printed + "\n"), Thought(said or f"It is \\boxed{{{printed}}}."))


PRODUCT = by_program("print(12 * 7)", "84")
RENAMED = by_program("jars = 12\ncrates = 7\nprint(crates * jars)", "84")
SUM = by_program("print(sum(12 for _ in range(7)))", "84")
SAID = (Thought("12 * 7 = 84, so \\boxed{84}."),)
MISSAID = (Thought("12 * 7 = 74 and 74 + 10 = 84, so \\boxed{84}."),)
WAIT = by_program("print(5 * 4 + 3 * 9)", "47")
LOOP = by_program("total = 0\nfor n, m in ((5, 4), (3, 9)):\n    total += n * m\nprint(total)", "47")


def record(item: Item, sample: int, steps: tuple[Step, ...], verdict: Outcome = "correct", **more: object) -> Record:
    answer = item.gold if verdict == "correct" else "1"
    mode = "mixed" if any(isinstance(step, Program) for step in steps) else "cot"
    fields = {"given": True, "reason": "", "method": "text", "grader": 3, "stop": "answered", "detail": None}
    counts = {"prompt_tokens": 1, "sampled_tokens": 1, "observed_tokens": 0, "seconds": 0.1}
    key = f"{item.id}/{sample}/{mode}"
    return Record(key, item.id, sample, mode, answer, verdict=verdict, steps=steps, **{**fields, **counts, **more})  # type: ignore[arg-type]


def run_of(folder: Path, model: str, records: list[Record]) -> Path:
    folder.mkdir()
    (folder / "run.json").write_text(json.dumps({"config": {"model": model}}))
    (folder / "problems.jsonl").write_text("".join(item_to_json(item) + "\n" for item in (EASY, HARD, LOST)))
    (folder / "records.jsonl").write_text("".join(one.to_json() + "\n" for one in records))
    return folder


@pytest.fixture
def runs(tmp_path: Path) -> list[Path]:
    small = [record(EASY, n, steps) for n, steps in enumerate((PRODUCT, RENAMED, SUM, SAID, MISSAID))]
    small += [record(HARD, n, WAIT, "wrong") for n in range(5)]
    small += [record(LOST, 0, SUM, "wrong"), record(HARD, 9, WAIT, stop="backend_error")]
    large = [record(EASY, 0, PRODUCT), record(HARD, 0, WAIT), record(HARD, 1, LOOP), record(HARD, 2, WAIT, "wrong")]
    return [run_of(tmp_path / "small", "small", small), run_of(tmp_path / "large", "large", large)]


def drawn(teacher: SampleTeacher) -> list[Candidate | NoCandidate]:
    return [found for number in range(3) if (found := asyncio.run(teacher.draw("train", number))) is not None]


def test_right_is_what_is_correct_ran_and_says_nothing_false(runs: list[Path]) -> None:
    easy, hard, lost = pooled(runs)
    assert [sample.record.steps for sample in easy.right] == [SAID, PRODUCT, RENAMED, SUM, PRODUCT]
    assert [sample.model for sample in easy.right] == ["small"] * 4 + ["large"]
    assert (len(hard.samples), len(hard.right), lost.pass_rate) == (8, 2, 1 / 3)
    assert easy.pass_rate == 7 / 8, "a right answer counts, whatever is said on the way to it"


def test_a_way_is_handed_out_once_and_hard_problems_get_more(runs: list[Path]) -> None:
    easy, hard, lost = drawn(SampleTeacher(runs, most=2))
    assert isinstance(easy, Candidate) and isinstance(hard, Candidate) and isinstance(lost, NoCandidate)
    assert (len(easy.proposals), len(hard.proposals)) == (1, 2)
    assert hard.level > easy.level
    assert lost.reason == "unsolved: none of 1 samples"
    many, _, _ = drawn(SampleTeacher(runs, most=8, rule="uniform"))
    assert isinstance(many, Candidate)
    assert len(many.proposals) == 3, "a program with other names is no other way"


def test_the_card_says_what_each_model_contributes(runs: list[Path]) -> None:
    """Of the easy problem the small model found three ways, one of which the large one found too."""
    assert SampleTeacher(runs).configuration["models"] == {
        "small": {"samples": 11, "right": 4, "distinct": 3, "alone": 2},
        "large": {"samples": 4, "right": 3, "distinct": 3, "alone": 2},
    }


def test_a_choice_at_random_is_of_the_same_size(runs: list[Path]) -> None:
    first, again = (drawn(SampleTeacher(runs, most=2, rule="uniform", choice="random", seed=3)) for _ in range(2))
    assert first == again
    assert isinstance(first[0], Candidate)
    assert len(first[0].proposals) == 2


def test_what_nobody_verified_is_one_solution_a_problem_with_its_own_answer(runs: list[Path]) -> None:
    easy, hard, lost = drawn(SampleTeacher(runs, choice="unverified", seed=1))
    assert isinstance(easy, Candidate) and isinstance(hard, Candidate) and isinstance(lost, Candidate)
    assert [len(one.proposals) for one in (easy, hard, lost)] == [1, 1, 1]
    assert easy.answer == "84" and lost.answer == "1"
    seeds = [drawn(SampleTeacher(runs, choice="unverified", seed=seed))[1] for seed in range(9)]
    assert {one.answer for one in seeds if isinstance(one, Candidate)} == {"47", "1"}


def test_why_a_problem_gives_nothing_is_told(tmp_path: Path) -> None:
    falsely = (Thought("31 + 1 = 9, so \\boxed{9}."),)
    run = run_of(tmp_path / "run", "small", [record(EASY, 0, SUM, "wrong"), record(LOST, 0, falsely)])
    silent = run_of(tmp_path / "silent", "small", [record(EASY, 0, (), "wrong")])

    def reasons(teacher: SampleTeacher) -> list[str]:
        return [one.reason for one in drawn(teacher) if isinstance(one, NoCandidate)]

    unsolved, unseen, false = reasons(SampleTeacher([run]))
    assert (unsolved, unseen) == ("unsolved: none of 1 samples", "unsolved: none of 0 samples")
    assert false == "false steps: 1 right of 1 samples, by failed programs or false equations"
    assert reasons(SampleTeacher([silent], choice="unverified"))[0] == "unanswered: none of 1 samples"


def test_of_samples_that_go_the_same_way_the_best_scored_is_kept(tmp_path: Path) -> None:
    marks = ((SUM, 2.0), (PRODUCT, 4.0), (RENAMED, 9.0), (SAID, 1.0))
    told = [record(EASY, n, steps, scores={"critique": mark}) for n, (steps, mark) in enumerate(marks)]
    run = run_of(tmp_path / "run", "small", told)
    best = SampleTeacher([run], most=1, bounds=Bounds(critique="critique", least=0))
    assert [sample.record.steps for sample in best.kept(pooled([run])[0])] == [RENAMED]
    assert [sample.record.steps for sample in SampleTeacher([run], most=1).kept(pooled([run])[0])] == [SAID]


def test_only_well_judged_solutions_pass(tmp_path: Path) -> None:
    """Of three right ways one is doubted by the critique, and one is the worst of all by reward."""
    judged = ((SUM, 0.95, 5.0), (PRODUCT, 0.6, 9.0), (SAID, 0.99, -4.0))
    told = [
        record(EASY, n, steps, scores={"critique": critique, "reward": reward})
        for n, (steps, critique, reward) in enumerate(judged)
    ]
    told += [record(EASY, 3 + n, SUM, "wrong", scores={"critique": 0.1, "reward": float(n)}) for n in range(2)]
    run = run_of(tmp_path / "run", "small", [*told, record(HARD, 0, WAIT, scores={"critique": 0.5, "reward": 0.0})])
    problem = pooled([run])[0]

    def kept(bounds: Bounds) -> set[int]:
        teacher = SampleTeacher([run], most=8, rule="uniform", bounds=bounds)
        return {sample.record.sample for sample in teacher.kept(problem)}

    assert kept(Bounds()) == {0, 1, 2}
    assert kept(Bounds(critique="critique")) == {0, 2}
    assert kept(Bounds(reward="reward")) == {0, 1}
    assert kept(Bounds("critique", 0.9, "reward", 0.4)) == {0}
    assert kept(Bounds("critique", 0.5, "reward", 0.8)) == {1}, "the second best of five has rank 0.75"
    _, hard, _ = drawn(SampleTeacher([run], bounds=Bounds(critique="critique")))
    assert isinstance(hard, NoCandidate)
    assert hard.reason == "poor scores: 1 right of 1 samples, none with those that are asked for"


def test_what_is_made_of_one_seed_has_one_seed_whatever_the_file(tmp_path: Path) -> None:
    """Runs on a file name clusters by the file; solutions of two files of one seed stay on one side of a split."""
    found = []
    for name in ("toy", "other"):
        item = Item(f"{name}/0", name, EASY.question, "84", cluster=f"{name}/crates")
        run = run_of(tmp_path / name, "m", [record(item, 0, PRODUCT)])
        (run / "problems.jsonl").write_text(item_to_json(item) + "\n")
        found += [asyncio.run(SampleTeacher([run]).draw("train", 0))]
    assert [one and one.seed for one in found] == ["crates", "crates"]


def test_the_pipeline_runs_them_again(runs: list[Path], tmp_path: Path) -> None:
    forged = record(EASY, 7, by_program("print(12 + 7)", "84"))
    with (runs[0] / "records.jsonl").open("a") as file:
        file.write(forged.to_json() + "\n")

    async def made() -> None:
        async with ProcessSandbox() as sandbox:
            teacher = SampleTeacher(runs, most=8, rule="uniform")
            await synthesise(teacher, tmp_path / "rft.jsonl", {"train": None}, sandbox, Criteria(measures()))

    asyncio.run(made())
    examples = list(read_examples(tmp_path / "rft.jsonl"))
    assert [example.question for example in examples] == [EASY.question, HARD.question]
    assert examples[0].answer == "84"
    assert not any("12 + 7" in str(worked) for worked in examples[0].solutions)
    assert len(examples[0].solutions) == 3
    assert [example.rows({"mixed": 1, "pot": 1, "cot": 1}) for example in examples] == [3, 2], (
        "each is a row in training"
    )


def test_the_command_writes_what_is_kept_and_a_card(
    runs: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    named = ["rft", "--runs", *map(str, runs), "--out", str(tmp_path / "rft.jsonl"), "--benchmarks", "", "--json"]
    assert app(named, result_action="return_value") == 0
    assert json.loads(capsys.readouterr().out)["kept"]["train"] == 2
    assert [example.question for example in read_examples(tmp_path / "rft.jsonl")] == [EASY.question, HARD.question]
    card = (tmp_path / "rft.jsonl.md").read_text(encoding="utf-8")
    assert "small" in card and "large" in card


def test_mistakes_of_a_user_are_named(runs: list[Path], tmp_path: Path) -> None:
    other = run_of(tmp_path / "other", "m", [])
    line = item_to_json(Item(EASY.id, "toy", "Another question with 3 jars?", "3"))
    (other / "problems.jsonl").write_text(line + "\n")
    scored = [record(EASY, n, SUM, scores={"reward": 3.0 - 9 * n, "critique": 5.0}) for n in range(2)]
    judged = run_of(tmp_path / "judged", "small", scored)
    partly = run_of(tmp_path / "partly", "small", [scored[0], record(EASY, 1, SUM)])
    elsewhere = run_of(tmp_path / "elsewhere", "small", scored)
    (elsewhere / "scores.json").write_text('{"reward": {"judge": "another"}}')
    one = str(runs[0])
    for told, message in (
        ([str(tmp_path)], "is no run"),
        ([one, one], "a run is named twice"),
        ([one, str(other)], "is another one than in the run before"),
        ([one, "--most", "0"], "--most and --concurrency must be 1 or more"),
        ([one, "--critique", "critique"], "no sample has a score 'critique'; mathsolve score RUN"),
        ([one, "--reward", "reward"], f"no sample has a score 'reward'; mathsolve score {one} --scorer FOLDER"),
        (
            [str(judged), "--reward", "rewrad"],
            "no sample has a score 'rewrad'; there are: critique, reward; or mathsolve score",
        ),
        ([str(partly), "--reward", "reward"], "1 right solutions have no score 'reward'; mathsolve score"),
        ([str(judged), str(elsewhere), "--reward", "reward"], "given by judges that differ; mathsolve score"),
        ([one, "--least", "0.9"], "--least 0.9 is asked of a score: name it with --critique"),
        ([one, "--rank", "0.5"], "--rank 0.5 is asked of a score: name it with --reward"),
        ([str(judged), "--critique", "crtique"], "no sample has a score 'crtique'; .* critique"),
        ([str(judged), "--critique", "reward"], "a reward only ranks"),
        ([str(judged), "--critique", "critique", "--least", "9"], "--least 9: write a number from 0 to 1"),
        ([str(judged), "--critique", "critique", "--choice", "unverified"], "leave --critique and --reward out"),
    ):
        with pytest.raises(UsageError, match=message):
            app(["rft", "--runs", *told, "--out", str(tmp_path / "out.jsonl")], result_action="return_value")
    assert not (tmp_path / "out.jsonl").exists()
