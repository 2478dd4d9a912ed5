"""What a pipeline shows: what its folders hold, figures of stages beside each other, lineage, and the page."""

import doctest
import json
from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from xml.etree import ElementTree

import pytest
from rich.console import Console

from mathsolve.engine.trajectory import Thought
from mathsolve.evaluation.item import Item
from mathsolve.evaluation.record import Record
from mathsolve.evaluation.run import Run, item_to_json
from mathsolve.training.pipeline import account
from mathsolve.training.pipeline.account import Account, State, made_of
from mathsolve.training.pipeline.dashboard import Dashboard, dashboard
from mathsolve.training.pipeline.drawing import over_steps
from mathsolve.training.pipeline.figures import accuracy
from mathsolve.training.pipeline.holding import holding
from mathsolve.training.pipeline.lineage import arranged, lineage, without_shortcuts
from mathsolve.training.pipeline.page import FILES, markdown, write
from mathsolve.training.pipeline.recipe import Pipeline, Stage
from mathsolve.training.pipeline.standing import keep_plan
from mathsolve.training.pipeline.tables import contrasts, scores
from mathsolve.training.pipeline.terminal import show

RIGHT = Record(
    key="",
    problem="",
    sample=0,
    mode="mixed",
    answer="r",
    given=True,
    verdict="correct",
    reason="",
    method="text",
    grader=1,
    stop="answered",
    detail=None,
    steps=(Thought("So it is."),),
    prompt_tokens=1,
    sampled_tokens=1,
    observed_tokens=0,
    seconds=0.1,
)


def made_run(folder: Path, answers: Mapping[str, str], *, asked: str = "?", scored: bool = False) -> Run:
    """A run in which the right answer is `r`, and each letter of an answer is a sample's; `r` scores best."""
    folder.mkdir(parents=True)
    (folder / "run.json").write_text('{"config": {}, "environment": {}}')
    items = [Item(f"made/{name}", "made", name + asked, "r") for name in answers]
    (folder / "problems.jsonl").write_text("".join(f"{item_to_json(one)}\n" for one in items))
    records = [
        replace(
            RIGHT,
            key=f"{name}{number}",
            problem=f"made/{name}",
            sample=number,
            answer=letter,
            verdict="correct" if letter == "r" else "wrong",
            scores={"judge": float(letter == "r")} if scored else {},
        )
        for name, text in answers.items()
        for number, letter in enumerate(text)
    ]
    (folder / "records.jsonl").write_text("".join(f"{one.to_json()}\n" for one in records))
    return Run.load(folder)


def test_stages_stand_beside_each_other_on_the_problems_that_all_have(tmp_path: Path) -> None:
    before = made_run(tmp_path / "a", {"p": "rrxx", "q": "xxyz", "s": "rrrr", "alone": "rrrr"})
    after = made_run(tmp_path / "b", {"p": "rrrr", "q": "rxyz", "s": "rrrr"}, scored=True)
    found = accuracy({"before": before, "after": after})
    gain = next(one for one in found.contrasts if one.metric == "best-of-4 by judge" and one.place.part == "all")
    assert (gain.place.stage, gain.than, gain.difference.b) == ("after", "its maj@4", 1.0)
    weighed = next(one for one in found.contrasts if one.metric == "vote by judge" and one.place.part == "all")
    assert (weighed.than, weighed.difference.a, weighed.difference.b) == ("its maj@4", 0.75, 1.0)
    all_, hard = found.scored[:2], found.scored[2:]
    assert [(one.place.stage, one.problems, one.k) for one in all_] == [("before", 3, 4), ("after", 3, 4)]
    assert [round(one.stability.value, 4) for one in all_] == [0.5, 0.75]
    assert [round(one.ability.value, 4) for one in all_] == [0.6667, 1.0]
    assert [(one.problems, one.stability.value) for one in hard] == [(1, 0.0), (1, 0.25)], "q: one of eight is right"
    assert all_[0].chosen == {} and all_[1].chosen["best-of-4 by judge"].value == 1.0
    ratio = next(one for one in found.contrasts if (one.place.part, one.metric) == ("all", "PassRatio@4"))
    assert (ratio.place.stage, ratio.than) == ("after", "before")
    assert (ratio.difference.value, ratio.difference.wins, ratio.difference.losses) == (0.25, 2, 0)
    assert ratio.difference.adjusted is not None and ratio.difference.adjusted >= ratio.difference.p


