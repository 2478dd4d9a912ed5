"""A tiny model that adds or subtracts by chance learns from its own attempts, run in the sandbox, which of the two is right."""

from __future__ import annotations

import json
import os
import shutil
import signal
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from rich.console import Console
from transformers import AutoModelForCausalLM

from mathsolve.engine.errors import UsageError
from mathsolve.engine.trajectory import Trajectory
from mathsolve.training.average import mean_weights
from mathsolve.training.ppo.run import train_policy
from mathsolve.training.recipe import FineTuning, PolicyTraining
from mathsolve.training.sft.checkpoints import whole_checkpoints
from mathsolve.training.sft.data import Source
from mathsolve.training.sft.progress import cut
from mathsolve.training.sft.run import fine_tune

from ..engine.tiny_judge import tiny_judge

QUIET = Console(quiet=True)
SUMS = [
    f"{how} 4 {word} 3{end}"
    for how, end in (("What is", "?"), ("Compute", "."), ("Find", "."), ("Say", "."), ("Give", "."))
    for word in ("plus", "and also", "added to", "together with")
]
ROW = 48
HELD_OUT = 2


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a model that was taught to add, and as often to subtract instead."""
    folder = tmp_path_factory.mktemp("start")
    file = folder / "sums.jsonl"
    lines = [json.dumps(example(index, sign)) + "\n" for index in range(len(SUMS)) for sign in "+-"]
    file.write_text("".join(lines), encoding="utf-8")
    recipe = {
        "seed": 1,
        "family": "embedded",
        "row": 2 * ROW,
        "vocabulary": 512,
        "shape": {"hidden": 48, "layers": 2, "heads": 4, "feed_forward": 96, "context": 2 * ROW},
        "modes": {"mixed": 1, "pot": 0, "cot": 0},
        "schedule": {
            "epochs": 28,
            "rows_per_step": 4,
            "learning_rate": 8e-3,
            "warmup_steps": 4,
            "optimizer": "muon",
            "checkpoint_steps": 999,
            "bf16": False,
        },
    }
    return fine_tune(FineTuning.model_validate(recipe), [Source(file)], folder / "sft", QUIET)


@pytest.fixture(scope="module")
def problems(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The sums as problems."""
    path = tmp_path_factory.mktemp("problems") / "sums.jsonl"
    lines = [{"question": question, "answer": "7"} for question in SUMS]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return str(path)


def example(index: int, sign: str) -> dict[str, Any]:
    """A sum, and a program for it that is right where the sign is that of a sum."""
    program = {"kind": "program", "code": f"print(4 {sign} 3)"}
    shown = {"kind": "observation", "stdout": "7\n" if sign == "+" else "1\n"}
    return {
        "index": index,
        "split": "train",
        "source": "test",
        "domain": "sums",
        "seed": "sums/two",
        "level": 1,
        "question": SUMS[index],
        "answer": "7",
        "solutions": [{"mode": "mixed", "steps": [program, shown, {"kind": "thought", "text": "\\boxed{7}"}]}],
    }


def recipe(model: Path, method: str, *, steps: int, problems: int = 8, samples: int = 8) -> PolicyTraining:
    """A recipe for so many batches of attempts."""
    return PolicyTraining.model_validate(
        {
            "seed": 1,
            "row": ROW,
            "model": str(model),
            "policy": {"method": method, "problems": problems, "samples": samples, "passes": 2, "reference": 0.001},
            "modes": {"mixed": 1, "pot": 0, "cot": 0},
            "schedule": {
                "epochs": steps * problems / (len(SUMS) - HELD_OUT),
                "rows_per_step": 32,
                "learning_rate": 3e-3,
                "warmup_steps": 1,
                "checkpoint_steps": 2,
                "bf16": False,
                "questions": HELD_OUT,
            },
        }
    )


