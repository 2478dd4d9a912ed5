"""What is compared: a variant of the data or of the recipe, at one size, is an `Arm`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ...engine.errors import UsageError
from ..recipe import FineTuning, changed
from ..sft.data import Source
from ..synthesis.candidate import Written
from .subsets import MODES


@dataclass(frozen=True, slots=True)
class Variant:
    """Data and a recipe under a name."""

    name: str
    """Under which it is shown; empty where there is only one."""
    sources: tuple[Source, ...]
    """Files of examples."""
    recipe: FineTuning
    """What is made of them."""
    mode: Written = "mixed"
    """How the model is asked."""


@dataclass(frozen=True, slots=True)
class Arm:
    """One model of the study."""

    variant: Variant
    """Its data and recipe."""
    size: int
    """Examples that it is trained on."""

    @property
    def name(self) -> str:
        """Its name, and that of its folder: `60000`, or `verified-60000`."""
        return f"{self.variant.name}-{self.size}" if self.variant.name else str(self.size)


def read_variant(text: str, sources: Sequence[Source], recipe: FineTuning) -> Variant:
    """NAME=PART,PART...: each part is a file of examples, `mode=MODE`, or a key of the recipe with its value.

    Without a file it has the data of all; `mode=pot` trains on solutions of that kind alone, and asks for them.

    Args:
        text: as on the command line, e.g. `pot=mode=pot` or `noisy=a.jsonl,schedule.word_noise=0.1`.
        sources: data of a variant that names none.
        recipe: what it changes.

    Raises:
        UsageError: it has no name, or a part is neither a file nor a setting.
    """
    name, _, parts = text.partition("=")
    if not re.fullmatch(r"[\w.+-]+", name) or not parts:
        raise UsageError(f"--variant is {text!r}; write NAME=FILE, NAME=mode=pot, or NAME=modes.cot=0,modes.pot=0")
    files = tuple(part for part in parts.split(",") if "=" not in part or Path(part).is_file())
    changes = dict(part.split("=", 1) for part in parts.split(",") if part not in files)
    alone = changes.pop("mode", None)
    mode: Written | None = next((kind for kind in MODES if kind == alone), None)
    if alone is not None and mode is None:
        raise UsageError(f"--variant {name}: unknown mode {alone!r}; choose {', '.join(MODES)}")
    if mode is not None:
        changes = {**{f"modes.{kind}": str(int(kind == mode)) for kind in MODES}, **changes}
    found = tuple(Source.parse(file) for file in files) or tuple(sources)
    return Variant(name, found, changed(recipe, changes), mode or "mixed")
