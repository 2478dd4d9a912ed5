"""Synthesis with the real sandbox: verified, repeatable to the byte, and resumable from any cut."""

from __future__ import annotations

import asyncio
import json
import resource
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from mathsolve.engine.errors import MathsolveError, UsageError
from mathsolve.engine.trajectory import Thought
from mathsolve.evaluation.benchmarks.loading import load
from mathsolve.sandbox import Observation, ProcessSandbox, Program
from mathsolve.training.seeds.bank import Bank, Seed
from mathsolve.training.seeds.drafts import Split
from mathsolve.training.synthesis.example import Example
from mathsolve.training.synthesis.filters.chain import Criteria
from mathsolve.training.synthesis.ledger import Ledger, Reject, read_examples, rejects_of
from mathsolve.training.synthesis.measures import measures
from mathsolve.training.synthesis.synthesise import synthesise
from mathsolve.training.synthesis.teachers.program import BRIEF, ProgramTeacher
from mathsolve.training.synthesis.yields import Yields

FRAMES = tuple(f"<What is|Find> {{a}} {{sign}} {{b}}, wording {number}?" for number in range(10))
HELD_OUT = ("{a} {sign} {b} gives?", "Result of {a} {sign} {b}?", "I need {a} {sign} {b}!")
VARS = "a = randint(10, 99)\nb = randint(10, 99)\nsign = '{sign}'"


def seed(name: str, sign: str, check: str, cot: str = "", program: str = "print({a} {sign} {b})") -> Seed:
    return Seed(
        id=f"toy/{name}",
        level=1,
        vars=VARS.format(sign=sign),
        questions=FRAMES,
        held_out=HELD_OUT,
        thoughts=("Compute {a} {sign} {b}.",),
        program=program,
        check=check,
        cot=cot,
    )


ADD = seed("add", "+", "assert int(answer) - {b} == {a}", cot="{a} + {b} = {a + b}. The answer is {answer}.")
MULTIPLY = seed("multiply", "*", "assert int(answer) // {b} == {a}")
WRONG_CHECK = seed("wrong_check", "-", "assert int(answer) == {a} + {b}")
WRONG_COT = seed("wrong_cot", "+", "assert answer", cot="{a} + {b} = {a + b + 1}. So {answer}.")
BROKEN = seed("broken", "+", "assert answer", program="print({a} + nobody)")
LEAKY = seed("leaky", "+", "nobody = 1\nassert answer")
DECLINED = Seed(
    id="toy/declined",
    level=1,
    vars="subject = choice('poem', 'song', 'novel', 'letter')\nname_ = name()",
    questions=tuple(f"Write a {{subject}} about {{name_}}, wording {number}." for number in range(10)),
    held_out=("A {subject}, please.", "{subject} for {name_}!", "Give me a {subject}."),
    thoughts=("I can only solve mathematics questions.",),
)
COUNTS: dict[Split, int] = {"train": 60, "numbers": 10, "phrasings": 10}


CRITERIA = Criteria(measures(), lengths=BRIEF)


def made(
    folder: Path, seeds: Sequence[Seed], counts: Mapping[Split, int | None] = COUNTS, concurrency: int = 2
) -> tuple[Path, Yields]:
    """Run a synthesis in a folder, from the start or from what is there."""
    out = folder / "examples.jsonl"

    async def run() -> Yields:
        async with ProcessSandbox() as sandbox:
            teacher = ProgramTeacher(Bank.of(seeds), 5)
            return await synthesise(teacher, out, counts, sandbox, CRITERIA, concurrency=concurrency)

    return out, asyncio.run(run())


def both(out: Path) -> tuple[bytes, bytes]:
    return out.read_bytes(), rejects_of(out).read_bytes()


def test_examples_hold_every_executed_and_verified_solution(tmp_path: Path) -> None:
    out, result = made(tmp_path, [ADD, MULTIPLY, DECLINED])
    examples = list(read_examples(out))
    assert result.by_split() == COUNTS
    for example in examples:
        modes = [worked.mode for worked in example.solutions]
        assert modes == (["mixed", "pot"] if example.seed == "toy/multiply" else ["mixed", "pot", "cot"])
        check_steps(example)
    questions = [example.question.casefold() for example in examples]
    assert len(set(questions)) == len(questions)


def check_steps(example: Example) -> None:
    kinds = {
        "mixed": [Thought, Program, Observation, Thought],
        "pot": [Program, Observation, Thought],
        "cot": [Thought],
    }
    for worked in example.solutions:
        steps = worked.trajectory
        if example.answer is None:
            assert steps == (Thought("I can only solve mathematics questions."),)
            continue
        assert isinstance(steps[-1], Thought)
        assert f"\\boxed{{{example.answer}}}" in steps[-1].text
        assert [type(step) for step in steps] == kinds[worked.mode]
        for step in steps:
            if isinstance(step, Observation):
                assert step.text == example.answer


def test_same_seed_same_bytes_whatever_the_concurrency(tmp_path: Path) -> None:
    seeds = [ADD, MULTIPLY, WRONG_CHECK]
    first, _ = made(tmp_path / "a", seeds, concurrency=1)
    second, _ = made(tmp_path / "b", seeds, concurrency=3)
    assert both(first) == both(second)


