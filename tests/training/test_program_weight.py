"""`weights.program = "dynamic"` in a run: what it follows, and that a resumed run goes on with it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from rich.console import Console
from transformers import TrainerControl, TrainerState, TrainingArguments

from mathsolve.training.average import mean_weights
from mathsolve.training.recipe import FineTuning
from mathsolve.training.sft.checkpoints import whole_checkpoints
from mathsolve.training.sft.data import Source
from mathsolve.training.sft.packing import ROLES
from mathsolve.training.sft.program_weight import PROGRAM, THOUGHT, ProgramWeight
from mathsolve.training.sft.run import fine_tune

QUIET = Console(quiet=True)
SHAPE = {"hidden": 32, "layers": 1, "heads": 4, "feed_forward": 48, "context": 64}
SCHEDULE = {"epochs": 4, "rows_per_step": 4, "learning_rate": 5e-3, "warmup_steps": 1, "checkpoint_steps": 8}


def recipe(program: Any) -> FineTuning:
    """A recipe that keeps all checkpoints."""
    schedule = {**SCHEDULE, "average": 9, "bf16": False}
    told = {"seed": 1, "family": "embedded", "row": 64, "vocabulary": 512, "shape": SHAPE, "schedule": schedule}
    return FineTuning.model_validate({**told, "weights": {"program": program}})


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sums by words and a program."""
    file = tmp_path_factory.mktemp("data") / "sums.jsonl"
    file.write_text("".join(json.dumps(example(n)) + "\n" for n in range(48)), encoding="utf-8")
    return file


def example(number: int) -> dict[str, Any]:
    """One sum."""
    a, b = 11 + 7 * number % 83, 12 + 5 * number % 71
    program = [{"kind": "program", "code": f"print({a} + {b})"}, {"kind": "observation", "stdout": f"{a + b}\n"}]
    steps = [{"kind": "thought", "text": "I add."}, *program, {"kind": "thought", "text": f"\\boxed{{{a + b}}}"}]
    asked = {"index": number, "split": "train", "source": "test", "domain": "sums", "seed": "sums", "level": 1}
    return {**asked, "question": f"{a} plus {b}?", "solutions": [{"mode": "mixed", "steps": steps}]}


def weights_told(folder: Path) -> list[float]:
    """The weight of programs in the log."""
    lines = [json.loads(line) for line in (folder / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    return [line["weight_program"] for line in lines if "weight_program" in line]


def test_a_run_that_was_stopped_goes_on_with_its_weight(data: Path, tmp_path: Path) -> None:
    fine_tune(recipe("dynamic"), [Source(data)], tmp_path, QUIET)
    assert weights_told(tmp_path)[0] != 1
    checkpoints = whole_checkpoints(tmp_path)
    expected = mean_weights(checkpoints[-1:])
    for path in [*checkpoints[1:], tmp_path / "model"]:
        shutil.rmtree(path)
    kept = json.loads((checkpoints[0] / "trainer_state.json").read_text(encoding="utf-8"))["stateful_callbacks"]
    assert kept["ProgramWeight"]["attributes"]["steps"] == 8
    fine_tune(recipe("dynamic"), [Source(data)], tmp_path, QUIET)
    found = mean_weights(whole_checkpoints(tmp_path)[-1:])
    assert all(torch.equal(expected[name], found[name]) for name in expected)


def callback(table: torch.Tensor, steps: int = 20) -> ProgramWeight:
    """The callback of a single process."""
    return ProgramWeight(table, steps, lambda tensor: tensor)


def step(weight: ProgramWeight, folder: Path, thought: float, program: float, thoughts: int = 2) -> None:
    """One step with these mean losses of both kinds of tokens."""
    for role, loss, count in ((THOUGHT, thought, thoughts), (PROGRAM, program, 4)):
        weight.sums[0, role], weight.sums[1, role] = loss * count, count
    weight.on_step_end(TrainingArguments(str(folder)), TrainerState(), TrainerControl())


def test_the_table_follows_the_losses_of_each_step_and_failures_count_after_the_next(tmp_path: Path) -> None:
    table = torch.ones(len(ROLES) + 1)
    weight = callback(table)
    step(weight, tmp_path, 2.0, 1.0)
    assert table[PROGRAM] == 1 and not weight.sums.any()
    for _ in range(60):
        step(weight, tmp_path, 1.0, 0.9)
    lagging = float(table[PROGRAM])
    assert 1 < lagging < 1.8 and table[THOUGHT] == 1
    weight.hear_failures(0.25)
    assert float(table[PROGRAM]) == lagging
    step(weight, tmp_path, 1.0, 0.9)
    assert float(table[PROGRAM]) == pytest.approx(1.2 * lagging, rel=0.01)
    step(weight, tmp_path, 1.0, 0.1, thoughts=0)
    assert float(table[PROGRAM]) == pytest.approx(1.2 * lagging, rel=0.01), "a step without words says nothing"


def test_a_static_weight_is_a_number_and_any_other_word_is_refused() -> None:
    assert recipe(1.5).weights.program == 1.5
    with pytest.raises(ValueError, match="dynamic"):
        recipe("often")
