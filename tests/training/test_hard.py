"""Hard problems as data: what is hard, how much more of it is wanted, and that fine-tuning sees it more often."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from mathsolve.engine.errors import UsageError
from mathsolve.engine.grading.verdict import Outcome
from mathsolve.engine.renderer import Renderer
from mathsolve.engine.trajectory import Thought
from mathsolve.evaluation.item import Item
from mathsolve.evaluation.record import Record
from mathsolve.evaluation.run import item_to_json
from mathsolve.evaluation.running.options import ids_of
from mathsolve.prompts import load_family
from mathsolve.training.hard.command import hard as find_hard
from mathsolve.training.hard.mining import class_of, hard_weights, mined, read_hard
from mathsolve.training.hard.score import Scale, scale_of
from mathsolve.training.recipe import FineTuning
from mathsolve.training.samples import Sampled, pooled
from mathsolve.training.sft.data import Source, solutions
from mathsolve.training.sft.tokenizer import train_tokenizer
from mathsolve.training.synthesis.example import Example, ThoughtLine, Worked
from mathsolve.training.synthesis.filters.duplicate import question_key


def run_of(folder: Path, rights: dict[str, tuple[int, int]], **more: Any) -> Path:
    """A run in which each problem was solved in so many of so many samples."""
    items = [Item(f"toy/{name}", "toy", f"How many {name} are there?", "2", subject="counting") for name in rights]
    folder.mkdir()
    (folder / "run.json").write_text(json.dumps({"config": {"model": "small"}}))
    (folder / "problems.jsonl").write_text("".join(item_to_json(item) + "\n" for item in items))
    lines = [
        record(item, n, "correct" if n < right else "wrong", **more).to_json() + "\n"
        for item, (right, samples) in zip(items, rights.values(), strict=True)
        for n in range(samples)
    ]
    (folder / "records.jsonl").write_text("".join(lines))
    return folder


def record(item: Item, sample: int, verdict: Outcome, **more: Any) -> Record:
    """One sample."""
    fields = {"given": True, "reason": "", "method": "text", "grader": 4, "stop": "answered", "detail": None}
    counts = {"prompt_tokens": 1, "sampled_tokens": 1, "observed_tokens": 0, "seconds": 0.1}
    said = (Thought(f"I see \\boxed{{{2 if verdict == 'correct' else sample + 3}}}."),)
    steps = more.pop("steps", said)
    return Record(
        f"{item.id}/{sample}", item.id, sample, "cot", "2", verdict=verdict, steps=steps, **fields | counts | more
    )  # type: ignore[arg-type]


def kinds(problems: list[Sampled], scale: Scale) -> list[str | None]:
    """The classes of problems."""
    return [class_of(problem, scale) for problem in problems]


RIGHTS = {"owls": (0, 8), "cats": (2, 8), "hens": (3, 8), "dogs": (8, 8), "few": (0, 7)}


def test_hard_is_what_is_solved_seldom_in_enough_samples(tmp_path: Path) -> None:
    problems = pooled([run_of(tmp_path / "run", RIGHTS)])
    expected = ["unsolved", "learnable-hard", "within-reach", "solved", None]
    assert kinds(problems, Scale()) == expected


def test_a_problem_is_as_hard_as_its_verdicts_say_whatever_can_be_learnt_from_its_solutions(tmp_path: Path) -> None:
    """A right answer of words that state a falsehood is no solution to learn from, and yet the problem was solved."""
    run = run_of(tmp_path / "run", {"cats": (2, 8), "dogs": (8, 8)}, steps=(Thought("1 + 1 = 3, so \\boxed{2}."),))
    cats, dogs = pooled([run])
    assert not cats.right and not dogs.right
    assert (cats.pass_rate, dogs.pass_rate) == (0.3, 0.9)
    assert kinds([cats, dogs], Scale()) == ["learnable-hard", "solved"]
    assert [(one.samples, one.right) for one in mined([cats, dogs], Scale())] == [(8, 2), (8, 8)]


def test_what_nobody_could_decide_says_nothing_about_a_problem(tmp_path: Path) -> None:
    run = run_of(tmp_path / "run", {"cats": (2, 7)})
    item = pooled([run])[0].item
    with (run / "records.jsonl").open("a") as file:
        file.writelines(record(item, 7 + n, "undecided").to_json() + "\n" for n in range(3))
    (cats,) = pooled([run])
    assert len(cats.samples) == 10 and cats.pass_rate == 1 / 3
    assert kinds([cats], Scale()) == [None], "seven are too few to tell"


def test_a_problem_whose_solutions_are_nearly_right_is_not_hard(tmp_path: Path) -> None:
    for score, expected in ((3.9, "learnable-hard"), (4.1, "within-reach")):
        problems = pooled([run_of(tmp_path / str(score), {"cats": (2, 8)}, scores={"critique": score})])
        assert kinds(problems, scale_of(problems, "critique")) == [expected]


def test_weights_are_one_on_average_and_clipped() -> None:
    assert hard_weights([0.1, 0.5, 0.9]) == pytest.approx([1.8, 1.0, 0.25])
    assert hard_weights([0.99] * 19 + [0.1])[-1] == 4
    assert hard_weights([0.1, 0.9], gamma=0) == [1, 1]
    assert hard_weights([1.0, 1.0]) == [1, 1] and hard_weights([]) == []


def test_the_command_writes_what_fine_tuning_reads(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run, out = run_of(tmp_path / "run", RIGHTS), tmp_path / "hard.jsonl"
    find_hard(runs=[run], out=out, as_json=True)
    told = json.loads(capsys.readouterr().out)
    counts = {"unsolved": 1, "learnable-hard": 1, "within-reach": 1, "solved": 1}
    assert told["classes"] == {"counting": counts} and told["few_samples"] == 1
    multiples = read_hard(out)
    assert multiples[question_key("How many owls are there?")] == pytest.approx(0.9 / 0.575, abs=1e-5)
    assert multiples[question_key("How many dogs are there?")] == 0.25
    find_hard(runs=[run], out=out)
    assert "4 problems" in capsys.readouterr().out
    find_hard(runs=[run], out=out, only="unsolved, learnable-hard")
    assert "2 problems" in capsys.readouterr().out
    assert len(ids_of(f"@{out}")) == 2
    with pytest.raises(
        UsageError, match="--only names 'easy': choose among unsolved, learnable-hard, within-reach, solved"
    ):
        find_hard(runs=[run], out=out, only="easy")
    out.write_text('{"question": "torn', encoding="utf-8")
    with pytest.raises(UsageError, match="line 1, is no problem of `mathsolve train hard`"):
        read_hard(out)


def test_a_hard_question_is_seen_more_often_but_no_more_than_three_times(tmp_path: Path) -> None:
    names = ("owls", "dogs", "ants")
    file, family = tmp_path / "data.jsonl", load_family("embedded")
    worked = (Worked(mode="cot", steps=(ThoughtLine(text="\\boxed{2}"),)),)
    common = {"split": "train", "source": "toy", "domain": "d", "seed": "s", "level": 1, "solutions": worked}
    examples = [Example(index=n, question=f"How many {name} are there?", **common) for n, name in enumerate(names)]  # type: ignore[arg-type]
    file.write_text("".join(example.model_dump_json() + "\n" for example in examples), encoding="utf-8")
    schedule = {"epochs": 2, "rows_per_step": 1, "learning_rate": 1e-3, "warmup_steps": 0, "checkpoint_steps": 1}
    recipe = FineTuning.model_validate({"seed": 1, "row": 64, "schedule": schedule})
    renderer = Renderer(family, train_tokenizer(["How many are there?"], [], family, 400))

    def seen(multiples: dict[bytes, float]) -> Counter[str]:
        found: Counter[str] = Counter()
        for tokens, times in solutions([Source(file)], recipe, renderer, 1, multiples):
            text = renderer.decode(tokens.ids)
            found.update({name: times for name in names if name in text})
        return found

    assert seen({}) == {"owls": 2, "dogs": 2, "ants": 2}
    rare = pooled([run_of(tmp_path / "run", {"owls": (0, 30), **{f"dogs{n}": (30, 30) for n in range(9)}})])
    hard = tmp_path / "hard.jsonl"
    hard.write_text("".join(one.model_dump_json() + "\n" for one in mined(rare, Scale())), encoding="utf-8")
    multiples = {**read_hard(hard), question_key("How many dogs are there?"): 0.5}
    assert seen(multiples) == {"owls": 6, "dogs": 1, "ants": 2}


def test_a_question_may_hold_what_some_take_for_the_end_of_a_line(tmp_path: Path) -> None:
    run, out = run_of(tmp_path / "run", {"cats\u2028or\x85owls": (2, 8)}), tmp_path / "hard.jsonl"
    find_hard(runs=[run], out=out, as_json=True)
    assert list(read_hard(out)) == [question_key("How many cats\u2028or\x85owls are there?")]


def test_a_run_that_is_named_twice_does_not_count_twice(tmp_path: Path) -> None:
    run = run_of(tmp_path / "run", {"few": (1, 4)})
    with pytest.raises(UsageError, match="named twice"):
        pooled([run, run.parent / "." / "run" / ".." / "run"])


@pytest.mark.parametrize(("old", "new"), [("How many", "How few"), ('"gold": "2"', '"gold": "3"')])
def test_problems_of_one_id_that_ask_or_accept_something_else_are_not_pooled(
    tmp_path: Path, old: str, new: str
) -> None:
    runs = [run_of(tmp_path / name, {"few": (1, 4)}) for name in "ab"]
    problems = runs[1] / "problems.jsonl"
    assert old in problems.read_text()
    problems.write_text(problems.read_text().replace(old, new))
    with pytest.raises(UsageError, match="problem 'toy/few' is another one than in the run before"):
        pooled(runs)


def test_half_a_character_costs_one_problem_and_not_the_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run, out = run_of(tmp_path / "run", RIGHTS), tmp_path / "hard.jsonl"
    problems = run / "problems.jsonl"
    problems.write_text(problems.read_text().replace("How many cats", "How many \\ud83d cats"))
    find_hard(runs=[run], out=out)
    told = capsys.readouterr()
    assert "3 problems" in told.out and "1 problems hold half a character" in told.err
    assert len(read_hard(out)) == 3
