"""Training on pairs with a tiny model: what is learnt from, what is not, and the same weights however a run is divided."""

from __future__ import annotations

import io
import json
import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from rich.console import Console
from torch.utils.data import Dataset

from mathsolve.engine.errors import UsageError
from mathsolve.engine.trajectory import Role, Step, Thought
from mathsolve.sandbox import Observation, Program
from mathsolve.training.average import mean_weights
from mathsolve.training.card import TRANSFORMERS_FORM
from mathsolve.training.dpo.costs import estimated
from mathsolve.training.dpo.data import encoded
from mathsolve.training.dpo.held_out import HeldOut
from mathsolve.training.dpo.pairs import Kind, Pair, Served, Side, form_of
from mathsolve.training.dpo.progress import PreferenceReport
from mathsolve.training.dpo.run import prefer
from mathsolve.training.dpo.trainer import DpoTrainer, PairDataset, collate
from mathsolve.training.export import write_settings
from mathsolve.training.recipe import PreferenceTraining, load_fine_tuning
from mathsolve.training.sft.arguments import training_arguments
from mathsolve.training.sft.checkpoints import whole_checkpoints
from mathsolve.training.sft.data import encode
from mathsolve.training.sft.model import Writing, load_model, new_model, writing
from mathsolve.training.sft.packing import ROLES
from mathsolve.training.sft.tokenizer import train_tokenizer
from mathsolve.training.tables import Shape

from ..engine.tiny_judge import tiny_judge

QUIET = Console(quiet=True)
RECIPE = """
seed = 1
row = 64

[schedule]
epochs = 2
rows_per_step = 8
learning_rate = 2e-3
warmup_steps = 2
checkpoint_steps = 4
bf16 = false

[preference]
held_out = 0.2
"""


def side(steps: tuple[Step, ...], **more: Any) -> Side:
    """A solution."""
    return Side(model="small", sample=0, form=form_of(steps), ended=True, steps=steps, **more)


def worked(code: str, printed: str) -> tuple[Step, ...]:
    """A solution by a program, whose output the engine writes into the box."""
    return Program(code), Observation("ok", stdout=f"{printed}\n"), Thought(f"\\boxed{{{printed}}}")


