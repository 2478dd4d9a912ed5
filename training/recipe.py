"""A recipe: everything that decides what a training run makes, read from a TOML file."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from ..engine.errors import UsageError
from ..prompts import load_family

RECIPES = Path(__file__).parent / "recipes"


class _Table(BaseModel):
    """A table of a recipe: an unknown key is an error, a value never changes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Shape(_Table):
    """The size of a model."""

    architecture: Literal["llama", "qwen2"] = "llama"
    """Whose layers: Qwen2's have biases in the attention."""
    hidden: int = Field(gt=0)
    """Width."""
    layers: int = Field(gt=0)
    """Depth."""
    heads: int = Field(gt=0)
    """Attention heads."""
    key_value_heads: int | None = Field(default=None, gt=0)
    """Heads of keys and values; None: as many as `heads`."""
    feed_forward: int = Field(gt=0)
    """Width of the gated feed-forward layer."""
    context: int = Field(gt=0)
    """Longest context in tokens."""
    tied: bool = True
    """Whether one matrix embeds tokens and predicts them."""


class Weights(_Table):
    """Loss weight of a token by its role. What the sandbox wrote has none: it is never trained on."""

    prompt: float = Field(default=0.0, ge=0)
    """The question. A little of it teaches the model which questions it knows, a signal for abstention."""
    thought: float = Field(default=1.0, ge=0)
    """Words."""
    program: float = Field(default=1.0, ge=0)
    """Programs, and the decision to run them."""
    stop: float = Field(default=1.0, ge=0)
    """The end of the solution."""


class Modes(_Table):
    """In how many of the passes over the data a question is seen with which kind of solution; only the ratios count."""

    mixed: float = Field(default=1.0, ge=0)
    """Words and programs; also stands in where a question lacks the kind."""
    pot: float = Field(default=1.0, ge=0)
    """A program without words."""
    cot: float = Field(default=1.0, ge=0)
    """Words without a program."""


class Lora(_Table):
    """Low-rank adapters on every linear layer but the last (Hu et al. 2021, arXiv 2106.09685); the rest stays as it is."""

    rank: int = Field(gt=0)
    """Rank of an adapter."""
    alpha: int = Field(gt=0)
    """An adapter's output is multiplied by alpha / rank."""


class Schedule(_Table):
    """How long and how fast to train."""

    epochs: float = Field(gt=0)
    """Passes over the rows."""
    rows_per_step: int = Field(gt=0)
    """Rows in one optimizer step, over all processes."""
    rows_at_once: int | None = Field(default=None, gt=0)
    """Rows that one process handles at a time, at most; None: its whole share of a step."""
    learning_rate: float = Field(gt=0)
    """Peak; linear warm-up, then cosine to a tenth."""
    warmup_steps: int = Field(ge=0)
    """Steps of warm-up."""
    optimizer: Literal["adamw", "muon"] = "adamw"
    """AdamW, or Muon for the matrices inside the layers and AdamW for the rest: for small models in one process each."""
    weight_decay: float = Field(default=0.0, ge=0)
    """Share of a weight that is taken away in a step, times the learning rate."""
    word_noise: float = Field(default=0.0, ge=0, lt=1)
    """Share of the words of questions that are replaced by random ones."""
    compile: bool = False
    """Compile the model first, where there is a C++ compiler: takes half a minute, and steps are a fifth shorter."""
    bf16: bool = True
    """Multiply in bfloat16, where the hardware has instructions for it."""
    recompute: bool = False
    """Compute activations twice instead of keeping them: a third slower, in a fraction of the memory."""
    checkpoint_steps: int = Field(gt=0)
    """Steps between checkpoints."""
    average: int = Field(default=1, gt=0)
    """Last checkpoints whose weights are averaged into the finished model."""
    questions: int = Field(default=0, ge=0)
    """Held-out questions that the weights of every checkpoint answer, for the log."""


class FineTuning(_Table):
    """What fine-tuning makes of data."""

    seed: int
    """Decides the data and the training."""
    family: str | None = None
    """Model family, a file in prompts/; None: by the model's name."""
    row: int = Field(gt=0)
    """Tokens in a packed row; longer solutions are left out."""
    model: str | None = None
    """Where the weights come from: a folder or a name on the hub; None: from scratch."""
    vocabulary: int = Field(default=4096, ge=512)
    """Tokens of the tokenizer, where one is trained for a model from scratch."""
    shape: Shape | None = None
    """The model's size: from scratch it is needed, else it makes an estimate and a dry run possible without the weights."""
    lora: Lora | None = None
    """Train adapters alone."""
    weights: Weights = Weights()
    """What counts how much."""
    modes: Modes = Modes()
    """The mixture of kinds of solutions."""
    schedule: Schedule
    """The training."""

    @field_validator("family")
    @classmethod
    def _is_a_family(cls, family: str | None) -> str | None:
        if family is not None:
            try:
                load_family(family)
            except FileNotFoundError as error:
                raise ValueError(str(error)) from error
        return family


class Ingredient(_Table):
    """A part of the data: what one teacher gives."""

    teacher: str
    """Its name, as for `mathsolve train synthesise --teacher`."""
    questions: int = Field(default=0, ge=0)
    """Questions to train on; 0: all that the teacher has."""
    held_out: int = Field(default=0, ge=0)
    """Questions of each held-out split."""
    near_duplicates: bool = False
    """Whether questions may nearly be the same, as those are that a few templates give by the thousand."""
    share: float = Field(default=1.0, gt=0)
    """How often each of its questions is seen in a pass; 0.5: every other one."""

    def file(self, folder: Path) -> Path:
        """Where its examples are in the folder of a run."""
        return folder / "data" / f"{self.teacher}.jsonl"


class Recipe(FineTuning):
    """The whole chain from seeds to an exported model."""

    data: tuple[Ingredient, ...] = Field(min_length=1)
    """What it is trained on, each teacher once. The first gives the held-out splits."""
    benchmarks: tuple[str, ...] = ()
    """Benchmarks whose questions must not occur in the data, besides those of this package; `installed`: all at hand."""
    samples: int = Field(gt=0)
    """Attempts per question that the trust in an answer is calibrated for."""
    keep_right: float = Field(gt=0, le=1)
    """Share of right answers that abstention must keep on the calibration questions."""
    family: str
    """Model family, a file in prompts/."""
    shape: Shape
    """The model's size."""


def load_recipe(name: str) -> Recipe:
    """The recipe of that name, or of a TOML file, for the whole chain.

    Raises:
        UsageError: there is none, or a key is wrong (it names the key), or the recipe makes no data.
    """
    found = load_fine_tuning(name)
    if not isinstance(found, Recipe):
        raise UsageError(
            f"recipe {name!r} makes no data of its own: mathsolve train sft {name} --data FILE --out FOLDER"
        )
    return found


def load_fine_tuning(name: str) -> FineTuning:
    """The recipe of that name, or of a TOML file: one with `[[data]]` is a `Recipe`.

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
        table: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        return (Recipe if "data" in table else FineTuning).model_validate(table)
    except (ValidationError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: {error}") from error
