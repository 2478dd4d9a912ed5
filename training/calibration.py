"""Fits the trust in an answer (`engine.trust`) on calibration questions inside and outside the model's sub-domains."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..engine.solver import Solver
from ..engine.trajectory import Problem

CALIBRATION = Path(__file__).parent / "bank" / "calibration.jsonl"
"""Questions written by hand; none of them is used for training (see `synthesis.measures`) or testing."""

NONE: dict[str, Any] = {"bias": 0.0, "weights": {}, "threshold": 0.0}
"""The trust before it is fitted: by votes alone, and nothing is withheld. With it a model answers as it will when it is: with
all its attempts, and with the question's own likelihood among the signals."""


def calibration_problems(path: Path = CALIBRATION) -> list[Problem]:
    """The calibration questions. Some have no answer: proofs, jokes, questions that lack something."""
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [Problem(r["question"], answer=r.get("answer"), domain=r.get("domain")) for r in records]


def fit_trust(solver: Solver, problems: Sequence[Problem], threshold: float) -> dict[str, Any]:
    """Fits P(right) to the signals of every answer that any attempt gave, so that it tells which of several to choose, too.

    The solver's model has the trust `NONE`: without any it would answer in another way.

    Args:
        solver: with the model.
        problems: calibration questions.
        threshold: least probability with which an answer will be given, 0 to 1.

    Returns:
        The fields of `engine.trust.Trust`, as JSON.
    """
    rows: list[Mapping[str, float]] = []
    labels: list[bool] = []
    for solution in solver.solve_many(problems, concurrency=32):
        gold = solution.problem.answer
        for candidate in solution.candidates:
            rows.append(candidate.signals)
            labels.append(gold is not None and bool(solver.equal(candidate.answer, gold)))
    if not any(labels) or all(labels):
        return NONE  # nothing to tell apart
    return {**fit_logistic(rows, labels), "threshold": threshold}


def fit_logistic(rows: Sequence[Mapping[str, float]], labels: Sequence[bool], ridge: float = 0.003) -> dict[str, Any]:
    """Logistic regression on standardised signals with an L2 penalty, written back in the signals' own units.

    Args:
        rows: signals of each answer, all with the same names.
        labels: whether the answer was right.
        ridge: weight of the squared norm of the (standardised) weights.

    Returns:
        `bias` and `weights` by name.
    """
    import torch

    names = sorted(rows[0])
    x = torch.tensor([[row[name] for name in names] for row in rows], dtype=torch.float64)
    y = torch.tensor(labels, dtype=torch.float64)
    mean, std = x.mean(0), x.std(0).clamp(min=1e-6)
    z = (x - mean) / std
    weights = torch.zeros(len(names) + 1, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([weights], max_iter=500, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        value = torch.nn.functional.binary_cross_entropy_with_logits(z @ weights[1:] + weights[0], y)
        value = value + ridge * weights[1:].square().sum()
        value.backward()  # type: ignore[no-untyped-call]
        return value

    optimizer.step(loss)  # type: ignore[no-untyped-call]
    with torch.no_grad():
        own = weights[1:] / std
        bias = float(weights[0] - (own * mean).sum())
    return {"bias": bias, "weights": dict(zip(names, own.tolist(), strict=True))}
