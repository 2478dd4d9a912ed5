"""The critique model as a stage of training: its loss, its calibration on held-out problems, and what it does there.

The curves that go into the judge's folder are fitted on all held-out problems. The figures are of curves that were fitted on
four fifths of them and used on the last fifth, in turn, so that no figure comes from the problems that its curve has seen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from ...engine.judge import ORDER, Curve, Judge, Kind, read_off
from ...evaluation.metrics.calibrated import Bin, auroc, brier, calibration_error, reliability
from ...evaluation.report.table import Row, Table, percent
from ..judging.rubric import RUBRIC, marks
from ..judging.scored import Scored, choices, read
from ..judging.split import families, place
from ..judging.stage import Measured
from ..samples import Sampled
from . import wording
from .agreement import mean_error, quadratic_kappa, spearman
from .drawing import reliability_drawing
from .isotonic import ENOUGH, FOLDS, curves
from .loss import ordinal_loss

AIM = 0.05
"""Calibration error up to which probabilities are held to be calibrated."""
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class CritiqueStage:
    """How a critique model learns and is measured."""

    @property
    def kind(self) -> Kind:
        """See `Stage`."""
        return "critique"

    def loss(self, logits_NK: Tensor, marks_N: Tensor, right_N: Tensor) -> tuple[Tensor, dict[str, float]]:
        """See `Stage`."""
        return ordinal_loss(logits_NK, marks_N)

    def measure(self, judge: Judge, problems: Sequence[Sampled], seed: int) -> Measured:
        """See `Stage`."""
        found = read(judge, problems)
        rows = opinions(found, seed)
        parts = fitted_without(rows)
        said = cross_fitted(rows, parts)
        bins, bare = reliability(said, rows.right), reliability(rows.marks / 10, rows.right)
        figures: dict[str, Any] = {
            "attempts": len(rows.marks),
            "problems": len(found),
            "accuracy": float(rows.right.mean()),
            "ece": calibration_error(bins),
            "ece_of_marks": calibration_error(bare),
            "brier": brier(said, rows.right),
            "auroc": auroc(rows.marks, rows.right),
            "mae": mean_error(rows.marks.tolist(), rows.true.tolist()),
            "kappa": quadratic_kappa(rows.marks.tolist(), rows.true.tolist()),
            "spearman": spearman(rows.marks.tolist(), rows.true.tolist()),
            "reliability": [asdict(one) for one in bins],
            "marks": {mark: int((rows.true == mark).sum()) for mark in RUBRIC},
        }
        fitted = curves(rows.marks.tolist(), rows.right.tolist(), rows.domains)
        figures["curves"] = sorted(fitted)
        chosen = choices(by_fold(found, parts, seed), "probability")
        figures["choices"] = chosen and chosen.to_dict()
        tables: tuple[Table, ...] = (*_tables(figures, bins), *((chosen.table(),) if chosen else ()), _rubric(rows))
        if judge.manifest.form == "generative":
            shown = wording.shown(judge, problems, seed)
            figures["words"], tables = wording.figures(shown), (*tables, wording.table(shown))
        return Measured(figures, tables, fitted, {"reliability.svg": reliability_drawing(bins, bare)})


@dataclass(frozen=True, slots=True)
class Opinions:
    """Attempts with a verdict, a row each."""

    marks: Floats
    """As the judge reads them."""
    true: Floats
    """By the rubric."""
    right: NDArray[np.bool_]
    """Whether each is right."""
    domains: tuple[str | None, ...]
    """Sub-domains."""
    folds: NDArray[np.int64]
    """Number of the part of the problems that each belongs to; a family of problems is in one."""


def opinions(found: Sequence[Scored], seed: int) -> Opinions:
    """The attempts at held-out problems that the rubric gives a mark."""
    rows = [
        (float(score), float(true), sample.record.correct, one.problem.item.subject, fold)
        for one, fold in zip(found, _folds(found, seed), strict=True)
        for score, true, sample in zip(one.scores, marks(one.problem), one.samples, strict=True)
        if true is not None
    ]
    return Opinions(
        marks=np.array([row[0] for row in rows]),
        true=np.array([row[1] for row in rows]),
        right=np.array([row[2] for row in rows], dtype=np.bool_),
        domains=tuple(row[3] for row in rows),
        folds=np.array([row[4] for row in rows], dtype=np.int64),
    )


def fitted_without(rows: Opinions) -> tuple[Mapping[str, Curve], ...]:
    """For each part of the problems the curves, of the kinds that ship, that have not seen it; where there is no other part,
    those of itself."""
    found = []
    for fold in range(FOLDS):
        others = rows.folds != fold
        seen = others if others.any() else ~others
        domains = [name for name, kept in zip(rows.domains, seen, strict=True) if kept]
        found.append(curves(rows.marks[seen].tolist(), rows.right[seen].tolist(), domains, among=rows.domains))
    return tuple(found)


def cross_fitted(rows: Opinions, parts: Sequence[Mapping[str, Curve]]) -> Floats:
    """The probability of each attempt by the curves that have not seen its part of the problems."""
    told = zip(rows.folds, rows.domains, rows.marks.tolist(), strict=True)
    return np.array([read_off(_curve(parts[fold], domain), mark) for fold, domain, mark in told])


def by_fold(found: Sequence[Scored], parts: Sequence[Mapping[str, Curve]], seed: int) -> list[Scored]:
    """Problems with probabilities instead of marks, as `Judge.probability` gives them, by curves that have not seen their part.

    Args:
        found: problems with marks.
        parts: `fitted_without` of their opinions.
        seed: of those.
    """
    told = []
    for one, fold in zip(found, _folds(found, seed), strict=True):
        curve = _curve(parts[fold], one.problem.item.subject)
        chances = [(1 - ORDER) * read_off(curve, mark) + ORDER * mark / 10 for mark in one.scores.tolist()]
        told.append(Scored(one.problem, np.array(chances)))
    return told


def _folds(found: Sequence[Scored], seed: int) -> list[int]:
    """The number of each problem's part; a family of problems is in one."""
    names = families([one.problem for one in found])
    order = sorted(set(names), key=lambda name: place(name, seed, "fold"))
    fold_of = {name: number % FOLDS for number, name in enumerate(order)}
    return [fold_of[name] for name in names]


