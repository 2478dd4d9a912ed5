"""Files that commands write: a place where nothing can be written is told before the work begins."""

from __future__ import annotations

from pathlib import Path

import pytest

from mathsolve.__main__ import run as mathsolve
from mathsolve.engine.errors import UsageError
from mathsolve.training.outfile import outfile


def test_the_folder_of_a_file_is_made(tmp_path: Path) -> None:
    assert outfile(tmp_path / "a" / "b.jsonl").parent.is_dir()


def test_what_is_no_place_for_a_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"is a folder; name a file in it"):
        outfile(tmp_path)
    (tmp_path / "file").write_text("")
    for below in ("file/x.jsonl", "file/deep/x.jsonl"):
        with pytest.raises(UsageError, match=r"x\.jsonl: cannot make .*file.*; name another file"):
            outfile(tmp_path / below)


@pytest.mark.parametrize("command", ["pairs", "hard"])
def test_commands_ask_before_they_read_runs(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert mathsolve(["train", command, "--runs", "nowhere", "--out", "."]) == 2
    assert "--out . is a folder" in capsys.readouterr().err
