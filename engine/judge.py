"""`Judge`: a model that judges attempts, loaded from its folder, as a `Scorer`.

A reward model ranks: its scores say which of two attempts at one question is better. A critique model says how likely an
attempt is right: it reads a mark from 0 to 10, which a curve fitted on held-out problems turns into a probability.

    config.json, model.safetensors    a sequence classifier of transformers: one number, or 11 marks (a head);
                                      or a causal language model that writes a mark and why (generative)
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
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import file_digest, sha256
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ..sandbox import Observation
from .errors import UsageError, first_fault
from .selection import logistic
from .shown import OUTPUT_CHARS, shorten
from .trajectory import Step, Trajectory

if TYPE_CHECKING:
    from .renderer import Renderer

Kind = Literal["reward", "critique"]
"""`reward`: relative, any number; `critique`: absolute, a probability."""
Form = Literal["head", "generative"]
"""`head`: numbers are all that the model gives; `generative`: it writes, and its marks are those that it would write."""
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
    form: Form = "head"
    """What its model gives."""
    words: int = Field(default=0, ge=0)
    """Tokens of what a generative one writes, at most."""
    curves: dict[str, Curve] = {}
    """Of a critique model: from marks to probabilities, by sub-domain; under the empty name for all others."""

    @model_validator(mode="after")
    def _has_what_its_form_needs(self) -> Self:
        if self.form == "generative" and (self.kind != "critique" or not self.words):
            raise ValueError("only a critique is generative, and it needs words")
        return self

    def write(self, folder: Path) -> None:
        """Writes `judge.json` into a judge's folder."""
        (folder / MANIFEST).write_text(self.model_dump_json(indent=2) + "\n", encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Critique:
    """What a generative judge writes of an attempt."""

    mark: int
    """The mark that is the most likely one, 0 to 10; a score is read off the mean of all."""
    words: str
    """Why."""

    def __str__(self) -> str:
        return f"{self.mark} of 10: {self.words}"


class Reader(Protocol):
    """The model of a judge."""

    @property
    def model(self) -> Any:
        """Of transformers."""
        ...

    @property
    def renderer(self) -> Renderer:
        """How it reads."""
        ...

    @property
    def end_id(self) -> int:
        """The token that ends an attempt."""
        ...

    def read(self, attempts: Sequence[Trajectory]) -> list[float]:
        """The reward of each attempt, or its mark."""
        ...

    def write(self, attempts: Sequence[Trajectory]) -> list[Critique]:
        """What it has to say of each. Raises `UsageError` where it has no words."""
        ...


class Judge:
    """A judge's folder as a `Scorer`; it may be used from several threads."""

    def __init__(self, folder: Path | str) -> None:
        """Finds the folder, that of a judge or of the run that made it.

        Raises:
            UsageError: it holds no judge or not all of one, or what serves one is not installed.
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
        if not any(found.glob("*.safetensors")):
            raise UsageError(f"{found} has no weights (*.safetensors): copy the whole folder, or train the judge again")
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
            return self.reader.read(attempts)

    def critiques(self, attempts: Sequence[Trajectory]) -> list[Critique]:
        """A mark and why, in words; they take many times as long as a score.

        Raises:
            UsageError: the judge is not generative.
            BackendError: the model in the folder cannot be loaded.
        """
        with self._reading:
            return self.reader.write(attempts)

    def weight(self, score: float) -> float:
        """What a vote is worth: a probability its own value, a reward the logistic function of it."""
        return logistic(score) if self.manifest.kind == "reward" else score

    def probability(self, mark: float, domain: str | None = None) -> float:
        """How likely an attempt with this mark is right, by the curve of its sub-domain or of all."""
        curves = self.manifest.curves
        curve = curves.get(domain or "") or curves.get("") or ((0.0, 0.0), (10.0, 1.0))
        return (1 - ORDER) * read_off(curve, mark) + ORDER * mark / 10

    @cached_property
    def reader(self) -> Reader:
        """The model, loaded when it is first needed."""
        if self.manifest.form == "generative":
            from .critic import Critic

            return Critic.load(self.folder, self.manifest)
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
