"""How well scores tell right samples from wrong ones, against figures worked out by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from mathsolve.evaluation.item import Item
from mathsolve.evaluation.metrics.judged import Judged, judged
from mathsolve.evaluation.record import Record
from mathsolve.evaluation.run import Run, item_to_json

SCORES = {
    "sums/1": ((0.9, "correct"), (0.8, "wrong"), (0.2, "wrong"), (0.6, "correct")),
    "sums/2": ((0.5, "wrong"), (0.4, "wrong"), (0.1, "wrong"), (0.99, "undecided")),
}
"""By problem: what a judge says of four samples, and their verdicts."""


def made(folder: Path, record: Record, seen: Mapping[str, Sequence[tuple[float, str]]], **configuration: object) -> Run:
    """A run with these scores and verdicts; `silent` is a wrong sample without an answer."""
    folder.mkdir()
    (folder / "run.json").write_text(json.dumps({"config": configuration}))
    items = [Item(name, "sums", f"What is {name}?", "1") for name in seen]
    (folder / "problems.jsonl").write_text("".join(item_to_json(item) + "\n" for item in items))
    records = [
        replace(record, key=f"{name} {n}".ljust(32, "0"), problem=name, sample=n, verdict=verdict, scores={"j": score})
        for name, samples in seen.items()
        for n, (score, verdict) in enumerate(samples)
    ]
    silent = [replace(one, answer=None, given=False, verdict="wrong") for one in records]
    kept = [other if one.verdict == "silent" else one for one, other in zip(records, silent, strict=True)]
    (folder / "records.jsonl").write_text("".join(one.to_json() + "\n" for one in kept))
    return Run.load(folder)


def figures(folder: Path, record: Record, *, probabilities: bool, **configuration: object) -> dict[str, Judged]:
    run = made(folder, record, SCORES, **configuration)
    return {one.model: one for one in judged(run, "j", probabilities=probabilities)}


def test_pairs_are_of_one_problem_and_best_of_k_counts_what_is_undecided(tmp_path: Path, record: Record) -> None:
    (found,) = figures(tmp_path / "run", record, probabilities=True, model="m").values()
    assert (found.bench, found.mode, found.samples, found.k) == ("sums", "mixed", 7, 4)
    assert found.right == pytest.approx(2 / 7)
    assert found.pairs is not None and (found.pairs.value, found.pairs.n) == (0.75, 1)
    assert found.auroc == pytest.approx(0.9) and found.brier == pytest.approx(1.27 / 7)
    assert found.best is not None and found.best.value == 0.5
    assert found.ece is not None and 0 < found.ece < 1


def test_samples_of_several_models_have_figures_of_their_own(tmp_path: Path, record: Record) -> None:
    found = figures(tmp_path / "run", record, probabilities=False, models=["a", "b", "a", "b"])
    assert {name: (one.samples, one.k) for name, one in found.items()} == {"": (7, 4), "a": (4, 2), "b": (3, 2)}
    values = {name: (one.pairs and one.pairs.value, one.best and one.best.value) for name, one in found.items()}
    assert values == {"": (0.75, 0.5), "a": (1.0, 0.5), "b": (0.0, 0.0)}
    assert all(one.ece is None and one.brier is None for one in found.values()), "a reward is no probability"


def test_a_sample_without_an_answer_is_never_the_best(tmp_path: Path, record: Record) -> None:
    run = made(tmp_path / "run", record, {"sums/1": ((0.9, "silent"), (0.5, "correct"))})
    (found,) = judged(run, "j", probabilities=True)
    assert found.best is not None and (found.k, found.best.value) == (2, 1.0)


def test_one_problem_with_few_samples_does_not_decide_for_all(tmp_path: Path, record: Record) -> None:
    many = tuple((n / 10, "correct" if n > 4 else "wrong") for n in range(5))
    run = made(tmp_path / "run", record, {"sums/1": many, "sums/2": many[::-1], "sums/3": ((0.9, "wrong"),)})
    (found,) = judged(run, "j", probabilities=True)
    assert found.best is not None and (found.k, found.best.n) == (4, 2)
