"""`Configuration`: what a run is a run of; two runs with equal configurations have equal records."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ...engine.errors import UsageError
from ...engine.trajectory import Mode

GROWING = ("samples", "limit")
"""What may become more in a run that exists."""
FREE = ("model", "concurrency", "keep_tokens")
"""What does not change a sample and may be another at every call; a model is known by its fingerprint."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """What a run is a run of."""

    sources: tuple[str, ...]
    """Benchmarks by name, files by their names without a folder."""
    model: str
    """The model, as it was named."""
    fingerprint: str
    """Hash of the model's files."""
    modes: tuple[Mode, ...]
    """How to answer, each mode with all samples."""
    samples: int | None
    """Independent attempts for each problem and mode; None: one answer as the product gives it, by a vote."""
    temperature: float | None
    """0 takes the most probable token; None with a vote, where each attempt has its own."""
    top_p: float = 1.0
    """Nucleus: the smallest set of tokens with at least this probability."""
    max_tokens: int = 1024
    """Tokens of an attempt after the prompt, observations included."""
    seed: int = 0
    """Another seed makes other samples."""
    limit: int | None = None
    """Problems of each source; None: all."""
    family: str | None = None
    """How the model is talked to, where that was said; the fingerprint depends on it."""
    ids: tuple[str, ...] = ()
    """Only these problems, where there are any."""
    concurrency: int = 32
    """Samples in progress at the same time."""
    keep_tokens: bool = False
    """Whether records hold every token."""

    @property
    def sampling(self) -> dict[str, float | int | None]:
        """What decides on a sample besides problem, model, mode and number."""
        return {
            "temperature": self.temperature,
            "top_p": self.top_p,
            "max_tokens": self.max_tokens,
            "seed": self.seed,
        }

    def planned(self, items: Sequence[object]) -> int:
        """Samples of all problems in all modes."""
        return len(items) * len(self.modes) * (self.samples or 1)

    @property
    def name(self) -> str:
        """A folder name for runs of this configuration, the same for those that one run can grow into."""
        fixed = {name: value for name, value in asdict(self).items() if name not in (*GROWING, *FREE)}
        digest = hashlib.sha256(json.dumps(fixed, sort_keys=True).encode()).hexdigest()[:6]
        source = "+".join(self.sources) if len(self.sources) <= 3 else f"{len(self.sources)}-benchmarks"
        model = self.model.rstrip("/").rpartition("/")[2]
        return re.sub(r"[^\w.+-]+", "-", f"{source}-{model}-{'+'.join(self.modes)}-{digest}")


def check_growth(old: dict[str, Any], new: Configuration) -> None:
    """Whether a run with the configuration `old`, as `run.json` holds it, may go on as `new`.

    Raises:
        UsageError: it would become another run; the differences are named.
    """
    differences = list(_differences(old, json.loads(json.dumps(asdict(new)))))
    if differences:
        raise UsageError(
            f"the folder holds another run: {'; '.join(differences)}. Name another folder with --out, or leave --out away"
        )


def _differences(old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    for name, value in new.items():
        before = old.get(name)
        if name in FREE or before == value or _grown(name, before, value):
            continue
        smaller = " (it may only grow)" if name in GROWING and None not in (before, value) else ""
        yield f"{name} was {_shown(before)}, now {_shown(value)}{smaller}"


def _grown(name: str, before: int | None, now: int | None) -> bool:
    """Whether a limit or a number of samples has become more. No limit is more than any."""
    if name not in GROWING or before is None:
        return False
    return name == "limit" if now is None else now >= before


def _shown(value: Any) -> str:
    return ", ".join(map(str, value)) or "none" if isinstance(value, list) else "none" if value is None else str(value)
