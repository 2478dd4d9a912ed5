"""The data card: where examples come from, what is in them, what was left out and why, beside the data as Markdown."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from ...evaluation.running.environment import commit
from .runcard import read_card
from .yields import TEACHER, Yields

LIBRARIES = ("mathsolve", "sympy", "numpy", "pydantic")
"""Whose versions the data depend on."""


def card_of(out: Path) -> Path:
    """Where the data card of a result is: in the folder, or beside the file."""
    return out.with_name(f"{out.name}.md") if out.suffix else out / "README.md"


def write_data_card(out: Path, working: Path, yields: Yields, filters: Sequence[str]) -> Path:
    """Write the card of a result; returns where it is.

    working: the JSONL file that the result was made of, which has the run card beside it.
    """
    card = card_of(out)
    card.write_text(data_card(out.stem, read_card(working)["configuration"], yields, filters), encoding="utf-8")
    return card


def data_card(name: str, configuration: Mapping[str, Any], yields: Yields, filters: Sequence[str]) -> str:
    """The card as Markdown."""
    shown = [name for name in (TEACHER, *filters) if yields.rejected_by(name)]
    return f"""# {name}

{yields.kept.total()} questions with {yields.modes.total()} verified solutions, made by `mathsolve train synthesise`. Each
line is one question with every way to its answer that was verified; programs were executed, and their outputs are what
they printed. {yields.draws} questions were drawn; {yields.rejected.total()} were rejected, and {yields.refused.total()}
solutions refused.

## Sources

{_table(("source", "licence", "questions"), _sources(configuration, yields))}

## Contents

{_table(("sub-domain", "questions", "mixed", "pot", "cot", *(f"level {level}" for level in range(1, 6))), _contents(yields))}

Splits: {", ".join(f"{split} {count}" for split, count in yields.by_split().items())}.

## Rejected

Questions by the filter that rejected them; a question is counted once, with the first filter that did.

{_table(("sub-domain", "drawn", *shown), _rejections(yields, shown))}

Solutions refused, of questions kept or not:

{_table(("filter", "reason", "solutions"), _refusals(yields))}

## Compared with

No question that is learnt from repeats one of these benchmarks (`mathsolve contamination`; the same template with other
numbers is no repetition).

{_table(("benchmark", "questions"), sorted(configuration["benchmarks"].items()))}

## Made with

{_table(("what", "value"), _made_with(configuration))}
"""


def _sources(configuration: Mapping[str, Any], yields: Yields) -> Iterable[Sequence[object]]:
    licences = configuration.get("licences", {})
    return [(source, licences.get(source, "not known"), count) for source, count in sorted(yields.sources.items())]


def _contents(yields: Yields) -> Iterable[Sequence[object]]:
    for domain in yields.domains():
        modes = [yields.modes[domain, mode] for mode in ("mixed", "pot", "cot")]
        levels = [yields.levels[domain, level] for level in range(1, 6)]
        yield domain or "-", yields.kept_of(domain), *modes, *levels


def _rejections(yields: Yields, shown: Sequence[str]) -> Iterable[Sequence[object]]:
    for domain in yields.domains():
        lost = [yields.rejected_by(name, domain) for name in shown]
        yield domain or "-", yields.kept_of(domain) + sum(lost), *lost


def _refusals(yields: Yields) -> Iterable[Sequence[object]]:
    totals: dict[tuple[str, str], int] = {}
    for (_, name, phrase), count in yields.refused.items():
        totals[name, phrase] = totals.get((name, phrase), 0) + count
    return [(*key, count) for key, count in sorted(totals.items())]


def _made_with(configuration: Mapping[str, Any]) -> Iterable[Sequence[object]]:
    left = {name: value for name, value in configuration.items() if name not in ("benchmarks", "licences")}
    yield "python", platform.python_version()
    yield "commit", commit(Path(__file__).parents[2]) or "-"
    for library in LIBRARIES:
        yield library, _version(library)
    for name, value in sorted(left.items()):
        if name not in LIBRARIES:
            yield name, _said(value)


def _said(value: Any) -> str:
    """JSON in words.

    >>> _said({"lcs": 0.7, "names": ["a", "b"]})
    'lcs 0.7, names a, b'
    """
    match value:
        case dict():
            return ", ".join(f"{name} {_said(inner)}" for name, inner in value.items())
        case list() | tuple():
            return ", ".join(map(_said, value))
    return "-" if value is None else str(value)


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return "-"


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    cells = ([str(cell).replace("|", "\\|").replace("\n", " ") for cell in line] for line in lines)
    return "\n".join(f"| {' | '.join(line)} |" for line in cells)
