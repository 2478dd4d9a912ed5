"""The reward model as a stage of training: its loss, and what it does on held-out problems.

The aims are those of the project: of the pairs of a right and a wrong attempt at one problem 80% in the right order, 65% at
hard problems; the best of 8 by score above the majority of 8; and rewards that do not hang on length.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from torch import Tensor

from ...engine.judge import Judge, Kind
from ...engine.trajectory import Thought
from ...evaluation.metrics.intervals import Estimate, estimate
from ...evaluation.report.table import Row, Table
from ...sandbox import Program
from ..judging.scored import Choices, Scored, choices, clusters, read
from ..judging.stage import Measured
from ..samples import Sample, Sampled
from ..tables import Judging
from .loss import pair_loss

HARD, SAMPLES = 0.3, 8
"""A problem is hard when, of so many samples or more, at most this share is right (smoothed)."""
LENGTH = 0.3
"""Correlation with length up to which a reward is not held to be one of length."""


@dataclass(frozen=True, slots=True)
class RewardStage:
    """How a reward model learns and is measured."""

    terms: Judging
    """Margin and centring."""

    @property
    def kind(self) -> Kind:
        """See `Stage`."""
        return "reward"

    def loss(self, logits_NK: Tensor, marks_N: Tensor, right_N: Tensor) -> tuple[Tensor, dict[str, float]]:
        """See `Stage`."""
        terms = self.terms
        return pair_loss(logits_NK[:, 0], right_N, marks_N, margin=terms.margin, centring=terms.centring)

    def measure(self, judge: Judge, problems: Sequence[Sampled], seed: int) -> Measured:
        """See `Stage`."""
        found = read(judge, problems)
        pairs = {"all": pair_figure(found), "hard": pair_figure([one for one in found if is_hard(one.problem)])}
        chosen, lengths = choices(found, "sigmoid"), length_bias(found)
        figures: dict[str, Any] = {
            "problems": len(found),
            "pair_accuracy": {name: figure and asdict(figure) for name, figure in pairs.items()},
            "choices": chosen and chosen.to_dict(),
            "length": lengths,
        }
        return Measured(figures, _tables(pairs, chosen, lengths))


def is_hard(problem: Sampled) -> bool:
    """Whether a problem is hard, which only enough samples can tell."""
    return problem.decided >= SAMPLES and problem.pass_rate <= HARD


def pair_figure(found: Sequence[Scored]) -> Estimate | None:
    """The share of pairs of a right and a wrong attempt in the right order, the mean over problems; None without pairs."""
    kept = [(one, share) for one in found if (share := _pairs(one)) is not None]
    if not kept:
        return None
    return estimate(np.array([share for _, share in kept]), clusters([one for one, _ in kept]))


def _pairs(one: Scored) -> float | None:
    right = one.scores[[sample.right for sample in one.samples]]
    wrong = one.scores[[sample.wrong for sample in one.samples]]
    gaps = right[:, None] - wrong[None, :]
    return float((gaps > 0).mean() + 0.5 * (gaps == 0).mean()) if gaps.size else None


def length_bias(found: Sequence[Scored]) -> dict[str, float | None]:
    """Correlations with the length of what the model wrote: of rewards, of rewards among the attempts at one problem, and of
    being right, which says how much of the first is deserved."""
    lengths = [np.array([_length(sample) for sample in one.samples], dtype=float) for one in found]
    rights = [np.array([sample.record.right for sample in one.samples], dtype=float) for one in found]
    scores = [one.scores for one in found]
    return {
        "reward": _correlation(scores, lengths),
        "reward_within_problems": _correlation(_centred(scores), _centred(lengths)),
        "right": _correlation(rights, lengths),
        "right_within_problems": _correlation(_centred(rights), _centred(lengths)),
    }


def _length(sample: Sample) -> int:
    """Characters that the model wrote."""
    steps = sample.record.steps
    said = sum(len(step.text) for step in steps if isinstance(step, Thought))
    return said + sum(len(step.code) for step in steps if isinstance(step, Program))


def _centred(parts: Sequence[np.ndarray[Any, Any]]) -> list[np.ndarray[Any, Any]]:
    return [part - part.mean() for part in parts]


def _correlation(a: Sequence[np.ndarray[Any, Any]], b: Sequence[np.ndarray[Any, Any]]) -> float | None:
    """Pearson's; None where one of them does not vary."""
    if not a:
        return None
    x, y = np.concatenate(a), np.concatenate(b)
    if min(x.std(), y.std()) < 1e-12:
        return None
    return float(np.corrcoef(x, y)[0, 1])


def _tables(
    pairs: dict[str, Estimate | None], chosen: Choices | None, lengths: dict[str, float | None]
) -> tuple[Table, ...]:
    aims = {"all": "80%", "hard": "65%"}
    rows: list[Row] = [
        (name, str(figure.n), figure, aims[name]) for name, figure in pairs.items() if figure is not None
    ]
    hard = f"Hard: of {SAMPLES} samples or more at most {HARD:.0%} are right, smoothed."
    ordered = Table("Pairs in the right order", ("problems", "n", "accuracy", "aim"), tuple(rows), note=hard)
    told: tuple[Row, ...] = tuple(
        (name.replace("_", " "), "–" if value is None else f"{value:+.2f}") for name, value in lengths.items()
    )
    bias = Table("Correlation with length", ("of", "r"), told, note=f"The aim is a reward within ±{LENGTH}.")
    return (ordered, *((chosen.table(),) if chosen else ()), bias)
