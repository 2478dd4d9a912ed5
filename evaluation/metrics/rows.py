"""Figures as rows of text, and rows as tables: the same for a terminal, for Markdown and for a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .figures import Group, Metrics
from .intervals import Estimate

Rows = list[tuple[str, ...]]
"""The names of the columns, then one row each."""


def percent(share: float | None) -> str:
    """A share as a percentage; a dash for what is not known.

    >>> percent(0.8071), percent(None)
    ('80.7%', '-')
    """
    return "-" if share is None else f"{100 * share:.1f}%"


def with_interval(figure: Estimate) -> str:
    """A figure and its 95% interval.

    >>> with_interval(Estimate(0.8333, 0.664, 0.927, "wilson", 0.07))
    '83.3% [66.4, 92.7]'
    """
    return f"{percent(figure.value)} [{100 * figure.low:.1f}, {100 * figure.high:.1f}]"


def headline_rows(metrics: Metrics) -> Rows:
    """One row for each benchmark and mode, then the averages of each mode; k is the number of samples."""
    several = any(group.fewest > 1 for group in metrics.groups)
    header = ("benchmark", "mode", "problems", "k", "pass@1 [95%]")
    rows: Rows = [(*header, "maj@k [95%]", "pass@k [95%]", "gap") if several else header]
    rows += [_row(group, several) for group in metrics.groups]
    for mode in dict.fromkeys(average.mode for average in metrics.averages):
        mine = {average.metric: average for average in metrics.averages if average.mode == mode}
        k = max((group.fewest for group in metrics.groups if group.mode == mode), default=1)
        both = [mine.get(name) for name in ("pass@1", f"maj@{k}", f"pass@{k}", f"gap@{k}")]
        rows.append(_total("all, by problems", mode, [one.micro if one else None for one in both], several))
        rows.append(_total("all, by benchmarks", mode, [one.macro if one else None for one in both], several))
    return rows


def _total(name: str, mode: str, figures: Sequence[Estimate | None], several: bool) -> tuple[str, ...]:
    first, *others, gap = figures
    cells = (name, mode, str(first.n) if first else "", "", _cell(first))
    return (*cells, *map(_cell, others), percent(gap.value) if gap else "") if several else cells


def _cell(figure: Estimate | None) -> str:
    """Nothing where benchmarks have no k in common."""
    return with_interval(figure) if figure else ""


def _row(group: Group, several: bool) -> tuple[str, ...]:
    cells = (group.bench, group.mode, str(group.problems), str(group.fewest), with_interval(group.accuracy))
    if not several:
        return cells
    votes, passes = group.votes[-1].estimate, group.passes[-1].estimate
    return (*cells, with_interval(votes), with_interval(passes), percent(group.gap.value))


def notes(metrics: Metrics) -> Iterator[str]:
    """What a reader of the figures has to know, in sentences."""
    if metrics.failed:
        where = ", ".join(f"{count} of {name}" for name, count in metrics.failed.items())
        yield f"Left out: samples that the machinery failed in ({where}); the same `mathsolve eval` tries them again."
    for group in metrics.groups:
        name = f"{group.bench} {group.mode}"
        if group.undecided:
            most = percent(min(1.0, group.accuracy.value + group.undecided))
            yield f"{name}: {percent(group.undecided)} undecided count as not right; pass@1 is {most} at most."
        if group.trust.withheld:
            yield (
                f"{name}: {percent(group.trust.withheld)} of the answers were withheld, {percent(group.trust.withheld_right)} "
                f"rightly stated but withheld; wrong and given: {percent(group.trust.wrong)}."
            )
        if group.fewest * group.problems != group.samples:
            yield f"{name}: problems have unequal numbers of samples; k goes up to the fewest, {group.fewest}."
    if len(metrics.graders) > 1:
        versions = ", ".join(map(str, metrics.graders))
        yield f"Graded by versions {versions} of the grader; `mathsolve regrade` makes the verdicts comparable."
    if metrics.strays:
        yield f"Left out: {metrics.strays} records of problems that the run does not hold."


def text_table(rows: Sequence[Sequence[str]], left: int = 2) -> str:
    """Aligned columns: the first `left` to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if place < left else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def markdown_table(rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table.

    >>> print(markdown_table([("bench", "mode"), ("gsm8k", "cot")]))
    | bench | mode |
    |---|---|
    | gsm8k | cot |
    """
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:]])
