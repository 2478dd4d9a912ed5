"""The critique model: the marks of the rubric, their calibration, and a tiny one that learns them."""

from __future__ import annotations

import doctest
import json
import math
import shutil
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
import torch
from rich.console import Console

from mathsolve.engine.errors import BackendError, UsageError
from mathsolve.engine.judge import Judge, read_off
from mathsolve.engine.trajectory import Step, Thought, Trajectory
from mathsolve.evaluation.benchmarks.loading import load
from mathsolve.evaluation.item import Item
from mathsolve.evaluation.metrics.calibrated import auroc, brier, calibration_error, drift, reliability
from mathsolve.sandbox import Observation, Program
from mathsolve.training.command import app
from mathsolve.training.critique.agreement import mean_error, quadratic_kappa, spearman
from mathsolve.training.critique.isotonic import curves, isotonic
from mathsolve.training.critique.loss import ordinal_loss, soft_labels
from mathsolve.training.critique.platt import platt
from mathsolve.training.critique.stage import CritiqueStage, Opinions, by_fold, cross_fitted, fitted_without, opinions
from mathsolve.training.judging.labels import labelled
from mathsolve.training.judging.learnt import unseen, write_learnt
from mathsolve.training.judging.rubric import RUBRIC, mark, marks
from mathsolve.training.judging.run import train_judge
from mathsolve.training.judging.scored import Scored, choices, read
from mathsolve.training.recipe import JudgeTraining, load_fine_tuning
from mathsolve.training.samples import Sample, Sampled, is_right

from ..engine.tiny_judge import tiny_judge
from .judged_runs import attempts, boxed, failed, item, recipe_file, record, right, sums, write_run, wrong

SUM = item(4)
GOLD = int(SUM.gold or 0)
ERROR = Observation("error", error="ValueError: no")
MENDED: tuple[Step, ...] = (Program("print(1 + )"), ERROR, *right(SUM))
FALSE = Thought(f"2 + 2 = 5, so \\boxed{{{GOLD}}}.")


@pytest.mark.parametrize(
    ("due", "steps", "answer", "verdict"),
    [
        (0, (Thought("I cannot."),), None, "wrong"),
        (1, (Program("1 +"), ERROR), None, "wrong"),
        (2, (Program("print(1)"), Observation("ok", stdout="1\n")), None, "wrong"),
        (3, failed(SUM), "999", "wrong"),
        (4, wrong(SUM), "998", "wrong"),
        (5, (boxed("It", -GOLD),), str(-GOLD), "wrong"),
        (5, (boxed("It", 10 * GOLD),), str(10 * GOLD), "wrong"),
        (6, (Program("print(1 +"), ERROR, boxed("Still it", GOLD)), str(GOLD), "correct"),
        (6, (FALSE,), str(GOLD), "correct"),
        (7, MENDED, str(GOLD), "correct"),
        (8, (boxed("It", GOLD),), str(GOLD), "correct"),
        (9, right(SUM), str(GOLD), "correct"),
        (None, right(SUM), str(GOLD), "undecided"),
    ],
)
def test_marks_follow_the_verdict_and_the_execution(
    due: int | None, steps: tuple[Step, ...], answer: str | None, verdict: str
) -> None:
    one = replace(record(SUM, 0, steps, "wrong"), answer=answer, verdict=verdict)  # type: ignore[arg-type]
    assert mark(one, SUM.gold) == due
    assert due is None or due in RUBRIC


def sampled(*found: Sample) -> Sampled:
    return Sampled(SUM, found)


def sample(steps: tuple[Step, ...], verdict: str = "correct") -> Sample:
    one = record(SUM, 0, steps, verdict)  # type: ignore[arg-type]
    return Sample(one, "m", is_right(one))


def test_a_clean_run_gets_the_full_mark_when_another_way_confirms_it() -> None:
    other = (Program(f"total = {GOLD}\nprint(total)"), Observation("ok", stdout=f"{GOLD}\n"), boxed("It", GOLD))
    assert marks(sampled(sample(right(SUM)), sample(right(SUM, "Again")))) == [9, 9], "the same way confirms nothing"
    assert marks(sampled(sample(right(SUM)), sample(other), sample(wrong(SUM), "wrong"))) == [10, 10, 4]


