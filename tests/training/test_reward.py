"""The reward model: its loss, what it may learn from, and a tiny one that learns to tell right sums from wrong ones."""

from __future__ import annotations

import json
import math
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console
from safetensors.torch import load_file
from transformers import AutoModelForSequenceClassification

from mathsolve.engine.errors import UsageError
from mathsolve.engine.judge import OUTPUTS, Judge, Kind, encode
from mathsolve.engine.trajectory import Trajectory
from mathsolve.evaluation.item import Item
from mathsolve.sandbox import Observation
from mathsolve.training.critique.stage import CritiqueStage
from mathsolve.training.judging.groups import Encoded, groups
from mathsolve.training.judging.run import train_judge
from mathsolve.training.judging.split import families, split
from mathsolve.training.recipe import JudgeTraining, load_fine_tuning
from mathsolve.training.reward.loss import pair_accuracy, pair_loss
from mathsolve.training.reward.stage import RewardStage
from mathsolve.training.samples import Sampled
from mathsolve.training.sft.model import new_model

from ..engine.tiny_judge import tiny_judge
from .judged_runs import attempts, item, numbers, recipe_file, right, sums, write_run, wrong

QUIET = Console(quiet=True)


def softplus(x: float) -> float:
    """-log sigmoid(-x)."""
    return math.log1p(math.exp(x))


def test_the_loss_is_the_mean_over_all_pairs() -> None:
    rewards, kinds = torch.tensor([1.0, 0.5, 0.0, -1.0]), torch.tensor([True, True, False, False])
    pairs = [(1.0, 0.0), (1.0, -1.0), (0.5, 0.0), (0.5, -1.0)]
    expected = sum(softplus(b - a) + 0.01 * (a + b) ** 2 for a, b in pairs) / 4
    loss, told = pair_loss(rewards, kinds)
    assert loss.item() == pytest.approx(expected, abs=1e-6)
    assert told == {"pairs": 1.0, "gap": pytest.approx(1.25)}


def test_a_margin_grows_with_the_gap_between_marks() -> None:
    rewards, kinds = torch.tensor([1.0, 0.0, 0.0]), torch.tensor([True, False, False])
    marks = torch.tensor([9.0, 4.0, 1.0])
    expected = (softplus(-1 + 2 * 0.5) + softplus(-1 + 2 * 0.8)) / 2
    assert pair_loss(rewards, kinds, marks, margin=2.0, centring=0.0)[0].item() == pytest.approx(expected, abs=1e-6)


def test_centring_alone_pulls_rewards_to_zero_and_pairs_alone_do_not_see_a_shift() -> None:
    kinds = torch.tensor([True, False])
    for shift in (0.0, 7.0):
        rewards = torch.tensor([1.0 + shift, shift], requires_grad=True)
        pair_loss(rewards, kinds, centring=0.0)[0].backward()
        assert rewards.grad is not None
        assert rewards.grad.sum().item() == pytest.approx(0.0, abs=1e-6)
    assert pair_loss(torch.tensor([8.0, 7.0]), kinds)[0] > pair_loss(torch.tensor([0.5, -0.5]), kinds)[0]
    assert pair_accuracy(torch.tensor([[2.0, 0.0], [-1.0, 1.0]])) == 0.625


PROBLEMS = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), min_size=1, max_size=25)


@settings(deadline=None)
@given(PROBLEMS, st.integers(0, 3))
def test_no_lineage_and_no_question_stands_on_both_sides(told: list[tuple[int, int]], seed: int) -> None:
    problems = [
        Sampled(Item(f"p/{n}", "p", f"Question {question}?", "1", cluster=f"c{cluster}"), ())
        for n, (cluster, question) in enumerate(told)
    ]
    sides = split(problems, 0.5, seed)
    assert len(sides.train) + len(sides.held_out) == len(problems)
    for known in (lambda one: one.lineage, lambda one: one.item.question):
        assert {known(one) for one in sides.train}.isdisjoint({known(one) for one in sides.held_out})
    assert split(problems[::-1], 0.5, seed).held_out == sides.held_out[::-1], "the order makes no difference"


def test_a_question_with_another_name_is_of_the_same_family() -> None:
    one, other = Item("a/1", "a", "What is 2 plus 3?", "5"), Item("b/9", "b", "what is  2 plus 3", "5")
    assert len(set(families([Sampled(one, ()), Sampled(other, ())]))) == 1
    shares = split([Sampled(item(2 * number), ()) for number in range(400)], 0.25, 1)
    assert 60 < len(shares.held_out) < 140


