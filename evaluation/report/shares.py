"""Drawings of shares: heat maps, bars with error bars, bars of parts, and the small bars in tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..metrics.intervals import Estimate
from .drawing import WIDTH, address, figure, natural, short
from .markup import Markup, element


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar with its name and number."""

    name: str
    """What it is for."""
    value: float
    """Its length, 0 to 1."""
    text: str
    """Its number, as it is written."""
    interval: tuple[float, float] | None = None
    """Ends of its error bar."""
    link: str | None = None
    """Where it leads."""


def heat(title: str, cells: Mapping[tuple[str, str], Estimate], fields: Mapping[str, str]) -> Markup:
    """Accuracy of subjects (rows) and levels (columns); each cell leads to its trajectories.

    Args:
        title: what it shows.
        cells: accuracy by subject and level.
        fields: what the links filter by besides.
    """
    subjects = sorted({subject for subject, _ in cells})
    levels = sorted({level for _, level in cells}, key=natural)
    left, top, tall = 150, 22, 34
    wide = min(60.0, (WIDTH - left) / len(levels))
    drawn = [
        element("text", level, x=left + wide * (i + 0.5), y=14, text_anchor="middle") for i, level in enumerate(levels)
    ]
    for row, subject in enumerate(subjects):
        y = top + row * tall
        drawn.append(element("text", short(subject, 21), x=left - 10, y=y + tall / 2 + 4, text_anchor="end"))
        for column, level in enumerate(levels):
            if (found := cells.get((subject, level))) is not None:
                link = address({**fields, "subject": subject, "level": level})
                drawn.append(_cell(found, left + column * wide, y, wide, tall, link, f"{subject}, {level}"))
    return figure(
        title,
        f"{len(subjects)} subjects, {len(levels)} levels",
        left + wide * len(levels) + 2,
        top + tall * len(subjects) + 4,
        drawn,
    )


def bars(title: str, values: Sequence[Bar]) -> Markup:
    """Horizontal bars with error bars and numbers."""
    left, right, tall = 150, 54, 25
    long = WIDTH - left - right
    drawn = []
    for row, bar in enumerate(values):
        y = row * tall + 4
        parts = [
            element("title", f"{bar.name}: {bar.text}"),
            element("rect", x=left, y=y, width=long, height=tall - 10, rx=2, class_="track"),
            element("rect", x=left, y=y, width=long * bar.value, height=tall - 10, rx=2, class_="bar-mark"),
        ]
        if bar.interval is not None:
            low, high = (left + long * end for end in bar.interval)
            parts.append(
                element(
                    "path",
                    d=f"M{low:.1f} {y + 7.5}H{high:.1f}M{low:.1f} {y + 4}v7M{high:.1f} {y + 4}v7",
                    class_="whisker",
                )
            )
        parts.append(element("text", short(bar.name, 21), x=left - 10, y=y + 12, text_anchor="end"))
        parts.append(element("text", bar.text, x=left + long + 10, y=y + 12, class_="label"))
        drawn.append(element("a", *parts, href=bar.link) if bar.link else element("g", *parts))
    spoken = "; ".join(f"{bar.name} {bar.text}" for bar in values)
    return figure(title, spoken, WIDTH, len(values) * tall + 4, drawn)


def stacked(title: str, rows: Mapping[str, Sequence[tuple[str, str, float, str]]]) -> Markup:
    """Shares that make a whole, a bar for each row.

    Args:
        title: what it shows.
        rows: by name the parts of a bar: class of its colour, name, share, and where it leads.
    """
    left, tall, wide = 200, 30, 940
    drawn = []
    for number, (name, parts) in enumerate(rows.items()):
        x, y = float(left), number * tall + 2
        drawn.append(element("text", short(name, 30), x=left - 12, y=y + 15, text_anchor="end", class_="label"))
        for kind, part, share, link in parts:
            long = (wide - left) * share
            told = element("title", f"{name}, {part}: {100 * share:.1f}%")
            drawn.append(
                element(
                    "a", told, element("rect", x=x, y=y, width=max(0.0, long - 1), height=22, class_=kind), href=link
                )
            )
            if long > 44:
                drawn.append(
                    element("text", f"{100 * share:.1f}%", x=x + long / 2, y=y + 15, class_=f"on-bar on-{kind}")
                )
            x += long
    spoken = "; ".join(
        f"{name}: " + ", ".join(f"{part} {100 * share:.1f}%" for _, part, share, _ in parts)
        for name, parts in rows.items()
    )
    return figure(title, spoken, wide, len(rows) * tall, drawn, most=1012)


def meter(found: Estimate) -> Markup:
    """A share as a short bar with its interval, for a table's cell; the number stands beside it."""
    wide = 72
    low, high = wide * found.low, wide * found.high
    return element(
        "svg",
        element("rect", x=0, y=3, width=wide, height=8, rx=1.5, class_="track"),
        element("rect", x=0, y=3, width=wide * found.value, height=8, rx=1.5, class_="bar-mark"),
        element("path", d=f"M{low:.1f} 7H{high:.1f}", class_="whisker"),
        class_="meter",
        width=wide,
        height=14,
        aria_hidden="true",
    )


def _cell(found: Estimate, x: float, y: float, wide: float, tall: float, link: str, name: str) -> Markup:
    middle = x + wide / 2
    told = f"{name}: {100 * found.value:.1f}% of {found.n} problems ({100 * found.low:.0f} to {100 * found.high:.0f})"
    return element(
        "a",
        element("title", told),
        element(
            "rect",
            x=x + 1,
            y=y + 1,
            width=wide - 2,
            height=tall - 2,
            rx=3,
            class_="cell",
            fill_opacity=0.06 + 0.94 * found.value,
        ),
        element("text", f"{100 * found.value:.0f}", x=middle, y=y + tall / 2, class_="in-cell"),
        element("text", str(found.n), x=middle, y=y + tall / 2 + 12, class_="in-cell small"),
        href=link,
    )
