"""`Judge`: a model that judges attempts, loaded from its folder, as a `Scorer`.

A reward model ranks: its scores say which of two attempts at one question is better. A critique model says how likely an
attempt is right: it reads a mark from 0 to 10, which a curve fitted on held-out problems turns into a probability.

    config.json, model.safetensors    a sequence classifier of transformers: one number, or 11 marks
    tokenizer.json, ...               how it reads
    judge.json                        what it is, and its curves

What the programs printed is part of what it reads. Promises: memory is bounded, for attempts are read in batches of so many
tokens; an attempt that is too long loses its middle, never its question or its end. Nothing is loaded before the first score.

Does not promise the last digits of a score: they depend on what else is in a batch.
"""

from __future__ import annotations

import asyncio
import threading
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from hashlib import file_digest, sha256
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..sandbox import Observation
from .errors import UsageError, first_fault
from .selection import logistic
from .shown import OUTPUT_CHARS, shorten
from .trajectory import Step, Trajectory

if TYPE_CHECKING:
    from .classifier import Classifier
    from .renderer import Renderer

Kind = Literal["reward", "critique"]
"""`reward`: relative, any number; `critique`: absolute, a probability."""
Curve = tuple[tuple[float, float], ...]
"""Knots of a mark and the probability that an attempt with it is right, both rising."""
OUTPUTS: Mapping[Kind, int] = {"reward": 1, "critique": 11}
"""Numbers that the classifier gives for an attempt: its reward, or a logit for each mark."""
MODE = "mixed"
"""The prompt under which every attempt is read, whatever it was made with, so that prompts tell nothing of its worth."""
MANIFEST = "judge.json"
ORDER = 1e-6
"""How much of a probability is the mark itself, so that attempts keep their order where a curve is flat."""


class Manifest(BaseModel):
    """What a judge's folder says of itself."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Kind
    """Which judge it is, also the name of its scores."""
    family: str
    """Model family, as which it reads."""
    context: int = Field(gt=0)
    """Tokens of an attempt."""
    curves: dict[str, Curve] = {}
    """Of a critique model: from marks to probabilities, by sub-domain; under the empty name for all others."""


class Judge:
    """A judge's folder as a `Scorer`; it may be used from several threads."""

    def __init__(self, folder: Path | str) -> None:
        """Finds the folder, that of a judge or of the run that made it.

        Raises:
            UsageError: it holds no judge, or what serves one is not installed.
        """
        places = (Path(folder).expanduser(), Path(folder).expanduser() / "model")
        found = next((place for place in places if (place / MANIFEST).is_file()), None)
        if found is None:
            raise UsageError(
                f"{str(folder)!r} holds no {MANIFEST}, so it is no judge; mathsolve train reward or critique makes one"
            )
        if missing := [name for name in ("torch", "transformers") if find_spec(name) is None]:
            raise UsageError(f"a judge needs {' and '.join(missing)}: pip install 'mathsolve[transformers]'")
        self.folder = found
        """Where it is."""
        self.manifest = _manifest(found / MANIFEST)
        """What it says of itself."""
        self.name: str = self.manifest.kind
        """What its scores are called."""
        self._reading = threading.Lock()

    async def score(self, attempts: Sequence[Trajectory]) -> list[float]:
        """See `Scorer.score`."""
        return await asyncio.to_thread(self.scores, attempts)

    def scores(self, attempts: Sequence[Trajectory]) -> list[float]:
        """Rewards, or probabilities of being right.

        Raises:
            BackendError: the model in the folder cannot be loaded.
        """
        raw = self.raw(attempts)
        if self.manifest.kind == "reward":
            return raw
        return [self.probability(mark, attempt.problem.domain) for mark, attempt in zip(raw, attempts, strict=True)]

    def raw(self, attempts: Sequence[Trajectory]) -> list[float]:
        """Rewards, or marks from 0 to 10 as they are read. Raises `BackendError`."""
        with self._reading:
            return self.classifier.read(attempts)

    def weight(self, score: float) -> float:
        """What a vote is worth: a probability its own value, a reward the logistic function of it."""
        return logistic(score) if self.manifest.kind == "reward" else score

    def probability(self, mark: float, domain: str | None = None) -> float:
        """How likely an attempt with this mark is right, by the curve of its sub-domain or of all."""
        curves = self.manifest.curves
        curve = curves.get(domain or "") or curves.get("") or ((0.0, 0.0), (10.0, 1.0))
        return (1 - ORDER) * read_off(curve, mark) + ORDER * mark / 10

    @cached_property
    def classifier(self) -> Classifier:
        """The model, loaded when it is first needed."""
        from .classifier import Classifier

        return Classifier.load(self.folder, self.manifest)

    def fingerprint(self) -> str:
        """A hash of the folder's files: the same for the same judge, wherever it lies."""
        digest = sha256()
        for path in sorted(self.folder.iterdir()):
            if path.suffix in (".json", ".safetensors", ".jinja"):
                with path.open("rb") as file:
                    digest.update(path.name.encode() + file_digest(file, "sha256").digest())
        return digest.hexdigest()[:16]


def read_off(curve: Curve, mark: float) -> float:
    """The value of a curve, on straight lines between its knots and level beyond them.

    >>> read_off(((2.0, 0.25), (6.0, 0.75)), 4.0), read_off(((2.0, 0.25), (6.0, 0.75)), 9.0)
    (0.5, 0.75)
    """
    place = bisect_right(curve, mark, key=lambda knot: knot[0])
    if place in (0, len(curve)):
        return curve[min(place, len(curve) - 1)][1]
    (x1, y1), (x2, y2) = curve[place - 1], curve[place]
    return y1 + (y2 - y1) * (mark - x1) / (x2 - x1)


def encode(renderer: Renderer, question: str, steps: Iterable[Step], end_id: int, context: int) -> list[int]:
    """The ids of a whole attempt as a judge reads it, its observations among them; the last is always `end_id`.

    Args:
        renderer: of the judge.
        question: what was asked.
        steps: of the attempt.
        end_id: the token at which the head reads.
        context: most tokens; of a longer attempt the middle is left out.
    """
    family = renderer.family
    prompt = renderer.prompt(question, MODE)
    written = renderer.steps(_shown(step, family.preset) for step in steps)
    ids = list(renderer.encode([*prompt, *written, *family.finish()]).ids)
    if ids[-1] != end_id:
        ids.append(end_id)
    if len(ids) <= context:
        return ids
    head = min(len(renderer.encode(prompt).ids), context // 2)
    return ids[:head] + ids[len(ids) - (context - head) :]


def _shown(step: Step, preset: str) -> Step:
    """A step as a model would see it, an observation in the words of its family; a live attempt and its record read alike."""
    if not isinstance(step, Observation):
        return step
    return Observation("ok", stdout=shorten(replace(step, preset=preset, trace=None).text, OUTPUT_CHARS))


def _manifest(path: Path) -> Manifest:
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise UsageError(f"{path} is damaged: {first_fault(error)}; make the judge again, or copy it again") from error
