"""The model that training of a model that writes starts from; one that judges is refused."""

from __future__ import annotations

from pathlib import Path

from ..engine.errors import UsageError
from ..engine.judge import MANIFEST


def check_start(model: str) -> None:
    """Refuses the folder of a judge: transformers would load its body, and make up the weights that choose tokens.

    Raises:
        UsageError: it is one.
    """
    if (Path(model).expanduser() / MANIFEST).is_file():
        raise UsageError(
            f"{model!r} is a judge, which tells of attempts and makes none: "
            "name the model that is to be trained, such as runs/sft/model"
        )