def _curve(fitted: Mapping[str, Curve], domain: str | None) -> Curve:
    return fitted.get(domain or "") or fitted[""]


def _tables(figures: dict[str, Any], bins: Sequence[Bin]) -> tuple[Table, Table]:
    plain = (
        ("calibration error (ECE)", percent(figures["ece"]), f"at most {AIM:.0%}"),
        ("the same of marks / 10", percent(figures["ece_of_marks"]), ""),
        ("Brier score", f"{figures['brier']:.3f}", ""),
        ("AUROC", _number(figures["auroc"]), ""),
        ("off by, in marks", f"{figures['mae']:.2f}", ""),
        ("quadratic kappa", _number(figures["kappa"]), ""),
        ("Spearman", _number(figures["spearman"]), ""),
    )
    note = (
        f"{figures['attempts']:,} attempts at {figures['problems']:,} held-out problems, {percent(figures['accuracy'])} right; "
        f"each by curves that were fitted without its problem. A sub-domain with {ENOUGH} attempts has a curve of its own."
    )
    rows: list[Row] = [(percent(one.said), percent(one.right), f"{one.n:,}") for one in bins]
    drawn = "Ten bins of equal size; see reliability.svg."
    return (
        Table("Probabilities and marks", ("figure", "value", "aim"), plain, note=note),
        Table("Reliability", ("said to be right", "right", "attempts"), tuple(rows), note=drawn),
    )


def _rubric(rows: Opinions) -> Table:
    """How often each mark is due, and what the judge reads there."""
    shown: list[Row] = []
    for mark, meaning in RUBRIC.items():
        mine = rows.true == mark
        read_as = f"{rows.marks[mine].mean():.1f}" if mine.any() else "–"
        shown.append((str(mark), meaning, f"{int(mine.sum()):,}", read_as))
    return Table("Marks", ("mark", "stands for", "attempts", "mean that is read"), tuple(shown), names=2)


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
