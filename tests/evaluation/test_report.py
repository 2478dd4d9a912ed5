"""The report but for the browser: files, tables, the archive, mistakes of users."""

from __future__ import annotations

import doctest
import io
import json
import re
import subprocess
import sys
import zlib
from base64 import b64decode
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from mathsolve.engine.trajectory import Thought
from mathsolve.evaluation import report
from mathsolve.evaluation.item import Item
from mathsolve.evaluation.record import Record
from mathsolve.evaluation.report import write
from mathsolve.evaluation.report.archive import BLOCK_BYTES
from mathsolve.evaluation.report.markdown import markdown
from mathsolve.evaluation.report.reading import names_of, read
from mathsolve.evaluation.report.terminal import show
from mathsolve.evaluation.run import Run, item_to_json
from mathsolve.sandbox.program import Observation, Program


def made(folder: Path, answers: dict[str, str], mode: str = "mixed") -> Run:
    """A run in which the right answer to every problem is `r`, and each letter of an answer is a sample's."""
    folder.mkdir()
    (folder / "run.json").write_text('{"config": {"model": "a|b", "seed": 0}, "environment": {"python": "3"}}')
    items = [Item(f"made/{name}", "made", f"{name}?", "r", subject="s" + name) for name in answers]
    (folder / "problems.jsonl").write_text("".join(f"{item_to_json(one)}\n" for one in items), encoding="utf-8")
    records = [
        record(f"made/{name}", n, answer, mode) for name, text in answers.items() for n, answer in enumerate(text)
    ]
    (folder / "records.jsonl").write_text("".join(f"{one.to_json()}\n" for one in records), encoding="utf-8")
    return Run.load(folder)


def record(problem: str, number: int, answer: str, mode: str, words: str = "") -> Record:
    return Record(
        key=f"{problem} {number} {mode}",
        problem=problem,
        sample=number,
        mode=mode,
        answer=None if answer == "-" else answer,
        given=answer != "-",
        verdict="correct" if answer == "r" else "wrong",
        reason="",
        method="text",
        grader=1,
        stop="answered",
        detail=None,
        steps=(Thought(words or f"I say {answer}"), Program("1"), Observation("ok", value="1")),
        prompt_tokens=1,
        sampled_tokens=2,
        observed_tokens=3,
        seconds=0.25,
    )


def unpacked(pieces: list[str]) -> list[Any]:
    """What the page's script finds in the packed blocks, the index last."""
    return [json.loads(zlib.decompress(b64decode(piece))) for piece in pieces]


