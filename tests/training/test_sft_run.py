"""Runs of fine-tuning on a tiny model: the same weights however they are divided or interrupted."""

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from rich.console import Console
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM

from mathsolve.engine.errors import MathsolveError, UsageError
from mathsolve.training.average import mean_weights
from mathsolve.training.recipe import FineTuning, Recipe, load_fine_tuning, load_recipe
from mathsolve.training.sft.checkpoints import averaged, kept, to_go_on_from, whole_checkpoints
from mathsolve.training.sft.conduct import conducted
from mathsolve.training.sft.data import Source
from mathsolve.training.sft.model import new_model
from mathsolve.training.sft.optimizer import MuonAdamW
from mathsolve.training.sft.run import fine_tune
from mathsolve.training.tables import Shape

from ..engine.tiny_judge import tiny_judge

QUIET = Console(quiet=True)
RECIPE = """
seed = 1
family = "embedded"
row = 64
vocabulary = 512

[shape]
hidden = 32
layers = 2
heads = 4
feed_forward = 48
context = 64

[schedule]
epochs = 2
rows_per_step = 8
learning_rate = 2e-3
warmup_steps = 2
checkpoint_steps = 3
word_noise = 0.3
bf16 = false
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sums with two solutions each, and a few that are held out."""
    file = tmp_path_factory.mktemp("data") / "sums.jsonl"
    file.write_text("".join(json.dumps(example(i)) + "\n" for i in range(160)), encoding="utf-8")
    return file


def example(index: int) -> dict[str, Any]:
    """One sum."""
    a, b = 11 + 7 * index % 83, 12 + 5 * index % 71
    program = [{"kind": "program", "code": f"print({a} + {b})"}, {"kind": "observation", "stdout": f"{a + b}\n"}]
    words = {"kind": "thought", "text": f"\\boxed{{{a + b}}}"}
    return {
        "index": index,
        "split": "train" if index % 10 else "numbers",
        "source": "test",
        "domain": "sums",
        "seed": "sums/two",
        "level": 1,
        "question": f"What is {a} plus {b}?",
        "answer": str(a + b),
        "solutions": [{"mode": "mixed", "steps": [*program, words]}, {"mode": "cot", "steps": [words]}],
    }


@pytest.fixture(scope="module")
def recipe_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The recipe as a file."""
    file = tmp_path_factory.mktemp("recipe") / "small.toml"
    file.write_text(RECIPE, encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def whole(data: Path, recipe_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an uninterrupted run."""
    folder = tmp_path_factory.mktemp("whole")
    fine_tune(load_fine_tuning(str(recipe_file)), [Source(data)], folder, QUIET)
    return folder


def changed(recipe_file: Path, **schedule: Any) -> FineTuning:
    """The recipe with another schedule."""
    recipe = load_fine_tuning(str(recipe_file))
    return recipe.model_copy(update={"schedule": recipe.schedule.model_copy(update=schedule)})


def last_weights(folder: Path) -> dict[str, torch.Tensor]:
    """The weights of the last checkpoint, in full precision."""
    return mean_weights(whole_checkpoints(folder)[-1:])


def log(folder: Path) -> list[dict[str, Any]]:
    """The lines of a run's log."""
    return [json.loads(line) for line in (folder / "log.jsonl").read_text(encoding="utf-8").splitlines()]


def command(recipe_file: Path, data: Path, out: Path, *launcher: str) -> list[str]:
    """The command line of a run."""
    return [
        *(launcher or (sys.executable, "-m")),
        "mathsolve.training",
        "sft",
        str(recipe_file),
        "--data",
        str(data),
        "--out",
        str(out),
    ]


def wait_for_checkpoint(folder: Path, process: subprocess.Popen[bytes]) -> None:
    """Returns once a checkpoint is whole."""
    deadline = time.monotonic() + 300
    while not list(folder.glob("checkpoint-*/trainer_state.json")):
        assert process.poll() is None and time.monotonic() < deadline, "it ended before its first checkpoint"
        time.sleep(0.02)


