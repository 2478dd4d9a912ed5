"""`mathsolve train average`: a model between others."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM

from mathsolve.__main__ import run
from mathsolve.engine.errors import UsageError
from mathsolve.training.card import TRANSFORMERS_FORM
from mathsolve.training.pipeline.recipe import load_pipeline
from mathsolve.training.ship import trainings

from ..engine.tiny_judge import tiny_judge


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model that ships with some weights moved, as if it had been trained further."""
    folder = tmp_path_factory.mktemp("other") / "model"
    shutil.copytree(TRANSFORMERS_FORM, folder)
    weights = load_file(folder / "model.safetensors")
    generator = torch.Generator().manual_seed(1)
    moved = {name: one + 0.1 * torch.randn(one.shape, generator=generator).to(one) for name, one in weights.items()}
    save_file(moved, folder / "model.safetensors", metadata={"format": "pt"})
    return folder


def test_the_model_between_two_has_the_mean_of_their_weights(other: Path, tmp_path: Path) -> None:
    command = [
        "train",
        "average",
        str(TRANSFORMERS_FORM),
        str(other),
        "--shares",
        "1,3",
        "--out",
        str(tmp_path / "out"),
    ]
    assert run(command) == 0
    first, second, found = (
        load_file(folder / "model.safetensors") for folder in (TRANSFORMERS_FORM, other, tmp_path / "out" / "model")
    )
    assert first.keys() == found.keys()
    for name, weights in found.items():
        expected = (0.25 * first[name].float() + 0.75 * second[name].float()).bfloat16()
        torch.testing.assert_close(weights, expected, rtol=1e-2, atol=1e-6)
    model = AutoModelForCausalLM.from_pretrained(tmp_path / "out" / "model")
    assert torch.equal(model.lm_head.weight, model.model.embed_tokens.weight), "a tied matrix stays tied"
    before = (tmp_path / "out" / "model" / "model.safetensors").stat().st_mtime_ns
    assert run(command) == 0
    assert (tmp_path / "out" / "model" / "model.safetensors").stat().st_mtime_ns == before


def test_the_mean_of_a_model_with_itself_is_the_model(tmp_path: Path) -> None:
    same = str(TRANSFORMERS_FORM)
    assert run(["train", "average", same, same, same, "--shares", "0.2,0.2,0.6", "--out", str(tmp_path / "out")]) == 0
    expected, found = (load_file(f / "model.safetensors") for f in (TRANSFORMERS_FORM, tmp_path / "out" / "model"))
    assert all(torch.equal(expected[name], found[name]) for name in expected)


@pytest.mark.parametrize(
    ("shares", "told"),
    [
        ("1", "1 numbers for 2 models"),
        ("1,0", "0 is no number above 0"),
        ("1,nan", "nan is no"),
        ("1,1e308", "1e+308 is no"),
        ("a,b", "'a,b'"),
    ],
)
def test_shares_that_mean_nothing_are_named(
    other: Path, tmp_path: Path, shares: str, told: str, capfd: pytest.CaptureFixture[str]
) -> None:
    words = ["train", "average", str(TRANSFORMERS_FORM), str(other), "--shares", shares, "--out", str(tmp_path / "out")]
    assert run(words) == 2
    assert told in capfd.readouterr().err and not (tmp_path / "out").exists()


def test_models_that_do_not_fit_each_other_are_refused(
    other: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    def refused(*models: Path, out: str = "out") -> str:
        assert run(["train", "average", *map(str, models), "--out", str(tmp_path / out)]) in (1, 2)
        return capfd.readouterr().err

    assert "two models or more" in refused(other)
    assert "has no config.json" in refused(other, tmp_path / "nothing")
    assert "is a judge" in refused(other, tiny_judge(tmp_path / "judge"))
    tokens, shape = (Path(shutil.copytree(other, tmp_path / name)) for name in ("tokens", "shape"))
    words = json.loads((tokens / "tokenizer.json").read_text(encoding="utf-8"))
    (tokens / "tokenizer.json").write_text(json.dumps(words | {"version": "other"}), encoding="utf-8")
    assert "has another tokenizer.json than" in refused(other, tokens)
    (tokens / "tokenizer.json").write_text("{", encoding="utf-8")
    assert "tokenizer.json' is damaged" in refused(other, tokens)
    weights = load_file(shape / "model.safetensors")
    weights.popitem()
    save_file(weights, shape / "model.safetensors", metadata={"format": "pt"})
    assert "other names or shapes" in refused(other, shape, out="done")
    (shape / "model.safetensors").write_bytes(b"12345678")
    assert "are damaged" in refused(other, shape, out="done")
    command = ["train", "average", str(other), str(TRANSFORMERS_FORM), "--out", str(tmp_path / "done")]
    assert run(command) == 0, "what was refused has made nothing"
    assert "begun with another choice of models" in refused(TRANSFORMERS_FORM, other, out="done")


def test_an_average_is_followed_back_through_its_last_model(tmp_path: Path) -> None:
    stages = {
        "data": "train synthesise -n 3 --out {here}/data.jsonl",
        "rft": f"train sft tiny --model {TRANSFORMERS_FORM} --data {{data}}/data.jsonl --out {{here}}",
        "half": f"train average {TRANSFORMERS_FORM} {{rft}}/model --out {{here}}",
        "dpo": "train dpo --model {half}/model --pairs {data}/data.jsonl --out {here}",
        "between": "train average --out {here} {rft}/model {dpo}/model",
        "alone": f"train average {TRANSFORMERS_FORM} {TRANSFORMERS_FORM} --out {{here}}",
    }
    text = "".join(f'[[stage]]\nname = "{name}"\nrun = "{words}"\n' for name, words in stages.items())
    (tmp_path / "mine.toml").write_text(f'about = "x"\n{text}')
    plan = load_pipeline(str(tmp_path / "mine.toml"))
    row, start = trainings(plan, "between", tmp_path)
    assert [one.name for one in row] == ["rft", "dpo"] and start == str(TRANSFORMERS_FORM)
    with pytest.raises(UsageError, match="the mean of models that no stage made"):
        trainings(plan, "alone", tmp_path)