def test_a_reward_model_learns_from_pairs_and_a_critique_model_from_everything() -> None:
    flawed = sample((FALSE,))
    mixed = sampled(sample(right(SUM)), sample(wrong(SUM), "wrong"), flawed)
    assert [one.right for one in labelled(mixed, "reward")] == [True, False]
    assert [one.mark for one in labelled(mixed, "critique")] == [9, 4, 6]
    assert labelled(sampled(sample(right(SUM)), flawed), "reward") == ()


def test_the_loss_is_the_cross_entropy_of_soft_labels() -> None:
    weights = [math.exp(-((j - 9) ** 2) / 2) for j in range(11)]
    assert soft_labels(torch.tensor([9.0]))[0].tolist() == pytest.approx([w / sum(weights) for w in weights], abs=1e-6)
    level, told = ordinal_loss(torch.zeros(2, 11), torch.tensor([9.0, 3.0]))
    assert level.item() == pytest.approx(math.log(11), abs=1e-6)
    assert told["off"] == pytest.approx((4 + 2) / 2), "level logits read as mark 5"
    logits = torch.log(soft_labels(torch.tensor([9.0, 3.0])))
    assert ordinal_loss(logits, torch.tensor([9.0, 3.0]))[0] < ordinal_loss(logits, torch.tensor([8.0, 4.0]))[0]


def test_isotonic_regression_calibrates_marks_that_lie() -> None:
    draw = np.random.default_rng(5)
    true = draw.random((2, 20_000))
    happened = draw.random((2, 20_000)) < true
    said = 10 * true**3  # far too low, but in order
    fitted = isotonic(said[0].tolist(), happened[0].tolist())
    chances = [read_off(fitted, mark) for mark in said[1]]
    assert calibration_error(reliability(said[1] / 10, happened[1])) > 0.2
    assert calibration_error(reliability(chances, happened[1])) < 0.02
    assert list(fitted) == sorted(fitted) and all(0 < chance < 1 for _, chance in fitted)
    assert auroc(chances, happened[1]) == pytest.approx(auroc(said[1], happened[1]), abs=0.005)


def test_pools_are_those_of_the_definition() -> None:
    """Against the max-min formula of isotonic regression: g_i = max over j <= i of min over k >= i of mean(v_j..v_k)."""
    draw = np.random.default_rng(1)
    marks_, happened = np.arange(12.0), draw.random(12) < np.linspace(0.1, 0.9, 12)
    values = happened.astype(float)
    shares = [max(min(values[j : k + 1].mean() for k in range(i, 12)) for j in range(i + 1)) for i in range(12)]
    inner = [chance for _, chance in isotonic(marks_.tolist(), happened.tolist())][1:-1]
    assert set(np.round(inner, 9)) <= set(np.round(shares, 9))
    assert isotonic([1, 1, 1, 1], [True, False, True, True]) == ((1.0, 0.7),)


def test_a_single_attempt_at_an_end_moves_nothing_but_its_own_knot() -> None:
    """One wrong attempt, a plateau of 99 of which one is right, and the mirror image of both."""
    low = [0.2, *np.linspace(0.3, 1.2, 99)]
    happened = [False, True, *[False] * 98]
    fitted = isotonic(low + [10 - mark for mark in low], happened + [not one for one in happened])
    assert [chance for _, chance in fitted] == pytest.approx([1 / 99, 1 / 99, 98 / 99, 98 / 99])


def test_the_logistic_curve_is_platts() -> None:
    """At its minimum the chances agree with Platt's targets in sum, and in sum weighed by the marks."""
    draw = np.random.default_rng(3)
    said = draw.random(120) * 10
    happened = draw.random(120) < 1 / (1 + np.exp(-(2 * said - 9)))
    fitted = platt(said.tolist(), happened.tolist())
    slope = np.diff([math.log(chance / (1 - chance)) for _, chance in fitted]) / np.diff([mark for mark, _ in fitted])
    assert slope == pytest.approx(np.full(len(slope), slope[0])) and slope[0] > 1.4, "no penalty holds it down"
    bias = math.log(fitted[0][1] / (1 - fitted[0][1]))
    chances = 1 / (1 + np.exp(-(bias + slope[0] * said)))
    n_right, n_wrong = happened.sum(), (~happened).sum()
    targets = np.where(happened, (n_right + 1) / (n_right + 2), 1 / (n_wrong + 2))
    assert chances.sum() == pytest.approx(targets.sum()) and chances @ said == pytest.approx(targets @ said)


