"""Drawings of a pipeline: accuracy after each stage, losses over steps, and the time that stages took."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import floor, log10

from ...evaluation.metrics.intervals import Estimate
from ...evaluation.report.drawing import WIDTH, figure, short
from ...evaluation.report.markup import Markup, element
from .dashboard import Row, duration
from .figures import Scored
from .holding import Points

LEFT, RIGHT, TOP, BOTTOM = 46.0, WIDTH - 14.0, 34.0, 224.0
"""Edges of the field."""
MOST_POINTS = 300
"""Points of a curve; longer ones are thinned out."""


@dataclass(frozen=True, slots=True)
class Scale:
    """The upward axis. The difference of its ends may be beyond all numbers, that of their halves is not."""

    low: float
    """Value at the bottom."""
    high: float
    """Value at the top."""

    def y(self, value: float) -> float:
        """Where a value is."""
        return BOTTOM - (BOTTOM - TOP) * ((value / 2 - self.low / 2) / (self.high / 2 - self.low / 2))

    @property
    def ticks(self) -> list[float]:
        """Round values from the bottom to the top."""
        step = _round_step(self.high / 5 - self.low / 5)
        first = floor(self.low / step) + (self.low % step > step * 1e-9)
        return [step * number for number in range(int(first), floor(self.high / step + 1e-9) + 1)]


def after_each_stage(title: str, found: Sequence[Scored]) -> Markup:
    """Ability, vote and stability after each stage, with 95% intervals as whiskers."""
    k, scale = found[0].k, Scale(0, 1)
    step = (RIGHT - LEFT) / len(found)
    middles = [LEFT + step * (place + 0.5) for place in range(len(found))]
    lines = {f"PassRatio@{k}": [one.stability for one in found]}
    if k > 1:
        lines = {f"pass@{k}": [one.ability for one in found], f"maj@{k}": [one.vote for one in found], **lines}
    names = [short(one.place.stage, max(5, int(step / 6.6))) for one in found]
    drawn = [*_grid(scale, share=True), *_names(middles, names, ""), *_legend(list(lines))]
    for number, values in enumerate(lines.values()):
        shift = 7 * (number - (len(lines) - 1) / 2)
        drawn += _whiskers(scale, [x + shift for x in middles], values, number)
    spoken = "; ".join(f"{one.place.stage}: {100 * one.stability.value:.1f}%" for one in found)
    return figure(title, spoken, WIDTH, BOTTOM + 30, drawn)


def over_steps(title: str, series: Mapping[str, Points]) -> Markup:
    """Up to three curves over the steps of a training."""
    shown = dict(list(series.items())[:3])
    values = [value for points in shown.values() for _, value in points]
    last = max(step for points in shown.values() for step, _ in points)
    low, high = min(0.0, *values), max(0.0, *values)
    scale = Scale(low, high if high > low else low + 1)
    ticks = [value for value in Scale(0, last or 1).ticks if value == int(value)]
    places = [LEFT + (RIGHT - LEFT) * value / (last or 1) for value in ticks]
    drawn = [*_grid(scale, share=False), *_names(places, [f"{value:,.0f}" for value in ticks], "step")]
    drawn += _legend([name.replace("_", " ") for name in shown])
    for number, points in enumerate(shown.values()):
        path = " ".join(
            f"{LEFT + (RIGHT - LEFT) * step / (last or 1):.1f},{scale.y(value):.1f}" for step, value in thinned(points)
        )
        drawn.append(element("polyline", points=path, class_=f"line c{number}"))
    spoken = "; ".join(f"{name} from {points[0][1]:.3g} to {points[-1][1]:.3g}" for name, points in shown.items())
    return figure(title, spoken, WIDTH, BOTTOM + 46, drawn)


def thinned(points: Points, most: int = MOST_POINTS) -> Points:
    """Every so many of the points, and the last one.

    >>> thinned(((1, 5.0), (2, 4.0), (3, 3.0), (4, 2.0)), most=2)
    ((1, 5.0), (3, 3.0), (4, 2.0))
    """
    every = -(-len(points) // most)
    return (*points[::every], *(points[-1:] if (len(points) - 1) % every else ()))


def times(rows: Sequence[Row]) -> Markup:
    """Wall and processor time of each stage, as bars of one scale."""
    left, right, tall, wide = 170.0, 210.0, 30.0, 940.0
    most = max(max(row.wall_s, row.cpu_s) for row in rows)
    drawn = []
    for number, row in enumerate(rows):
        y = number * tall + 2
        drawn.append(element("text", short(row.name, 24), x=left - 12, y=y + 15, text_anchor="end", class_="label"))
        for place, seconds in enumerate((row.wall_s, row.cpu_s)):
            long = (wide - left - right) * seconds / most
            bar = {"x": left, "y": y + 1 + 11 * place, "width": long, "height": 9, "rx": 1.5}
            drawn.append(element("rect", **bar, class_=f"dot c{place}"))
        told = f"{duration(row.wall_s)} wall, {duration(row.cpu_s)} CPU"
        longest = (wide - left - right) * max(row.wall_s, row.cpu_s) / most
        drawn.append(element("text", told, x=left + longest + 10, y=y + 15))
    spoken = "; ".join(f"{row.name} {duration(row.wall_s)}" for row in rows)
    return figure("Time of each stage", spoken, wide, len(rows) * tall, drawn, most=1012)


def _round_step(step: float) -> float:
    """A round number at least as large: 1, 2 or 5 with zeros.

    >>> [_round_step(value) for value in (0.7, 3.0, 11)]
    [1.0, 5.0, 20.0]
    """
    size = 10.0 ** floor(log10(step))
    return next(size * factor for factor in (1, 2, 5, 10) if size * factor >= step * (1 - 1e-9))


def _grid(scale: Scale, *, share: bool) -> Iterator[Markup]:
    for value in scale.ticks:
        y = scale.y(value)
        name = f"{100 * value:.0f}%" if share else f"{value:,.6g}"
        yield element("line", x1=LEFT, x2=RIGHT, y1=y, y2=y, class_="grid" if value else "axis")
        yield element("text", name, x=LEFT - 7, y=y + 4, text_anchor="end")


def _names(places: Sequence[float], names: Sequence[str], axis: str) -> Iterator[Markup]:
    for x, name in zip(places, names, strict=True):
        yield element("text", name, x=x, y=BOTTOM + 18, text_anchor="middle")
    if axis:
        yield element("text", axis, x=(LEFT + RIGHT) / 2, y=BOTTOM + 37, text_anchor="middle")


def _legend(names: Sequence[str]) -> Iterator[Markup]:
    x = LEFT
    for number, name in enumerate(names):
        yield element("path", d=f"M{x:.1f} 10h18", class_=f"line c{number}")
        yield element("text", name, x=x + 24, y=14, class_=f"c{number}")
        x += 24 + 7.2 * len(name) + 20


def _whiskers(scale: Scale, places: Sequence[float], values: Sequence[Estimate], number: int) -> Iterator[Markup]:
    """A line through the values, and the interval of each."""
    path = " ".join(f"{x:.1f},{scale.y(one.value):.1f}" for x, one in zip(places, values, strict=True))
    yield element("polyline", points=path, class_=f"line c{number}")
    for x, one in zip(places, values, strict=True):
        low, high = scale.y(one.low), scale.y(one.high)
        ends = f"M{x:.1f} {low:.1f}V{high:.1f}M{x - 3:.1f} {low:.1f}h6M{x - 3:.1f} {high:.1f}h6"
        yield element("path", d=ends, class_=f"line c{number}", stroke_width=1.25)
        told = element("title", f"{100 * one.value:.1f}% ({100 * one.low:.1f} to {100 * one.high:.1f})")
        yield element("circle", told, cx=x, cy=scale.y(one.value), r=3.2, class_=f"dot c{number}")
