"""Pipelines: what a recipe means, and a runner that skips what is done, refuses what has changed, and can be killed."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from mathsolve.__main__ import application, run
from mathsolve.engine.errors import UsageError
from mathsolve.training.pipeline import account
from mathsolve.training.pipeline.account import Account, made_of, resolved
from mathsolve.training.pipeline.lock import is_held, locked
from mathsolve.training.pipeline.recipe import LOOPS, Pipeline, load_pipeline
from mathsolve.training.pipeline.standing import keep_plan, kept_plan, standings

FILTERED = """
    about = "Two stages that each leave rows out."
    [settings]
    examples = 1
    unused = "x"
    [[stage]]
    name = "second"
    run = "contamination {first}/rows.jsonl --bench {recipes}/bench.jsonl --clean {here}/rows.jsonl"
    [[stage]]
    name = "first"
    run = "contamination {recipes}/rows.jsonl --bench {recipes}/bench.jsonl --examples {examples} --clean {here}/rows.jsonl"
"""
"""The stages stand in the wrong order on purpose."""
BLOCKED = """
    about = "A stage that waits for whoever writes into a pipe."
    [[stage]]
    name = "quick"
    run = "grade {recipes}/answers.jsonl"
    [[stage]]
    name = "waiting"
    run = "grade {recipes}/pipe"
    [[stage]]
    name = "last"
    run = "grade {recipes}/answers.jsonl"
"""


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A folder of a recipe with its companions."""
    rows = [
        f'{{"question": "How much are {a} pears at {a + 1} cents each?", "answer": "{a * a + a}"}}\n' for a in range(9)
    ]
    (tmp_path / "rows.jsonl").write_text("".join(rows))
    (tmp_path / "bench.jsonl").write_text(
        '{"question": "Name the capital of the land of mathematics.", "answer": "7"}\n'
    )
    (tmp_path / "answers.jsonl").write_text("")
    return tmp_path


def recipe(folder: Path, text: str, name: str = "made") -> Path:
    path = folder / f"{name}.toml"
    path.write_text(dedent(text))
    return path


def of(path: Path, *changed: str) -> Pipeline:
    return load_pipeline(str(path), changed)


def told(folder: Path, name: str) -> Account:
    found = account.read(folder, name)
    assert found is not None
    return found


def one_stage(run: str, name: str = "a", settings: str = "") -> str:
    return f"about = \"x\"\n[settings]\n{settings}\n[[stage]]\nname = \"{name}\"\nrun = '''{run}'''\n"


def test_stages_run_after_what_they_are_made_from(here: Path) -> None:
    pipeline = of(recipe(here, FILTERED))
    assert [(one.name, one.parents) for one in pipeline.stages] == [("first", ()), ("second", ("first",))]
    assert [one.name for one in pipeline.descendants(["first"])] == ["first", "second"]
    assert [one.name for one in pipeline.descendants(["second"])] == ["second"]
    assert [one.name for one in pipeline.ancestors(["second"])] == ["first", "second"]


def test_placeholders_stay_within_their_word(tmp_path: Path) -> None:
    folder = tmp_path / "with space"
    pipeline = of(
        recipe(tmp_path, one_stage("eval 'a b.jsonl' --out {here}/x --ids {ids},2", settings='ids = "q/1 2"'))
    )
    words = resolved(pipeline, pipeline.stages[0], folder)
    assert words == ["eval", "a b.jsonl", "--out", f"{folder}/a/x", "--ids", "q/1 2,2"]


