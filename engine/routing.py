"""Which way a question is tried first, and which way is tried when that one fails.

Published results say that programs help much on hard computation and cost accuracy on easy word problems, so words come first
there, and a program anywhere else. A model's own record by kind of question, where there is one, goes before this rule:
`mathsolve routes` makes it of a run, as JSON, `{"routes": {"story": {"cot": [41, 50], "mixed": [47, 50]}}}`, and it is read
from the file that `--routes` names or from the `mathsolve.json` in the model's folder. Does not promise the best way for any
one model without its record: the embedded model, which was taught to compute, would lose nearly half of its right answers by
the rule, so its plan, with which the trust in its answers was fitted, is never routed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, get_args

from ..prompts import MODES
from .errors import UsageError
from .trajectory import Trajectory
from .trust import NUMBER, objection

Kind = Literal[
    "calculus",
    "matrices",
    "counting",
    "probability",
    "number theory",
    "statistics",
    "geometry",
    "algebra",
    "arithmetic",
    "story",
]
"""What a question is about; `story`: a problem in words with small numbers."""

Record = Mapping[str, Mapping[str, tuple[int, int]]]
"""A model's record: by kind and mode, how many of its answers were right, and how many there were."""

LEAST = 20
"""Answers in a mode from which on its record counts."""
LARGEST_IN_HEAD = 1000
"""Numbers of a story up to which words come first."""
_KINDS: tuple[tuple[Kind, str], ...] = (
    ("calculus", r"deriv|differentia|integra|\\int|∫|\blimit|\\lim|tangent|taylor|maclaurin|\bseries\b|\\sum|∑"),
    ("matrices", r"matri|determinant|eigen|vector|\[\["),
    ("probability", r"probab|chance|\blikely|\bodds\b|expected value|\bdice?\b|\bcoins? (?:is|are|flip|toss)"),
    ("counting", r"how many (?:different |distinct )?(?:ways|words|codes|paths|subsets|sets)|permut|combinat|arrange"),
    (
        "number theory",
        r"\bprime|divis|remainder|\bmod\b|modulo|\bgcd\b|\blcm\b|common (?:multiple|factor)|digits?\b|\bbase\b",
    ),
    ("statistics", r"\bmean\b|median|\bmode of|variance|standard deviation"),
    (
        "geometry",
        r"triang|circle|radius|rectang|polygon|angle|perimeter|\barea\b|volume|diagonal|cube\b|sphere|cylinder",
    ),
    ("algebra", r"solve|equation|\broots?\b|factor|expand|polynomial|simplify|inequal|=.*[a-z]|[a-z].*="),
    ("arithmetic", r"^[^a-z]*(?:what is|what's|compute|calculate|evaluate|work out)?[^a-z]*$"),
)


def kind(question: str) -> Kind:
    """What a question is about, by its words.

    >>> kind("How many ways are there to seat 4 people?"), kind("Ann has 3 apples and buys 4. How many has she?")
    ('counting', 'story')
    """
    return next((name for name, words in _KINDS if re.search(words, question, re.IGNORECASE)), "story")


def modes(question: str, record: Record | None = None) -> tuple[str, str]:
    """The mode that is tried first, and the other one, which checks it: one with programs, and one in words.

    >>> modes("Differentiate x^3."), modes("Ann has 3 apples and buys 4. How many has she?")
    (('mixed', 'cot'), ('cot', 'mixed'))
    """
    about = kind(question)
    if (chosen := modes_by_record(about, record or {})) is not None:
        return chosen
    small = all(float(number) <= LARGEST_IN_HEAD for number in NUMBER.findall(question.replace(",", "")))
    return ("cot", "mixed") if about == "story" and small else ("mixed", "cot")


def modes_by_record(about: str, record: Record) -> tuple[str, str] | None:
    """The same by the record alone; None where it says too little.

    >>> modes_by_record("story", {"story": {"cot": (41, 50), "mixed": (47, 50)}})
    ('mixed', 'cot')
    """
    known = {mode: tally for mode, tally in record.get(about, {}).items() if tally[1] >= LEAST}
    if "cot" not in known or len(known) < 2:
        return None
    programs = max((mode for mode in known if mode != "cot"), key=lambda mode: share(known[mode]))
    return (programs, "cot") if share(known[programs]) >= share(known["cot"]) else ("cot", programs)


def share(tally: tuple[int, int]) -> float:
    """The share of right answers, a little towards one half where there were few: (right + 1) / (all + 2).

    >>> share((9, 10)), share((0, 0))
    (0.8333333333333334, 0.5)
    """
    return (tally[0] + 1) / (tally[1] + 2)


def routed(ways: Sequence[tuple[str, float]], question: str, record: Record | None = None) -> list[tuple[str, float]]:
    """The planned attempts in the modes that suit the question: the second in the other mode, all others in the first.

    >>> routed([("mixed", 0.0), ("cot", 0.0), ("mixed", 0.7)], "Ann has 3 apples and buys 4. How many has she?")
    [('cot', 0.0), ('mixed', 0.0), ('cot', 0.7)]
    """
    first, other = modes(question, record)
    return [(other if number == 1 else first, temperature) for number, (_, temperature) in enumerate(ways)]


def load_record(path: Path) -> Record:
    """A model's record from a file; an empty one where a file that may have one has none.

    Raises:
        UsageError: the file cannot be read, or what it calls `routes` is no record.
    """
    try:
        return record_of(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise UsageError(f"cannot read the routes in {str(path)!r}: {error.strerror}") from error
    except (ValueError, TypeError, AttributeError) as error:
        made = "mathsolve routes RUN --out FILE makes one"
        raise UsageError(f"{str(path)!r} holds no routes: {error}; {made}") from error


def record_of(data: Any) -> Record:
    """The record under `routes`, checked. Raises `ValueError`, `TypeError` or `AttributeError` for what is none.

    >>> record_of({"routes": {"story": {"cot": [41, 50]}}})
    {'story': {'cot': (41, 50)}}
    """
    found: dict[str, dict[str, tuple[int, int]]] = {}
    for about, tallies in data.get("routes", {}).items():
        if about not in get_args(Kind):
            raise ValueError(f"{about!r} is no kind of question; there are {', '.join(get_args(Kind))}")
        for mode, (right, total) in tallies.items():
            if mode not in MODES or not 0 <= int(right) <= int(total):
                raise ValueError(
                    f"{about}, {mode}: {[right, total]}; it must be a mode with right answers and all answers"
                )
            found.setdefault(about, {})[mode] = int(right), int(total)
    return found


def fallback(attempts: Sequence[Trajectory], tried: Sequence[str]) -> str | None:
    """The mode to go over to when no attempt came to an answer to be trusted: words after programs that fail, programs after
    words that come to nothing. None where there is an answer, or both were tried."""
    if any(attempt.stop == "answered" and objection(attempt) is None for attempt in attempts):
        return None
    used = set(tried)
    return None if {"cot"} < used else "mixed" if used == {"cot"} else "cot"
