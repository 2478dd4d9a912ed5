"""The nouns that flow through the engine: `Problem` in, `Trajectory` and `Solution` out.

One trajectory record serves inference, SFT, RFT, DPO and PPO: its `tokens` are the ids exactly as sampled, each with
the role that decides whether it is trained on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from ..sandbox.program import Observation, Program

Role = Literal["prompt", "thought", "program", "observation", "stop"]
"""Who a token belongs to. Only `thought`, `program` and `stop` are ever trained on."""

Mode = Literal["auto", "cot", "pot", "mixed"]
"""How to answer: words only, a program only, both, or let the engine choose."""

Stop = Literal[
    "answered",
    "refused",
    "untrusted",
    "no_answer",
    "max_programs",
    "max_tokens",
    "timeout",
    "cancelled",
    "backend_error",
    "sandbox_error",
    "internal_error",
]
"""Why a trajectory (or a solution) ended. `refused`: the model said that it cannot; `untrusted`: the engine does not
trust the answer enough to give it; `internal_error`: a bug of ours, or of what the caller gave us."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A question, with what is known about it."""

    question: str
    """The text that was asked."""
    id: str | None = None
    """The caller's own name for it, echoed back."""
    answer: str | None = None
    """The reference answer, when there is one. Never shown to a model."""
    domain: str | None = None
    """Sub-domain, e.g. `derivatives`."""
    level: int | None = None
    """Difficulty, 1 (easiest) to 5."""
    source: str | None = None
    """Where it came from."""


@dataclass(frozen=True, slots=True)
class Thought:
    """Reasoning in words."""

    text: str
    """The words, as the model wrote them."""


Step = Thought | Program | Observation
"""One step of a trajectory."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """Token ids as served, with one role and one log-probability for each. All three have the same length."""

    ids: tuple[int, ...] = ()
    """Token ids."""
    roles: tuple[Role, ...] = ()
    """Who each token belongs to."""
    logprobs: tuple[float | None, ...] = ()
    """Natural log-probability of each sampled token; None where the token was not sampled."""

    def extended(self, ids: Sequence[int], role: Role, logprobs: Sequence[float | None] | None = None) -> Tokens:
        """These tokens followed by `ids`, all in one role."""
        return Tokens(
            self.ids + tuple(ids),
            self.roles + (role,) * len(ids),
            self.logprobs + tuple(logprobs if logprobs is not None else (None,) * len(ids)),
        )

    def __add__(self, other: Tokens) -> Tokens:
        """These tokens followed by others."""
        return Tokens(self.ids + other.ids, self.roles + other.roles, self.logprobs + other.logprobs)

    def sampled(self) -> list[float]:
        """Log-probabilities of the tokens that the model chose, in order."""
        return [p for p in self.logprobs if p is not None]


@dataclass(frozen=True, slots=True)
class Trajectory:
    """One attempt at a problem, from prompt to stop."""

    problem: Problem
    """What was asked."""
    steps: tuple[Step, ...]
    """Thoughts, programs and observations in order."""
    answer: str | None
    """The final answer as plain text, if it stated one."""
    stop: Stop
    """Why it ended."""
    tokens: Tokens = field(default_factory=Tokens)
    """Every token of the context, as served."""
    detail: str | None = None
    """One sentence about the stop, for people."""
    rule: str | None = None
    """Where the answer was found: `boxed`, `filled` (by the engine, with what was printed), `printed` (it only printed it),
    or another rule of `grading.extraction`."""
    unseen: int = 0
    """Tokens that were sampled by a backend that does not show them."""


CheckKind = Literal["agreement", "programs", "put back", "inverse", "recomputed", "enumerated", "unit"]
"""How an answer was checked: words and a program came to it; two different programs did; it was put back into what the
question states; the operation was undone or done numerically; it was worked out again in another way; all cases were counted;
its unit is the one that was asked for."""


@dataclass(frozen=True, slots=True)
class Check:
    """One check of an answer that was done."""

    kind: CheckKind
    """What was done."""
    passed: bool | None
    """Whether the answer stood it; None when it could not be decided in the time."""
    detail: str
    """One sentence for people."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An answer that some of the attempts gave."""

    answer: str
    """The answer, as the first of them gave it."""
    agreement: float
    """Share of all attempts that gave an answer equal to it, 0 to 1."""
    confidence: float | None = None
    """Estimated probability that it is right, when the model comes with a calibration."""
    signals: Mapping[str, float] = field(default_factory=dict)
    """What the confidence was worked out from (see `engine.trust`)."""


