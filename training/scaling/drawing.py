"""Drawings of one benchmark: ability, stability and the gap between them, over sizes or beside each other by variant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log

from ...evaluation.metrics.intervals import Estimate
from ...evaluation.report.drawing import WIDTH, figure, short
from ...evaluation.report.markup import Markup, element
from .findings import Figures

LEFT, RIGHT, TOP, BOTTOM = 42.0, WIDTH - 24.0, 34.0, 244.0
"""Edges of the field."""


@dataclass(frozen=True, slots=True)
class Line:
    """One figure in all columns."""

    name: str
    """As it stands in the legend."""
    values: tuple[Estimate, ...]
    """From left to right."""
    dashed: bool = False
    """Whether it is drawn in dashes, a little to the right of the others."""


def over_sizes(title: str, found: Sequence[Figures]) -> Markup:
    """Figures over the number of examples, on a logarithmic axis, with their 95% intervals as whiskers."""
    found = sorted(found, key=lambda one: one.size)
    places = [LEFT + 16 + (RIGHT - LEFT - 32) * share for share in logarithmic([one.size for one in found])]
    names = [f"{one.size:,}" for one in found]
    return _drawn(title, found, places, names, "examples for training", joined=True)


def by_variant(title: str, found: Sequence[Figures]) -> Markup:
    """Figures of variants of the same size, beside each other."""
    step = (RIGHT - LEFT) / len(found)
    places = [LEFT + step * (i + 0.5) for i in range(len(found))]
    names = [short(one.variant, max(4, int(step / 7))) for one in found]
    return _drawn(title, found, places, names, f"{found[0].size:,} examples for training each", joined=False)


def logarithmic(sizes: Sequence[int]) -> list[float]:
    """Where sizes lie between the smallest, 0, and the largest, 1; a single one is in the middle.

    >>> [round(place, 2) for place in logarithmic([2000, 20000, 200000])]
    [0.0, 0.5, 1.0]
    """
    first, last = min(sizes), max(sizes)
    return [log(size / first) / log(last / first) if last > first else 0.5 for size in sizes]


def lines(found: Sequence[Figures]) -> tuple[Line, Line, Line]:
    """Ability, stability, and the greedy answer."""
    k = found[0].k
    return (
        Line(f"pass@{k}", tuple(one.ability for one in found)),
        Line(f"PassRatio@{k}", tuple(one.stability for one in found)),
        Line("pass@1, greedy", tuple(one.greedy for one in found), dashed=True),
    )


def _drawn(
    title: str, found: Sequence[Figures], places: Sequence[float], names: Sequence[str], axis: str, *, joined: bool
) -> Markup:
    drawn = [*_grid(places, names, axis), *_gaps(found, places, joined=joined)]
    for number, line in enumerate(lines(found)):
        drawn += _legend(line, number)
        drawn += _line(line, [x + 6 * line.dashed for x in places], number, joined=joined)
    spoken = "; ".join(f"{name}: {_spoken(one)}" for name, one in zip(names, found, strict=True))
    return figure(title, spoken, WIDTH, BOTTOM + 46, drawn)


def _grid(places: Sequence[float], names: Sequence[str], axis: str) -> Iterator[Markup]:
    """Lines and names of both axes; a name without room is left out."""
    for fifth in range(6):
        y = _y(fifth / 5)
        yield element("line", x1=LEFT, x2=RIGHT, y1=y, y2=y, class_="grid" if fifth else "axis")
        yield element("text", f"{fifth * 20}%", x=LEFT - 7, y=y + 4, text_anchor="end")
    free = 0.0
    for x, name in zip(places, names, strict=True):
        if x - 3.5 * len(name) >= free:
            yield element("text", name, x=x, y=BOTTOM + 18, text_anchor="middle")
            free = x + 3.5 * len(name) + 4
    yield element("text", axis, x=(LEFT + RIGHT) / 2, y=BOTTOM + 37, text_anchor="middle")


def _gaps(found: Sequence[Figures], places: Sequence[float], *, joined: bool) -> Iterator[Markup]:
    """The area between ability and stability, and the gap's size at each column."""
    high = [_y(one.ability.value) for one in found]
    low = [_y(one.stability.value) for one in found]
    columns = list(zip(places, high, low, strict=True))
    wide = [((x - 9, top, bottom), (x + 9, top, bottom)) for x, top, bottom in columns]
    for (x1, top1, bottom1), (x2, top2, bottom2) in pairwise(columns) if joined else wide:
        corners = ((x1, top1), (x2, top2), (x2, bottom2), (x1, bottom1))
        yield element("polygon", points=_path(corners), class_="band c0")
    for number, (one, (x, top, bottom)) in enumerate(zip(found, columns, strict=True)):
        if bottom - top > 22:
            left = joined and number > 0  # the last one has no room to its right
            text, place = f"{100 * one.gap.value:.0f}", x - 9 if left else x + 12
            anchor = "end" if left else "start"
            yield element("text", text, x=place, y=(top + bottom) / 2 + 4, text_anchor=anchor, class_="label")


def _legend(line: Line, number: int) -> Iterator[Markup]:
    x = LEFT + (0, 104, 238)[number]
    dashes = " dashed" if line.dashed else ""
    yield element("path", d=f"M{x:.1f} 10h18", class_=f"line c{number}{dashes}")
    yield element("text", line.name, x=x + 23, y=14, class_=f"c{number}")


def _line(line: Line, places: Sequence[float], number: int, *, joined: bool) -> Iterator[Markup]:
    dots = [(x, _y(found.value)) for x, found in zip(places, line.values, strict=True)]
    if joined:
        yield element("polyline", points=_path(dots), class_=f"line c{number}{' dashed' if line.dashed else ''}")
    for found, (x, y) in zip(line.values, dots, strict=True):
        low, high = _y(found.low), _y(found.high)
        ends = f"M{x:.1f} {low:.1f}V{high:.1f}M{x - 3:.1f} {low:.1f}h6M{x - 3:.1f} {high:.1f}h6"
        yield element("path", d=ends, class_=f"line c{number}", stroke_width=1.25)
        told = element("title", f"{line.name}: {_share(found)}")
        yield element("circle", told, cx=x, cy=y, r=3.2, class_=f"dot c{number}")


def _y(share: float) -> float:
    return BOTTOM - (BOTTOM - TOP) * share


def _path(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def _spoken(one: Figures) -> str:
    parts = (("ability", one.ability), ("stability", one.stability), ("greedy", one.greedy))
    return ", ".join(f"{name} {_share(found)}" for name, found in parts)


def _share(found: Estimate) -> str:
    return f"{100 * found.value:.1f}% ({100 * found.low:.1f} to {100 * found.high:.1f})"