def test_a_run_ends_with_a_model_that_transformers_loads_and_is_not_run_again(
    data: Path, recipe_file: Path, whole: Path
) -> None:
    model = AutoModelForCausalLM.from_pretrained(whole / "model")
    assert model.dtype == torch.bfloat16
    weights = last_weights(whole)
    name = "model.embed_tokens.weight"
    assert torch.equal(model.state_dict()[name], weights[name].bfloat16())
    assert json.loads((whole / "model" / "mathsolve.json").read_text(encoding="utf-8"))["family"] == "embedded"
    before = {path: path.stat().st_mtime_ns for path in whole.rglob("*")}
    fine_tune(load_fine_tuning(str(recipe_file)), [Source(data)], whole, QUIET)
    assert {path: path.stat().st_mtime_ns for path in whole.rglob("*")} == before
    with pytest.raises(UsageError, match="another recipe"):
        fine_tune(changed(recipe_file, epochs=3), [Source(data)], whole, QUIET)


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT])
def test_a_run_that_was_ended_goes_on_to_the_same_weights(
    data: Path, recipe_file: Path, whole: Path, tmp_path: Path, end: signal.Signals
) -> None:
    with subprocess.Popen(command(recipe_file, data, tmp_path), stderr=subprocess.PIPE) as process:
        wait_for_checkpoint(tmp_path, process)
        process.send_signal(end)
        told = process.communicate(timeout=120)[1].decode()
    assert not (tmp_path / "model").exists(), "it was too fast to be stopped"
    if end is signal.SIGINT:
        assert process.returncode == 130 and "the same command goes on" in told
    torn = tmp_path / "checkpoint-9999"
    torn.mkdir()
    (torn / "model.safetensors").write_bytes(b"torn")
    fine_tune(load_fine_tuning(str(recipe_file)), [Source(data)], tmp_path, QUIET)
    expected, found = last_weights(whole), last_weights(tmp_path)
    assert all(torch.equal(expected[name], found[name]) for name in expected)
    steps = [line["step"] for line in log(tmp_path)]
    assert steps == sorted(steps) and not torn.exists()


def test_muon_goes_on_to_the_same_weights(data: Path, recipe_file: Path, tmp_path: Path) -> None:
    recipe = changed(recipe_file, optimizer="muon", weight_decay=0.1, average=9)
    fine_tune(recipe, [Source(data)], tmp_path, QUIET)
    expected = last_weights(tmp_path)
    for path in [*whole_checkpoints(tmp_path)[1:], tmp_path / "model"]:
        shutil.rmtree(path)
    fine_tune(recipe, [Source(data)], tmp_path, QUIET)
    found = last_weights(tmp_path)
    assert all(torch.equal(expected[name], found[name]) for name in expected)


def test_a_step_in_pieces_is_the_step_at_once(data: Path, recipe_file: Path, whole: Path, tmp_path: Path) -> None:
    fine_tune(changed(recipe_file, rows_at_once=2), [Source(data)], tmp_path, QUIET)
    expected, found = last_weights(whole), last_weights(tmp_path)
    assert all(torch.allclose(expected[name], found[name], atol=2e-4) for name in expected)


