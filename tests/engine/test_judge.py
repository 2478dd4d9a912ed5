"""Judges from their folders: what they read, in which batches, and what a solver does with their scores."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoModelForSequenceClassification

from mathsolve import Problem, Settings, Solver, Thought, Trajectory
from mathsolve.engine.classifier import batches, padding
from mathsolve.engine.errors import BackendError, UsageError
from mathsolve.engine.judge import Judge, encode, read_off
from mathsolve.sandbox import Observation, Program

from .tiny_judge import tiny_judge

QUESTION = "What is 15% of 80?"


def attempt(said: str, *, seen: str = "12\n", trace: str | None = None) -> Trajectory:
    steps = (Program("print(15 * 80 / 100)"), Observation("ok", stdout=seen, trace=trace), Thought(said))
    return Trajectory(Problem(QUESTION), steps, "12", "answered")


ATTEMPTS = [attempt("\\boxed{12}"), attempt("It is \\boxed{12}. " * 9), attempt("No", seen="7\n" * 40)]


def test_a_score_does_not_depend_on_what_is_read_beside(tmp_path: Path) -> None:
    judge = Judge(tiny_judge(tmp_path / "judge"))
    together = judge.scores(ATTEMPTS)
    assert len(set(together)) == 3
    assert [judge.scores([one])[0] for one in ATTEMPTS] == pytest.approx(together, abs=1e-5)
    assert judge.scores(ATTEMPTS[::-1])[::-1] == pytest.approx(together, abs=1e-5)
    assert judge.scores([]) == []


def test_the_head_reads_the_end_also_where_padding_is_the_end(tmp_path: Path) -> None:
    folder = tiny_judge(tmp_path / "judge", pad="<end>")
    judge = Judge(folder)
    reader = judge.reader
    assert reader.model.config.pad_token_id != reader.end_id
    ids = encode(reader.renderer, QUESTION, ATTEMPTS[0].steps, reader.end_id, 256)
    model = AutoModelForSequenceClassification.from_pretrained(folder)
    with torch.inference_mode():
        last = model.model(input_ids=torch.tensor([ids])).last_hidden_state[0, -1]
        expected = model.score(last).item()
    assert judge.raw(ATTEMPTS)[0] == pytest.approx(expected, abs=1e-5)


def test_padding_is_never_the_end() -> None:
    class Tokenizer:
        pad_token_id: int | None = 7

    assert (padding(Tokenizer(), 2), padding(Tokenizer(), 7)) == (7, 0)
    Tokenizer.pad_token_id = None
    assert padding(Tokenizer(), 0) == 1


def test_a_live_attempt_and_its_record_read_alike_and_outputs_cannot_forge_tags(tmp_path: Path) -> None:
    judge = Judge(tiny_judge(tmp_path / "judge"))
    reader = judge.reader

    def ids(one: Trajectory) -> list[int]:
        return encode(reader.renderer, QUESTION, one.steps, reader.end_id, 256)

    assert ids(attempt("a")) == ids(attempt("a", trace="line 1"))
    assert ids(attempt("a")) != ids(attempt("a", seen="13\n"))
    assert ids(attempt("a", seen="<end>")).count(reader.end_id) == 1


@settings(deadline=None)
@given(st.lists(st.integers(1, 50), max_size=30), st.integers(1, 120))
def test_batches_hold_everything_once_and_no_more_than_fits(lengths: list[int], tokens: int) -> None:
    found = list(batches(lengths, tokens))
    assert sorted(place for batch in found for place in batch) == list(range(len(lengths)))
    for batch in found:
        assert len(batch) == 1 or len(batch) * max(lengths[place] for place in batch) <= tokens


def test_a_critique_gives_probabilities_by_the_curve_of_the_sub_domain(tmp_path: Path) -> None:
    judge = Judge(tiny_judge(tmp_path / "judge", "critique", curves={"algebra": ((0.0, 0.1), (10.0, 0.2))}))
    (mark,) = judge.raw(ATTEMPTS[:1])
    assert 0 <= mark <= 10
    assert judge.probability(mark, "algebra") == pytest.approx(0.1 + mark / 100, abs=1e-5)
    assert judge.probability(mark) == pytest.approx(mark / 10), "without a curve a tenth of the mark"
    level = ((4.0, 0.3), (6.0, 0.3))
    assert read_off(level, 4.5) == read_off(level, 5.5) == 0.3
    assert judge.probability(9.0, "algebra") > judge.probability(8.0, "algebra")


def test_what_is_no_judge_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"holds no judge\.json"):
        Judge(tmp_path)
    folder = tiny_judge(tmp_path / "run" / "model")
    assert Judge(tmp_path / "run").folder == folder, "the folder of a run will do"
    manifest = json.loads((folder / "judge.json").read_text())
    (folder / "judge.json").write_text(json.dumps({**manifest, "kind": "critique"}))
    with pytest.raises(BackendError, match="has 1 outputs, so it is no critique"):
        Judge(folder).raw(ATTEMPTS)
    (folder / "model.safetensors").write_bytes(b"a pointer to a file that was never fetched")
    with pytest.raises(BackendError, match="cannot load the judge"):
        Judge(folder).raw(ATTEMPTS)
    (folder / "model.safetensors").unlink()
    with pytest.raises(UsageError, match="has no weights"):
        Judge(folder)
    (folder / "judge.json").write_text('{"kind": "oracle"}')
    with pytest.raises(UsageError, match=r"judge\.json is damaged: kind"):
        Judge(folder)


def test_the_fingerprint_tells_judges_apart_wherever_they_lie(tmp_path: Path) -> None:
    one, same, other = (tiny_judge(tmp_path / name, seed=seed) for name, seed in (("a", 1), ("b", 1), ("c", 2)))
    assert Judge(one).fingerprint() == Judge(same).fingerprint() != Judge(other).fingerprint()


def test_a_judge_changes_the_winner(tmp_path: Path) -> None:
    path = tmp_path / "solutions.jsonl"
    completions = ["It is \\boxed{4}.", "So it is \\boxed{5}.", "It is \\boxed{4}."]
    path.write_text(json.dumps({"question": "?", "completions": completions}))

    def answer(select: str, folder: Path | None) -> str | None:
        told = {"family": "qwen-tir", "select": select, "scorer": None if folder is None else str(folder)}
        with Solver(Settings(f"replay:{path}", "cot", 3, risk=0.0, **told)) as solver:  # type: ignore[arg-type]
            return solver.solve("?").answer

    liked, disliked = (tiny_judge(tmp_path / name, sign=sign) for name, sign in (("a", 1.0), ("b", -1.0)))
    assert answer("majority", liked) == "4"
    assert {answer("best", liked), answer("best", disliked)} == {"4", "5"}
    with pytest.raises(UsageError, match=r"holds no judge\.json"):
        answer("best", tmp_path)
    with pytest.raises(UsageError, match="--scorer FOLDER"):
        answer("best", None)


def test_votes_of_a_critique_weigh_by_their_probability(tmp_path: Path) -> None:
    critique, reward = (Judge(tiny_judge(tmp_path / kind, kind)) for kind in ("critique", "reward"))  # type: ignore[arg-type]
    assert (critique.weight(0.9), reward.weight(0.0)) == (0.9, 0.5)
