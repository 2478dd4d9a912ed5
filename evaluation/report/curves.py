"""Drawings of one benchmark in one mode: figures over k, and how stable problems are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log2

from ..metrics.figures import Point, Stability
from .drawing import WIDTH, figure
from .markup import Markup, element


@dataclass(frozen=True, slots=True)
class Line:
    """A curve over k."""

    name: str
    """What stands at its end."""
    points: tuple[Point, ...]
    """Its figures."""
    dashed: bool = False
    """Whether it is drawn in dashes."""


@dataclass(frozen=True, slots=True)
class Axes:
    """From figures to places: k to the right on a logarithmic scale, shares upwards."""

    last: int
    """The largest k."""
    left: float = 42
    """Where the horizontal axis starts."""
    right: float = WIDTH - 60
    """Where it ends."""
    top: float = 10
    """Height of 100%."""
    bottom: float = 220
    """Height of 0%."""

    def x(self, k: int) -> float:
        """Where k is."""
        return self.left + (self.right - self.left) * log2(k) / log2(self.last)

    def y(self, share: float) -> float:
        """Where a share is."""
        return self.bottom - (self.bottom - self.top) * share


def curves(title: str, lines: Sequence[Line]) -> Markup:
    """Figures over k, on a logarithmic axis, with their 95% intervals as bands."""
    ks = [point.k for point in lines[0].points]
    axes = Axes(ks[-1])
    heights = _apart([axes.y(line.points[-1].estimate.value) for line in lines], 15, axes.bottom)
    drawn = [
        *_grid(axes, ks),
        *(_band(axes, line, number) for number, line in enumerate(lines)),
        *(part for number, line in enumerate(lines) for part in _line(axes, line, number)),
        *(
            element("text", line.name, x=axes.right + 8, y=height + 4, class_=f"c{number}")
            for number, (line, height) in enumerate(zip(lines, heights, strict=True))
        ),
    ]
    spoken = "; ".join(_spoken(line.name, line.points[-1]) for line in lines)
    return figure(title, spoken, WIDTH, axes.bottom + 46, drawn)


def _grid(axes: Axes, ks: Sequence[int]) -> Iterator[Markup]:
    """Lines and numbers of both axes."""
    for fifth in range(6):
        y = axes.y(fifth / 5)
        yield element("line", x1=axes.left, x2=axes.right, y1=y, y2=y, class_="grid" if fifth else "axis")
        yield element("text", f"{fifth * 20}%", x=axes.left - 7, y=y + 4, text_anchor="end")
    for k in ks:
        if k in (1, ks[-1]) or 1.4 * k < ks[-1]:  # the last one needs its room
            yield element("text", str(k), x=axes.x(k), y=axes.bottom + 18, text_anchor="middle")
    middle = (axes.left + axes.right) / 2
    yield element("text", "k, samples drawn", x=middle, y=axes.bottom + 37, text_anchor="middle")


def _band(axes: Axes, line: Line, number: int) -> Markup:
    high = [(axes.x(point.k), axes.y(point.estimate.high)) for point in line.points]
    low = [(axes.x(point.k), axes.y(point.estimate.low)) for point in reversed(line.points)]
    return element("polygon", points=_path(high + low), class_=f"band c{number}")


def _line(axes: Axes, line: Line, number: int) -> Iterator[Markup]:
    dots = [(axes.x(point.k), axes.y(point.estimate.value)) for point in line.points]
    yield element("polyline", points=_path(dots), class_=f"line c{number}{' dashed' if line.dashed else ''}")
    for point, (x, y) in zip(line.points, dots, strict=True):
        yield element("circle", element("title", _spoken(line.name, point)), cx=x, cy=y, r=3, class_=f"dot c{number}")


def histogram(title: str, stability: Stability) -> Markup:
    """Problems by the share of their samples that are right: never, ten steps, always."""
    left, bottom, height = 20, 220, 200
    names = ["never", *(f"{i * 10} to {i * 10 + 10}%" for i in range(10)), "always"]
    counts = [stability.never, *stability.bins, stability.always]
    step = (WIDTH - left - 16) / len(counts)
    drawn = [element("line", x1=left, x2=WIDTH - 16, y1=bottom, y2=bottom, class_="axis")]
    for place, (name, count) in enumerate(zip(names, counts, strict=True)):
        kind = {0: "v-wrong", len(counts) - 1: "v-correct"}.get(place, "bar-mark")
        x, tall = left + place * step, height * count / max(counts)
        told = element("title", f"{name}: {count} of {sum(counts)} problems")
        drawn.append(element("rect", told, x=x + 3, y=bottom - tall, width=step - 6, height=tall, rx=2, class_=kind))
        if count:
            drawn.append(_centred(f"{count:,}", x + step / 2, bottom - tall - 5))
    drawn += [_centred(name, left + (i + 0.5) * step, bottom + 18) for i, name in ((0, "never"), (11, "always"))]
    drawn += [_centred(f"{i * 10}%", left + (i + 1) * step, bottom + 18) for i in (2, 4, 6, 8)]
    drawn.append(_centred("samples that are right", WIDTH / 2, bottom + 37))
    spoken = f"{stability.never} of {sum(counts)} problems are never solved, {stability.always} always"
    return figure(title, spoken, WIDTH, bottom + 46, drawn)


def _centred(text: str, x: float, y: float) -> Markup:
    return element("text", text, x=x, y=y, text_anchor="middle")


def _apart(heights: Sequence[float], least: float, bottom: float) -> list[float]:
    """Heights moved so that labels at them do not lie on each other."""
    order = sorted(range(len(heights)), key=lambda i: heights[i])
    moved = list(heights)
    for above, below in pairwise(order):
        moved[below] = max(moved[below], moved[above] + least)
    if (over := max(moved) - bottom) > 0:
        return [height - over if height > bottom - least * len(heights) else height for height in moved]
    return moved


def _path(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def _spoken(name: str, point: Point) -> str:
    found = point.estimate
    where = name.replace("k", str(point.k)) if name.endswith("k") else f"{name}, k = {point.k}"
    return f"{where}: {100 * found.value:.1f}% ({100 * found.low:.1f} to {100 * found.high:.1f})"
