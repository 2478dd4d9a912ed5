"""From samples to pairs: which solutions are paired, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mathsolve.engine.errors import UsageError
from mathsolve.engine.grading.verdict import Outcome
from mathsolve.engine.trajectory import Step, Thought, Tokens
from mathsolve.evaluation.item import Item
from mathsolve.evaluation.record import Record
from mathsolve.evaluation.run import item_to_json
from mathsolve.sandbox import Observation, Program
from mathsolve.training.dpo.balance import balanced, forms
from mathsolve.training.dpo.pairing import pairs_of
from mathsolve.training.dpo.pairs import Pair, read_pairs
from mathsolve.training.dpo.pairs_command import pairs as pair_up
from mathsolve.training.dpo.yields import make_pairs
from mathsolve.training.hard.score import Scale, scale_of
from mathsolve.training.samples import Sampled, pooled
from mathsolve.training.trainable import Trainable, trainable

TRAM = Item("toy/tram", "toy", "A tram has 5 stops of 4 minutes and 3 of 9 minutes. How long does it wait?", "47")
FIRST = (Program("print(5 * 4)"), Observation("ok", stdout="20\n"))


def ran(code: str, printed: str, before: tuple[Step, ...] = (), status: Any = "ok") -> tuple[Step, ...]:
    """A solution that states what a program printed."""
    shown = Observation(status, stdout=printed + "\n", error=None if status == "ok" else "NameError: x")
    return (*before, Program(code), shown, Thought(f"\\boxed{{{printed}}}"))


RIGHT = ran("print(5 * 4 + 3 * 9)", "47")
WRONG = ran("print(5 * 4 + 3 + 9)", "32")
OTHER = ran("print(5 * 9 + 3 * 4)", "57")
SAID = (Thought("Twenty and 27 are \\boxed{47}."),)
MISSAID = (Thought("Twenty and 26 are \\boxed{46}."),)


def record(sample: int, steps: tuple[Step, ...], verdict: Outcome, item: Item = TRAM, **more: Any) -> Record:
    """One sample."""
    fields = {"given": True, "reason": "", "method": "text", "grader": 4, "stop": "answered", "detail": None}
    counts = {"prompt_tokens": 1, "sampled_tokens": 1, "observed_tokens": 0, "seconds": 0.1}
    mode = more.pop("mode", "mixed")
    return Record(
        f"{item.id}/{sample}", item.id, sample, mode, "x", verdict=verdict, steps=steps, **fields | counts | more
    )  # type: ignore[arg-type]


def run_of(folder: Path, records: list[Record], *items: Item) -> Path:
    """A run folder."""
    folder.mkdir()
    (folder / "run.json").write_text(json.dumps({"config": {"model": "small"}}))
    (folder / "problems.jsonl").write_text("".join(item_to_json(item) + "\n" for item in items or (TRAM,)))
    (folder / "records.jsonl").write_text("".join(one.to_json() + "\n" for one in records))
    return folder


def sampled(folder: Path, right: list[tuple[Step, ...]], wrong: list[tuple[Step, ...]], **more: Any) -> Sampled:
    """A problem with samples that are right and wrong."""
    records = [record(n, steps, "correct", **more) for n, steps in enumerate(right)]
    records += [record(len(right) + n, steps, "wrong", **more) for n, steps in enumerate(wrong)]
    return pooled([run_of(folder / "run", records)])[0]


def codes(pair: Pair) -> tuple[list[str], list[str]]:
    """The programs of both sides."""
    chosen, rejected = ([s.code for s in side.steps if isinstance(s, Program)] for side in (pair.chosen, pair.rejected))
    return chosen, rejected


def test_a_step_pair_ends_with_the_first_program_that_runs_otherwise(tmp_path: Path) -> None:
    right = ran("print(20 + 3 * 9)", "47", FIRST)
    wrong = ran("print(20 + 3 + 9)", "32", FIRST)
    (pair,) = pairs_of(sampled(tmp_path, [right], [wrong]), Scale(), ("step",))
    assert codes(pair) == (["print(5 * 4)", "print(20 + 3 * 9)"], ["print(5 * 4)", "print(20 + 3 + 9)"])
    assert not pair.chosen.ended and isinstance(pair.rejected.steps[-1], Observation)


def test_a_program_that_fails_is_a_step_pair_and_one_that_printed_a_verified_value_is_none(tmp_path: Path) -> None:
    failed = ran("print(5 * 4 + x)", "", status="error")
    detour = ran("print(3 * 9)", "27") + ran("print(27 - 20)", "7")
    verified = ran("print(3 * 9)", "27") + ran("print(27 + 20)", "47")
    pairs = pairs_of(sampled(tmp_path, [verified, RIGHT], [failed, detour]), Scale(), ("step",))
    assert {codes(pair)[1][-1] for pair in pairs} == {"print(5 * 4 + x)", "print(27 - 20)"}
    assert all(codes(pair)[0][-1] != "print(5 * 4 + 3 * 9)" or "x" in codes(pair)[1][-1] for pair in pairs)


def test_near_pairs_are_of_hard_problems_that_can_be_solved_and_take_the_most_similar(tmp_path: Path) -> None:
    hard = sampled(tmp_path, [RIGHT], [WRONG, MISSAID, *[OTHER] * 6])
    assert hard.pass_rate == pytest.approx(2 / 11)
    (first, *_) = pairs_of(hard, Scale(), ("near",))
    assert codes(first) == (["print(5 * 4 + 3 * 9)"], ["print(5 * 9 + 3 * 4)"])
    (tmp_path / "easy").mkdir()
    assert not pairs_of(sampled(tmp_path / "easy", [RIGHT] * 4, [WRONG] * 4), Scale(), ("near",))
    (tmp_path / "few").mkdir()
    assert not pairs_of(sampled(tmp_path / "few", [RIGHT], [WRONG] * 6), Scale(), ("near",)), "too few samples to tell"


def test_wide_pairs_are_clearly_right_and_clearly_wrong_by_the_scores(tmp_path: Path) -> None:
    scores = (9, 6, 2, 5)
    records = [
        record(n, steps, verdict, scores={"critique": scores[n]})
        for n, (steps, verdict) in enumerate(
            [(RIGHT, "correct"), (SAID, "correct"), (WRONG, "wrong"), (OTHER, "wrong")]
        )
    ]
    (problem,) = pooled([run_of(tmp_path / "run", records)])
    (pair,) = pairs_of(problem, scale_of([problem], "critique"), ("wide",))
    assert (pair.chosen.sample, pair.rejected.sample, pair.gap) == (0, 2, 0.7)
    with pytest.raises(UsageError, match="no sample has a score 'reward'; there are: critique"):
        scale_of([problem], "reward")


def test_where_scores_count_a_sample_without_one_is_in_no_pair(tmp_path: Path) -> None:
    wrong = [ran(f"print(5 * 4 + 3 * 9 + {n})", str(47 + n)) for n in range(1, 7)]
    attempts = [(RIGHT, "correct"), *((steps, "wrong") for steps in wrong)]
    records = [
        record(n, steps, verdict, scores={"critique": 0.9 if n == 0 else 0.1} if n < 3 else {})
        for n, (steps, verdict) in enumerate(attempts)
    ]
    (problem,) = pooled([run_of(tmp_path / "run", records)])
    pairs = pairs_of(problem, scale_of([problem], "critique"))
    assert pairs and {pair.rejected.sample for pair in pairs} <= {1, 2}
    assert {pair.gap for pair in pairs} == {0.8}, "the scores are 0.9 and 0.1"


def test_a_reward_is_no_scale(tmp_path: Path) -> None:
    (problem,) = pooled([run_of(tmp_path / "run", [record(0, RIGHT, "correct", scores={"reward": -3.5})])])
    with pytest.raises(UsageError, match=r"go from -3.5 to -3.5; name a critique"):
        scale_of([problem], "reward")


def test_sides_are_of_one_prompt_and_of_a_similar_length_and_a_problem_gives_four_pairs(tmp_path: Path) -> None:
    many = [ran(f"print(5 * 4 + 3 * 9 + {n})", str(47 + n)) for n in range(1, 9)]
    long = ran("print(5 * 4 + 3 * 9 - 40)" + "\n# " + "x" * 200, "7")
    assert len(pairs_of(sampled(tmp_path, [RIGHT], [*many, long]), Scale())) == 4
    (tmp_path / "long").mkdir()
    assert not pairs_of(sampled(tmp_path / "long", [RIGHT], [long]), Scale())
    other = [record(0, RIGHT, "correct", mode="pot"), record(1, WRONG, "wrong", mode="mixed")]
    assert not pairs_of(pooled([run_of(tmp_path / "modes", other)])[0], Scale())


def test_both_sides_have_the_same_mix_of_forms(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    said = sampled(tmp_path / "a", [RIGHT], [MISSAID])
    (over,) = pairs_of(said, Scale(), ("wide",))
    (under,) = pairs_of(sampled(tmp_path / "b", [SAID], [WRONG]), Scale(), ("wide",))
    kept = balanced([over, over, under])
    assert forms(kept) == {("mixed", "cot"): 1, ("cot", "mixed"): 1}
    assert balanced([over]) == []
    made = make_pairs(Trainable([said], 0), Scale(), ("wide",))
    assert not made.pairs and made.problems == {"with pairs that were all dropped for balance": 1}


def test_the_command_writes_pairs_with_the_tokens_as_served_and_a_card(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tokens = Tokens((1, 2, 3), ("prompt", "program", "stop"), (None, -0.5, -0.1))
    records = [record(0, RIGHT, "correct", tokens=tokens), record(1, WRONG, "wrong", tokens=tokens)]
    run, out = run_of(tmp_path / "run", records), tmp_path / "pairs.jsonl"
    pair_up(runs=[run], out=out, as_json=True)
    told = json.loads(capsys.readouterr().out)
    assert told["pairs"] == {"step": 1, "near": 0, "wide": 1} and told["tokens_as_served"] == 2
    first = out.read_bytes()
    pairs = list(read_pairs(out))
    assert pairs[0].chosen.tokens is not None and pairs[0].chosen.tokens.ids == (1, 2, 3)
    assert pairs[1].chosen.steps == RIGHT
    assert "| wide | 1 |" in (tmp_path / "pairs.jsonl.md").read_text(encoding="utf-8")
    pair_up(runs=[run], out=out)
    assert out.read_bytes() == first and "2 pairs" in capsys.readouterr().out
    out.write_bytes(first[:-40] + b"\n")
    with pytest.raises(UsageError, match="line 2 is no pair"):
        list(read_pairs(out))


def test_what_models_are_measured_with_is_not_trained_on(tmp_path: Path) -> None:
    from mathsolve.evaluation.benchmarks.loading import load

    asked = load("builtin", limit=1)[0]
    run = run_of(tmp_path / "bench", [], asked)
    with pytest.raises(UsageError, match="the runs are on builtin, which is for measuring"):
        trainable([run])
    assert len(trainable([run], benchmarks=True).problems) == 1
    copied = Item("mine/1", "mine", asked.question, asked.gold)
    found = trainable([run_of(tmp_path / "mine", [], copied, TRAM)])
    assert [one.item for one in found.problems] == [TRAM] and found.contaminated == 1


def test_only_scores_that_can_be_used_are_offered(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, score, offered in (("reward", -3.5, False), ("critique", 0.5, True)):
        run = run_of(tmp_path / name, [record(0, RIGHT, "correct", scores={name: score})])
        pair_up(runs=[run], out=tmp_path / "pairs.jsonl")
        assert (f"--score {name}" in capsys.readouterr().err) == offered
    with pytest.raises(UsageError, match="no sample has a score 'trust'; mathsolve score RUN --scorer"):
        pair_up(runs=[tmp_path / "reward"], out=tmp_path / "pairs.jsonl", score="trust")
