"""How a value is shown in its place: an expression in a question, a thought or a program, a number, a word."""

from __future__ import annotations

import re

from .latex import latex
from .notation import Big, Math, Numbers, Var
from .plain import plain
from .style import Style

OPEN, CLOSE = "\x01", "\x02"
"""Marks around a piece of LaTeX until its delimiters are known; no question holds these characters."""


def render(expression: Math, style: Style) -> str:
    """The expression in a notation; LaTeX comes without delimiters."""
    return latex(expression, style) if style.form == "latex" else plain(expression, style)


def show(value: object, style: Style) -> str:
    """Any value as a question shows it: LaTeX between marks that `delimit` turns into delimiters, the rest as text."""
    if isinstance(value, Big):
        return f"{value:,}" if style.thousands and not style.in_program else str(int(value))
    if not isinstance(value, Math):
        return str(value)
    if style.form != "latex" or isinstance(value, Numbers) or (style.bare_names and isinstance(value, Var)):
        return render(value, style)
    return f"{OPEN}{render(value, style)}{CLOSE}"


_ABSORBED = (
    (re.compile(rf"\b([a-zA-Z]'{{0,3}}\(){OPEN}([^{CLOSE}]*){CLOSE}\)"), rf"{OPEN}\1\2){CLOSE}"),
    (re.compile(rf"\bd/d{OPEN}([^{CLOSE}]*){CLOSE}"), rf"{OPEN}\\frac{{d}}{{d\1}}{CLOSE}"),
    (re.compile(rf"(\\frac{{d}}{{d\w+}}){CLOSE}( ?){OPEN}"), r"\1\2"),
    (re.compile(rf"{CLOSE} d(?:{OPEN}([^{CLOSE}]*){CLOSE}|([a-z])\b)"), rf" \\, d\1\2{CLOSE}"),
    (re.compile(rf"{CLOSE}(\s*[=+\-<>]\s*){OPEN}"), r"\1"),
    (re.compile(rf"{CLOSE}(\s*[=+\-<>]\s*-?\d+)\b(?![.,]\d)"), rf"\1{CLOSE}"),
)


def delimit(text: str, style: Style) -> str:
    """Put delimiters around the marked LaTeX, first growing it over what people would not leave outside: `f(x) =`."""
    if OPEN not in text:
        return text
    for pattern, replacement in _ABSORBED:
        text = pattern.sub(replacement, text)
    return text.replace(OPEN, style.delimiters[0]).replace(CLOSE, style.delimiters[1])