@pytest.mark.parametrize("spread", [0.002, 0.02, 0.2])
def test_a_logistic_curve_keeps_its_form_where_all_marks_are_close_together(spread: float) -> None:
    """The same marks nearer to each other get the same chances."""
    draw = np.random.default_rng(0)
    happened = draw.random(200) < 0.25
    wide = 3 + 2 * happened + draw.normal(size=200)
    close = 5.37 + spread * (wide - 5)
    expected, found = (platt(said.tolist(), happened.tolist()) for said in (wide, close))
    chances = [read_off(found, mark) for mark in close]
    assert chances == pytest.approx([read_off(expected, mark) for mark in wide], abs=0.003)
    assert np.mean(chances) == pytest.approx(happened.mean(), abs=0.02)
    assert list(found) == sorted(set(found)) and found[0][0] == 0 and found[-1][0] == 10


def test_marks_that_part_right_from_wrong_give_no_certainty() -> None:
    fitted = platt([1.0, 2.0, 8.0, 9.0], [False, False, True, True])
    assert 0 < fitted[0][1] < 0.25 and 0.75 < fitted[-1][1] < 1
    assert platt([9.0, 8.0, 2.0, 1.0], [False, False, True, True])[0][1] == 0.5, "a curve never falls"


def test_few_attempts_get_a_logistic_curve_and_many_of_a_sub_domain_their_own() -> None:
    draw = np.random.default_rng(2)
    said = draw.random(1200) * 10
    happened = said > 5
    domains = ["algebra"] * 600 + ["geometry"] * 100 + [None] * 500
    assert set(curves(said.tolist(), happened.tolist(), domains)) == {"", "algebra"}
    few = curves(said[:50].tolist(), happened[:50].tolist(), domains[:50])[""]
    assert len(few) >= 41 and few[0][1] < 0.1 and few[-1][1] > 0.9
    assert curves([3.0, 4.0], [True, True], [None, None]) == {"": ((5.0, 2.5 / 3),)}


def test_the_report_is_of_curves_of_the_kind_that_ships() -> None:
    """520 attempts are enough for steps, and four fifths of them are not, but they stand for all."""
    draw = np.random.default_rng(4)
    said = draw.random(520) * 10
    happened, folds = said > 5, np.arange(520) % 5
    rows = Opinions(said, said, happened, ("algebra",) * 520, folds)
    assert len(curves(said.tolist(), happened.tolist(), rows.domains)["algebra"]) == 2
    seen = folds != 0
    fitted = isotonic(said[seen].tolist(), happened[seen].tolist())
    assert cross_fitted(rows, fitted_without(rows))[~seen] == pytest.approx(
        [read_off(fitted, mark) for mark in said[~seen]]
    )


def test_figures_of_agreement_and_calibration_against_values_by_hand() -> None:
    assert mean_error([1, 4], [2, 2]) == 1.5
    assert quadratic_kappa([1, 2, 3, 4], [1, 2, 3, 4]) == 1.0
    # read as 1 and 3: (3 - 2)^2 is observed; by chance half of the sum of (i - j)^2 over 1, 3 against 1, 2
    assert quadratic_kappa([1.2, 2.9], [1, 2]) == pytest.approx(1 - 1 / ((0 + 1 + 4 + 1) / 2))
    assert spearman([1, 2, 2, 4], [1, 3, 3, 9]) == 1.0 and spearman([1, 1], [1, 2]) is None
    assert brier([0.9, 0.2], [True, False]) == pytest.approx((0.01 + 0.04) / 2)
    assert auroc([0.9, 0.5, 0.1], [True, False, True]) == 0.5 and auroc([0.5], [True]) is None
    bins = reliability([0.5] * 30, [True] * 15 + [False] * 15)
    assert len(bins) == 1 and calibration_error(bins) == 0.0, "equal probabilities stay together"
    assert drift([0.6] * 1000, [True] * 500 + [False] * 500).alarming
    assert not drift([0.54] * 1000, [True] * 500 + [False] * 500).alarming
    assert not drift([0.7] * 8, [True] * 4 + [False] * 4).alarming, "so few say nothing"