def pair(number: int, kind: Kind = "wide", **more: Any) -> Pair:
    """A sum is better than a difference."""
    a, b = 11 + 7 * number % 83, 12 + 5 * number % 71
    told: dict[str, Any] = {"chosen": side(worked(f"print({a} + {b})", str(a + b)))}
    told |= {"rejected": side(worked(f"print({a} - {b})", str(a - b))), **more}
    asked = {"problem": f"sums/{number}", "lineage": f"sums/{number}", "domain": "sums", "mode": "mixed"}
    told |= {"question": f"What is {a} plus {b}?", "answer": str(a + b)}
    return Pair(kind=kind, pass_rate=0.2, gap=1.0, **asked, **told)


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a tiny model with random weights."""
    folder = tmp_path_factory.mktemp("start")
    recipe = PreferenceTraining.model_validate({**settings(), "family": "embedded"})
    texts = ["What is 12 plus 34?", "print(12 + 34)\nprint(34 - 12)"] * 20
    words = writing(recipe, lambda family: train_tokenizer(texts, [], family, 400))
    shape = Shape(hidden=32, layers=2, heads=4, feed_forward=48, context=64)
    new_model(shape, len(words.tokenizer), words.end_id, seed=0).save_pretrained(folder)
    words.tokenizer.save_pretrained(folder)
    write_settings(folder, {"family": "embedded", "context": 64, "samples": 1})
    return folder


def settings() -> dict[str, Any]:
    """The recipe as data."""
    import tomllib

    return tomllib.loads(RECIPE)


def recipe_of(start: Path, **preference: Any) -> PreferenceTraining:
    """The recipe for a model, with other settings."""
    told = settings()
    told["preference"] |= preference
    return PreferenceTraining.model_validate({**told, "model": str(start), "family": "embedded"})


@pytest.fixture(scope="module")
def pairs_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixty pairs."""
    file = tmp_path_factory.mktemp("pairs") / "pairs.jsonl"
    file.write_text("".join(pair(n).model_dump_json() + "\n" for n in range(60)), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def words(start: Path) -> Writing:
    """How the tiny model writes."""
    return writing(recipe_of(start), lambda family: pytest.fail("it has a tokenizer"))


@pytest.fixture(scope="module")
def whole(start: Path, pairs_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an uninterrupted run."""
    folder = tmp_path_factory.mktemp("whole")
    prefer(recipe_of(start), pairs_file, folder, QUIET)
    return folder


def log(folder: Path) -> list[dict[str, Any]]:
    """The lines of a run's log."""
    return [json.loads(line) for line in (folder / "log.jsonl").read_text(encoding="utf-8").splitlines()]


def last_weights(folder: Path) -> dict[str, torch.Tensor]:
    """The weights of the last checkpoint."""
    return mean_weights(whole_checkpoints(folder)[-1:])


def trainer_of(
    start: Path, words: Writing, folder: Path, dataset: Dataset[Any], warn: Callable[[str], None] = print
) -> DpoTrainer:
    """A trainer that is ready to start."""
    recipe = recipe_of(start)
    args = training_arguments(recipe, folder)
    args.max_steps = 1
    model = load_model(recipe, words)
    return DpoTrainer(recipe, warn, model=model, args=args, train_dataset=dataset, processing_class=words.tokenizer)


def roles(start: Path, words: Writing, one: Pair) -> tuple[list[str], list[str]]:
    """The roles of both sides."""
    data, _ = encoded([one], recipe_of(start), words)
    found = [[ROLES[role] for role in data.solution(number)[1]] for number in (0, 1)]
    return found[0], found[1]


def test_training_begins_at_log_two_and_tells_held_out_pairs_apart(whole: Path) -> None:
    lines = [line for line in log(whole) if "preference" in line]
    assert lines[0]["preference"] == pytest.approx(math.log(2), abs=1e-4)
    assert lines[-1]["preference"] < lines[0]["preference"]
    held = [line for line in log(whole) if "held_preference_accuracy" in line]
    assert held[-1]["held_preference_accuracy"] >= 0.9
    assert held[-1]["held_chosen_moved"] > 0, "the chosen solutions did not become less likely"


def test_the_finished_model_is_one_and_is_not_made_again(start: Path, pairs_file: Path, whole: Path) -> None:
    family = json.loads((whole / "model" / "mathsolve.json").read_text(encoding="utf-8"))["family"]
    assert family == "embedded" and (whole / "model" / "model.safetensors").is_file()
    before = {path: path.stat().st_mtime_ns for path in whole.rglob("*")}
    prefer(recipe_of(start), pairs_file, whole, QUIET)
    assert {path: path.stat().st_mtime_ns for path in whole.rglob("*")} == before
    with pytest.raises(UsageError, match="begun with another recipe"):
        prefer(recipe_of(start, beta=0.5), pairs_file, whole, QUIET)


def test_the_sandbox_and_what_both_sides_share_have_no_part_in_the_loss(
    start: Path, words: Writing, tmp_path: Path
) -> None:
    """The gradient of a logit that predicts such a token is zero, so other text in its place would change none."""
    data, _ = encoded([pair(0), pair(1, "step")], recipe_of(start), words)
    trainer = trainer_of(start, words, tmp_path, PairDataset(data, [0, 1]))
    batch = collate([trainer.train_dataset[n] for n in (0, 1)])  # type: ignore[index]
    loss, output = trainer.compute_loss(trainer.model, batch, return_outputs=True)
    output.logits.retain_grad()
    loss.backward()
    learnt = output.logits.grad[:, :-1].abs().sum(-1) > 0
    own = torch.isin(batch["roles"][:, 1:], torch.tensor([ROLES.index(r) for r in ("thought", "program", "stop")]))
    assert own.any() and torch.equal(learnt, own)


def test_chosen_solutions_that_become_less_likely_are_told_once(start: Path, words: Writing, tmp_path: Path) -> None:
    data, _ = encoded([pair(0), pair(1)], recipe_of(start), words)
    told: list[str] = []
    certain = PairDataset(data, [0, 1], np.zeros(4, np.float32))  # a reference for which every solution is certain
    trainer = trainer_of(start, words, tmp_path, certain, told.append)
    for _ in range(2):
        trainer.compute_loss(trainer.model, collate([certain[0], certain[1]]))
        trainer.log({"loss": 1.0})
    assert len(told) == 1 and "the chosen solutions of 100% of the pairs are less likely than at the start" in told[0]


def test_what_does_not_carry_over_to_held_out_pairs_is_told_once(start: Path, words: Writing, tmp_path: Path) -> None:
    data, _ = encoded([pair(0), pair(1)], recipe_of(start), words)
    trainer = trainer_of(start, words, tmp_path, PairDataset(data, [0, 1] * 4))
    certain = PairDataset(data, [1], np.zeros(4, np.float32))
    report = PreferenceReport(tmp_path, QUIET, estimated(trainer, recipe_of(start), data, 1, tiny=False), tiny=False)
    told = Console(record=True, file=io.StringIO(), width=500)
    held = HeldOut(trainer, certain, 0.1, report, told)
    for _ in range(2):
        held.on_save(trainer.args, trainer.state, trainer.control)
    text = told.export_text()
    assert text.count("the chosen solutions of 100% of the held-out pairs are less likely than at the start") == 1, text
    assert [line["held_fell"] for line in log(tmp_path)] == [1, 1]


def test_padding_changes_no_log_probability(start: Path, words: Writing, tmp_path: Path) -> None:
    long = pair(1, chosen=side(worked("print(18 + 17)\nprint(17 + 18 + 0)", "35")))
    data, _ = encoded([pair(0), long], recipe_of(start), words)
    trainer = trainer_of(start, words, tmp_path, PairDataset(data, [0, 1]))
    together = trainer.log_probabilities(PairDataset(data, [0, 1]))
    alone = [trainer.log_probabilities(PairDataset(data, [n])) for n in (0, 1)]
    assert torch.allclose(together, torch.cat(alone), atol=1e-4) and together.max() < 0


def test_tokens_are_used_as_served_where_the_model_reads_the_same_prompt(start: Path, words: Writing) -> None:
    one = pair(3)
    tokens = encode(one.question, "mixed", one.chosen.steps, words.renderer, words.end_id)
    program = tokens.roles.index("program")
    other = tokens.ids[: program + 1] + tokens.ids[program:]  # what no tokenizer would make of the text
    kinds: tuple[Role, ...] = (*tokens.roles[: program + 1], *tokens.roles[program:])
    served = [Served(ids=ids, roles=who) for ids, who in ((other, kinds), (tokens.ids, tokens.roles))]
    sides = [side(given.steps, tokens=own) for given, own in zip((one.chosen, one.rejected), served, strict=True)]
    data, told = encoded([pair(3, chosen=sides[0], rejected=sides[1])], recipe_of(start), words)
    assert tuple(data.solution(0)[0]) == other and not told
    elsewhere = pair(4, chosen=sides[0], rejected=sides[1])
    assert encoded([elsewhere], recipe_of(start), words)[1] == {"encoded again": 1}, "another prompt"


def test_what_the_engine_wrote_into_a_box_is_an_observation(start: Path, words: Writing) -> None:
    chosen, _ = roles(start, words, pair(0))
    assert chosen[-1] == "stop" and chosen[-2] == "observation"
    box = len(chosen) - 1 - chosen[::-1].index("thought")
    assert set(chosen[box + 1 : -1]) == {"observation"}


def test_a_step_pair_ends_before_the_output_and_begins_where_the_sides_part(start: Path, words: Writing) -> None:
    chosen, rejected = roles(start, words, pair(0, "step"))
    whole, _ = roles(start, words, pair(0))
    for found in (chosen, rejected):
        assert set(found) == {"prompt", "program"} and found[-1] == "program"
    assert chosen.count("prompt") > whole.count("prompt")


def test_pairs_that_are_too_long_are_left_out_and_none_at_all_is_an_error(
    start: Path, words: Writing, tmp_path: Path
) -> None:
    long = pair(0, chosen=side((Thought("so " * 200),)))
    data, told = encoded([long, pair(1)], recipe_of(start), words)
    assert len(data) == 1 and told["longer than a row"] == 1
    file = tmp_path / "pairs.jsonl"
    file.write_text(long.model_dump_json() + "\n", encoding="utf-8")
    with pytest.raises(
        UsageError, match=r"pairs\.jsonl holds no pair to learn from: 1 longer than a row; a row has 64 tokens"
    ):
        prefer(recipe_of(start), file, tmp_path / "run", QUIET)
    file.write_text(pair(0).model_dump_json() + "\n", encoding="utf-8")
    with pytest.raises(UsageError, match="fewer than the 8 of one step"):
        prefer(recipe_of(start, held_out=0), file, tmp_path / "run", QUIET)
    same = pair(0).model_copy(update={"rejected": pair(0).chosen})
    file.write_text(same.model_dump_json() + "\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"pairs\.jsonl holds no pair to learn from: 1 with nothing to compare"):
        prefer(recipe_of(start), file, tmp_path / "run", QUIET)
    file.write_text(pair(0).model_dump_json().replace('"gap":1.0', '"gap":NaN') + "\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"line 1 is no pair.*gap"):
        prefer(recipe_of(start), file, tmp_path / "run", QUIET)
    assert not (tmp_path / "run" / "pairs").exists(), "more may be brought to the same folder"


def test_what_cannot_be_trained_is_refused_and_nothing_is_touched(
    start: Path, pairs_file: Path, tmp_path: Path
) -> None:
    empty = tmp_path / "empty.jsonl"
    empty.write_text("", encoding="utf-8")
    with pytest.raises(UsageError, match=r"empty\.jsonl holds no pairs; make more"):
        prefer(recipe_of(start), empty, tmp_path / "run", QUIET)
    other = tmp_path / "sft"
    (other / "model").mkdir(parents=True)
    with pytest.raises(UsageError, match="sft holds other things; name a new folder"):
        prefer(recipe_of(start), pairs_file, other, QUIET)
    assert [path.name for path in other.iterdir()] == ["model"]
    with pytest.raises(UsageError, match="is a judge, which tells of attempts and makes none"):
        prefer(recipe_of(tiny_judge(tmp_path / "judge")), pairs_file, tmp_path / "judged", QUIET)
    with pytest.raises(UsageError, match=r"cannot make .*name another folder"):
        prefer(recipe_of(start), pairs_file, empty / "run", QUIET)


def command(folder: Path, start: Path, pairs_file: Path, *launcher: str) -> list[str]:
    """The command line of a run."""
    file = folder.with_name(f"{folder.name}.toml")
    file.write_text(RECIPE.replace("row = 64", 'row = 64\nfamily = "embedded"'), encoding="utf-8")
    named = ["--model", str(start), "--pairs", str(pairs_file), "--out", str(folder)]
    return [*(launcher or (sys.executable, "-m")), "mathsolve.training", "dpo", str(file), *named]


def test_a_run_that_was_killed_goes_on_to_the_same_weights(
    start: Path, pairs_file: Path, whole: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    with subprocess.Popen(command(folder, start, pairs_file), stderr=subprocess.PIPE) as process:
        deadline = time.monotonic() + 300
        while not list(folder.glob("checkpoint-*/trainer_state.json")):
            assert process.poll() is None and time.monotonic() < deadline, "it ended before its first checkpoint"
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
    assert not (folder / "model").exists(), "it was too fast to be killed"
    reference = (folder / "pairs" / "reference.npy").stat().st_mtime_ns
    prefer(recipe_of(start), pairs_file, folder, QUIET)
    expected, found = last_weights(whole), last_weights(folder)
    assert all(torch.equal(expected[name], found[name]) for name in expected)
    assert (folder / "pairs" / "reference.npy").stat().st_mtime_ns == reference, "it is worked out once"


def test_two_processes_make_the_model_of_one(start: Path, pairs_file: Path, whole: Path, tmp_path: Path) -> None:
    launcher = (sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2", "-m")
    told = subprocess.run(
        command(tmp_path / "run", start, pairs_file, *launcher),
        capture_output=True,
        timeout=500,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert told.returncode == 0, told.stderr.decode()
    expected, found = last_weights(whole), last_weights(tmp_path / "run")
    assert all(torch.allclose(expected[name], found[name], atol=2e-4) for name in expected)
    assert log(tmp_path / "run")[-1]["step"] == log(whole)[-1]["step"]


def test_held_out_problems_are_attempted_and_the_weight_of_programs_hears_how_many_failed(
    pairs_file: Path, tmp_path: Path
) -> None:
    told = recipe_of(TRANSFORMERS_FORM).model_dump()
    told["schedule"] |= {"questions": 3, "learning_rate": 1e-5}
    told["weights"] |= {"program": "dynamic"}
    prefer(PreferenceTraining.model_validate(told), pairs_file, tmp_path, QUIET)
    assert next((line["step"], line["accuracy"]) for line in log(tmp_path) if "accuracy" in line) == (4, 1)
    state = json.loads(next(tmp_path.glob("checkpoint-*/trainer_state.json")).read_text(encoding="utf-8"))
    assert state["stateful_callbacks"]["ProgramWeight"]["attributes"]["failures"] == 0, "its programs run"


def test_adapters_are_trained_against_the_model_without_them(start: Path, pairs_file: Path, tmp_path: Path) -> None:
    pytest.importorskip("peft")
    recipe = recipe_of(start).model_dump() | {"lora": {"rank": 4, "alpha": 8}}
    made = prefer(PreferenceTraining.model_validate(recipe), pairs_file, tmp_path, QUIET)
    assert (made / "model.safetensors").is_file()
    lines = [line for line in log(tmp_path) if "preference" in line]
    assert lines[0]["preference"] == pytest.approx(math.log(2), abs=1e-4)
    assert lines[-1]["preference"] < lines[0]["preference"]


def test_the_recipe_of_the_package_names_what_it_does_not_take(tmp_path: Path) -> None:
    recipe = load_fine_tuning("dpo")
    assert isinstance(recipe, PreferenceTraining)
    with pytest.raises(UsageError, match="names no model"):
        prefer(recipe, tmp_path / "pairs.jsonl", tmp_path / "run", QUIET)
    file = tmp_path / "r.toml"
    file.write_text(RECIPE + "\n[weights]\nprompt = 0.1\n", encoding="utf-8")
    with pytest.raises(UsageError, match="a prompt has no weight in pairs"):
        load_fine_tuning(str(file))
