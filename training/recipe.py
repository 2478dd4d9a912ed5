"""A recipe: everything that decides what a training run makes, read from a TOML file."""

from __future__ import annotations

import tomllib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..engine.errors import UsageError

RECIPES = Path(__file__).parent / "recipes"
DATA = "data.jsonl"
"""Name of the file of examples in a run's folder."""


class Shape(BaseModel):
    """The size of a Llama model that is trained from scratch."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    hidden: int = Field(gt=0)
    """Width."""
    layers: int = Field(gt=0)
    """Depth."""
    heads: int = Field(gt=0)
    """Attention heads."""
    feed_forward: int = Field(gt=0)
    """Width of the gated feed-forward layer."""
    context: int = Field(gt=0)
    """Longest context in tokens."""


class Schedule(BaseModel):
    """How long and how fast to train."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    epochs: float = Field(gt=0)
    """Passes over the rows."""
    rows_per_step: int = Field(gt=0)
    """Rows in one optimizer step."""
    learning_rate: float = Field(gt=0)
    """Peak; linear warm-up, then cosine to a tenth."""
    warmup_steps: int = Field(ge=0)
    """Steps of warm-up."""
    word_noise: float = Field(default=0.0, ge=0, lt=1)
    """Share of the words of questions that are replaced by random ones."""
    compile: bool = False
    """Compile the model first, where there is a C++ compiler: takes half a minute, and steps are a fifth shorter."""
    checkpoint_steps: int = Field(gt=0)
    """Steps between checkpoints."""


class Recipe(BaseModel):
    """The whole chain from seeds to an exported model."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    seed: int
    """Decides the data and the training."""
    examples: int = Field(gt=0)
    """Solutions to train on."""
    held_out: int = Field(gt=0)
    """Problems of each held-out split."""
    vocabulary: int = Field(ge=512)
    """Tokens of the tokenizer."""
    row: int = Field(gt=0)
    """Tokens in a packed row; longer solutions are left out."""
    family: str
    """Model family, a file in prompts/."""
    samples: int = Field(gt=0)
    """Attempts per question that the trust in an answer is calibrated for."""
    keep_right: float = Field(gt=0, le=1)
    """Share of right answers that abstention must keep on the calibration questions."""
    shape: Shape
    """The model's size."""
    schedule: Schedule
    """Its training."""


def load_recipe(name: str) -> Recipe:
    """The recipe of that name, or of a TOML file.

    Raises:
        UsageError: there is none, or a key is wrong; it names the key.
    """
    path = RECIPES / f"{name}.toml"
    if not path.is_file():
        path = Path(name)
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in RECIPES.glob("*.toml")))
        raise UsageError(f"no recipe {name!r}: neither a file nor one of {known}")
    try:
        return Recipe.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (ValidationError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path}: {error}") from error