def test_a_stage_may_wait_for_one_whose_folder_it_does_not_read(tmp_path: Path) -> None:
    text = 'about = "x"\n[[stage]]\nname = "a"\nrun = "mathsolve eval x --out {here}"\nafter = ["b"]\n'
    pipeline = of(recipe(tmp_path, text + '[[stage]]\nname = "b"\nrun = "eval y --out {here}"\n'))
    assert [(one.name, one.parents) for one in pipeline.stages] == [("b", ()), ("a", ("b",))]
    assert pipeline.stage("a").words[0] == "eval"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (one_stage("eval {b}/x"), r"stage 'a': \{b\} is neither a stage nor a setting; there are here, recipes, a$"),
        (one_stage("eval 'x"), "stage 'a': its command cannot be read: No closing quotation"),
        (one_stage("  "), "stage 'a' runs nothing"),
        (one_stage("eval x", name="Über"), "cannot be named 'Über'"),
        (one_stage("eval x", name="here"), "cannot be named 'here'"),
        (one_stage("eval x", settings="a = 1"), "two things are named 'a'"),
        (one_stage("eval {a}/x"), "stages wait for each other: a -> a"),
        (
            'about = "x"\n'
            + "".join(
                f'[[stage]]\nname = "{name}"\nrun = "eval {{{other}}}"\n'
                for name, other in (("top", "b"), ("b", "c"), ("c", "d"), ("d", "b"))
            ),
            "stages wait for each other: b -> c -> d -> b",
        ),
        (one_stage("eval x") + 'after = ["b"]', "stage 'a' is to run after 'b'; the stages are a"),
        (one_stage("eval x") + 'than = ["b"]', "stage 'a' is to be compared with 'b'; the stages are a"),
        ('about = "x"', "stage"),
        ("about = ", "Invalid value"),
    ],
)
def test_a_recipe_that_means_nothing_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        of(recipe(tmp_path, text))


def test_a_setting_that_is_none_is_refused(here: Path) -> None:
    with pytest.raises(UsageError, match=r"--set example=2: .* there are: examples=1, unused=x"):
        of(recipe(here, FILTERED), "example=2")
    with pytest.raises(UsageError, match="neither a file nor one of loop, loop-embedded, loop-tiny"):
        load_pipeline("nothing")


def keys(path: Path, folder: Path, *changed: str) -> dict[str, str]:
    return {one.stage.name: one.made_of.key for one in standings(of(path, *changed), folder)}


def test_a_key_depends_on_what_goes_in_and_on_nothing_else(here: Path, tmp_path: Path) -> None:
    path = recipe(here, FILTERED)
    before = keys(path, tmp_path / "out")
    assert keys(path, tmp_path / "elsewhere") == before
    assert keys(path, tmp_path / "out", "unused=y") == before
    assert keys(path, tmp_path / "out", "examples=2").items().isdisjoint(before.items()), (
        "the child depends on the parent"
    )
    (here / "rows.jsonl").write_text('{"question": "Another one?", "answer": "1"}\n')
    assert keys(path, tmp_path / "out").items().isdisjoint(before.items())


def test_a_key_follows_a_model_that_a_command_names(here: Path, tmp_path: Path) -> None:
    (model := here / "model").mkdir()
    (model / "config.json").write_text("{}")
    (model / "weights").write_text("1")
    path = recipe(here, one_stage("train export {recipes}/model --out {here}"))
    before = keys(path, tmp_path / "out")
    (model / "weights").write_text("22")
    assert keys(path, tmp_path / "out").items().isdisjoint(before.items())
    (model / "weights").write_text("1")
    assert keys(path, tmp_path / "out") == before


def test_the_plan_in_the_folder_is_the_pipeline(here: Path) -> None:
    text = FILTERED + '[[stage]]\nname = "third"\nrun = "grade {second}/rows.jsonl"\nthan = ["first"]\n'
    pipeline = of(recipe(here, text))
    keep_plan(pipeline, here)
    assert kept_plan(here) == pipeline


def test_a_missing_companion_is_named(here: Path, tmp_path: Path) -> None:
    (here / "bench.jsonl").unlink()
    with pytest.raises(UsageError, match=r"stage 'first' needs .*bench\.jsonl, which is not there"):
        standings(of(recipe(here, FILTERED)), tmp_path / "out")


