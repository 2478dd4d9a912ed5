"""What a user names as a model: every mistake is told with the value and the remedy, before anything heavy is loaded."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mathsolve import Settings, Solver
from mathsolve.engine.backends import find
from mathsolve.engine.backends.embedded import EMBEDDED_FOLDER, EmbeddedBackend
from mathsolve.engine.errors import BackendError, UsageError

SOLVED = b'{"question": "2 + 2", "completions": ["It is \\\\boxed{4}."]}'


@pytest.mark.parametrize(
    ("model", "family", "words"),
    [
        ("", None, "no model ''"),
        ("nosuch", None, "no model 'nosuch'"),
        ("openai:", None, "lacks a name"),
        ("replay:nosuch.jsonl", None, "nosuch.jsonl"),
        ("embedded", "nosuch", "known families"),
        ("embedded", "tora", "not 'tora'"),
        ("openai:gpt", "nosuch.toml", "nosuch.toml"),
    ],
)
def test_what_is_no_model_is_told(model: str, family: str | None, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        find(model, family)
    assert find("embedded", "embedded").layout().name == "embedded"


def test_a_family_whose_outputs_nobody_can_write_is_refused(tmp_path: Path) -> None:
    shutil.copy(Path(__file__).parents[2] / "prompts" / "tora.toml", tmp_path)
    own = tmp_path / "tora.toml"
    own.write_text(own.read_text().replace('preset = "tora"', 'preset = "moon"'))
    with pytest.raises(UsageError, match="moon"):
        find("openai:gpt", str(own))


@pytest.mark.parametrize(
    ("recorded", "words"),
    [
        (SOLVED + b"\nbad", "line 2"),
        (b'{"question": 5, "completions": ["4"]}', "question"),
        (b'{"question": "2 + 2", "completions": "4"}', "completions"),
        (b"\xff\xfe", "line 1"),
    ],
)
def test_a_file_that_holds_no_recordings_is_told_with_the_line(tmp_path: Path, recorded: bytes, words: str) -> None:
    path = tmp_path / "solutions.jsonl"
    path.write_bytes(recorded)
    with pytest.raises(BackendError, match=words):
        find(f"replay:{path}", "tora").load()
    shutil.move(path, tmp_path / "solutions.gz")
    with pytest.raises(BackendError, match=r"solutions\.gz"):
        find(f"replay:{tmp_path / 'solutions.gz'}", "tora").load()


@pytest.mark.parametrize(
    ("file", "text", "words"),
    [("tokenizer.json", "{}", "export it again"), ("mathsolve.json", '{"family": "embedded"}', "context")],
)
def test_a_damaged_model_says_what_to_do(tmp_path: Path, file: str, text: str, words: str) -> None:
    folder = Path(shutil.copytree(EMBEDDED_FOLDER, tmp_path / "model"))
    (folder / file).write_text(text)
    with pytest.raises(BackendError, match=words):
        EmbeddedBackend(folder)
    (folder / "mathsolve.json").write_text("{")
    with pytest.raises(UsageError, match="export"):
        find(str(folder))


def test_what_a_library_finds_wrong_with_a_model_is_told(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    folder = Path(shutil.copytree(Path(__file__).parents[2] / "training" / "embedded_model", tmp_path / "model"))
    (folder / "model.safetensors").write_bytes(b"bad")
    with Solver(Settings(str(folder))) as solver, pytest.raises(BackendError, match=str(folder)):
        solver.solve("2 + 2")


def test_a_batch_without_a_model_says_so_once(tmp_path: Path) -> None:
    (tmp_path / "solutions.jsonl").write_bytes(b"bad")
    command = [sys.executable, "-m", "mathsolve", "-", "--model", f"replay:{tmp_path / 'solutions.jsonl'}"]
    done = subprocess.run(command, input=b"2 + 2\n3 + 3\n4 + 4\n", capture_output=True, check=False, timeout=60)
    assert done.returncode == 1 and len(done.stderr.splitlines()) == 1, done.stderr
