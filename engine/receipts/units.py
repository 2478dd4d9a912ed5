"""The unit of an answer against the one that is asked for: `how many metres`, `in square centimetres`, `what percent`.

Promises: it speaks only where both are plain, and a unit counts as wrong only where no reading makes it right: a length for an
area, a time for a price. Another unit of the same kind is right, only not as asked. Does not promise that an answer with a
unit is checked: most have none, and units that go by several meanings (ounces, pounds, minutes) can pass but never fail.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..grading.parser import parse
from ..grading.tokens import Unreadable
from ..grading.tree import Node, Percent, Quantity
from ..grading.units import UNITS, measure, unit
from ..trajectory import Check

_POWER = r"(?:(?:square|sq\.?|cubic|cu\.?) )?"
_WORD = r"[a-z]+(?:\^[23]|[²³])?"
_PER = r"(?:(?: per |/)[a-z]+)?"
_ASKED = re.compile(
    rf"how many ({_POWER}{_WORD}{_PER})|\bin (?:units of )?({_POWER}{_WORD}{_PER})(?=\s*(?:[,.?)]|$))|what (percent)(?:age)?\b"
)
"""Where a question names the unit of its answer."""
_ASKING = re.compile(r"\?|^\W*(?:what|how|find|give|express|compute|calculate|determine|convert|write|state)\b")
"""What a sentence has that asks for something; others say in which unit something is given."""
_LOOSE = frozenset(["lb", "oz", "min", "s", "deg", "unit"])
"""Units with a second meaning: money, volume, angle."""
_MATERIAL = re.compile(r"how many (?:[a-z]+ )?[a-z]+ of\b")
"""`how many yards of concrete`: a length may stand for an area or a volume."""


def unit_check(question: str, answer: str) -> Check | None:
    """Whether the answer has the unit that is asked for; None where either is not plain.

    >>> unit_check("What is the area of the square in cm^2?", "9 cm^2").detail
    'its unit is the one that was asked for: cm^2'
    >>> unit_check("What is the area of the square in cm^2?", "9") is None
    True
    """
    asked = set(_asked(question.lower()))
    given = _unit(answer) if len(asked) == 1 else None
    if given is None:
        return None
    (wanted,) = asked
    if given == wanted:
        return Check("unit", True, f"its unit is the one that was asked for: {wanted}")
    one, other = measure(given), measure(wanted)
    if one is None or other is None or not _LOOSE.isdisjoint(re.split(r"[/^]", f"{given}/{wanted}")):
        return None
    if one[1] == other[1]:
        return Check("unit", True, f"its unit, {given}, measures what was asked for in {wanted}")
    if "/" in given + wanted or _MATERIAL.search(question.lower()):
        return None
    return Check("unit", False, f"the answer is in {given}, and {wanted} was asked for")


def _asked(question: str) -> Iterator[str]:
    """The units that a question names as that of its answer."""
    text = question.replace("$", "").replace("\\text", "").replace("{", "").replace("}", "")
    sentences = [one for one in re.split(r"(?<=[.?!])\s+", " ".join(text.split())) if _ASKING.search(one)]
    for match in (found for sentence in sentences for found in _ASKED.finditer(sentence)):
        words = next(group for group in match.groups() if group is not None)
        name = "%" if words == "percent" else _named(words)
        plain = words != "in" and len(words) > 1  # no `how many in total`, and no variable
        if plain and (match[2] is None or _is_known(name)):  # `in total` and `in a row` name no unit
            yield name


def _named(words: str) -> str:
    """`square miles per hour` as `mi^2/h`; a noun as itself."""
    top, _, below = words.replace(" per ", "/").partition("/")
    return f"{unit(top)}/{unit(below)}" if below else unit(top)


def _unit(answer: str) -> str | None:
    """The unit of an answer that is a number with a known one."""
    try:
        tree: Node = parse(answer)
    except Unreadable:
        return None
    if isinstance(tree, Percent):
        return "%"
    return tree.unit if isinstance(tree, Quantity) and _is_known(tree.unit) else None


def _is_known(name: str) -> bool:
    return name == "%" or all(part.partition("^")[0] in UNITS for part in name.split("/"))
