"""`mathsolve bench` as a user calls it."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = [sys.executable, "-m", "mathsolve", "bench"]


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    hidden = {"MATHSOLVE_DATA", "XDG_CACHE_HOME"}
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    return subprocess.run(
        [*COMMAND, *map(str, arguments)], capture_output=True, text=True, timeout=120, env=environment
    )


def test_the_list_says_of_every_benchmark_what_one_must_know(tmp_path: Path) -> None:
    (tmp_path / "gsm8k").mkdir()
    (tmp_path / "gsm8k" / "test.jsonl").write_text('{"question": "1 + 1?", "answer": "#### 2"}\n', encoding="utf-8")
    done = run("list", "--data", tmp_path, "--json")
    rows = {row["name"]: row for row in json.loads(done.stdout)["benchmarks"]}
    said = ("size", "licence", "paper", "source", "few_shot", "read_from")
    assert all(row[name] for row in rows.values() for name in said)
    assert (rows["gsm8k"]["read_from"], rows["gsm8k"]["path"]) == ("folder", str(tmp_path / "gsm8k"))
    assert rows["handwritten"]["read_from"] == "package"
    assert "contested" in rows["math"]["licence"]
    lines = run("list", "--data", tmp_path).stdout.splitlines()
    assert lines[0].split("\t") == ["name", *said[:2], "paper", "few_shot", "read_from", "source"]
    assert [line.split("\t")[0] for line in lines[1:]] == list(rows)


def test_the_list_is_a_table_on_a_terminal() -> None:
    mine, theirs = pty.openpty()
    with subprocess.Popen([*COMMAND, "list"], stdout=theirs, stderr=theirs, stdin=theirs) as process:
        os.close(theirs)
        shown = b""
        while chunk := _read(mine):
            shown += chunk
    os.close(mine)
    assert process.returncode == 0
    assert b"gsm8k" in shown
    assert b"\t" not in shown


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 4096)
    except OSError:  # the other side has been closed
        return b""


def test_show_prints_the_entry_and_the_first_problems() -> None:
    done = run("show", "handwritten/outside", "-n", "2")
    assert "licence     Apache-2.0" in done.stdout
    assert done.stdout.count("none, it should be declined") == 2
    found = json.loads(run("show", "handwritten/inside", "-n", "1", "--json").stdout)
    assert [problem["id"] for problem in found["problems"]] == ["handwritten/in-01"]


def test_check_lists_the_answers_that_the_grader_declines(tmp_path: Path) -> None:
    path = tmp_path / "mine.jsonl"
    answers = ["1/2", r"\\frac{1}{"]
    path.write_text("".join(f'{{"question": "Q?", "answer": "{answer}"}}\n' for answer in answers), encoding="utf-8")
    done = run("check", path)
    assert done.stdout.splitlines()[1].split("\t")[:3] == ["mine", "2", "1"]
    assert "mine/1: " in done.stderr
    assert "mine/0" not in done.stderr
    assert done.returncode == 1
    assert run("check", "handwritten").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("show", "gsm9k"), "did you mean 'gsm8k'"),
        (("show", "gsm8k", "-n", "-1"), "-n is -1"),
        (("show", "missing.jsonl"), "cannot read 'missing.jsonl'"),
        (("list", "--data", "missing"), "no folder 'missing'"),
        (("fetch",), "no benchmark is named"),
        (("fetch", "builtin"), "comes with the package"),
        (("fetch", "mawps"), "is not on the hub"),
        (("check", "nothing.jsonl"), "cannot read"),
    ],
)
def test_a_mistake_is_told_in_one_line(arguments: tuple[str, ...], named: str) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert done.stderr.startswith("mathsolve: ")
    assert named in done.stderr
    assert done.stderr.count("\n") == 1