def test_problems_of_one_seed_are_of_the_same_family_in_two_files() -> None:
    files = [Item(f"{name}/0", name, f"Of {name}?", "5", cluster=f"{name}/money/change") for name in ("mine", "other")]
    assert len(set(families([Sampled(one, ()) for one in files]))) == 1
    unlike = [Item(f"{name}/0", name, f"Of {name}?", "5") for name in ("mine", "other")]
    assert len(set(families([Sampled(one, ()) for one in unlike]))) == 2


def test_groups_take_right_and_wrong_by_halves_and_others_in_each_pass() -> None:
    kinds = np.array([True] * 9 + [False] * 3 + [True] * 2)
    data = Encoded(*(np.zeros(0),) * 3, kinds, np.array([0, 12, 14]))  # type: ignore[arg-type]
    found = groups(data, 2.5, 8, seed=1)
    assert len(found) == 5 and found == groups(data, 2.5, 8, seed=1) != groups(data, 2.5, 8, seed=2)
    large = [group for group in found if group[0] < 12]
    assert all(len(group) == 8 and sum(not kinds[n] for n in group) == 3 for group in large)
    assert len(set(large)) > 1, "another pass draws others"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sums(tmp_path_factory.mktemp("sums") / "run")


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> JudgeTraining:
    found = load_fine_tuning(str(recipe_file(tmp_path_factory.mktemp("recipe"))))
    assert isinstance(found, JudgeTraining)
    return found


def train(recipe: JudgeTraining, run: Path, folder: Path) -> Path:
    return train_judge(RewardStage(recipe.judge), recipe, [run], folder, QUIET)


