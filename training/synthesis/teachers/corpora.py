"""The teacher that hands out public data: see `training.corpora`."""

from __future__ import annotations

from pathlib import Path

from ....engine.errors import UsageError
from ...corpora.teacher import CorpusTeacher
from ...public import part
from ..teacher import Teacher
from .registry import Wishes, unsettled


def open_teacher(wishes: Wishes) -> Teacher:
    """The corpora in the folder of public data, or in `--set folder=FOLDER`; some by name: `--set names=gsm8k,aqua`.

    Raises `UsageError`.
    """
    unsettled(wishes, ("folder", "names"))
    if wishes.domains:
        raise UsageError("public data are chosen by the name of the corpus, not by sub-domain: --set names=gsm8k,aqua")
    told = wishes.settings.get("folder")
    folder = Path(told).expanduser() if told else part(wishes.data, "train")
    if folder is None:
        raise UsageError("say where the public data are: --data FOLDER")
    names = tuple(name.strip() for name in wishes.settings.get("names", "").split(",") if name.strip())
    return CorpusTeacher(folder, names)
