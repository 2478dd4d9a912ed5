"""The reliability of probabilities as a drawing that stands by itself: what is said to the right, what is true upwards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...evaluation.metrics.calibrated import Bin
from ...evaluation.report.markup import Markup, element

SIZE, MARGIN = 360, 46
STYLE = """
text { font: 12px system-ui, sans-serif; fill: #444 }
.grid { stroke: #ddd } .axis { stroke: #888 } .even { stroke: #888; stroke-dasharray: 4 4 }
.line { fill: none; stroke: #1f5fae; stroke-width: 2 } .dot { fill: #1f5fae }
.bare { fill: none; stroke: #b4690e; stroke-width: 2; stroke-dasharray: 6 3 } .bare-dot { fill: #b4690e }
"""


def reliability_drawing(calibrated: Sequence[Bin], bare: Sequence[Bin]) -> str:
    """An SVG file.

    Args:
        calibrated: bins of the probabilities.
        bare: bins of a tenth of the marks, before calibration.
    """
    spoken = "; ".join(f"said {one.said:.0%}, right {one.right:.0%} of {one.n:,}" for one in calibrated)
    drawn = [
        *_frame(),
        *_line(bare, "bare", "bare-dot"),
        *_line(calibrated, "line", "dot"),
        element("text", "calibrated", x=MARGIN + 10, y=MARGIN + 4, style="fill: #1f5fae"),
        element("text", "marks / 10", x=MARGIN + 10, y=MARGIN + 20, style="fill: #b4690e"),
    ]
    whole = SIZE + 2 * MARGIN
    return element(
        "svg",
        element("title", "Reliability"),
        element("desc", spoken),
        element("style", Markup(STYLE)),
        element("rect", width=whole, height=whole, fill="#fff"),
        *drawn,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {whole} {whole}",
        width=whole,
        role="img",
    )


def _frame() -> Iterator[Markup]:
    for fifth in range(6):
        share = fifth / 5
        kind = "grid" if fifth else "axis"
        yield element("line", x1=_x(0), x2=_x(1), y1=_y(share), y2=_y(share), class_=kind)
        yield element("line", x1=_x(share), x2=_x(share), y1=_y(0), y2=_y(1), class_=kind)
        yield element("text", f"{share:.0%}", x=_x(0) - 6, y=_y(share) + 4, text_anchor="end")
        yield element("text", f"{share:.0%}", x=_x(share), y=_y(0) + 17, text_anchor="middle")
    yield element("line", x1=_x(0), y1=_y(0), x2=_x(1), y2=_y(1), class_="even")
    yield element("text", "said to be right", x=_x(0.5), y=_y(0) + 36, text_anchor="middle")
    yield element("text", "right", x=_x(0), y=MARGIN - 14, text_anchor="middle")


def _line(bins: Sequence[Bin], line: str, dot: str) -> Iterator[Markup]:
    yield element("polyline", points=" ".join(f"{_x(one.said):.1f},{_y(one.right):.1f}" for one in bins), class_=line)
    for one in bins:
        told = element("title", f"said {one.said:.1%}, right {one.right:.1%} of {one.n:,}")
        yield element("circle", told, cx=_x(one.said), cy=_y(one.right), r=3.5, class_=dot)


def _x(share: float) -> float:
    return MARGIN + SIZE * share


def _y(share: float) -> float:
    return MARGIN + SIZE * (1 - share)
