"""Honest abstention: how far an answer is to be trusted, from what can be seen without knowing the right one.

A small model writes fluent nonsense outside what it learnt. Its own probabilities tell: how likely it finds the
question (it was trained to predict questions, too) and what it wrote. So do numbers of the question that its program
does not use, programs that fail, attempts that disagree, different programs that agree, and answers that cannot be what was
asked for. A logistic model over these signals, fitted on questions of both kinds, gives the probability that an answer is
right. Of several answers that one is chosen which has the highest; below a threshold the engine gives none.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..sandbox import Observation, Program
from .plausible import implausible
from .receipts.programs import forms
from .trajectory import Thought, Trajectory

NUMBER = re.compile(r"\d+(?:\.\d+)?")
FREE_NUMBERS = frozenset({"0", "1", "2", "3", "4", "10", "12", "24", "60", "100", "180", "1000", "3600"})
"""Numbers that a program may bring in by itself: small ones, and those of units and percent."""


SIGNALS = (
    "question_nll",
    "question_worst",
    "written_nll",
    "written_worst",
    "agreement",
    "ways",
    "failed",
    "unused",
    "invented",
    "implausible",
)
"""What a trust is fitted to."""


@dataclass(frozen=True, slots=True)
class Trust:
    """A fitted model of P(right), and the probability below which no answer is given."""

    bias: float
    """Constant term."""
    weights: Mapping[str, float]
    """Weight of each of `SIGNALS`; none of them: it was not fitted."""
    threshold: float
    """Least confidence for an answer."""

    def __post_init__(self) -> None:
        """Raises `ValueError` where it was fitted to other signals."""
        if self.weights and set(self.weights) != set(SIGNALS):
            raise ValueError("its trust was fitted to other signals")

    @property
    def fitted(self) -> bool:
        """Whether it tells anything; a model whose trust is not fitted answers by votes and withholds nothing."""
        return bool(self.weights)

    def confidence(self, signals: Mapping[str, float]) -> float:
        """P(right), by the logistic function of the weighted signals."""
        z = self.bias + sum(weight * signals[name] for name, weight in self.weights.items())
        return 1 / (1 + math.exp(-max(-50.0, min(50.0, z))))


def signals(
    members: Sequence[Trajectory], attempts: Sequence[Trajectory], question_logprobs: Sequence[float]
) -> dict[str, float]:
    """What can be seen of an answer: `SIGNALS`, all of them finite.

    Args:
        members: the attempts that gave it, the first one first.
        attempts: all attempts, themselves among them.
        question_logprobs: of the question's tokens, in nats.
    """
    question = [-p for p in question_logprobs]
    written = [[-p for p in one.tokens.sampled()] for one in members]
    asked, used = _numbers(members[0])
    return {
        "question_nll": _mean(question),
        "question_worst": _mean(sorted(question)[-5:]),
        "written_nll": _mean([_mean(one) for one in written]),
        "written_worst": max(written[0], default=0.0),
        "agreement": len(members) / len(attempts),
        "ways": len(forms(members)) / len(attempts),
        "failed": _mean([float(_failed(attempt)) for attempt in attempts]),
        "unused": len(asked - used) / len(asked) if asked else 0.0,
        "invented": len(used - asked - FREE_NUMBERS) / len(used) if used else 0.0,
        "implausible": float(implausible(members[0].problem.question, members[0].answer or "")),
    }


def objection(trajectory: Trajectory) -> str | None:
    """Why an answer cannot be right whatever the probabilities say, or None."""
    seen = [step for step in trajectory.steps if isinstance(step, Observation)]
    if seen and not seen[-1].ok:
        return f"its program failed ({seen[-1].error or seen[-1].status})"
    return None


def _failed(trajectory: Trajectory) -> bool:
    return trajectory.stop != "answered" or objection(trajectory) is not None


def _code(trajectory: Trajectory) -> str:
    """Its programs, one after the other; of an attempt without any, what it says."""
    code = "\n".join(step.code for step in trajectory.steps if isinstance(step, Program))
    return code or "\n".join(step.text for step in trajectory.steps if isinstance(step, Thought))


def _numbers(trajectory: Trajectory) -> tuple[set[str], set[str]]:
    """Numbers in the question, and in the programs (in the thoughts, when there is no program)."""
    asked = set(NUMBER.findall(re.sub(r"(?<=\d),(?=\d{3})", "", trajectory.problem.question)))
    return asked, set(NUMBER.findall(_code(trajectory)))


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
