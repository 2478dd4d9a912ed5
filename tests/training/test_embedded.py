"""The whole chain, from seeds to a model that is served, on a model so small that it knows nothing."""

import gzip
import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from mathsolve.engine.errors import BackendError, UsageError
from mathsolve.engine.receipts.check import is_proved
from mathsolve.engine.settings import Settings
from mathsolve.engine.solver import Solver
from mathsolve.engine.trajectory import Solution
from mathsolve.engine.trust import SIGNALS
from mathsolve.training import embedded
from mathsolve.training.calibration import NONE, calibration_problems, fit_logistic, fit_trust
from mathsolve.training.card import TRANSFORMERS_FORM
from mathsolve.training.claim import claim
from mathsolve.training.export import Serving, export_run, read_settings, write_settings
from mathsolve.training.recipe import PreferenceTraining, Recipe, load_fine_tuning, load_recipe
from mathsolve.training.tables import Ingredient

from ..engine.tiny_judge import tiny_judge

QUIET = Console(quiet=True)


def small(**changes: object) -> Recipe:
    """The tiny recipe, smaller still."""
    bank = Ingredient(teacher="bank", questions=60, held_out=5)
    return load_recipe("tiny").model_copy(update={"data": (bank,), **changes})


def test_one_command_from_seeds_to_a_model_that_answers(tmp_path: Path) -> None:
    recipe = small()
    model = embedded.train_embedded(recipe, tmp_path, QUIET)
    data = (tmp_path / "data" / "bank.jsonl").read_bytes()
    assert len(data.splitlines()) == 70
    card = (model / "README.md").read_text(encoding="utf-8")
    assert "New phrasings" in card and "| **all** | 5 |" in card
    with Solver(Settings(model=str(model), timeout_s=20)) as solver:
        assert solver.solve("What is 2 + 2?").stop != "backend_error"

    before = {path: path.stat().st_mtime_ns for path in model.iterdir()}
    embedded.train_embedded(recipe, tmp_path, QUIET)
    assert {path: path.stat().st_mtime_ns for path in model.iterdir()} == before, "a finished stage was run again"
    assert (tmp_path / "data" / "bank.jsonl").read_bytes() == data
    with pytest.raises(UsageError, match="another recipe"):
        embedded.train_embedded(small(seed=2), tmp_path, QUIET)

    further = small(seed=2, model=str(tmp_path / "sft" / "model"))
    card = (embedded.train_embedded(further, tmp_path / "further", QUIET) / "README.md").read_text(encoding="utf-8")
    assert "trained further from that in" in card
    assert all((tmp_path / "further" / "embedded_model" / name).is_file() for name in re.findall(r"\]\((.*?)\)", card))
    assert "(data-1-bank.md)" in card and "(data-2-bank.md)" in card


def test_a_model_to_go_on_from_that_is_not_there_is_named_before_anything_is_made(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="runs/none, which is not there: make it first"):
        embedded.train_embedded(small(model="runs/none"), tmp_path / "run", QUIET)
    assert not (tmp_path / "run").exists()


def test_the_same_seed_gives_the_same_data(tmp_path: Path) -> None:
    for name in ("a", "b"):
        embedded.make_data(small(), tmp_path / name, QUIET)
    one, other = ((tmp_path / name / "data" / "bank.jsonl").read_bytes() for name in ("a", "b"))
    assert one == other


def test_what_is_put_into_the_package_replaces_all_that_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("EMBEDDED_FOLDER", "TRANSFORMERS_FORM"):
        place = Path(shutil.copytree(getattr(embedded, name), tmp_path / name))
        (place / "data-9-old.md").touch()
        shutil.copytree(place, tmp_path / f"{name}.new")
        monkeypatch.setattr(embedded, name, place)
    (finished := tmp_path / "finished").mkdir()
    (finished / "model.bin").touch()
    embedded.put(finished, TRANSFORMERS_FORM)
    assert [path.name for path in embedded.EMBEDDED_FOLDER.iterdir()] == ["model.bin"]
    assert {path.name for path in (tmp_path / "TRANSFORMERS_FORM").iterdir()} == {
        path.name for path in TRANSFORMERS_FORM.iterdir()
    }
    assert not list(tmp_path.glob("*.new"))


