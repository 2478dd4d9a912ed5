"""Which stage is made from which: boxes in levels from top to bottom, each below all of its parents, coloured by state.

An arrow is left out where a longer way leads to the same stage: what the last stage of a chain reads of the first would hide
the chain. The table beside the drawing names all parents.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ...evaluation.report.drawing import figure, short
from ...evaluation.report.markup import Markup, element
from .dashboard import Row, duration

WIDE, TALL, GAP, DROP, LANE = 226.0, 62.0, 26.0, 34.0, 22.0
"""A box, the room beside and below it, and the room of a line that passes a level."""
KINDS = {"done": "v-correct", "running": "bar-mark", "stopped": "v-undecided", "failed": "v-wrong", "waiting": "v-none"}
"""Classes of the states' colours."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A stage on its level, or its line on a level that it passes."""

    name: str
    """The stage."""
    level: int
    """Counted from the top."""
    passing: bool
    """Whether it is only the line."""


Places = dict[Spot, tuple[float, float]]
"""Middle and top of each spot."""


def lineage(rows: Sequence[Row]) -> Markup:
    """The drawing."""
    parents = without_shortcuts({row.name: row.parents for row in rows})
    levels = arranged(parents)
    places, width = _placed(levels)
    by_name = {row.name: row for row in rows}
    lines = [part for name, of in parents.items() for parent in of for part in _line(parent, name, places)]
    boxes = [_box(by_name[spot.name], *at) for spot, at in places.items() if not spot.passing]
    spoken = "; ".join(f"{row.name}, {row.state}, from {', '.join(row.parents) or 'nothing'}" for row in rows)
    height = len(levels) * (TALL + DROP) - DROP + 4
    return figure("What is made from what", spoken, width, height, [*lines, *boxes], most=round(width))


def without_shortcuts(parents: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """The parents from which no longer way leads to the stage; parents stand before their children.

    >>> without_shortcuts({"a": (), "b": ("a",), "c": ("a", "b")})
    {'a': (), 'b': ('a',), 'c': ('b',)}
    """
    above: dict[str, set[str]] = {}
    for name, made_from in parents.items():
        above[name] = set(made_from).union(*(above[parent] for parent in made_from))
    return {
        name: tuple(parent for parent in made_from if not any(parent in above[other] for other in made_from))
        for name, made_from in parents.items()
    }


def arranged(parents: Mapping[str, tuple[str, ...]]) -> list[list[Spot]]:
    """The spots of each level from left to right; parents stand before their children in `parents`.

    A stage is one level below its lowest parent. A line to a child further down gets a spot on every level between, one for
    all such children, and spots stand below the middle of what they come from.

    >>> [[(spot.name, spot.passing) for spot in level] for level in arranged({"a": (), "b": ("a",), "c": ("a", "b")})]
    [[('a', False)], [('b', False), ('a', True)], [('c', False)]]
    """
    level: dict[str, int] = {}
    for name, made_from in parents.items():
        level[name] = 1 + max((level[parent] for parent in made_from), default=-1)
    reach = {name: max((level[child] for child, of in parents.items() if name in of), default=0) for name in parents}
    levels: list[list[Spot]] = []
    for number in range(1 + max(level.values())):
        stages = [Spot(name, number, False) for name in parents if level[name] == number]
        passing = [Spot(name, number, True) for name in parents if level[name] < number < reach[name]]
        above = {spot.name: place for place, spot in enumerate(levels[-1])} if levels else {}
        levels.append(sorted([*stages, *passing], key=lambda spot: _middle(spot, parents, above)))
    return levels


def _middle(spot: Spot, parents: Mapping[str, tuple[str, ...]], above: Mapping[str, int]) -> float:
    """Where among the spots above what it comes from is."""
    sources = [above[name] for name in ((spot.name,) if spot.passing else parents[spot.name]) if name in above]
    return sum(sources) / len(sources) if sources else len(above) / 2


def _placed(levels: Sequence[Sequence[Spot]]) -> tuple[Places, float]:
    """Every level in the middle of the drawing's width."""
    widths = [sum(LANE if spot.passing else WIDE for spot in level) + GAP * (len(level) - 1) for level in levels]
    width = max(widths) + 4
    places: Places = {}
    for number, (level, own) in enumerate(zip(levels, widths, strict=True)):
        x = (width - own) / 2
        for spot in level:
            wide = LANE if spot.passing else WIDE
            places[spot] = (x + wide / 2, 2 + number * (TALL + DROP))
            x += wide + GAP
    return places, width


def _line(parent: str, child: str, places: Places) -> Iterator[Markup]:
    """From the bottom of a box through the spots of its line to the top of another, with an arrow's head."""
    ends = {spot.name: spot.level for spot in places if not spot.passing}
    x, top = places[Spot(parent, ends[parent], False)]
    y = top + TALL
    path = f"M{x:.1f} {y:.1f}"
    for level in range(ends[parent] + 1, ends[child]):
        lane, top = places[Spot(parent, level, True)]
        path += _curve(x, y, lane, top) + f"V{top + TALL:.1f}"
        x, y = lane, top + TALL
    to, top = places[Spot(child, ends[child], False)]
    yield element("path", d=path + _curve(x, y, to, top - 6), class_="axis", stroke_width=1.5)
    yield element("path", d=f"M{to - 4:.1f} {top - 7:.1f}h8l-4 6z", class_="v-withheld")


def _curve(x: float, y: float, to: float, bottom: float) -> str:
    half = (y + bottom) / 2
    return f"C{x:.1f} {half:.1f} {to:.1f} {half:.1f} {to:.1f} {bottom:.1f}"


def _box(row: Row, middle: float, top: float) -> Markup:
    left = middle - WIDE / 2
    kind = KINDS[row.state]
    told = row.state + (f" · {duration(row.wall_s)}" if row.wall_s else "")
    return element(
        "g",
        element("title", f"{row.name}: {row.outcome or row.state}"),
        element("rect", x=left, y=top, width=WIDE, height=TALL, rx=6, fill="var(--paper)"),
        element("rect", x=left, y=top, width=WIDE, height=TALL, rx=6, class_=kind, fill_opacity=0.13),
        element("rect", x=left, y=top, width=4, height=TALL, rx=2, class_=kind),
        element("text", short(row.name, 30), x=left + 14, y=top + 19, class_="label"),
        element("text", told, x=left + 14, y=top + 36),
        element("text", short(row.brief, 34), x=left + 14, y=top + 53),
    )
