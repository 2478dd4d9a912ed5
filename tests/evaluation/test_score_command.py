"""`mathsolve score`: a judge's scores in the records of a run, and what choosing by them gains."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from mathsolve.engine.errors import UsageError
from mathsolve.engine.judge import Judge
from mathsolve.engine.trajectory import Thought
from mathsolve.evaluation.commands.score import score_runs
from mathsolve.evaluation.item import Item
from mathsolve.evaluation.record import Record
from mathsolve.evaluation.run import Run, item_to_json
from mathsolve.evaluation.running.journal import locked
from mathsolve.evaluation.running.scoring import by_turns, score

from ..engine.tiny_judge import tiny_judge

ITEMS = [Item(f"sums/{n}", "sums", f"What is {n} plus 1?", str(n + 1)) for n in range(3)]


def made(item: Item, sample: int, record: Record) -> Record:
    right = sample % 2 == 0
    answer = (item.gold or "") if right else "0"
    thought = Thought(f"It is \\boxed{{{answer}}}" + "!" * sample)
    key = f"{item.id}/{sample}".ljust(32, "0")
    verdict = "correct" if right else "wrong"
    return replace(record, key=key, problem=item.id, sample=sample, answer=answer, verdict=verdict, steps=(thought,))


@pytest.fixture
def folder(tmp_path: Path, record: Record) -> Path:
    """Three problems with four samples each, and one that the machinery failed in."""
    run = tmp_path / "run"
    run.mkdir()
    (run / "run.json").write_text('{"config": {}, "environment": {}}')
    (run / "problems.jsonl").write_text("".join(item_to_json(item) + "\n" for item in ITEMS))
    records = [made(item, sample, record) for item in ITEMS for sample in range(4)]
    records.append(replace(made(ITEMS[0], 4, record), stop="backend_error"))
    (run / "records.jsonl").write_text("".join(one.to_json() + "\n" for one in records))
    return run


@pytest.fixture
def judge(tmp_path: Path) -> Path:
    return tiny_judge(tmp_path / "judge")


def scores(folder: Path, name: str = "reward") -> dict[str, float]:
    return {record.key: record.scores[name] for record in Run.load(folder).records() if name in record.scores}


def test_every_sample_of_the_model_gets_a_score_and_the_rest_stays(
    folder: Path, judge: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {record.key: record for record in Run.load(folder).records()}
    score_runs([folder], scorer=judge)
    after = {record.key: record for record in Run.load(folder).records()}
    assert {key: replace(record, scores={}) for key, record in after.items()} == before
    assert [record.scores == {} for record in after.values()].count(True) == 1, "what failed says nothing"
    told = capsys.readouterr().out
    assert "12 samples got a score of reward" in told and "best of 4" in told and "filtered vote" in told
    group = json.loads((folder / "metrics.json").read_text())["groups"][0]
    assert group["chosen"][0]["scorer"] == "reward" and len(group["chosen"][0]["best"]) == 3
    assert len((folder / "records.jsonl").read_text().splitlines()) == len(before), "a line for each record"


def test_it_goes_on_where_it_was_ended(folder: Path, judge: Path) -> None:
    run = Run.load(folder)

    class Ended(Exception):
        pass

    def end(done: int, of: int) -> None:
        raise Ended

    score(run, Judge(judge), "reward")
    whole = scores(folder)
    records = list(run.records())
    half = [replace(one, scores={}) if n % 2 else one for n, one in enumerate(records)]
    (folder / "records.jsonl").write_text("".join(one.to_json() + "\n" for one in half) + '{"key": "torn')
    with pytest.raises(Ended):
        score(run, Judge(judge), "reward", end)
    assert len(scores(folder)) == 12, "what was scored when it ended is kept"
    assert score(run, Judge(judge), "reward").known == 12
    assert scores(folder) == pytest.approx(whole, abs=1e-5)
    assert len((folder / "records.jsonl").read_text().splitlines()) == 13, "a line for each record"


def test_another_judge_scores_everything_anew_and_another_name_keeps_both(
    folder: Path, judge: Path, tmp_path: Path
) -> None:
    run = Run.load(folder)
    assert score(run, Judge(judge), "reward").scored == 12
    first = scores(folder)
    other = Judge(tiny_judge(tmp_path / "other", seed=2))
    assert score(run, other, "second").scored == 12
    assert scores(folder) == first
    assert score(run, other, "reward").scored == 12
    assert scores(folder) == pytest.approx(scores(folder, "second")) != first
    assert set(json.loads((folder / "scores.json").read_text())) == {"reward", "second"}


def test_probabilities_that_no_longer_fit_raise_an_alarm(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], record: Record
) -> None:
    records = [made(item, sample, record) for item in ITEMS for sample in range(1, 200, 2)]
    (folder / "records.jsonl").write_text("".join(one.to_json() + "\n" for one in records))
    sure = tiny_judge(tmp_path / "sure", "critique")
    manifest = json.loads((sure / "judge.json").read_text())
    (sure / "judge.json").write_text(json.dumps({**manifest, "curves": {"": [[5.0, 0.9]]}}))
    score_runs([folder], scorer=sure, as_json=True)
    told = capsys.readouterr()
    (drift,) = json.loads(told.out)[str(folder)]["drifts"]
    assert (drift["alarming"], drift["right"], drift["n"]) == (True, 0.0, 300)
    assert "critique has drifted on sums, mixed: it takes 90.0% of 300 samples for right, and 0.0% are" in told.err


def test_where_nobody_knows_whose_the_scores_are_all_are_given_anew(folder: Path, judge: Path) -> None:
    first = score(Run.load(folder), Judge(judge), "reward")
    (folder / "scores.json").write_text('{"reward": {"jud')
    again = score(Run.load(folder), Judge(judge), "reward")
    assert (again.scored, again.known) == (first.scored, 0)


def test_a_judge_without_weights_is_refused_before_it_reads(folder: Path, judge: Path) -> None:
    next(judge.glob("*.safetensors")).unlink()
    with pytest.raises(UsageError, match="has no weights"):
        score_runs([folder], scorer=judge)


def test_a_run_that_is_written_to_is_left_alone(folder: Path, judge: Path) -> None:
    before = (folder / "records.jsonl").read_bytes()
    with locked(folder), pytest.raises(UsageError, match="is writing to"):
        score(Run.load(folder), Judge(judge), "reward")
    assert (folder / "records.jsonl").read_bytes() == before


def test_critiques_of_a_judge_with_a_head_are_refused_before_anything_is_scored(folder: Path, judge: Path) -> None:
    with pytest.raises(UsageError, match="has a head, which writes nothing: leave --critiques out"):
        score_runs([folder], scorer=judge, critiques=2)
    assert scores(folder) == {} and not (folder / "scores.json").exists()


def test_critiques_are_of_different_problems_as_long_as_there_are_more(folder: Path, record: Record) -> None:
    """A run of what others wrote has sample 0 everywhere, and several modes."""
    of_item = [made(item, 0, record) for item in ITEMS for _ in range(3)]
    records = [
        replace(one, key=f"{n:032}", mode=mode)
        for n, (one, mode) in enumerate(zip(of_item, ("cot", "cot", "pot") * 3, strict=True))
    ]

    orders = []
    for ordered in (records, records[::-1]):
        (folder / "records.jsonl").write_text("".join(one.to_json() + "\n" for one in ordered))
        chosen = by_turns(Run.load(folder))
        orders.append([one.key for one in chosen])
        assert [one.problem for one in chosen] == ["sums/0", "sums/1", "sums/2"] * 3
    assert orders[0] == orders[1], "whatever the order in which samples ended"
