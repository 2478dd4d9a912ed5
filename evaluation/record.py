"""`Record`: one sample of one problem as one line of JSON, and the reading of such lines.

A record is self-contained but for the problem, which stands once in the run's `problems.jsonl`. Nothing in it depends on
when or beside which others it was made, but times; so a run that was killed and resumed holds the same records. It does not
promise the last digits of probabilities, hence of `confidence`: they depend on what a model computes at the same time.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from math import isfinite
from pathlib import Path
from typing import Any, get_args

from ..engine.errors import UsageError
from ..engine.grading.verdict import Outcome
from ..engine.trajectory import Check, Step, Stop, Tokens, check_to_dict, step_from_dict, step_to_dict

SCHEMA = 1
"""Rises whenever the same sample would be another; keys hold it."""

FAILURES: frozenset[Stop] = frozenset({"backend_error", "sandbox_error", "internal_error"})
"""Stops that say nothing about the model; such a sample is tried again when the run is resumed."""

ESCAPED = "backslashreplace"
"""What becomes of half a character (a lone surrogate) when JSON is written: its escape, which is JSON, too."""

DECLINED = "declined"
"""Method of verdicts on problems without a right answer."""


@dataclass(frozen=True, slots=True)
class Record:
    """One sample of one problem."""

    key: str
    """Hash of everything that the sample depends on; a later record with the same key replaces an earlier one."""
    problem: str
    """`Item.id`."""
    sample: int
    """Number of the sample, from 0."""
    mode: str
    """How it was answered: cot, pot, mixed or auto."""
    answer: str | None
    """The final answer as the model stated it; None when it stated none."""
    given: bool
    """Whether that answer was given, rather than withheld as not to be trusted."""
    verdict: Outcome
    """Whether `answer` is right; without an answer: wrong, but correct where the problem should be declined."""
    reason: str
    """Why, in a few words."""
    method: str
    """The grader's rule that decided."""
    grader: int
    """Version of the grader."""
    stop: Stop
    """Why the sample ended."""
    detail: str | None
    """One sentence about the stop, for people."""
    steps: tuple[Step, ...]
    """Thoughts, programs and observations in order."""
    prompt_tokens: int
    """Tokens of the prompt."""
    sampled_tokens: int
    """Tokens that the model chose."""
    observed_tokens: int
    """Tokens that the engine wrote after the prompt: observations and their tags."""
    seconds: float
    """Wall time; samples run beside each other, so the sum is more than the time taken."""
    rule: str | None = None
    """Where the answer was found (`Trajectory.rule`)."""
    agreement: float | None = None
    """Share of its attempts that agree, where the sample is a vote."""
    confidence: float | None = None
    """Its own estimate of P(right), where the model comes with one."""
    scores: dict[str, float] = field(default_factory=dict)
    """Scores by name of the scorer."""
    checks: tuple[Check, ...] = ()
    """How the answer was checked, where the sample is the product's own answer; empty: it was not."""
    tokens: Tokens | None = None
    """Every token as served, where the run was told to keep them."""

    @property
    def correct(self) -> bool:
        """Whether the verdict is correct; undecided is not."""
        return self.verdict == "correct"

    @property
    def right(self) -> bool:
        """Whether the reply is right: the right answer was given, or none where none was due."""
        return self.correct and (self.given or self.method == DECLINED)

    @property
    def failed(self) -> bool:
        """Whether the machinery failed, not the model."""
        return self.stop in FAILURES

    def to_json(self) -> str:
        """One line, without its end."""
        data = {name: value for name in self.__slots__ if (value := getattr(self, name)) is not None}
        data["steps"] = [step_to_dict(step) for step in self.steps]
        data["checks"] = [check_to_dict(check) for check in self.checks]
        if self.tokens is not None:
            data["tokens"] = asdict(self.tokens)
        return json.dumps(data, ensure_ascii=False)

    @classmethod
    def from_json(cls, line: str) -> Record:
        """What `to_json` wrote. Raises `ValueError`, `KeyError` or `TypeError` for what is no record."""
        data: dict[str, Any] = {"answer": None, "detail": None, **json.loads(line)}
        _check(data)
        data["steps"] = tuple(step_from_dict(step) for step in data["steps"])
        data["checks"] = tuple(Check(**check) for check in data.get("checks", ()))
        if "tokens" in data:
            data["tokens"] = Tokens(**{name: tuple(values) for name, values in data["tokens"].items()})
        return cls(**data)


def _check(data: dict[str, Any]) -> None:
    """Raises `ValueError` for a value that no record has: figures are worked out from them without looking again."""
    for name, known in (("verdict", Outcome), ("stop", Stop)):
        if data[name] not in get_args(known):
            raise ValueError(f"{name} is {data[name]!r}, which this version of mathsolve does not know")
    for name in ("sample", "grader", "prompt_tokens", "sampled_tokens", "observed_tokens"):
        if not isinstance(data[name], int):
            raise ValueError(f"{name} is {data[name]!r}, no whole number")
    if not isfinite(data["seconds"]):
        raise ValueError(f"seconds is {data['seconds']!r}, no number")
    if not isinstance(data["answer"], str | None):
        raise ValueError(f"answer is {data['answer']!r}, no text")


def read_records(path: Path) -> Iterator[Record]:
    """The records of a file, one for each key, the latest, in the order of lines; a torn last line is left out.

    Raises:
        UsageError: a line is damaged.
    """
    latest = {key: number for number, key in enumerate(keys(path))}
    with path.open("rb") as lines:
        for number, line in enumerate(lines):
            if not line.endswith(b"\n"):
                return
            try:
                if latest.get(key_of(line)) == number:
                    yield Record.from_json(line.decode())
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
                raise UsageError(
                    f"{path}, line {number + 1}, is no record ({error}); remove the line, and `mathsolve eval` makes it again"
                ) from None


def keys(path: Path) -> Iterator[str]:
    """The key of every line."""
    with path.open("rb") as lines:
        yield from map(key_of, lines)


def key_of(line: bytes) -> str:
    """The key of a record, which stands first in its line, without reading the rest."""
    return line[len(_START) : line.find(b'"', len(_START))].decode(errors="replace")


_START = b'{"key": "'
