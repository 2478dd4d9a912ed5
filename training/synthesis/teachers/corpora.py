"""The teacher that hands out public data: see `training.corpora`."""

from __future__ import annotations

from pathlib import Path

from ....engine.errors import UsageError
from ...corpora.teacher import CorpusTeacher
from ..teacher import Teacher
from .registry import Wishes, unsettled


def open_teacher(wishes: Wishes) -> Teacher:
    """The corpora in a folder: `--set folder=FOLDER`, and some of them by name: `--set names=gsm8k,aqua`.

    Raises `UsageError`.
    """
    unsettled(wishes, ("folder", "names"))
    if "folder" not in wishes.settings:
        raise UsageError("say where the public data are: --set folder=FOLDER")
    names = tuple(name.strip() for name in wishes.settings.get("names", "").split(",") if name.strip())
    return CorpusTeacher(Path(wishes.settings["folder"]).expanduser(), names)
