"""`mathsolve train ship`: the model of a stage answers, and its card tells what was measured and what it is made from."""

import re
import shutil
from pathlib import Path

import pytest

from mathsolve.__main__ import run
from mathsolve.engine.settings import Settings
from mathsolve.engine.solver import Solver
from mathsolve.training.card import TRANSFORMERS_FORM

RECIPE = f"""
about = "Two stages; the model of the second is put there by the test."
[[stage]]
name = "data"
run = "train synthesise -n 8 --domains arithmetic --benchmarks '' --out {{here}}/data.jsonl"
[[stage]]
name = "further"
run = "train sft tiny --model {TRANSFORMERS_FORM} --data {{data}}/data.jsonl --out {{here}}"
[[stage]]
name = "measured"
run = "eval {{data}}/data.jsonl --limit 4 --samples 2 --model embedded --out {{here}}"
"""


@pytest.fixture(scope="module")
def loop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pipeline whose first and third stage are done; the second has the model that ships."""
    folder = tmp_path_factory.mktemp("loop")
    (folder / "mine.toml").write_text(RECIPE)
    assert run(["train", "run", str(folder / "mine.toml"), "--out", str(folder / "out"), "--only", "measured"]) == 0
    shutil.copytree(TRANSFORMERS_FORM, folder / "out" / "further" / "model")
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
    assert max(named).endswith("-data.md") and len(named) > 1, (
        "what the model of the package had seen, and then its own"
    )
    with Solver(Settings(model=str(model), timeout_s=20)) as solver:
        assert solver.solve("What is 15% of 80?").answer == "12"
    before = (model / "README.md").stat().st_mtime_ns
    assert run(command) == 0 and (model / "README.md").stat().st_mtime_ns == before


@pytest.mark.parametrize(
    ("stage", "told"), [("data", "stage 'data' has made no model"), ("last", "it has data, further, measured")]
)
def test_a_stage_without_a_model_is_named(
    loop: Path, tmp_path: Path, stage: str, told: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(["train", "ship", str(loop), stage, "--out", str(tmp_path / "w")]) == 2
    assert told in capfd.readouterr().err and not (tmp_path / "w").exists()