def test_a_cut_run_goes_on_to_the_same_bytes(tmp_path: Path) -> None:
    seeds = [ADD, WRONG_CHECK, WRONG_COT, DECLINED]  # of the last there are so few that splits would repeat one another
    out, result = made(tmp_path, seeds)
    whole = both(out)
    cuts = [(out, 0.5), (rejects_of(out), 0.3), (out, 0.05), (rejects_of(out), 0.0), (out, 0.99)]
    for path, share in cuts:
        path.write_bytes(path.read_bytes()[: int(len(path.read_bytes()) * share)])
        assert made(tmp_path, seeds)[1].as_data() == result.as_data()
        assert both(out) == whole


def test_what_is_wrong_is_rejected_with_its_reason(tmp_path: Path) -> None:
    out, result = made(tmp_path, [ADD, WRONG_CHECK, WRONG_COT, LEAKY, BROKEN], {"train": 30})
    assert {example.seed for example in read_examples(out)} == {"toy/add", "toy/leaky", "toy/wrong_cot"}
    assert not any(w.mode == "cot" for e in read_examples(out) for w in e.solutions if e.seed == "toy/wrong_cot")
    reasons = {(name, phrase) for _, name, phrase in result.rejected} - {("duplicate", "duplicate question")}
    assert reasons == {("execution", "program error"), ("check", "check failed")}
    assert {name for _, name, _ in result.refused} == {"execution", "check", "claims"}
    assert "AssertionError" in rejects_of(out).read_text()


def test_counts_add_up(tmp_path: Path) -> None:
    out, result = made(tmp_path, [ADD, WRONG_CHECK, WRONG_COT], {"train": 30})
    examples, left = list(read_examples(out)), rejects(out)
    assert result.kept.total() == len(examples) == 30
    assert result.rejected.total() == sum(one.filter is not None for one in left)
    assert result.draws == max(one.index for one in [*examples, *left]) + 1
    assert result.refused.total() == sum(len(one.refused) for one in left)
    assert sum(example.refused for example in examples) == sum(len(r.refused) for r in left if r.filter is None) > 0
    assert result.modes.total() == sum(len(example.solutions) for example in examples)
    again = made(tmp_path, [ADD, WRONG_CHECK, WRONG_COT], {"train": 30})[1]
    assert again.as_data() == result.as_data()
    card = json.loads((tmp_path / "examples.jsonl.run.json").read_text(encoding="utf-8"))
    assert card["yields"] == result.as_data()


def rejects(out: Path) -> list[Reject]:
    lines = rejects_of(out).read_text(encoding="utf-8").splitlines()
    return [Reject.model_validate_json(line) for line in lines]


def test_a_file_of_another_configuration_is_not_touched(tmp_path: Path) -> None:
    out, _ = made(tmp_path, [ADD], {"train": 5})
    before = out.read_bytes()
    with pytest.raises(UsageError, match="was begun with other held out"):
        made(tmp_path, [ADD], {"numbers": 2, "train": 5})
    with pytest.raises(UsageError, match=r"holds 5 questions \(train\), more than 4"):
        made(tmp_path, [ADD], {"train": 4})
    assert out.read_bytes() == before


def test_a_file_that_grows_is_what_it_would_have_been_at_once(tmp_path: Path) -> None:
    (tmp_path / "at once").mkdir()
    for count in (5, 12):
        grown, _ = made(tmp_path, [ADD, WRONG_CHECK], {"numbers": 3, "train": count})
    at_once, _ = made(tmp_path / "at once", [ADD, WRONG_CHECK], {"numbers": 3, "train": 12})
    assert both(grown) == both(at_once)


def test_a_bank_that_is_too_small_says_so(tmp_path: Path) -> None:
    endless = tuple("on and " * 100 + str(number) for number in range(10))
    too_long = Seed.model_validate({**ADD.model_dump(), "questions": endless})
    with pytest.raises(UsageError, match="the last 2001 draws of split 'train' gave no example; 0 of 5 are kept"):
        made(tmp_path, [too_long], {"train": 5})


def test_a_question_that_was_written_to_measure_models_is_not_trained_on(tmp_path: Path) -> None:
    asked = load("handwritten", limit=2)
    copied = Seed(**{**ADD.model_dump(), "questions": (f"Hello, {asked[0].question}", *FRAMES[1:])})
    path, _ = made(tmp_path, [copied], {"train": 20})
    rejected = rejects_of(path).read_text(encoding="utf-8")
    assert f": {asked[0].id}" in rejected
    assert not any(asked[0].question in example.question for example in read_examples(path) if example.split == "train")


def test_two_runs_do_not_write_to_one_file(tmp_path: Path) -> None:
    out, _ = made(tmp_path, [ADD], {"train": 5})
    whole = both(out)
    with Ledger(out, {"train": 5}), pytest.raises(UsageError, match="another process is writing"):
        made(tmp_path, [ADD], {"train": 5})
    assert both(out) == whole
    assert made(tmp_path, [ADD], {"train": 5})[1].draws > 0


def test_a_full_disk_is_told_and_what_is_recorded_is_safe(tmp_path: Path) -> None:
    whole = both(made(tmp_path / "whole", [ADD])[0])
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(whole[0]) // 2, limit[1]))
    try:
        with pytest.raises(MathsolveError, match="What is recorded is safe"):
            made(tmp_path / "full", [ADD])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert both(made(tmp_path / "full", [ADD])[0]) == whole