@pytest.fixture(scope="module")
def trained(run: Path, recipe: JudgeTraining, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished run."""
    folder = tmp_path_factory.mktemp("reward")
    train(recipe, run, folder)
    return folder


def test_a_tiny_model_learns_which_sums_are_right(trained: Path) -> None:
    report = json.loads((trained / "report.json").read_text())
    assert report["pair_accuracy"]["all"]["value"] >= 0.9
    assert report["pair_accuracy"]["hard"]["n"] > 0
    figures = report["choices"]["figures"]
    assert figures["maj@8"]["value"] < figures["best@8"]["value"], "the majority of attempts is wrong and agrees"
    assert report["choices"]["gain"]["low"] > 0
    assert abs(report["length"]["reward_within_problems"]) <= 1
    assert "Pairs in the right order" in (trained / "report.md").read_text()
    assert AutoModelForSequenceClassification.from_pretrained(trained / "model").config.num_labels == 1


def test_what_a_program_printed_is_read(trained: Path) -> None:
    judge, it = Judge(trained), item(2)
    seen = Trajectory(it.problem, right(it), it.gold, "answered")
    other = replace(seen, steps=(seen.steps[0], Observation("ok", stdout="7\n"), seen.steps[2]))
    good, changed, bad = judge.scores([seen, other, replace(seen, steps=wrong(it))])
    assert good != changed and good > bad


def test_a_finished_run_is_left_alone_and_another_one_refused(trained: Path, run: Path, recipe: JudgeTraining) -> None:
    before = {path: path.stat().st_mtime_ns for path in trained.rglob("*")}
    train(recipe, run, trained)
    assert {path: path.stat().st_mtime_ns for path in trained.rglob("*")} == before
    with pytest.raises(UsageError, match="begun with another recipe"):
        train(recipe.model_copy(update={"seed": 2}), run, trained)


def test_a_run_that_was_killed_goes_on_to_the_same_weights(
    trained: Path, run: Path, recipe: JudgeTraining, tmp_path: Path
) -> None:
    words = ["train", "reward", str(recipe_file(tmp_path)), "--runs", str(run), "--out", str(tmp_path / "out")]
    with subprocess.Popen([sys.executable, "-m", "mathsolve", *words], stderr=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 900
        while not list(tmp_path.glob("out/checkpoint-*/trainer_state.json")):
            assert process.poll() is None and time.monotonic() < deadline, "it ended before its first checkpoint"
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
    assert not (tmp_path / "out" / "model").exists(), "it was too fast to be stopped"
    train(recipe, run, tmp_path / "out")
    expected, found = (load_file(folder / "model" / "model.safetensors") for folder in (trained, tmp_path / "out"))
    assert expected.keys() == found.keys()
    assert all(torch.equal(expected[name], found[name]) for name in expected)


def test_two_processes_make_the_judge_of_one(trained: Path, run: Path, tmp_path: Path) -> None:
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2", "-m"]
    words = ["reward", str(recipe_file(tmp_path)), "--runs", str(run), "--out", str(tmp_path / "out")]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    told = subprocess.run([*launcher, "mathsolve.training", *words], capture_output=True, timeout=500, env=environment)
    assert told.returncode == 0, told.stderr.decode()
    expected, found = (load_file(folder / "model" / "model.safetensors") for folder in (trained, tmp_path / "out"))
    assert expected.keys() == found.keys()
    assert all(torch.allclose(expected[name], found[name], atol=2e-4) for name in expected)


def test_adapters_and_a_head_are_trained_on_a_language_model_from_a_folder(
    trained: Path, run: Path, recipe: JudgeTraining, tmp_path: Path
) -> None:
    pytest.importorskip("peft")
    assert recipe.shape is not None
    base = tmp_path / "base"
    new_model(recipe.shape, 512, 1, seed=3).save_pretrained(base)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(trained / "model" / name, base / name)
    changes = {"model": str(base), "shape": None, "lora": {"rank": 4, "alpha": 8}}
    schedule = recipe.schedule.model_copy(update={"epochs": 0.5})
    small = JudgeTraining.model_validate({**recipe.model_dump(), **changes, "schedule": schedule.model_dump()})
    made = load_file(train(small, run, tmp_path / "out") / "model.safetensors")
    start = load_file(base / "model.safetensors")
    assert "score.weight" in made and "lm_head.weight" not in made
    adapted = {name for name in start.keys() & made.keys() if not torch.equal(start[name].bfloat16(), made[name])}
    assert adapted and all("proj" in name for name in adapted)


def test_mistakes_of_a_user_are_named(run: Path, recipe: JudgeTraining, tmp_path: Path) -> None:
    everyone = [item(number) for number in range(8)]
    easy = [record for one in everyone for record in attempts(one, 8)]
    with pytest.raises(UsageError, match="no right and wrong attempts at one problem"):
        train(recipe, write_run(tmp_path / "easy", everyone, easy), tmp_path / "a")
    few = [record for one in everyone[:1] for record in attempts(one)]
    with pytest.raises(UsageError, match=r"none of the .* that are held out"):
        train(recipe, write_run(tmp_path / "few", everyone[:1], few), tmp_path / "b")
    steps = recipe.schedule.model_copy(update={"rows_per_step": 999})
    with pytest.raises(UsageError, match="fewer than the 999 of one step"):
        train(recipe.model_copy(update={"schedule": steps}), run, tmp_path / "c")
    with pytest.raises(UsageError, match="give one with --model"):
        train(recipe.model_copy(update={"shape": None}), run, tmp_path / "d")


@pytest.mark.parametrize("kind", ["reward", "critique"])
def test_a_judge_of_the_other_kind_is_no_start(kind: Kind, run: Path, recipe: JudgeTraining, tmp_path: Path) -> None:
    base = tiny_judge(tmp_path / "base", kind)
    changed = recipe.model_copy(update={"model": str(base), "shape": None})
    stage = CritiqueStage() if kind == "reward" else RewardStage(recipe.judge)
    with pytest.raises(UsageError, match=f"'{base}' is a classifier with {OUTPUTS[kind]} .*name a language model"):
        train_judge(stage, changed, [run], tmp_path / "out", QUIET)


def test_a_judge_goes_on_from_one_of_its_kind(run: Path, recipe: JudgeTraining, tmp_path: Path) -> None:
    changed = recipe.model_copy(update={"model": str(tiny_judge(tmp_path / "base")), "shape": None})
    schedule = changed.schedule.model_copy(update={"epochs": 0.5})
    made = load_file(
        train(changed.model_copy(update={"schedule": schedule}), run, tmp_path / "out") / "model.safetensors"
    )
    start = load_file(tmp_path / "base" / "model.safetensors")
    assert torch.allclose(made["score.weight"].float(), start["score.weight"], atol=0.1), "its head is kept"


def test_a_long_attempt_keeps_its_question_and_its_end(trained: Path) -> None:
    judge, it = Judge(trained), item(3)
    a, b = numbers(it)
    long = (right(it)[0], Observation("ok", stdout="1 2 3 4 5 6 7 8 9 " * 60), *right(it)[2:])
    reader = judge.reader
    ids = encode(reader.renderer, it.question, long, reader.end_id, 64)
    text = reader.renderer.decode(ids)
    assert len(ids) == 64 and ids[-1] == reader.end_id
    assert f"{a} plus {b}" in text and f"\\boxed{{{a + b}}}" in text
    whole = reader.renderer.decode(encode(reader.renderer, it.question, right(it), reader.end_id, 96))
    assert whole.count(str(a + b)) == 2, "what was printed, and the answer"
