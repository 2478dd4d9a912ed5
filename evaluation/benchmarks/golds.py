"""Right answers in the forms in which sources write them, as the text that the grader gets."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from ...engine.grading.extraction import extract
from ...engine.grading.grade import grade


def text(value: Any) -> str:
    """As it is written; several of them with commas between.

    >>> text("  x^2 "), text(7), text(None), text(["1", 2])
    ('x^2', '7', '', '1, 2')
    """
    if isinstance(value, list):
        return ", ".join(map(text, value))
    return "" if value is None else str(value).strip()


def number(value: Any) -> str:
    """A number without what its file format added: `145.0` is 145, `025` is 25, `2,125` is 2125.

    >>> number(145.0), number("27.0"), number("025"), number("2,125"), number(0.1), number("3/4")
    ('145', '27', '25', '2125', '0.1', '3/4')
    """
    written = text(value)
    plain = written.replace(",", "") if _THOUSANDS.fullmatch(written) else written
    match = _NUMBER.fullmatch(plain)
    if match is None:
        return written
    sign, digits, decimals = match.groups()
    decimals = (decimals or "").rstrip("0") if decimals and not decimals.strip("0") else decimals
    return f"{sign}{digits.lstrip('0') or '0'}{'.' + decimals if decimals else ''}"


def hashes(value: Any) -> str:
    """What stands after `####` at the end of a solution, thousands commas removed.

    >>> hashes("2 + 1 = <<2+1=3>>3 thousands\\n#### 3,000")
    '3000'
    """
    return number(text(value).rpartition("####")[2])


def boxed(value: Any) -> str:
    """What stands in the last box of a solution, or the text where there is no box.

    Boxes that are joined by commas are one answer in several parts, unless they are forms of the same value.

    >>> boxed(r"so $x = \\boxed{\\frac{1}{2}}$.")
    '\\\\frac{1}{2}'
    >>> boxed(r"$\\boxed{-2}$ and $\\boxed{1}$"), boxed(r"$\\boxed{1/2}, \\boxed{0.5}$")
    ('-2, 1', '0.5')
    """
    written = text(value)
    found = extract(written) if "boxed" in written or "fbox" in written else None
    if found is None or found.rule != "boxed":
        return written
    last = extract(written[max(written.rfind("boxed{"), written.rfind("fbox{"), 0) :])
    if last is None or last.answer == found.answer:
        return found.answer
    others = found.answer.removesuffix(last.answer).rstrip(" ,")
    return last.answer if grade(last.answer, others).verdict == "correct" else found.answer


def bracketed(value: Any) -> str:
    """An answer without the explanation in brackets after it.

    >>> bracketed("9 (apples)"), bracketed("14  (seats)"), bracketed("-(1/3)"), bracketed("3:30 p.m.")
    ('9', '14', '-(1/3)', '3:30 p.m.')
    """
    match = re.fullmatch(r"(.*[\w.%])\s+\([^()]*\)", text(value))
    return number(match[1] if match else value)


def letter(value: Any) -> str:
    """The letter of an option.

    >>> letter("c"), letter("(B)"), letter("D."), letter("shortage")
    ('C', 'B', 'D', 'shortage')
    """
    match = re.fullmatch(r"\(?([A-Za-z])\s*[).]?", text(value))
    return match[1].upper() if match else text(value)


FORMS: dict[str, Callable[[Any], str]] = {
    "text": text,
    "number": number,
    "hashes": hashes,
    "boxed": boxed,
    "bracketed": bracketed,
    "letter": letter,
}
"""How to read each form."""

_NUMBER = re.compile(r"([-+]?)(\d+)(?:\.(\d*))?")
_THOUSANDS = re.compile(r"[-+]?\d{1,3}(?:,\d{3})+(?:\.\d+)?")
