"""`mathsolve train ship`: the model of a stage answers, and its card tells what was measured and what it is made from."""

import re
from pathlib import Path

import pytest

from mathsolve.__main__ import run
from mathsolve.engine.settings import Settings
from mathsolve.engine.solver import Solver
from mathsolve.training.card import TRANSFORMERS_FORM
from mathsolve.training.pipeline.recipe import load_pipeline
from mathsolve.training.ship import learnt_from, trainings

RECIPE = f'''
about = "The model that the package ships, trained on hardly anything."
[[stage]]
name = "test"
run = "train synthesise -n 3 --domains arithmetic --seed 5 --benchmarks '' --out {{here}}/test.jsonl"
[[stage]]
name = "data"
run = "train synthesise -n 8 --domains arithmetic --benchmarks {{test}}/test.jsonl --out {{here}}/data.jsonl"
[[stage]]
name = "further"
run = """train sft tiny --model {TRANSFORMERS_FORM} --data {{data}}/data.jsonl --set schedule.epochs=1
         --set schedule.learning_rate=1e-7 --set schedule.rows_per_step=1 --set row=384 --out {{here}}"""
[[stage]]
name = "measured"
run = "eval {{data}}/data.jsonl --limit 4 --samples 2 --model embedded --out {{here}}"
'''


@pytest.fixture(scope="module")
def loop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pipeline, done."""
    folder = tmp_path_factory.mktemp("loop")
    (folder / "mine.toml").write_text(RECIPE)
    assert run(["train", "run", str(folder / "mine.toml"), "--out", str(folder / "out")]) == 0
    return folder / "out"


def test_the_model_of_a_stage_gets_a_card_and_answers(loop: Path, tmp_path: Path) -> None:
    command = ["train", "ship", str(loop), "further", "--out", str(tmp_path / "w"), "--samples", "1", "--limit", "3"]
    assert run(command) == 0
    model = tmp_path / "w" / "model"
    card = (model / "README.md").read_text(encoding="utf-8")
    assert "as the stage `further` of `mathsolve train run mine`" in card
    assert "## What each stage gave" in card and re.search(r"\| data \| measured \| 4 \|", card)
    named = re.findall(r"\]\((data-[^)]*)\)", card)
    assert all((model / name).is_file() for name in named)
    rounds = [int(name.split("-")[1]) for name in named]
    assert rounds == sorted(rounds) and named[-1] == f"data-{max(rounds)}-data.md" and len(named) > 1, (
        "what the model of the package had seen, and then its own"
    )
    with Solver(Settings(model=str(model), timeout_s=20)) as solver:
        assert solver.solve("What is 15% of 80?").answer == "12"
    results = tmp_path / "w" / "results" / "numbers" / "records.jsonl"
    before = results.stat().st_mtime_ns
    assert run(command) == 0 and results.stat().st_mtime_ns == before, "what was measured is not measured again"
    assert run([*command, "--install"]) == 2


def test_a_model_is_followed_back_to_its_beginning() -> None:
    plan = load_pipeline("loop-tiny")
    row, start = trainings(plan, "dpo-2", Path("out"))
    assert [one.name for one in row] == ["sft", "rft", "dpo", "dpo-2"] and start is None
    seen = {one.name: [other.name for other in learnt_from(plan, one)] for one in row}
    assert seen["rft"] == ["data", "solutions", "attempts", "problems"] and seen["sft"] == ["data"]
    assert all("test" not in names for names in seen.values())
    row, start = trainings(load_pipeline("loop-embedded"), "rft", Path("out"))
    assert [one.name for one in row] == ["rft"] and Path(start or "").resolve() == TRANSFORMERS_FORM


@pytest.mark.parametrize(
    ("stage", "told"), [("data", "stage 'data' has made no model"), ("last", "it has test, data, further, measured")]
)
def test_a_stage_without_a_model_is_named(
    loop: Path, tmp_path: Path, stage: str, told: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(["train", "ship", str(loop), stage, "--out", str(tmp_path / "w")]) == 2
    assert told in capfd.readouterr().err and not (tmp_path / "w").exists()