def test_what_is_held_out_becomes_the_benchmark(tmp_path: Path) -> None:
    recipe = small()
    embedded.make_data(recipe, tmp_path, QUIET)
    for name in ("a", "b"):
        embedded.benchmark(recipe.data[0].file(tmp_path), "numbers", tmp_path / name)
    rows = [json.loads(line) for line in gzip.decompress((tmp_path / "a").read_bytes()).splitlines()]
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert len(rows) == 5
    assert set(rows[0]) == {"question", "answer", "domain", "seed"}


def test_public_data_that_are_not_there_are_named(tmp_path: Path) -> None:
    recipe = small(data=(Ingredient(teacher="bank", questions=60), Ingredient(teacher="deepmind")))
    with pytest.raises(UsageError, match=r"DeepMind mathematics dataset; name its folder"):
        embedded.make_data(recipe, tmp_path / "run", QUIET, tmp_path)
    assert not (tmp_path / "run").exists(), "it worked for minutes before it looked"
    with pytest.raises(UsageError, match="say where the public data are: --data FOLDER"):
        embedded.make_data(small(data=(Ingredient(teacher="corpora"),)), tmp_path / "run", QUIET)


def test_a_folder_is_the_folder_of_one_run(tmp_path: Path) -> None:
    path = tmp_path / "run" / "made.json"
    claim(path, {"recipe": {"seed": 1}, "data": (1, 2)})
    written = path.read_bytes()
    claim(path, {"recipe": {"seed": 1}, "data": (1, 2)})
    assert path.read_bytes() == written and json.loads(written)["versions"]["mathsolve"]
    with pytest.raises(UsageError, match="run was begun with another recipe; name another folder with --out"):
        claim(path, {"recipe": {"seed": 2}, "data": (1, 2)})
    claim(path, {"recipe": {"seed": 2}}, begun=False)
    assert json.loads(path.read_bytes())["recipe"] == {"seed": 2}
    path.write_bytes(written[:40])
    with pytest.raises(UsageError, match=r"made\.json is damaged; put it back"):
        claim(path, {"recipe": {"seed": 1}})


def test_trust_is_fitted_to_the_answers_as_they_are_served(tmp_path: Path) -> None:
    shutil.copytree(embedded.EMBEDDED_FOLDER, model := tmp_path / "model")
    settings = read_settings(model)
    write_settings(model, {**settings, "trust": NONE})
    problems = calibration_problems()[::12]
    with Solver(Settings(model=str(model), seed=1)) as solver:
        unfitted = [signals_by_answer(solution) for solution in solver.solve_many(problems)]
        weights = fit_trust(solver, problems, 0.6)["weights"]
    with Solver(Settings(seed=1)) as solver:
        served = [signals_by_answer(solution) for solution in solver.solve_many(problems)]
    assert weights["question_nll"] and weights["question_worst"], "the question was not scored"
    for before, after in zip(unfitted, served, strict=True):
        assert before.keys() == after.keys()
        for answer, signals in before.items():
            assert signals == pytest.approx(after[answer], abs=1e-3)


def test_the_answer_is_the_one_that_is_trusted_most_or_one_that_is_proved(tmp_path: Path) -> None:
    shutil.copytree(embedded.EMBEDDED_FOLDER, model := tmp_path / "model")
    fewest_votes = {"bias": 0.0, "weights": {name: -(name == "agreement") for name in SIGNALS}, "threshold": 0.0}
    write_settings(model, {**read_settings(model), "trust": fewest_votes})
    problems = calibration_problems()[::12]
    with Solver(Settings(model=str(model), seed=1)) as solver:
        found = [one for one in solver.solve_many(problems) if len(one.candidates) > 1]
    with Solver(Settings(model=str(model), seed=1, select="majority")) as solver:
        voted = [one for one in solver.solve_many(problems) if len(one.candidates) > 1]
    proved = [one for one in found if one.answer is not None and one.confidence is None]
    assert len(found) > 5
    for solution in found:
        assert [one.confidence for one in solution.candidates] == sorted(
            (one.confidence or 0.0 for one in solution.candidates), reverse=True
        )
        if solution in proved:
            assert is_proved(solution.checks)
        else:
            assert solution.agreement == min(one.agreement for one in solution.candidates)
            assert solution.confidence == solution.candidates[0].confidence
    for solution in voted:
        assert is_proved(solution.checks) or solution.agreement == max(one.agreement for one in solution.candidates)


