"""Makers of questions as data: how a model is asked for a new question, and what is known of its answer beforehand.

A maker is one TOML file. Those in prompts/synthesis/makers are known by name; another file is named by its path. Its prompt
may hold {domain}, {question} (the root), {questions} (all that are shown), {answer} (the root's), {masked} (the root with a
number hidden), {unknown} (the letter in its place) and {form} (how to reply, which every maker shares).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from .....engine.errors import UsageError, first_fault
from .masking import Masked
from .roots import Root

FOLDER = Path(__file__).parents[4] / "prompts" / "synthesis"
PLACES = ("domain", "question", "questions", "answer", "masked", "unknown", "form")
"""What a prompt may hold in braces."""
_PLACE = re.compile(r"\{(" + "|".join(PLACES) + r")\}")


class Maker(BaseModel):
    """One way to make a question from others."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    """The name of its file."""
    about: str
    """One line for people."""
    prompt: Annotated[str, Field(min_length=1)]
    """What the model is asked."""
    weight: Annotated[float, Field(gt=0)] = 1.0
    """Relative number of questions."""
    shown: Annotated[int, Field(ge=1, le=32)] = 1
    """How many questions of one sub-domain are shown; the first is the root."""
    level: Annotated[int, Field(ge=-4, le=4)] = 0
    """Added to the root's level."""
    answer: Literal["open", "root", "masked"] = "open"
    """What its answer must be: nobody knows, the root's answer, or the number that was hidden in the root."""

    @field_validator("prompt")
    @classmethod
    def _replies_in_form(cls, prompt: str) -> str:
        if "{form}" not in prompt:
            raise ValueError("it lacks {form}, without which the reply cannot be read")
        return prompt

    @property
    def digest(self) -> str:
        """A hash of all that it asks, the form of the reply included."""
        return sha256(f"{self.model_dump_json()}{_form()}".encode()).hexdigest()[:16]

    def ask(self, shown: Sequence[Root], answer: str = "", masked: Masked | None = None) -> str:
        """The prompt with everything in its place. Braces in a question stay as they are."""
        root = shown[0]
        listed = "\n\n".join(f"{number}. {one.question}" for number, one in enumerate(shown, start=1))
        values = {
            "domain": root.domain.replace("_", " "),
            "question": root.question,
            "questions": listed,
            "answer": answer,
            "masked": masked.question if masked else "",
            "unknown": masked.unknown if masked else "",
            "form": _form(),
        }
        return _PLACE.sub(lambda place: values[place[1]], self.prompt.strip())


def load_makers(names: Sequence[str] = ()) -> tuple[Maker, ...]:
    """The makers of these names or TOML files; all that come with the package where none is named.

    Raises:
        UsageError: there is no such maker, or a file does not describe one.
    """
    known = sorted(path.stem for path in (FOLDER / "makers").glob("*.toml"))
    return tuple(_load(name, known) for name in names or known)


def _load(name: str, known: Sequence[str]) -> Maker:
    path = Path(name) if name.endswith(".toml") else FOLDER / "makers" / f"{name}.toml"
    if not path.is_file():
        raise UsageError(f"no maker of questions {name!r}; known makers: {', '.join(known)}, or a .toml file")
    try:
        return Maker.model_validate({**tomllib.loads(path.read_text(encoding="utf-8")), "name": path.stem})
    except ValidationError as error:
        raise UsageError(f"{path}: {first_fault(error)}") from error
    except ValueError as error:
        raise UsageError(f"{path} is not valid TOML: {error}") from error


@cache
def _form() -> str:
    return (FOLDER / "form.md").read_text(encoding="utf-8").strip()
