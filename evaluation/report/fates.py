"""What became of every answer, as one bar for each group."""

from __future__ import annotations

from collections.abc import Sequence

from ..metrics.figures import Group
from . import shares, tables
from .drawing import address
from .markup import Markup, element
from .tables import Named

FATES: dict[str, tuple[str, list[tuple[str, str]]]] = {
    "right": ("v-correct", [("has", "right")]),
    "withheld, though right": ("v-lost", [("verdict", "correct"), ("has", "withheld")]),
    "undecided": ("v-undecided", [("verdict", "undecided"), ("has", "given")]),
    "withheld": ("v-withheld", [("has", "withheld")]),
    "none stated": ("v-none", [("has", "no answer")]),
    "wrong": ("v-wrong", [("verdict", "wrong"), ("has", "given")]),
}
"""What becomes of an answer: the class of its colour, and the filters that show its trajectories."""


def fates(runs: Sequence[Named]) -> Markup:
    """What became of every answer, a bar for each group, with its legend."""
    rows = {
        tables.label(run, group, runs): [
            (kind, name, share, address([*tables.filters(run, group).items(), *filters]))
            for (name, (kind, filters)), share in zip(FATES.items(), _shares(group), strict=True)
        ]
        for run, group in tables.groups(runs)
    }
    legend = [element("span", element("i", class_=kind), name) for name, (kind, _) in FATES.items()]
    return element(
        "figure",
        element("figcaption", element("b", "What became of answers"), element("span", *legend, class_="legend")),
        shares.stacked("What became of answers", rows),
    )


def _shares(group: Group) -> list[float]:
    """Shares of samples, in the order of `FATES`; the rest is wrong."""
    trust = group.trust
    parts = [
        trust.right + trust.declined,
        trust.withheld_right,
        trust.undecided,
        trust.withheld - trust.withheld_right,
        group.unanswered - trust.declined,
    ]
    parts = [max(0.0, part) for part in parts]
    return [*parts, max(0.0, 1 - sum(parts))]