def test_a_trust_that_was_fitted_to_other_signals_is_refused(tmp_path: Path) -> None:
    shipped = read_settings(embedded.EMBEDDED_FOLDER)
    assert set(shipped["trust"]["weights"]) == set(SIGNALS)
    shutil.copytree(embedded.EMBEDDED_FOLDER, model := tmp_path / "model")
    write_settings(model, {**shipped, "trust": {"bias": 0.0, "weights": {"agreement": 3.0}, "threshold": 0.5}})
    with (
        pytest.raises(BackendError, match="fitted to other signals; export it again"),
        Solver(Settings(model=str(model))) as solver,
    ):
        solver.solve("What is 15% of 80?")


def test_a_model_without_a_fitted_trust_answers_by_votes_and_says_no_confidence(tmp_path: Path) -> None:
    made, trust = export_run(TRANSFORMERS_FORM, tmp_path, Serving(samples=5, least_confidence=0, seed=1))
    assert trust == NONE
    with Solver(Settings(model=str(made), seed=1)) as solver:
        for solution in solver.solve_many(calibration_problems()[:10]):
            assert solution.confidence is None and "confidence" not in (solution.detail or "")
            votes = [one.agreement for one in solution.candidates]
            assert votes == sorted(votes, reverse=True)


def test_the_logistic_fit_finds_what_tells_right_from_wrong() -> None:
    rows = [{"a": float(a), "b": float(b)} for a in range(4) for b in range(4)]
    fitted = fit_logistic(rows, [row["a"] > 1 for row in rows], ridge=1e-6)
    assert fitted["weights"]["a"] > 5 and abs(fitted["weights"]["b"]) < 0.01
    assert -1.51 < fitted["bias"] / fitted["weights"]["a"] < -1.49, "the odds are even halfway"


def signals_by_answer(solution: Solution) -> dict[str, Mapping[str, float]]:
    return {candidate.answer: candidate.signals for candidate in solution.candidates}


def test_a_model_is_exported_once_and_a_folder_holds_one(tmp_path: Path) -> None:
    serving = Serving(samples=1, least_confidence=0.6, seed=1)
    made, trust = export_run(TRANSFORMERS_FORM, tmp_path, serving)
    settings = read_settings(made)
    assert settings["samples"] == 1 and settings["trust"] == trust and trust["weights"]
    with Solver(Settings(model=str(made))) as solver:
        assert str(solver.solve("What is 15% of 80?").answer) == "12"
    before = (made / "mathsolve.json").stat().st_mtime_ns
    assert export_run(TRANSFORMERS_FORM, tmp_path, serving) == (made, trust)
    assert (made / "mathsolve.json").stat().st_mtime_ns == before, "it was exported again"
    with pytest.raises(UsageError, match="was begun with another serving"):
        export_run(TRANSFORMERS_FORM, tmp_path, replace(serving, samples=2))


def test_what_cannot_be_exported_is_named_and_leaves_nothing(tmp_path: Path) -> None:
    serving, out = Serving(samples=1, least_confidence=0.6, seed=1), tmp_path / "out"
    with pytest.raises(UsageError, match=r"has no mathsolve\.json; name the folder `model`"):
        export_run(tmp_path, out, serving)
    assert not out.exists()
    shutil.copytree(TRANSFORMERS_FORM, strange := tmp_path / "strange")
    told = json.loads((strange / "config.json").read_text(encoding="utf-8"))
    told |= {"model_type": "mpnet", "architectures": ["MPNetModel"]}
    (strange / "config.json").write_text(json.dumps(told), encoding="utf-8")
    with pytest.raises(UsageError, match="CTranslate2 cannot convert"):
        export_run(strange, out, serving)
    (strange / "model.safetensors").unlink()
    with pytest.raises(UsageError, match=r"has no \*\.safetensors"):
        export_run(strange, out, serving)