@pytest.mark.parametrize("name", ["critique.isotonic", "critique.platt", "judging.remarks", "judging.published"])
def test_examples_in_docstrings_hold(name: str) -> None:
    found = doctest.testmod(import_module(f"mathsolve.training.{name}"))
    assert found.attempted and not found.failed


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished run."""
    root = tmp_path_factory.mktemp("critique")
    recipe = load_fine_tuning(str(recipe_file(root)))
    assert isinstance(recipe, JudgeTraining)
    recipe = recipe.model_copy(update={"schedule": recipe.schedule.model_copy(update={"epochs": 6})})
    train_judge(CritiqueStage(), recipe, [sums(root / "run")], root / "out", Console(quiet=True))
    return root / "out"


def test_a_tiny_model_learns_marks_and_its_scores_are_probabilities(trained: Path) -> None:
    report = json.loads((trained / "report.json").read_text())
    assert report["auroc"] >= 0.9 and report["spearman"] > 0.5
    assert report["brier"] < 0.15 and sum(report["marks"].values()) == report["attempts"]
    judge, it = Judge(trained), item(2)
    good, bad = judge.scores([Trajectory(it.problem, steps, "1", "answered") for steps in (right(it), wrong(it))])
    assert 0 <= bad < good <= 1
    assert judge.manifest.curves[""] and judge.name == "critique"
    assert judge.weight(0.25) == 0.25, "a vote weighs as much as it is likely to be right"
    assert (trained / "reliability.svg").read_text().startswith("<svg")
    assert "calibration error (ECE)" in (trained / "report.md").read_text()


def test_probabilities_are_fitted_to_another_model_on_problems_that_are_new_to_the_critique(
    trained: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The other model's attempts read like right ones, every second one is wrong, and its problems have other names."""
    items = [replace(item(number), id=f"other/{number}") for number in range(48)]
    told = [record(it, n, right(it), "wrong" if n % 2 else "correct") for it in items for n in range(8)]
    other = write_run(tmp_path / "other", items, told, model="other")
    before, it = Judge(trained), items[2]
    assert (
        app(
            ["calibrate", str(trained), "--runs", str(other), "--out", str(tmp_path / "new")],
            result_action="return_value",
        )
        is None
    )
    after = Judge(tmp_path / "new")
    old, new = (json.loads((folder / "report.json").read_text()) for folder in (trained, tmp_path / "new"))
    assert new["problems"] == old["problems"] < len(items) / 2, "those that were held out, and no other"
    attempt = Trajectory(it.problem, right(it), "1", "answered")
    assert before.scores([attempt])[0] > 0.8 and after.scores([attempt])[0] == pytest.approx(0.5, abs=0.1)
    assert before.raw([attempt]) == after.raw([attempt])
    assert before.fingerprint() != after.fingerprint(), "scores in runs are made anew"
    capfd.readouterr()
    scored = [replace(one, scores={"critique": 0.5}) for one in told]
    (other / "records.jsonl").write_text("".join(one.to_json() + "\n" for one in scored))
    app(["calibrate", str(trained), "--runs", str(other), "--out", str(tmp_path / "new")], result_action="return_value")
    assert "is finished" in capfd.readouterr().err, "scores change nothing"


def test_a_calibration_that_failed_may_be_tried_again_with_another_critique(trained: Path, tmp_path: Path) -> None:
    run, critique = sums(tmp_path / "run"), shutil.copytree(trained / "model", tmp_path / "critique")
    words = ["calibrate", str(critique), "--runs", str(run), "--out", str(tmp_path / "new")]
    weights = critique / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:200])
    with pytest.raises(BackendError):
        app(words, result_action="return_value")
    shutil.copy(trained / "model" / "model.safetensors", weights)
    app(words, result_action="return_value")
    assert json.loads((tmp_path / "new" / "calibration.json").read_text())["judge"] == Judge(critique).fingerprint()
    manifest = json.loads((critique / "judge.json").read_text())
    (critique / "judge.json").write_text(json.dumps({**manifest, "context": 64}))
    with pytest.raises(UsageError, match="begun with another judge"):
        app(words, result_action="return_value")