def test_the_vote_by_a_critique_is_the_one_in_use_and_best_of_k_is_there_for_every_k(tmp_path: Path) -> None:
    """One right answer of 0.9 against two wrong ones of 0.4: by probability it wins, by the sigmoid of it it would not."""
    few = made_run(tmp_path / "few", {"p": "rxx"})
    many = made_run(tmp_path / "many", {"p": "rxxz", "q": "rrrr"})
    said = {"r": 0.9, "x": 0.4, "z": 0.1}
    records = [replace(one, scores={"critic": said[str(one.answer)]}) for one in many.records()]
    many.path("records.jsonl").write_text("".join(f"{one.to_json()}\n" for one in records))

    def figures() -> Mapping[str, float]:
        scored = accuracy({"few": few, "many": many}).scored
        return {name: figure.value for name, figure in scored[1].chosen.items()}

    assert figures() == {"best-of-3 by critic": 0.75, "vote by critic": 0.0}
    (many.folder / "scores.json").write_text('{"critic": {"kind": "critique"}}')
    assert figures() == {"best-of-3 by critic": 0.75, "vote by critic": 1.0}


def test_the_length_of_what_was_written_stands_beside_the_accuracy(tmp_path: Path) -> None:
    """Problems count alike, however many samples they have."""
    run = made_run(tmp_path / "run", {"p": "rx", "q": "rrrr"})
    lengths = {("p", 0): 10, ("p", 1): 30}
    records = [replace(one, sampled_tokens=lengths.get((one.problem[-1], one.sample), 40)) for one in run.records()]
    run.path("records.jsonl").write_text("".join(f"{one.to_json()}\n" for one in records))
    (scored,) = accuracy({"only": Run.load(run.folder)}).scored
    assert scored.tokens == (20 + 40) / 2


def test_a_stage_is_compared_with_those_that_the_recipe_names(tmp_path: Path) -> None:
    runs = {name: made_run(tmp_path / name, {"p": "rx", "q": "rr"}) for name in ("sft", "longer", "rft", "ppo", "grpo")}
    than = {"longer": ["sft"], "rft": ["sft", "longer"], "grpo": ["rft", "absent"], "sft": []}
    assert {(one.than, one.place.stage) for one in accuracy(runs, than).contrasts} == {
        ("sft", "longer"),
        ("sft", "rft"),
        ("longer", "rft"),
        ("rft", "ppo"),
        ("rft", "grpo"),
    }


def test_files_of_the_same_name_with_other_problems_stand_apart(tmp_path: Path) -> None:
    pool = made_run(tmp_path / "pool", {"p": "rx", "q": "rr"}, asked=" in the pool?")
    first, second = (made_run(tmp_path / name, {"p": "rx", "q": "xx"}) for name in "ab")
    found = accuracy({"pool": pool, "first": first, "second": second})
    assert [(one.place.stage, one.place.group) for one in found.scored if one.place.part == "all"] == [
        ("pool", 0),
        ("first", 1),
        ("second", 1),
    ]
    assert {(one.than, one.place.stage) for one in found.contrasts} == {("first", "second")}


