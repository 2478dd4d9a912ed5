"""Synthesis with the real sandbox: verified, repeatable to the byte, and resumable from any cut."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from mathsolve.engine.errors import UsageError
from mathsolve.engine.trajectory import Thought
from mathsolve.evaluation.benchmarks.loading import load
from mathsolve.sandbox import Observation, ProcessSandbox, Program
from mathsolve.training.seeds.bank import Bank, Seed
from mathsolve.training.seeds.drafts import Split
from mathsolve.training.synthesis.example import Example
from mathsolve.training.synthesis.ledger import rejects_of
from mathsolve.training.synthesis.synthesise import Yield, read_examples, synthesise

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


def made(
    folder: Path, seeds: Sequence[Seed], counts: dict[Split, int] = COUNTS, concurrency: int = 2
) -> tuple[Path, Yield]:
    """Run a synthesis in a folder, from the start or from what is there."""
    out = folder / "examples.jsonl"

    async def run() -> Yield:
        async with ProcessSandbox() as sandbox:
            return await synthesise(Bank.of(seeds), out, counts, 5, sandbox, concurrency=concurrency)

    return out, asyncio.run(run())


def both(out: Path) -> tuple[bytes, bytes]:
    return out.read_bytes(), rejects_of(out).read_bytes()


def test_examples_hold_executed_and_verified_steps(tmp_path: Path) -> None:
    out, result = made(tmp_path, [ADD, MULTIPLY, DECLINED])
    examples = list(read_examples(out))
    assert result.kept == COUNTS
    assert {example.mode for example in examples if example.seed == "toy/add"} == {"mixed", "pot", "cot"}
    assert {example.mode for example in examples if example.seed == "toy/multiply"} == {"mixed", "pot"}
    for example in examples:
        check_steps(example)
    questions = [example.question.casefold() for example in examples]
    assert len(set(questions)) == len(questions)


def check_steps(example: Example) -> None:
    steps = example.trajectory
    if example.answer is None:
        assert steps == (Thought("I can only solve mathematics questions."),)
        return
    assert isinstance(steps[-1], Thought)
    assert f"\\boxed{{{example.answer}}}" in steps[-1].text
    kinds = {
        "mixed": [Thought, Program, Observation, Thought],
        "pot": [Program, Observation, Thought],
        "cot": [Thought],
    }
    assert [type(step) for step in steps] == kinds[example.mode]
    for step in steps:
        if isinstance(step, Observation):
            assert step.text == example.answer


def test_same_seed_same_bytes_whatever_the_concurrency(tmp_path: Path) -> None:
    seeds = [ADD, MULTIPLY, WRONG_CHECK]
    first, _ = made(tmp_path / "a", seeds, concurrency=1)
    second, _ = made(tmp_path / "b", seeds, concurrency=3)
    assert both(first) == both(second)


def test_a_cut_run_goes_on_to_the_same_bytes(tmp_path: Path) -> None:
    seeds = [ADD, WRONG_CHECK]
    out, result = made(tmp_path, seeds)
    whole = both(out)
    cuts = [(out, 0.5), (rejects_of(out), 0.3), (out, 0.05), (rejects_of(out), 0.0), (out, 0.99)]
    for path, share in cuts:
        path.write_bytes(path.read_bytes()[: int(len(path.read_bytes()) * share)])
        assert made(tmp_path, seeds)[1] == result
        assert both(out) == whole


def test_what_is_wrong_is_rejected_with_its_reason(tmp_path: Path) -> None:
    out, result = made(tmp_path, [ADD, WRONG_CHECK, WRONG_COT, LEAKY, BROKEN], {"train": 30})
    assert {example.seed for example in read_examples(out)} == {"toy/add", "toy/leaky"}
    reasons = {kind for kind in result.rejected if kind[1] != "duplicate question"}
    assert reasons == {
        ("toy/wrong_check", "check failed"),
        ("toy/wrong_cot", "cot is wrong"),
        ("toy/broken", "program error"),
    }
    assert "AssertionError" in rejects_of(out).read_text()


def test_a_file_of_another_configuration_is_not_touched(tmp_path: Path) -> None:
    out, _ = made(tmp_path, [ADD], {"train": 5})
    before = out.read_bytes()
    with pytest.raises(UsageError, match="another counts"):
        made(tmp_path, [ADD], {"train": 6})
    assert out.read_bytes() == before


def test_a_bank_that_is_too_small_says_so(tmp_path: Path) -> None:
    endless = tuple("on and " * 100 + str(number) for number in range(10))
    too_long = Seed.model_validate({**ADD.model_dump(), "questions": endless})
    with pytest.raises(UsageError, match="only 0 different examples"):
        made(tmp_path, [too_long], {"train": 5})


def test_a_question_that_was_written_to_measure_models_is_not_trained_on(tmp_path: Path) -> None:
    asked = load("handwritten", limit=2)
    copied = Seed(**{**ADD.model_dump(), "questions": (f"Hello, {asked[0].question}", *FRAMES[1:])})
    path, _ = made(tmp_path, [copied])
    rejected = rejects_of(path).read_text(encoding="utf-8")
    assert f"match with {asked[0].id}" in rejected
    assert not any(asked[0].question in example.question for example in read_examples(path) if example.split == "train")