def command(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "mathsolve", "report", *map(str, arguments)]
    return subprocess.run(words, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize("name", ["archive", "markdown", "markup", "settings", "table", "terminal"])
def test_examples_in_docstrings_hold(name: str) -> None:
    found = doctest.testmod(import_module(f"mathsolve.evaluation.report.{name}"))
    assert found.attempted > 0 and found.failed == 0


def test_the_command_writes_both_files_and_prints_the_figures(tmp_path: Path) -> None:
    run = made(tmp_path / "run", {"a": "rr", "b": "rx"})
    done = command(run.folder)
    assert done.returncode == 0
    assert re.search(r"made +mixed .*75\.0%", done.stdout)
    assert "| made | mixed | 75.0% " in run.path("report.md").read_text(encoding="utf-8")
    assert run.path("report.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert str(run.path("report.html")) in done.stderr


def test_json_holds_every_run(tmp_path: Path) -> None:
    runs = [made(tmp_path / name, {"a": "rx"}) for name in ("one", "two")]
    done = command(
        *(run.folder for run in runs), "--json", "--html", tmp_path / "x.html", "--markdown", tmp_path / "x.md"
    )
    assert [one["groups"][0]["accuracy"]["value"] for one in json.loads(done.stdout).values()] == [0.5, 0.5]
    assert not runs[0].path("report.html").exists()
    assert (tmp_path / "x.html").is_file() and (tmp_path / "x.md").is_file()


@pytest.mark.parametrize("options", [["nowhere"], ["RUN", "--html", "nowhere/x.html"]])
def test_a_mistake_is_one_line(tmp_path: Path, options: list[str]) -> None:
    run = made(tmp_path / "run", {"a": "r"})
    done = command(*(str(run.folder) if word == "RUN" else word for word in options))
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "nowhere" in done.stderr


def test_an_empty_run_has_a_report(tmp_path: Path) -> None:
    run = made(tmp_path / "run", {"a": ""})
    assert command(run.folder).returncode == 0
    assert "An empty run" in run.path("report.md").read_text(encoding="utf-8")


def test_the_archive_holds_every_record_under_its_problem(tmp_path: Path) -> None:
    run = made(tmp_path / "run", {"a": "rx-", "b": "", "c": "rr"})
    lines = run.path("records.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    run.path("records.jsonl").write_text("".join(reversed(lines)), encoding="utf-8")
    archive = read([run]).archive
    assert archive is not None
    block, index = unpacked(list(archive.pieces()))
    assert index["problems"]["id"] == ["made/a", "made/c"]
    assert index["problems"]["samples"] == [3, 2]
    assert index["samples"]["number"] == [0, 1, 2, 0, 1]
    assert index["samples"]["answer"] == ["r", "x", None, "r", "r"]
    assert [[one["steps"][0]["text"][-1] for one in problem] for problem in block] == [["r", "x", "-"], ["r", "r"]]


def test_blocks_are_cut_at_problems(tmp_path: Path) -> None:
    run = made(tmp_path / "run", dict.fromkeys("abcdef", ""))
    words = [record(f"made/{name}", n, "r", "pot", "word " * (BLOCK_BYTES // 15)) for name in "abcdef" for n in (0, 1)]
    run.path("records.jsonl").write_text("".join(f"{one.to_json()}\n" for one in words), encoding="utf-8")
    archive = read([run]).archive
    assert archive is not None
    *blocks, index = unpacked(list(archive.pieces()))
    assert [len(block) for block in blocks] == [2, 2, 2]
    assert index["blocks"] == [0, 2, 4]


def test_half_a_surrogate_in_an_answer_breaks_nothing(tmp_path: Path) -> None:
    run = made(tmp_path / "run", {"a": "r"})
    items = run.path("problems.jsonl").read_text(encoding="utf-8")
    run.path("problems.jsonl").write_text(items.replace('"sa"', '"\\ud800"') * 2, encoding="utf-8")
    line = record("made/a", 0, "\ud800", "\udc00", "\udfff").to_json()
    run.path("records.jsonl").write_bytes(f"{line}\n".encode("ascii", "backslashreplace"))
    assert command(run.folder).returncode == 0


def test_runs_are_compared_problem_by_problem(tmp_path: Path) -> None:
    first = made(tmp_path / "first", {"a": "r", "b": "x", "c": "x", "only": "r"})
    second = made(tmp_path / "second", {"c": "r", "b": "r", "a": "x"})
    found = read([first, second]).comparison
    assert found is not None
    row = dict(zip(found.columns, found.rows[0], strict=True))
    assert (row["in first"], row["pass@1"], row["better / worse"]) == ("33.3%", "66.7%", "2 / 1")
    assert row["p"] == "1.000 (tied)"


def test_runs_of_one_name_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    runs = [made(folder, {"a": "r"}) for folder in (tmp_path / "run", tmp_path / "x" / "run")]
    assert names_of(runs) == ["run", "run-2"]


def test_markdown_shows_names_as_they_are(tmp_path: Path) -> None:
    run = made(tmp_path / "run", {"a|b*c": "rx", "d": "xx"})
    text = markdown(read([run]), "mathsolve report run")
    assert r"| sa\|b\*c | 1 | 50.0%" in text
    assert r"| config.model | a\|b |" in text
    rows = [line for line in text.splitlines() if line.startswith("| made")]
    assert all(len(re.findall(r"(?<!\\)\|", row)) > 4 for row in rows)


@pytest.mark.parametrize("width", [60, 80, 160])
def test_a_terminal_of_any_width_shows_the_figures(tmp_path: Path, width: int) -> None:
    run = made(tmp_path / "run", {"a": "rr", "b": "rx"}, mode="\x1b[2Jmode")
    console = Console(width=width, file=io.StringIO())
    show(read([run]), console, every=True)
    text = console.file.getvalue()
    assert "75.0%" in text and "made" in text
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) <= width


def test_colours_of_text_have_contrast() -> None:
    """WCAG 2.2, 1.4.3: 4.5 to 1, in light and in dark."""
    style = (files(report) / "page" / "style.css").read_text(encoding="utf-8")
    pairs = {name: colours for name, *colours in re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)", style)}
    code = ("keyword", "string", "number", "comment", "call")
    for text in ("ink", "soft", "faint", "accent", "correct", "wrong", "undecided", *code):
        for place in (0, 1):
            assert contrast(pairs[text][place], pairs["paper"][place]) >= 4.5, text
            assert text not in ("ink", "soft", *code) or contrast(pairs[text][place], pairs["ground"][place]) >= 4.5, (
                text
            )


def contrast(one: str, other: str) -> float:
    dark, light = sorted(map(luminance, (one, other)))
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_figures_alone_hold_no_question_and_no_answer(tmp_path: Path) -> None:
    run = made(tmp_path / "run", {"p": "rw", "q": "xw"})
    page = "".join(write.page(read([run], trajectories=False)))
    assert "p?" not in page and "I say" not in page and 'id="index"' not in page and "<svg" in page
