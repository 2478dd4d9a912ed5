"""Which problems a policy learns from, and which recipes for that have a meaning."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mathsolve.engine.errors import UsageError
from mathsolve.evaluation.benchmarks.loading import load
from mathsolve.evaluation.item import Item
from mathsolve.evaluation.running.options import ids_of
from mathsolve.training.ppo.problems import drawn_mode, read_problems
from mathsolve.training.ppo.rollouts import numbered
from mathsolve.training.recipe import PolicyTraining, load_fine_tuning
from mathsolve.training.tables import Modes


def problems_file(folder: Path, questions: list[tuple[str, str]]) -> str:
    """A file of problems."""
    path = folder / "problems.jsonl"
    path.write_text("".join(json.dumps({"question": q, "answer": a}) + "\n" for q, a in questions), encoding="utf-8")
    return str(path)


def test_batches_pass_over_all_problems_and_depend_on_the_number_of_the_step_alone(tmp_path: Path) -> None:
    source = problems_file(tmp_path, [(f"What is {n} plus 4?", str(n + 4)) for n in range(20)])
    problems = read_problems([source], None, 5, seed=1)
    assert (len(problems.held_out), len(problems.train)) == (2, 18)
    assert problems.steps(1.0, 4) == 5
    first, again = [problems.batch(step, 6, seed=1) for step in range(3)], problems.batch(1, 6, seed=1)
    assert {item.id for batch in first for item in batch} == {item.id for item in problems.train}
    assert first[1] == again != problems.batch(4, 6, seed=1)


def test_no_variant_of_a_held_out_problem_is_trained_on(tmp_path: Path) -> None:
    pairs = [(f"What is {n} plus 4{end}", str(n + 4)) for n in range(20) for end in ("?", " ?")]
    problems = read_problems([problems_file(tmp_path, pairs)], None, 2, seed=3)
    asked = {item.gold for item in problems.held_out}
    assert asked and asked.isdisjoint(item.gold for item in problems.train)
    (tmp_path / "other").mkdir()
    other = problems_file(tmp_path / "other", pairs[:2])
    assert len(read_problems([str(tmp_path / "problems.jsonl")], other, 9, seed=3).train) == 38


def test_of_a_held_out_file_the_questions_are_kept_out_and_not_all_of_their_seeds(tmp_path: Path) -> None:
    """A bank's files have every seed in common: without them nothing would be left."""
    for name, numbers in (("train", range(5)), ("other", range(3, 8))):
        rows = [{"question": f"What is {n} plus 4?", "answer": n + 4, "seed": "sums/1"} for n in numbers]
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    problems = read_problems([str(tmp_path / "train.jsonl")], str(tmp_path / "other.jsonl"), 0, seed=1)
    assert {item.lineage for item in problems.train} == {item.lineage for item in problems.held_out}
    assert [item.gold for item in problems.train] == ["4", "5", "6"]


def test_a_tenth_is_held_out_at_most_with_whole_families_of_problems(tmp_path: Path) -> None:
    path = tmp_path / "made.jsonl"
    rows = [{"question": f"What is {n} plus 4?", "answer": n + 4, "seed": f"sums/{n % 25}"} for n in range(200)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    problems = read_problems([str(path)], None, 99, seed=1)
    assert (len(problems.held_out), len(problems.train)) == (16, 184), "two families of eight"
    assert {item.cluster for item in problems.held_out}.isdisjoint(item.cluster for item in problems.train)


def test_only_the_problems_that_are_named_of_several_files(tmp_path: Path) -> None:
    sums = problems_file(tmp_path, [(f"What is {n} plus 4?", str(n + 4)) for n in range(20)])
    other = tmp_path / "other.jsonl"
    other.write_text('{"question": "What is 5 times 5?", "answer": "25"}\n', encoding="utf-8")
    (tmp_path / "hard.jsonl").write_text('{"problem": "problems/7"}\n\nother/0\n', encoding="utf-8")
    ids = ids_of(f"@{tmp_path / 'hard.jsonl'}")
    found = read_problems([sums, str(other)], None, 5, 1, ids)
    assert [item.id for item in found.train] == ["problems/7", "other/0"] and not found.held_out
    with pytest.raises(UsageError, match=r"no problem 'nothing/1'; ids are written as in records, e\.g\. problems/0"):
        read_problems([sums], None, 5, 1, ["nothing/1"])
    with pytest.raises(UsageError, match="two files have problems with the same id"):
        read_problems([sums, sums], None, 5, 1)
    for content, message in (
        (None, "cannot read ids from"),
        ('{"id": 1}', "cannot read ids from"),
        ("\n", "names no problem"),
    ):
        if content is not None:
            (tmp_path / "ids").write_text(content, encoding="utf-8")
        with pytest.raises(UsageError, match=message):
            ids_of(f"@{tmp_path / 'ids'}")


def test_benchmarks_are_no_problems_to_train_on(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="'builtin' is a benchmark"):
        read_problems(["builtin"], None, 0, seed=1)
    known = load("handwritten", limit=1)[0]
    copied = problems_file(tmp_path, [("What is 3 plus 4?", "7"), (known.question.upper() + " ", known.gold or "")])
    with pytest.raises(UsageError, match=r"1 of 2 questions belong to a benchmark of this package"):
        read_problems([copied], None, 0, seed=1)


def test_modes_are_drawn_by_their_shares() -> None:
    drawn = [drawn_mode(Modes(mixed=3, pot=1, cot=0), str(number)) for number in range(400)]
    assert 60 < drawn.count("pot") < 140 and "cot" not in drawn


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"schedule": {"optimizer": "muon"}}, "trained by adamw"),
        ({"schedule": {"word_noise": 0.1}}, "word_noise means nothing to a policy"),
        ({"policy": {"method": "grpo", "samples": 1}}, "samples must be 2 or more"),
        ({"modes": {"mixed": 0, "pot": 0, "cot": 0}}, "every mode has a share of 0"),
    ],
)
def test_settings_without_meaning_are_refused(change: dict[str, dict[str, object]], told: str) -> None:
    whole = load_fine_tuning("ppo").model_dump()
    with pytest.raises(ValueError, match=told):
        PolicyTraining.model_validate({**whole, **{name: {**whole[name], **new} for name, new in change.items()}})


def test_a_problem_that_comes_twice_in_a_batch_is_attempted_anew() -> None:
    one, other = (Item(f"toy/{name}", "toy", f"What is {name}?", "1") for name in "ab")
    found = [(item.id, list(numbers)) for item, numbers in numbered([one, other, one], 2)]
    assert found == [("toy/a", [0, 1]), ("toy/b", [0, 1]), ("toy/a", [2, 3])]