def test_problems_of_one_seed_are_not_new_in_another_file(tmp_path: Path) -> None:
    """Each file puts its own name before a seed."""
    for name, first in (("one", 0), ("two", 100)):
        rows = (
            {
                "question": f"What is {first + n} plus 1?",
                "answer": str(first + n + 1),
                "id": f"{name}{n}",
                "seed": f"s{n}",
            }
            for n in range(3 if name == "one" else 5)
        )
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    learnt, others = ([Sampled(it, ()) for it in load(str(tmp_path / f"{name}.jsonl"))] for name in ("one", "two"))
    write_learnt(tmp_path, learnt)
    assert unseen(tmp_path, learnt) == []
    assert unseen(tmp_path, others) == others[3:]
    assert unseen(tmp_path, [*learnt, *others], known=True) == others, "other questions of families that it knows"
    namesake = Item("two/one0", "two", "Another question with the id of one that is known?", "1")
    assert unseen(tmp_path, [Sampled(namesake, ())]), "an id without a seed tells nothing"


def test_what_cannot_be_calibrated_is_named(trained: Path, tmp_path: Path) -> None:
    one = write_run(tmp_path / "one", [item(0)], [record(item(0), 0, right(item(0)), "correct")])
    reward, unknown = tiny_judge(tmp_path / "reward", "reward"), tiny_judge(tmp_path / "unknown", "critique")
    for critique, run, message in (
        (reward, one, "is a reward model, which gives no probabilities"),
        (unknown, one, "does not say what the judge was trained on"),
        (trained, tmp_path, "is no run"),
        (trained, one, "of 1 problems in the runs . are new to the critique, fewer than 5"),
    ):
        with pytest.raises(UsageError, match=message):
            app(
                ["calibrate", str(critique), "--runs", str(run), "--out", str(tmp_path / "new")],
                result_action="return_value",
            )


def test_a_sample_without_an_answer_is_never_chosen() -> None:
    silent = record(SUM, 1, (Thought("I cannot."),), "wrong", given=False)
    one = sampled(sample(right(SUM)), Sample(silent, "m", is_right(silent)))
    found = choices([Scored(one, np.array([0.5, 0.9]))], "probability")
    assert found is not None and found.figures["best@2"].value == 1


def test_choosing_is_measured_with_curves_that_did_not_see_the_problem(tmp_path: Path) -> None:
    """Turning all verdicts at a problem changes what is said of others, and nothing of its own samples."""
    tried = [attempts(item(number), 1 + number % 5)[:6] for number in range(20)]
    problems = [Sampled(item(n), tuple(Sample(one, "m", is_right(one)) for one in six)) for n, six in enumerate(tried)]
    judge = Judge(tiny_judge(tmp_path, "critique", seed=2, sign=-1))
    found = read(judge, problems)
    before = by_fold(found, fitted_without(opinions(found, 1)), 1)
    chosen = choices(before, "probability")
    assert chosen and CritiqueStage().measure(judge, problems, 1).figures["choices"] == chosen.to_dict()
    for place, one in enumerate(found):
        turned = tuple(replace(two, record=replace(two.record, verdict="wrong")) for two in one.samples)
        changed = [*found[:place], Scored(replace(one.problem, samples=turned), one.scores), *found[place + 1 :]]
        after = by_fold(changed, fitted_without(opinions(changed, 1)), 1)
        assert after[place].scores == pytest.approx(before[place].scores)
        assert any(not np.allclose(a.scores, b.scores) for a, b in zip(before, after, strict=True))


def test_no_family_of_problems_is_in_two_folds() -> None:
    found = []
    for number in range(20):
        it = item(number)
        samples = tuple(Sample(one, "m", is_right(one)) for one in attempts(it))
        found.append(Scored(Sampled(it, samples), np.full(8, float(number))))
    rows = opinions(found, seed=1)
    folds: dict[int, set[int]] = {}
    for mark_, fold in zip(rows.marks, rows.folds, strict=True):
        folds.setdefault(int(mark_) // 2, set()).add(int(fold))  # two problems share a lineage
    assert all(len(mine) == 1 for mine in folds.values())
    assert set(rows.folds) == {0, 1, 2, 3, 4}
