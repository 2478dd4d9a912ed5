"""How to answer: the choices that a caller has, and what they mean for the attempts at a question."""

from __future__ import annotations

from dataclasses import dataclass

from .errors import UsageError
from .selection import Method
from .trajectory import Mode


@dataclass(frozen=True, slots=True)
class Settings:
    """How to answer."""

    model: str = "embedded"
    """Which model, in one of the forms of `engine.backends.source`."""
    mode: Mode = "auto"
    """`cot`, `pot`, `mixed`, or `auto`: mixed, with one attempt in pot as a check."""
    samples: int | None = None
    """Attempts per question; None takes what the model was calibrated with, else 4 at most in `auto` and 1 in other modes."""
    seed: int = 0
    """Seed of every random choice."""
    timeout_s: float = 60.0
    """Wall seconds per question."""
    max_programs: int = 4
    """Programs per attempt."""
    max_tokens: int | None = None
    """Tokens per attempt after the prompt, observations included; None: as many as suit the model's family."""
    temperature: float = 0.7
    """Temperature of every attempt after the first, which is greedy."""
    width: int = 8
    """Attempts at one question that run at the same time."""
    risk: float = 0.05
    """Sampling ends when, by the votes so far, the leader is unlikelier than this to be the rarer answer (see
    `selection.settled` for what that does not promise); 0: when it cannot be overtaken."""
    select: Method = "trust"
    """How the answer is chosen among attempts; `weighted` and `best` need a scorer."""
    scorer: str | None = None
    """Folder of a reward or critique model that judges attempts (see `engine.judge`), where a caller brings no scorer."""
    family: str | None = None
    """How the model is talked to: the name of a family or a TOML file; None: by the model."""
    routes: str | None = None
    """File of the model's record by kind of question, by which `auto` chooses (see `engine.routing`); None: the one in the
    model's folder, if it has one."""


def plan(settings: Settings, samples: int, *, with_trust: bool = True) -> list[tuple[str, float]]:
    """Mode and temperature of each attempt: the first is greedy. In `auto` the second is greedy, too, in another mode that
    checks the first: a program without words where the model comes `with_trust`, which is fitted so, else words alone.

    >>> plan(Settings(), 3)
    [('mixed', 0.0), ('pot', 0.0), ('mixed', 0.7)]
    """
    mode: str = "mixed" if settings.mode == "auto" else settings.mode
    attempts = [(mode, 0.0)] + [(mode, settings.temperature)] * (samples - 1)
    if settings.mode == "auto" and samples > 1:
        attempts[1] = ("pot" if with_trust else "cot", 0.0)
    return attempts


def check_settings(settings: Settings) -> None:
    """Refuses settings without meaning.

    Raises:
        UsageError: names the value and what may stand there.
    """
    if settings.mode not in ("auto", "cot", "pot", "mixed"):
        raise UsageError(f"unknown mode {settings.mode!r}; choose auto, cot, pot or mixed")
    if settings.samples is not None and not 1 <= settings.samples <= 256:
        raise UsageError(f"samples is {settings.samples}; choose a number from 1 to 256")
    if not settings.timeout_s > 0:
        raise UsageError(f"timeout is {settings.timeout_s:g} s; choose a positive number of seconds")