def test_two_processes_make_the_model_of_one(data: Path, recipe_file: Path, whole: Path, tmp_path: Path) -> None:
    launcher = (sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2", "-m")
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    told = subprocess.run(
        command(recipe_file, data, tmp_path, *launcher), capture_output=True, timeout=500, env=environment
    )
    assert told.returncode == 0, told.stderr.decode()
    expected, found = last_weights(whole), last_weights(tmp_path)
    assert all(torch.allclose(expected[name], found[name], atol=2e-4) for name in expected)
    assert log(tmp_path)[-1]["step"] == log(whole)[-1]["step"]


def test_a_process_of_several_ends_without_connections_to_the_others(
    data: Path, recipe_file: Path, tmp_path: Path
) -> None:
    """Threads that still hold some abort one process in a few, after all of its work is done."""
    script = tmp_path / "connected.py"
    script.write_text(
        "import sys, torch.distributed as d\nfrom mathsolve.training.__main__ import main\n"
        "code = main()\nsys.exit(code or (40 if d.is_initialized() else 0))\n",
        encoding="utf-8",
    )
    launcher = (sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2", str(script))
    asked = ["sft", str(recipe_file), "--data", str(data), "--out", str(tmp_path / "run"), "--dry-run"]
    told = subprocess.run([*launcher, *asked], capture_output=True, timeout=500)
    assert told.returncode == 0, told.stderr.decode()
    assert not (tmp_path / "run").exists(), "a dry run leaves nothing behind"


def test_the_finished_model_may_be_the_mean_of_the_last_checkpoints(
    data: Path, recipe_file: Path, tmp_path: Path
) -> None:
    fine_tune(changed(recipe_file, average=2, epochs=1), [Source(data)], tmp_path, QUIET)
    a, b = (load_file(path / "model.safetensors") for path in whole_checkpoints(tmp_path)[-2:])
    made = load_file(tmp_path / "model" / "model.safetensors")
    assert all(torch.allclose(made[name].float(), (a[name] + b[name]) / 2, atol=1e-2) for name in made)
    name = "model.embed_tokens.weight"
    assert torch.equal(made[name], ((a[name] / 2) + (b[name] / 2)).bfloat16())


def test_what_a_stop_leaves_is_not_averaged_and_pushes_nothing_out(recipe_file: Path, tmp_path: Path) -> None:
    schedule = changed(recipe_file, average=3, checkpoint_steps=500).schedule
    for step in (500, 1000, 1100, 1400):  # ended after 1100 and 1400
        (tmp_path / f"checkpoint-{step}").mkdir()
        state = json.dumps({"global_step": step})
        (tmp_path / f"checkpoint-{step}" / "trainer_state.json").write_text(state, encoding="utf-8")
    assert to_go_on_from(tmp_path, schedule) == tmp_path / "checkpoint-1400"
    assert [path.name for path in whole_checkpoints(tmp_path)] == [f"checkpoint-{n}" for n in (500, 1000, 1400)]
    shutil.copytree(tmp_path / "checkpoint-1400", last := tmp_path / "checkpoint-1520")
    (last / "trainer_state.json").write_text('{"global_step": 1520}', encoding="utf-8")
    assert kept(schedule) == 4
    assert [path.name for path in averaged(tmp_path, schedule)] == [f"checkpoint-{n}" for n in (500, 1000, 1520)]


def test_muon_leaves_the_matrices_of_tokens_alone() -> None:
    for tied in (True, False):
        shape = Shape(hidden=32, layers=1, heads=4, feed_forward=48, context=64, tied=tied)
        model = new_model(shape, 300, 0, 1)
        matrices, others = MuonAdamW(model, 1e-3, 0.1).param_groups
        assert {tuple(p.shape) for p in matrices["params"]} == {(32, 32), (48, 32), (32, 48)}
        assert sum(p.shape == (300, 32) for p in others["params"]) == 2 - tied
        assert len(matrices["params"]) + len(others["params"]) == len(list(model.parameters()))


def test_adapters_are_not_averaged(recipe_file: Path) -> None:
    with pytest.raises(ValueError, match="average is 2, but the mean of adapters is not that of the models"):
        changed(recipe_file, average=2).model_validate(
            {**changed(recipe_file, average=2).model_dump(), "lora": {"rank": 4, "alpha": 8}}
        )


def test_training_lowers_the_loss_of_words_and_programs_and_samples_are_scored(
    data: Path, recipe_file: Path, tmp_path: Path
) -> None:
    fine_tune(changed(recipe_file, epochs=8, questions=2, checkpoint_steps=99), [Source(data)], tmp_path, QUIET)
    lines = [line for line in log(tmp_path) if "loss" in line]
    for name in ("loss_thought", "loss_program", "loss_stop"):
        assert lines[-1][name] < 0.8 * lines[0][name]
    assert "loss_observation" not in lines[0] and "loss_prompt" not in lines[0], "they are not trained"
    assert all(0 <= line["accuracy"] <= 1 for line in log(tmp_path) if "accuracy" in line)
    assert any("accuracy" in line for line in log(tmp_path))


@pytest.mark.parametrize("name", ["qwen-7b-lora", "qwen-7b-fsdp"])
def test_a_large_recipe_is_built_and_makes_two_steps_with_tiny_weights(data: Path, tmp_path: Path, name: str) -> None:
    if name.endswith("lora"):
        pytest.importorskip("peft")
    recipe = load_fine_tuning(name)
    few = {"rows_per_step": 2, "rows_at_once": 1}
    recipe = recipe.model_copy(update={"schedule": recipe.schedule.model_copy(update=few), "row": 512})
    with (tmp_path / "told").open("w", encoding="utf-8") as file:
        fine_tune(recipe, [Source(data)], tmp_path / "run", Console(file=file, width=200), dry_run=True, tiny=True)
    told = (tmp_path / "told").read_text(encoding="utf-8")
    assert "7,777.1 M parameters, 2.1% of them trained" in told or "7,615.6 M parameters" in told
    assert all(word in told for word in ("compute", "memory", "time", "2/2"))
    assert not (tmp_path / "run").exists(), "a dry run leaves nothing"


def test_rows_are_as_long_as_the_model_can_read(data: Path, recipe_file: Path, whole: Path, tmp_path: Path) -> None:
    long = load_fine_tuning(str(recipe_file)).model_copy(update={"shape": None, "row": 500, "model": f"{whole}/model"})
    heard = Console(file=io.StringIO())
    fine_tune(long, [Source(data)], tmp_path, heard, dry_run=True)
    assert "64 tokens, the context of the model, not the 500 of the recipe" in heard.file.getvalue()
    text = recipe_file.read_text(encoding="utf-8").replace("row = 64", "row = 65")
    (tmp_path / "long.toml").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match="row is 65 tokens, but the shape's context is 64; choose a row"):
        load_fine_tuning(str(tmp_path / "long.toml"))


def test_a_full_disk_is_told_and_other_faults_are_not_taken_for_one() -> None:
    with pytest.raises(MathsolveError, match="could not be written, most likely because the disk is full"), conducted():
        torch.save(torch.nn.Linear(600, 600).state_dict(), "/dev/full")
    with pytest.raises(RuntimeError, match="shape"), conducted():
        torch.zeros(2).view(3)


def test_a_judge_is_no_model_to_begin_with(data: Path, recipe_file: Path, tmp_path: Path) -> None:
    judge = tiny_judge(tmp_path / "judge")
    recipe = load_fine_tuning(str(recipe_file)).model_copy(update={"model": str(judge)})
    with pytest.raises(UsageError, match="is a judge, which tells of attempts and makes none"):
        fine_tune(recipe, [Source(data)], tmp_path / "out", QUIET)


def test_adapters_are_merged_into_a_model_from_a_folder(
    data: Path, recipe_file: Path, whole: Path, tmp_path: Path
) -> None:
    pytest.importorskip("peft")
    lora = {"model": str(whole / "model"), "shape": None, "lora": {"rank": 4, "alpha": 8}}
    recipe = FineTuning.model_validate({**changed(recipe_file, epochs=1).model_dump(), **lora})
    made = load_file(fine_tune(recipe, [Source(data)], tmp_path, QUIET) / "model.safetensors")
    start = load_file(whole / "model" / "model.safetensors")
    assert made.keys() == start.keys()
    adapted = {name for name in made if not torch.equal(made[name], start[name])}
    assert adapted and all("proj" in name for name in adapted), "nothing but linear layers changes"


def test_every_recipe_of_the_package_is_one() -> None:
    folder = Path(sys.modules[Recipe.__module__].__file__ or "").parent / "recipes"
    kinds = {path.stem: type(load_fine_tuning(path.stem)) for path in folder.glob("*.toml")}
    assert {"embedded-bank", "embedded-cpu", "embedded-further", "embedded-gpu", "tiny"} == {
        name for name, kind in kinds.items() if kind is Recipe
    }
    with pytest.raises(UsageError, match="mathsolve train sft qwen-7b-lora"):
        load_recipe("qwen-7b-lora")
    stages = [path for path in (folder / "loops").glob("*.toml") if not path.stem.startswith("loop")]
    assert stages and not any(type(load_fine_tuning(str(path))) is Recipe for path in stages)


def test_the_files_for_accelerate_say_what_they_are_named_for() -> None:
    from accelerate.commands.config.config_args import load_config_from_file

    folder = Path(sys.modules[Recipe.__module__].__file__ or "").parent / "recipes" / "accelerate"
    configs = {path.stem: load_config_from_file(str(path)) for path in folder.glob("*.yaml")}
    assert configs["fsdp2"].fsdp_config["fsdp_version"] == 2
    assert configs["zero3"].deepspeed_config["zero_stage"] == 3
    assert configs["ddp"].distributed_type.value == "MULTI_GPU"


def test_data_without_rows_for_a_step_and_rows_that_processes_cannot_share_are_refused(
    data: Path, recipe_file: Path, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="give one with --model"):
        fine_tune(load_fine_tuning("fine-tune"), [Source(data)], tmp_path, QUIET)
    with pytest.raises(UsageError, match="fewer than the 999 of one step"):
        fine_tune(changed(recipe_file, rows_per_step=999), [Source(data)], tmp_path / "a", QUIET)
    with pytest.raises(UsageError, match="rows_at_once is 3, which does not divide the 8 rows"):
        fine_tune(changed(recipe_file, rows_at_once=3), [Source(data)], tmp_path / "b", QUIET)


def test_a_run_that_was_refused_its_data_begins_with_better_ones_and_then_keeps_them(
    data: Path, recipe_file: Path, tmp_path: Path
) -> None:
    recipe, file, run = load_fine_tuning(str(recipe_file)), tmp_path / "sums.jsonl", tmp_path / "run"
    whole = data.read_text(encoding="utf-8")
    file.write_text(whole[:-30] + "\n", encoding="utf-8")
    with pytest.raises(UsageError, match="line 160 is no example"):
        fine_tune(recipe, [Source(file)], run, QUIET)
    file.write_text(whole, encoding="utf-8")
    assert fine_tune(recipe, [Source(file)], run, QUIET).is_dir()
    file.write_text(whole * 2, encoding="utf-8")
    with pytest.raises(UsageError, match=r"was begun with another data; name another folder with --out"):
        fine_tune(recipe, [Source(file)], run, QUIET)


def test_a_training_that_diverges_says_so_and_makes_no_model(data: Path, recipe_file: Path, tmp_path: Path) -> None:
    heard = signal.getsignal(signal.SIGINT)
    with pytest.raises(
        MathsolveError, match=r"step \d+: .* is nan: the training diverged; choose a smaller learning_rate"
    ):
        fine_tune(changed(recipe_file, learning_rate=1e30, warmup_steps=0), [Source(data)], tmp_path / "run", QUIET)
    assert not (tmp_path / "run" / "model").exists()
    assert signal.getsignal(signal.SIGINT) is heard, "Ctrl-C means what it meant before"


def test_weights_that_are_no_numbers_are_no_model(whole: Path, tmp_path: Path) -> None:
    weights = load_file(whole / "model" / "model.safetensors")
    weights[next(iter(weights))].view(-1)[0] = float("nan")
    save_file(weights, tmp_path / "model.safetensors")
    with pytest.raises(MathsolveError, match=r"are not finite: the training diverged"):
        mean_weights([tmp_path])