@dataclass(frozen=True, slots=True)
class Solution:
    """What the engine answers, with the attempts that it rests on."""

    problem: Problem
    """What was asked."""
    answer: str | None
    """The answer as plain text that sympy can parse where it is mathematics; None when there is none to be trusted."""
    stop: Stop
    """Why it ended; `answered` when there is an answer."""
    trajectory: Trajectory
    """The attempt that the answer comes from (or the first, when there is no answer)."""
    trajectories: tuple[Trajectory, ...]
    """All attempts."""
    agreement: float
    """Share of the attempts that gave an answer equal to this one, 0 to 1."""
    confidence: float | None = None
    """Estimated probability that the answer is right, when the model comes with a calibration; None, too, where a check proved
    an answer that was not the most trusted one."""
    detail: str | None = None
    """One sentence for people: why there is no answer."""
    candidates: tuple[Candidate, ...] = ()
    """Every answer that an attempt gave, in the order of their confidence, or else of their votes."""
    seconds: float = 0.0
    """Wall time from question to solution."""
    checks: tuple[Check, ...] = ()
    """How the answer was checked; empty: it was not."""
    tied: tuple[str, ...] = ()
    """Other answers that did as well in the vote; of such, the one that was given first counts."""

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps of the attempt that the answer comes from."""
        return self.trajectory.steps

    def __str__(self) -> str:
        return self.answer if self.answer is not None else f"no answer I trust: {self.detail or self.stop}"

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready form; `schema_version` changes when a field changes its meaning or goes, not when one is added."""
        return {
            "schema_version": 1,
            **({"id": self.problem.id} if self.problem.id is not None else {}),
            "question": self.problem.question,
            "answer": self.answer,
            "stop": self.stop,
            "steps": [step_to_dict(step) for step in self.steps],
            "agreement": _rounded(self.agreement),
            "confidence": _rounded(self.confidence),
            "tied": list(self.tied),
            "candidates": [
                {"answer": one.answer, "agreement": _rounded(one.agreement), "confidence": _rounded(one.confidence)}
                for one in self.candidates
            ],
            "checks": [check_to_dict(check) for check in self.checks],
            "detail": self.detail,
            "samples": len(self.trajectories),
            "seconds": round(self.seconds, 4),
        }

    def _repr_markdown_(self) -> str:
        """Rich display in Jupyter."""
        from .document import markdown

        return markdown(self)


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 4)


def check_to_dict(check: Check) -> dict[str, Any]:
    """A JSON-ready form of one check."""
    return {"kind": check.kind, "passed": check.passed, "detail": check.detail}


def step_to_dict(step: Step) -> dict[str, Any]:
    """A JSON-ready form of one step, told apart by `kind`."""
    if isinstance(step, Thought):
        return {"kind": "thought", "text": step.text}
    if isinstance(step, Program):
        return {"kind": "program", "code": step.code}
    return {
        "kind": "observation",
        "status": step.status,
        "stdout": step.stdout,
        "value": step.value,
        "error": step.error,
        "cpu_s": round(step.cpu_s, 4),
        "truncated": step.truncated,
        "tier": step.tier,
    }


def step_from_dict(data: Mapping[str, Any]) -> Step:
    """What `step_to_dict` wrote. Raises `KeyError` or `TypeError` for what is no step."""
    fields = {name: value for name, value in data.items() if name != "kind"}
    kinds: dict[str, type[Thought] | type[Program] | type[Observation]]
    kinds = {"thought": Thought, "program": Program, "observation": Observation}
    return kinds[data["kind"]](**fields)