def test_a_model_that_ctranslate2_could_not_stop_is_not_exported(tmp_path: Path) -> None:
    shutil.copytree(TRANSFORMERS_FORM, other := tmp_path / "other")
    write_settings(other, {**read_settings(other), "family": "qwen-tir"})
    with pytest.raises(
        UsageError, match=r"of the family 'qwen-tir', whose attempts stop at .* answer with it by --model hf:"
    ):
        export_run(other, tmp_path / "out", Serving(samples=1, least_confidence=0.6, seed=1))


def test_nothing_is_exported_over_another_run(tmp_path: Path) -> None:
    kept = tmp_path / "run" / "model" / "weights"
    kept.parent.mkdir(parents=True)
    kept.write_text("of a judge")
    with pytest.raises(UsageError, match="run holds other things; name a new folder"):
        export_run(TRANSFORMERS_FORM, tmp_path / "run", Serving(samples=1, least_confidence=0.6, seed=1))
    assert kept.is_file()
    with pytest.raises(UsageError, match="is a judge"):
        export_run(tiny_judge(tmp_path / "judge"), tmp_path / "out", Serving(samples=1, least_confidence=0.6, seed=1))


def test_the_shipped_model_is_the_one_in_the_repository() -> None:
    """The served form and the transformers form come from the same run: same tokenizer."""
    a = json.loads((embedded.EMBEDDED_FOLDER / "tokenizer.json").read_text(encoding="utf-8"))
    b = json.loads((TRANSFORMERS_FORM / "tokenizer.json").read_text(encoding="utf-8"))
    assert a["model"] == b["model"]


def test_an_unknown_recipe_or_key_is_named() -> None:
    with pytest.raises(UsageError, match=r"no recipe 'huge': neither a file nor one of .*embedded-bank, embedded-cpu"):
        load_recipe("huge")


def test_a_recipe_is_changed_by_words_and_wrong_ones_are_named() -> None:
    found = load_fine_tuning(
        "dpo", ["preference.hard=0", "weights.program=dynamic", "schedule.epochs=0.5"], "runs/2024"
    )
    assert isinstance(found, PreferenceTraining) and found.model == "runs/2024"
    assert (found.preference.hard, found.weights.program, found.schedule.epochs) == (0, "dynamic", 0.5)
    assert load_recipe("embedded-further", ["data.0.questions=5"]).data[0].questions == 5
    for word, told in (
        ("preference.bet=1", "no key 'preference.bet'; near it: preference.beta"),
        ("lora.rank=4", "no key 'lora.rank'; it has no table 'lora' of which to change one key"),
        ("wholly.other=4", "no key 'wholly.other'; there are seed, "),
        ("schedule.epochs=none", "schedule.epochs: Input should be a valid number"),
        ("beta", "write NAME=VALUE"),
    ):
        with pytest.raises(UsageError, match=told):
            load_fine_tuning("dpo", [word])


def test_an_unknown_family_of_a_recipe_is_named(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    text = (Path(embedded.__file__).parent / "recipes" / "tiny.toml").read_text(encoding="utf-8")
    path.write_text(text.replace('"embedded"', '"nobody"'), encoding="utf-8")
    with pytest.raises(UsageError, match="no model family 'nobody'; known families: base, "):
        load_recipe(str(path))


def test_a_misspelt_key_of_a_recipe_is_named(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    text = (Path(embedded.__file__).parent / "recipes" / "tiny.toml").read_text(encoding="utf-8")
    path.write_text(text.replace("epochs", "epoch"), encoding="utf-8")
    with pytest.raises(UsageError, match="epoch"):
        load_recipe(str(path))