def test_a_folder_is_known_by_its_files(tmp_path: Path) -> None:
    assert holding(tmp_path / "nowhere").training is None
    log = [{"step": 1, "loss": 3.0, "grad_norm": 9.0}, {"step": 2, "loss": 2.0, "reward": 0.5, "train_runtime": 4}]
    (tmp_path / "log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in log) + '{"step": 3, "lo')
    yields = {
        "draws": 5,
        "kept": {"train": 3},
        "solutions": {"cot": 4},
        "domains": {"a": {"rejected": {"lcs": {"x": 2}}}},
    }
    (tmp_path / "d.jsonl.run.json").write_text(json.dumps({"configuration": {}, "yields": yields}))
    (tmp_path / "e.jsonl.run.json").write_text(json.dumps({"configuration": {}}))
    report = {"accuracy": 0.8, "by": {"length": 0.1, "name": "x"}, "note": "y", "exact": True, "nan": float("nan")}
    (tmp_path / "report.json").write_text(json.dumps(report))
    found = holding(tmp_path)
    assert found.training is not None and found.training.steps == 2
    assert found.training.series == {"loss": ((1, 3.0), (2, 2.0)), "reward": ((2, 0.5),)}
    assert [(one.file, one.drawn, one.kept, one.rejected) for one in found.syntheses] == [("d.jsonl", 5, 3, {"lcs": 2})]
    assert found.numbers == {"accuracy": 0.8, "by length": 0.1}


@pytest.mark.parametrize(
    "yields",
    [
        5,
        {"kept": {"train": None}},
        {"kept": {"train": 1}, "draws": "many"},
        {"kept": {"train": 1}, "solutions": [1]},
        {"kept": {"train": 1}, "domains": [3]},
        {"kept": {"train": 1}, "domains": {"a": 3}},
        {"kept": {"train": 1}, "domains": {"a": {"rejected": {"lcs": 2}}}},
    ],
)
def test_files_of_another_kind_are_passed_over(tmp_path: Path, yields: object) -> None:
    (tmp_path / "d.jsonl.run.json").write_text(json.dumps({"yields": yields}))
    (tmp_path / "log.jsonl").write_text(f'{{"step": 1{"0" * 400}, "loss": 1}}\n5\n')
    (tmp_path / "report.json").write_text(f'{{"large": 1{"0" * 400}}}')
    found = holding(tmp_path)
    assert not found.syntheses and found.training is None and not found.numbers


@pytest.fixture
def shown(tmp_path: Path) -> Dashboard:
    """Five stages in every state, with text in them that a page must escape."""
    stages = (
        Stage("data", ("train", "synthesise", "<b>&"), ()),
        Stage("sft", ("train", "sft", "{data}"), ("data",)),
        Stage("eval-sft", ("eval", "{sft}", "{data}"), ("sft", "data")),
        Stage("rft", ("train", "sft", "{sft}"), ("sft", "data")),
        Stage("eval-rft", ("eval", "{rft}", "{data}"), ("rft", "data")),
        Stage("last", ("eval", "{rft}"), ("rft",)),
    )
    pipeline = Pipeline("made", "A <pipeline> & its page.", tmp_path, {}, stages)
    states: dict[str, State] = {"data": "done", "sft": "done", "eval-sft": "done", "rft": "running", "eval-rft": "done"}
    made_run(tmp_path / "eval-sft", {"p": "rx", "q": "xx"})
    made_run(tmp_path / "eval-rft", {"p": "rr", "q": "rx"})
    for name in ("data", "sft", "rft"):
        (tmp_path / name).mkdir()
    (tmp_path / "sft" / "log.jsonl").write_text('{"step": 5, "loss_thought": 4.5}\n{"step": 9, "loss_thought": 0.5}\n')
    keys: dict[str, str] = {}
    for stage in stages[:-1]:
        of = made_of(pipeline, stage, tmp_path, keys)
        keys[stage.name] = of.key
        told = {"wall_s": 61.0, "cpu_s": 120.0, "started": "", "command": "mathsolve " + " ".join(stage.words)}
        found = Account(name=stage.name, state=states[stage.name], key=of.key, made_of=of, **told)
        account.write(tmp_path, found)
    account.output_of(tmp_path, "data").write_text("first\nthree <rows> kept\n\n")
    keep_plan(pipeline, tmp_path)
    return dashboard(pipeline, tmp_path)


def test_every_stage_is_shown_with_what_came_of_it(shown: Dashboard) -> None:
    assert {row.name: row.state for row in shown.rows} == {
        "data": "done",
        "sft": "done",
        "eval-sft": "done",
        "rft": "stopped",
        "eval-rft": "done",
        "last": "waiting",
    }, "nobody holds the lock, so what was running was killed"
    outcomes = {row.name: row.outcome for row in shown.rows}
    assert outcomes["data"] == "three <rows> kept"
    assert outcomes["sft"] == "9 steps, loss thought 4.50 → 0.50"
    assert outcomes["eval-sft"].startswith("pass@1 25.0% [") and outcomes["eval-sft"].endswith("pass@2 50.0%")
    assert shown.summary.startswith("4 of 6 stages done · rft stopped · 5 min 05 s wall time")


def test_the_page_holds_stages_figures_and_drawings_and_no_markup_of_others(shown: Dashboard, tmp_path: Path) -> None:
    write(shown, tmp_path)
    page = (tmp_path / FILES[2]).read_text()
    assert "A &lt;pipeline&gt; &amp; its page." in page and "three &lt;rows&gt; kept" in page and "<rows>" not in page
    for name in ("Stages", "Accuracy", "Compared", "Training", "Time", "Setup"):
        assert f">{name}</a>" in page
    assert page.count("<svg") > 4
    assert "://" not in page.partition("<script>")[0]
    figures = json.loads((tmp_path / FILES[0]).read_text())
    assert [one["name"] for one in figures["stages"]] == ["data", "sft", "eval-sft", "rft", "eval-rft", "last"]
    assert figures["scored"][1]["stability"]["value"] == 0.75
    assert figures["contrasts"][0]["difference"]["value"] == 0.5


def test_markdown_and_the_terminal_say_the_same(shown: Dashboard) -> None:
    text = markdown(shown)
    assert "| made, hard | eval-rft | 1 |" in text
    assert len(scores(shown).rows) == 4 and len(contrasts(shown).rows) == 6, "on all and on hard problems"
    console = Console(width=160, record=True, file=None, quiet=False)
    with console.capture() as printed:
        show(shown, console)
    assert "eval-rft" in printed.get() and "75.0%" in printed.get() and "+50.0" in printed.get()


def test_drawings_are_whole(shown: Dashboard) -> None:
    drawn = ElementTree.fromstring(lineage(shown.rows))
    boxes = [text.text for text in drawn.iter("text") if text.get("class") == "label"]
    assert boxes == ["data", "sft", "eval-sft", "rft", "eval-rft", "last"]
    flat = over_steps("one point of nothing", {"loss": ((0, 0.0),)})
    assert "polyline" in flat and "nan" not in flat
    assert ElementTree.fromstring(over_steps("below zero", {"reward": ((1, -1.0), (2, 1.0))})).tag == "svg"
    far = over_steps("as far as numbers go", {"reward": ((1, 1.7e308), (2, -1.7e308))})
    assert ElementTree.fromstring(far).tag == "svg" and "nan" not in far and "inf" not in far


def test_an_arrow_that_a_longer_way_makes_needless_is_left_out(shown: Dashboard) -> None:
    parents = {row.name: row.parents for row in shown.rows}
    assert without_shortcuts(parents)["rft"] == ("sft",) and without_shortcuts(parents)["eval-rft"] == ("rft",)
    levels = arranged({"a": (), "b": ("a",), "c": ("b",), "d": ("a", "c")})
    assert [len(level) for level in levels] == [1, 2, 2, 1], "the line from a to d passes two levels"


@pytest.mark.parametrize("name", ["recipe", "dashboard", "drawing", "lineage"])
def test_examples_in_docstrings_hold(name: str) -> None:
    found = doctest.testmod(import_module(f"mathsolve.training.pipeline.{name}"))
    assert found.attempted and not found.failed
