"""What every drawing shares: its frame, its links, and how names are shortened and ordered.

Colours come from the page's style sheet. Each drawing has a title and a description for who cannot see it; the numbers
behind it stand in a table beside it. No drawing relies on colour alone: lines differ in dash and carry their names, bars
and cells carry their numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from .markup import Markup, element

WIDTH = 440
"""Of most drawings, in their own units; about as many pixels on a screen."""


def figure(title: str, spoken: str, width: float, height: float, drawn: Sequence[Markup], most: int = 540) -> Markup:
    """The drawing, as wide as `most` pixels; `spoken` says what it shows to who cannot see it."""
    linked = any(part.startswith("<a") for part in drawn)
    return element(
        "svg",
        element("title", title),
        element("desc", spoken),
        *drawn,
        class_="chart",
        viewBox=f"0 0 {width:g} {height:g}",
        width=min(most, round(width * 1.14)),
        role="group" if linked else "img",  # the links inside an image could not be reached
        aria_label=title,
    )


def address(fields: Mapping[str, str] | Sequence[tuple[str, str]]) -> str:
    """The trajectories with these filters, as a link inside the page."""
    return f"#trajectories?{urlencode(fields, errors='replace')}"


def short(text: str, most: int) -> str:
    """`text`, cut to at most so many characters."""
    return text if len(text) <= most else text[: most - 1] + "…"


def natural(level: str) -> tuple[float, str]:
    """Levels in order of the number in them."""
    digits = "".join(character for character in level if character.isdigit())
    return (float(digits) if digits else float("inf"), level)