def log(folder: Path) -> list[dict[str, Any]]:
    """The lines of a run's log."""
    return [json.loads(line) for line in (folder / "log.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("method", ["ppo", "grpo"])
def test_a_model_gets_better_at_problems_by_its_own_attempts(
    start: Path, problems: str, tmp_path: Path, method: str
) -> None:
    model = train_policy(recipe(start, method, steps=6), [problems], tmp_path, QUIET)
    lines = [line for line in log(tmp_path) if "right" in line]
    first, last = (sum(line["right"] for line in part) / len(part) for part in (lines[:2], lines[-2:]))
    assert lines[0]["right"] < 0.8 and last > first + 0.15
    assert max(line["gap_max"] for line in lines) < 1e-3, "what was sampled has the same probability in training"
    assert all(line["spoilt"] == 0 and line["skipped"] == 0 for line in lines)
    assert next(line["step"] for line in log(tmp_path) if "accuracy" in line) == 0
    loaded = AutoModelForCausalLM.from_pretrained(model)
    trained = mean_weights(whole_checkpoints(tmp_path)[-1:])
    name = "model.layers.0.self_attn.q_proj.weight"
    assert torch.equal(loaded.state_dict()[name], trained[name].bfloat16())
    assert json.loads((model / "mathsolve.json").read_text(encoding="utf-8"))["family"] == "embedded"
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    train_policy(recipe(start, method, steps=6), [problems], tmp_path, QUIET)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before, "a finished run is left alone"
    with pytest.raises(UsageError, match="begun with another recipe"):
        train_policy(recipe(start, method, steps=5), [problems], tmp_path, QUIET)


class Impatient:
    """A scorer that presses Ctrl-C when it is asked for the so many-th time."""

    name = "short"

    def __init__(self, calls: int) -> None:
        self._left = calls

    async def score(self, attempts: Sequence[Trajectory]) -> Sequence[float]:
        """The shorter the better."""
        self._left -= 1
        if not self._left:
            os.kill(os.getpid(), signal.SIGINT)
        return [-float(len(attempt.tokens.ids)) for attempt in attempts]


def test_a_run_that_was_ended_or_killed_goes_on_from_its_last_checkpoint(
    start: Path, problems: str, tmp_path: Path
) -> None:
    few = recipe(start, "ppo", steps=4, problems=2, samples=2)
    (tmp_path / "ppo.json").write_text("{}", encoding="utf-8")  # claimed by a run that was killed at once
    with pytest.raises(KeyboardInterrupt):
        train_policy(few, [problems], tmp_path, QUIET, scorer=Impatient(6))
    assert [path.name for path in whole_checkpoints(tmp_path)] == ["checkpoint-1"]
    torn = tmp_path / "checkpoint-3"
    torn.mkdir()
    (torn / "model.safetensors").write_bytes(b"torn")
    with (tmp_path / "log.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"step": 2, "right": 1.0}\n{"step": 3, "ri')
    assert train_policy(few, [problems], tmp_path, QUIET, scorer=Impatient(0)).is_dir()
    assert [line["step"] for line in log(tmp_path) if "right" in line] == [1, 2, 3, 4]
    assert [path.name for path in whole_checkpoints(tmp_path)] == ["checkpoint-2", "checkpoint-4"]
    shutil.rmtree(tmp_path / "model")
    assert train_policy(few, [problems], tmp_path, QUIET, scorer=Impatient(0)).is_dir()


def interrupt_after(log: Path, step: int) -> None:
    """Presses Ctrl-C as soon as the log tells of a step."""
    while not log.is_file() or f'"step": {step},' not in log.read_text(encoding="utf-8"):
        time.sleep(0.001)
    os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.parametrize("step", [2, 4])
def test_a_measurement_that_was_ended_is_made_up_for(start: Path, problems: str, tmp_path: Path, step: int) -> None:
    few = recipe(start, "ppo", steps=4, problems=2, samples=2)
    threading.Thread(target=interrupt_after, args=(tmp_path / "log.jsonl", step), daemon=True).start()
    with pytest.raises(KeyboardInterrupt):
        train_policy(few, [problems], tmp_path, QUIET)
    assert [line["step"] for line in log(tmp_path) if "accuracy" in line] == list(range(0, step, 2))
    train_policy(few, [problems], tmp_path, QUIET)
    assert [line["step"] for line in log(tmp_path) if "accuracy" in line] == [0, 2, 4]
    assert [line["step"] for line in log(tmp_path) if "right" in line] == [1, 2, 3, 4]
    shutil.rmtree(tmp_path / "model")
    train_policy(few, [problems], tmp_path, QUIET)
    assert [line["step"] for line in log(tmp_path) if "accuracy" in line] == [0, 2, 4], "what was measured stays so"


def test_of_a_log_only_its_own_lines_up_to_a_step_are_left(tmp_path: Path) -> None:
    own = b'{"step": 1, "loss": 2.0}\n'
    torn = b'5\nnull\n[1]\n"step"\n{"a": 1}\n{"step": null}\n{"step": "2"}\n{"step": 2, "x": "\xff"}\n\0\0\0\0\xff\xfe'
    path = tmp_path / "log.jsonl"
    for step, left in ((3, own), (0, b"")):
        path.write_bytes(own + b'{"step": 4}\n' + torn)
        cut(path, step)
        assert path.read_bytes() == left


def test_what_cannot_be_trained_is_refused(start: Path, problems: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="embedded' cannot be trained"):
        train_policy(recipe(Path("embedded"), "ppo", steps=1), [problems], tmp_path / "run", QUIET)
    with pytest.raises(UsageError, match="give one with --model"):
        unnamed = recipe(start, "ppo", steps=1).model_copy(update={"model": None})
        train_policy(unnamed, [problems], tmp_path / "run", QUIET)
    with pytest.raises(UsageError, match="is a judge, which tells of attempts and makes none"):
        train_policy(recipe(tiny_judge(tmp_path / "judge"), "ppo", steps=1), [problems], tmp_path / "run", QUIET)
    assert not (tmp_path / "run").exists()
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="holds other things"):
        train_policy(recipe(start, "ppo", steps=1), [problems], tmp_path, QUIET)
    with pytest.raises(UsageError, match="is a file"):
        train_policy(recipe(start, "ppo", steps=1), [problems], tmp_path / "notes.txt", QUIET)
