"""The tables of recipes: what each setting means, and which values it takes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class Table(BaseModel):
    """A table of a recipe: an unknown key is an error, a value never changes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Shape(Table):
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


class Weights(Table):
    """Loss weight of a token by its role. What the sandbox wrote has none: it is never trained on."""

    prompt: float = Field(default=0.0, ge=0)
    """The question. A little of it teaches the model which questions it knows, a signal for abstention."""
    thought: float = Field(default=1.0, ge=0)
    """Words."""
    program: Annotated[float, Field(ge=0)] | Literal["dynamic"] = 1.0
    """Programs, and the decision to run them; dynamic: it follows how they and thoughts come on (see `sft.pot_weight`)."""
    stop: float = Field(default=1.0, ge=0)
    """The end of the solution."""


class Modes(Table):
    """In how many of the passes over the data a question is seen with which kind of solution; only the ratios count. Those
    that models sampled are all seen, but for kinds of share 0."""

    mixed: float = Field(default=1.0, ge=0)
    """Words and programs; also stands in where a question lacks the kind."""
    pot: float = Field(default=1.0, ge=0)
    """A program without words."""
    cot: float = Field(default=1.0, ge=0)
    """Words without a program."""


class Lora(Table):
    """Low-rank adapters on every linear layer but the last (Hu et al. 2021, arXiv 2106.09685); the rest stays as it is."""

    rank: int = Field(gt=0)
    """Rank of an adapter."""
    alpha: int = Field(gt=0)
    """An adapter's output is multiplied by alpha / rank."""


class Schedule(Table):
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


class Ingredient(Table):
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


class Policy(Table):
    """How a model learns from its own attempts. A step of the schedule is here one batch of attempts and the updates that it
    is worth; `epochs` are passes over the problems, `rows` are attempts, and the learning rate falls to a tenth in a line."""

    method: Literal["ppo", "grpo"]
    """Advantages by a learned value of every token (PPO), or by the other attempts at the same problem (GRPO)."""
    problems: int = Field(gt=0)
    """Problems in a batch."""
    samples: int = Field(gt=0)
    """Attempts at each of them."""
    keep: int | None = Field(default=None, gt=1)
    """Attempts at each that are learnt from: of the right ones first those with the fewest failed programs (GRPO-RoC); None:
    all."""
    passes: int = Field(default=1, gt=0)
    """Passes over the attempts of a batch."""
    reference: float = Field(default=0.0, ge=0)
    """Weight of the distance from the model at the start: in the reward of each token (PPO), or in the loss (GRPO)."""
    no_answer: float = Field(default=0.1, ge=0, le=0.5)
    """What an attempt loses that states no answer, be it cut or not; one that is right gets 1, one that is wrong 0."""
    tools: float = Field(default=0.05, ge=0, le=0.2)
    """What an attempt that is not right gets when all its programs ran, and loses when none did."""
    tie_break: float = Field(default=0.2, ge=0, le=0.2)
    """What a scorer gives an attempt at most; half of it on average, of those that are right and of those that are not."""
    leave_out: tuple[Literal["void", "truncated"], ...] = ()
    """Attempts that nothing is learnt from: those with a turn of neither a program nor an answer, those out of tokens."""
    gamma: float = Field(default=1.0, gt=0, le=1)
    """Discount for each token (PPO)."""
    lam: float = Field(default=1.0, ge=0, le=1)
    """How far ahead advantages look: 1 to the end (PPO)."""
    value_weight: float = Field(default=0.1, ge=0)
    """Weight of the loss of values beside that of the policy (PPO)."""
    value_rate: float = Field(default=1e-3, gt=0)
    """Peak learning rate of the layer that tells values (PPO)."""
    by_deviation: bool = True
    """Divide advantages by the deviation of the rewards of a problem; without it, as in Dr. GRPO, they are differences. The
    loss is divided by the tokens of the batch either way, as in DAPO."""
    clip_low: float = Field(default=0.2, gt=0, lt=1)
    """A token's probability counts down to 1 - this, in units of the old one."""
    clip_high: float = Field(default=0.28, gt=0)
    """And up to 1 + this."""
    clip_dual: float = Field(default=3.0, gt=1)
    """Bound on the loss of a token of negative advantage, in units of it."""
    clip_value: float = Field(default=0.2, gt=0)
    """How far a value may move in a batch."""


class Judging(Table):
    """How a model learns to judge attempts. A row of the schedule is here one problem, with the attempts at it; of a generative
    judge it is a packed row of attempts, each with its critique."""

    form: Literal["head", "generative"] = "head"
    """A head that reads a reward or a mark off the last token; or, of a critique model, a language model that writes a mark and
    why."""
    attempts: int = Field(default=8, ge=2)
    """Attempts at a problem that are read together, at most; right and wrong ones by halves where there are enough."""
    held_out: float = Field(default=0.1, gt=0, lt=1)
    """Share of the problems that are not trained on: on them it is measured and, if it is a critique model, calibrated."""
    margin: float = Field(default=0.0, ge=0)
    """How far the reward of a right attempt must be above that of a wrong one, where all ten marks are between them; for fewer
    marks less, in proportion."""
    centring: float = Field(default=0.01, ge=0)
    """Weight of the square of the sum of two rewards, which keeps rewards about zero."""


class Preference(Table):
    """How a model learns from pairs. A row of the schedule is here one pair, and `row` the longest of its sides in tokens."""

    beta: float = Field(default=0.1, gt=0)
    """How near to the model at the start it stays; larger is nearer."""
    nll: float = Field(default=1.0, ge=0)
    """Weight of the likelihood of the chosen solution, by the token; there, and only there, the table [weights] counts."""
    guard: float = Field(default=0.1, ge=0)
    """Weight of what the likelihood of the chosen solution has lost against the model at the start."""
    margin: float = Field(default=0.0, ge=0)
    """How much better the chosen one has to be, for a gap of 1 between the scores."""
    hard: float = Field(default=1.0, ge=0)
    """How strongly hard problems weigh more: the weight of a pair is (1 - pass rate) to this power; 0: all the same."""
    held_out: float = Field(default=0.05, ge=0, lt=1)
    """Share of the problems, with all their variants, whose pairs are not trained on but measured."""
