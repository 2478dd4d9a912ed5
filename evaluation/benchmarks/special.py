"""Benchmarks that need more than names of fields: a function each, from what the entry alone makes to the problem.

None stands for a problem that papers leave out.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from ..item import Item
from .golds import text
from .records import Record


def asdiv(item: Item, record: Record) -> Item | None:
    """Answers that name a unit may be given with it; papers leave out problems with several answers."""
    answer = text(record.get("answer"))
    if ";" in answer:
        return None
    unit = re.search(r"\(([^()]*)\)$", answer)
    named = unit is not None and item.gold is not None and item.gold[-1:].isdigit()
    return replace(item, accepted=(f"{item.gold} {unit[1]}",)) if unit and named else item


def deepmind(item: Item, record: Record) -> Item:
    """The hub writes texts as Python writes bytes, and has the split of interpolation only."""
    question, gold = (re.sub(r"^b(['\"])(.*)\\n\1$", r"\2", written) for written in (item.question, item.gold or ""))
    level = item.level if item.level in ("interpolate", "extrapolate") else "interpolate"
    return replace(item, question=question, gold=gold, level=level)


def tabmwp(item: Item, record: Record) -> Item:
    """The table, headed by its title, comes before the question, and the unit after it."""
    table = "\n".join(filter(None, map(text, (record.get("table_title"), record.get("table")))))
    unit = text(record.get("unit"))
    question = f"{item.question} (Unit: {unit})" if unit else item.question
    return replace(item, question=f"{table}\n\n{question}" if table else question)


def gaokao2023en(item: Item, record: Record) -> Item:
    """Where options stand inside the question, the text of the right one is as good as its letter."""
    texts = dict(re.findall(r"\(([A-K])\)\s*(.*?)(?:[\s?.]|\\n)*(?=\([A-K]\)|$)", item.question, re.DOTALL))
    right = texts.get(item.gold or "", "")
    alone = list(texts.values()).count(right) == 1
    return replace(item, accepted=(right,)) if right and alone else item


def olympiadbench(item: Item, record: Record) -> Item:
    """A context comes before the question; the answer comes with a unit and a margin of error where they are named."""
    rules = replace(item.rules, tolerance=_margin(text(record.get("error")), item.gold or ""))
    unit = text(record.get("unit")).strip("$")
    accepted = (f"{item.gold} {unit}",) if unit else ()
    context = text(record.get("context"))
    question = f"{context}\n\n{item.question}" if context else item.question
    return replace(item, question=question, accepted=accepted, rules=rules)


def _margin(error: str, gold: str) -> float:
    """The largest absolute error that is named, relative to a gold that is a number; 0 where there is none."""
    try:
        margins, value = [float(part) for part in error.split(",") if part.strip()], abs(float(gold.strip("$ ")))
    except ValueError:
        return 0.0
    return max(margins) / value if margins and value else 0.0


SPECIAL: dict[str, Callable[[Item, Record], Item | None]] = {
    "asdiv": asdiv,
    "deepmind": deepmind,
    "gaokao2023en": gaokao2023en,
    "olympiadbench": olympiadbench,
    "tabmwp": tabmwp,
}
"""By name of the benchmark."""