def test_what_only_leaves_out_is_removed_by_redo_and_waits_as_the_help_says(
    here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path, out = recipe(here, FILTERED), here / "out"
    command = ["train", "run", str(path), "--out", str(out)]
    assert run(command) == 0
    assert run([*command, "--only", "first", "--redo", "first"]) == 0
    assert [one.state for one in standings(of(path), out)] == ["done", "waiting"]
    capfd.readouterr()
    assert run(["train", "run", "--help"]) == 0
    assert "only what --only leaves out then waits" in " ".join(capfd.readouterr().out.replace("│", " ").split())


def test_what_is_done_is_skipped_and_what_has_changed_is_refused(here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path, out = recipe(here, FILTERED), here / "out"
    command = ["train", "run", str(path), "--out", str(out)]
    assert run([*command, "--dry-run"]) == 0 and not out.exists()
    assert run([*command, "--only", "first"]) == 0
    assert (out / "first" / "rows.jsonl").is_file() and not (out / "second").exists()
    assert run(command) == 0
    assert [told(out, name).starts for name in ("first", "second")] == [1, 1], "the first was not run again"
    assert (out / "second" / "rows.jsonl").read_text() == (here / "rows.jsonl").read_text()
    page = (out / "pipeline.html").read_text()
    assert "2 of 2 stages done" in page and ">first</text>" in page

    (here / "rows.jsonl").open("a").write('{"question": "How many sides has a square?", "answer": "4"}\n')
    capfd.readouterr()
    assert run(command) == 2
    error = capfd.readouterr().err
    assert "stage 'first'" in error and "another file rows.jsonl" in error and "--redo first" in error
    assert run([*command, "--redo", "second"]) == 2 and (out / "second" / "rows.jsonl").is_file(), (
        "refused before it removes"
    )
    assert run([*command, "--redo", "first"]) == 0
    assert (out / "second" / "rows.jsonl").read_text() == (here / "rows.jsonl").read_text()
    assert f"removing {out / 'second'}" in capfd.readouterr().err

    assert run([*command, "--only", "first", "--redo", "first", "--dry-run"]) == 0
    assert (
        "first  [to be removed and made again]" in (plan := capfd.readouterr().out)
        and "second  [to be removed]" in plan
    )
    shutil.rmtree(out / "second")
    assert run(command) == 0 and (out / "second" / "rows.jsonl").is_file(), "a result that is gone is made again"
    assert run(["train", "status", str(out)]) == 0
    assert "✓\N{NO-BREAK SPACE}done" in capfd.readouterr().out


def test_a_stage_that_fails_ends_the_run_and_may_be_mended(here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    out = here / "out"
    text = one_stage("grade {recipes}", name="wrong") + '[[stage]]\nname = "after"\nrun = "grade {wrong}/x"\n'
    command = ["train", "run", str(recipe(here, text)), "--out", str(out)]
    assert run(command) == 1
    error = capfd.readouterr().err
    assert "stage 'wrong' failed with exit code 2; its messages are above, its command: mathsolve grade" in error
    assert told(out, "wrong").state == "failed" and account.read(out, "after") is None
    recipe(here, text.replace("grade {recipes}'", "grade {recipes}/answers.jsonl'"))
    assert run([*command, "--only", "wrong"]) == 0, "a command that was wrong has made nothing that could be mixed up"


def test_a_failed_stage_leads_to_its_messages_and_to_what_it_printed_if_that_is_anything(
    here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Of two programs one prints before it fails."""
    (here / "silent.py").write_text("1 / 0")
    (here / "talking.py").write_text("print('as far as here')\n1 / 0")
    for name in ("silent", "talking"):
        out = here / name
        path = recipe(here, one_stage(f"exec {{recipes}}/{name}.py"), name)
        assert run(["train", "run", str(path), "--out", str(out)]) == 1
        error = capfd.readouterr().err
        assert error.index("ZeroDivisionError") < error.index("its messages are above"), (
            "they go where the run's own go"
        )
        assert run(["train", "status", str(out)]) == 0
        printed = out / "stages" / "a.txt"
        for told in (error, "".join(capfd.readouterr().out.split()), (out / "pipeline.html").read_text()):
            assert (str(printed) in told) == bool(printed.read_text()) == (name == "talking")


def test_folders_that_no_stage_made_are_left_alone(here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (here / "out" / "first").mkdir(parents=True)
    (here / "out" / "first" / "precious").write_text("mine")
    command = ["train", "run", str(recipe(here, FILTERED)), "--out", str(here / "out"), "--redo", "first"]
    assert run(command) == 2
    assert "no stage made it" in capfd.readouterr().err and (here / "out" / "first" / "precious").is_file()
    assert run(["train", "status", str(here)]) == 2
    assert "is no pipeline" in capfd.readouterr().err


@pytest.fixture
def blocked(here: Path) -> Iterator[tuple[list[str], Path]]:
    """The command of a pipeline whose second stage waits, and its folder; at the end nothing waits any more."""
    os.mkfifo(here / "pipe")
    out = here / "out"
    yield [sys.executable, "-m", "mathsolve", "train", "run", str(recipe(here, BLOCKED)), "--out", str(out)], out
    if is_held(out):
        release(here)


def release(here: Path) -> None:
    """Lets the stage that waits go on, as soon as it does wait."""
    with (here / "pipe").open("w"):
        pass


def until_waiting(out: Path) -> None:
    while account.read(out, "waiting") is None or "waiting" not in (out / "pipeline.lock").read_text():
        time.sleep(0.02)


def finished(command: list[str], here: Path) -> subprocess.CompletedProcess[str]:
    """The same command with somebody who writes into the pipe."""
    writer = threading.Thread(target=release, args=(here,), daemon=True)
    writer.start()
    return subprocess.run(command, capture_output=True, text=True, timeout=300)


def test_a_runner_that_was_killed_leaves_its_stage_alone_and_goes_on(blocked: tuple[list[str], Path]) -> None:
    command, out = blocked
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as first:
        until_waiting(out)
        second = subprocess.run(command, capture_output=True, text=True, timeout=300)
        assert second.returncode == 2 and f"is in use by process {first.pid} with stage 'waiting'" in second.stderr
        first.kill()
    orphan = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert orphan.returncode == 2 and "is in use by" in orphan.stderr, "its stage is still at work"
    release(out.parent)
    while is_held(out):
        time.sleep(0.02)
    assert standings(kept_plan(out), out)[1].state == "stopped"
    assert run([*command[3:], "--only", "quick", "--redo", "quick"]) == 0
    with locked(out):
        assert standings(kept_plan(out), out)[1].state == "stopped", "another runner is at work, but not on this stage"
    assert json.loads((out / "pipeline.json").read_text())["stages"][1]["state"] == "stopped"
    again = finished(command, out.parent)
    assert again.returncode == 0, again.stderr
    assert [told(out, name).starts for name in ("quick", "waiting", "last")] == [1, 2, 1]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_stage_and_the_run_and_the_same_command_goes_on(
    blocked: tuple[list[str], Path], number: signal.Signals
) -> None:
    command, out = blocked
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as first:
        until_waiting(out)
        first.send_signal(number)
        assert first.stderr is not None and "the same command goes on" in first.stderr.read()
    assert first.returncode == 130
    assert told(out, "waiting").state == "stopped" and account.read(out, "last") is None and not is_held(out)
    assert finished(command, out.parent).returncode == 0
    assert told(out, "waiting").starts == 2 and told(out, "last").state == "done"


@pytest.mark.parametrize("name", ["loop", "loop-embedded", "loop-tiny"])
def test_the_package_s_recipes_are_made_of_commands_that_exist(name: str, tmp_path: Path) -> None:
    pipeline = load_pipeline(name)
    assert pipeline.beside == LOOPS
    for one in standings(pipeline, tmp_path):
        words = resolved(pipeline, one.stage, tmp_path)
        assert not any("{" in word for word in words)
        application().parse_args(words, exit_on_error=False, print_error=False)
    assert run(["train", "run", name, "--out", str(tmp_path / "out"), "--dry-run"]) == 0


def test_a_key_lists_what_differs(here: Path, tmp_path: Path) -> None:
    pipeline = of(recipe(here, FILTERED))
    first = made_of(pipeline, pipeline.stage("first"), tmp_path, {})
    (here / "rows.jsonl").write_text("")
    changed = of(recipe(here, FILTERED), "examples=3")
    second = made_of(changed, changed.stage("first"), tmp_path, {})
    assert list(first.differences(second)) == ["another setting examples (1, now 3)", "another file rows.jsonl"]
