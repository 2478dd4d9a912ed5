"""`Record`: one sample of one problem as one line of JSON, and the reading of such lines.

A record is self-contained but for the problem, which stands once in the run's `problems.jsonl`. Nothing in it depends on
when or beside which others it was made, but `seconds`; so a run that was killed and resumed holds the same records.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from ..engine.grading.verdict import Outcome
from ..engine.trajectory import Step, Stop, Tokens, step_from_dict, step_to_dict

FAILURES: frozenset[Stop] = frozenset({"backend_error", "sandbox_error"})
"""Stops that say nothing about the model; such a sample is tried again when the run is resumed."""


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
    agreement: float | None = None
    """Share of its attempts that agree, where the sample is a vote."""
    confidence: float | None = None
    """Its own estimate of P(right), where the model comes with one."""
    scores: dict[str, float] = field(default_factory=dict)
    """Scores by name of the scorer."""
    tokens: Tokens | None = None
    """Every token as served, where the run was told to keep them."""

    @property
    def correct(self) -> bool:
        """Whether the verdict is correct; undecided is not."""
        return self.verdict == "correct"

    @property
    def failed(self) -> bool:
        """Whether the machinery failed, not the model."""
        return self.stop in FAILURES

    def to_json(self) -> str:
        """One line, without its end."""
        data = {name: value for name in self.__slots__ if (value := getattr(self, name)) is not None}
        data["steps"] = [step_to_dict(step) for step in self.steps]
        if self.tokens is not None:
            data["tokens"] = asdict(self.tokens)
        return json.dumps(data, ensure_ascii=False)

    @classmethod
    def from_json(cls, line: str) -> Record:
        """What `to_json` wrote. Raises `ValueError`, `KeyError` or `TypeError` for what is no record."""
        data: dict[str, Any] = {"answer": None, "detail": None, **json.loads(line)}
        data["steps"] = tuple(step_from_dict(step) for step in data["steps"])
        if "tokens" in data:
            data["tokens"] = Tokens(**{name: tuple(values) for name, values in data["tokens"].items()})
        return cls(**data)


Name = Literal["run.json", "problems.jsonl", "records.jsonl", "metrics.json", "report.md", "report.html"]
"""Files of a run folder."""


def read_records(path: Path) -> Iterator[Record]:
    """The records of a file, in the order in which they were written; a torn last line is left out."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            if line.endswith("\n"):
                yield Record.from_json(line)
