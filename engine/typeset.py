"""Readable mathematics: an answer's text drawn in two dimensions and written as LaTeX.

Promises: the text is parsed only inside the sandbox, never in this process, because parsing mathematics with sympy
runs it; an answer that is no mathematics, or that takes too long, is simply left as it is. Does not promise a nicer
form: `drawn` is None where the text already reads best as it stands.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..sandbox import Limits, Program, Sandbox

MAX_CHARS = 2_000
"""Longer answers are shown as they are."""
_LIMITS = Limits(cpu_s=2.0)
_MARK = "\n\u241e\n"
_PLAIN = re.compile(r"[+-]?[\d.,]+(/\d+)?%?|[A-Za-z]*")
_CONSTANT = re.compile(r"pi|oo")
_DRAW = """
from sympy import evaluate, latex, pretty, sympify
TEXT = {text!r}
with evaluate(False):
    written = sympify(TEXT)
told = sympify(TEXT)
squeezed = "".join(TEXT.split())
shown = told if "".join(str(told).split()) == squeezed else written
print(pretty(shown, use_unicode={unicode}, wrap_line=False), latex(shown), sep={mark!r})
"""


@dataclass(frozen=True, slots=True)
class Typeset:
    """One answer, made readable."""

    drawn: str
    """Sympy's two-dimensional drawing, one or more lines."""
    latex: str
    """LaTeX without dollar signs."""


def worth_drawing(answer: str) -> bool:
    """Whether `answer` could gain from being drawn: not a plain number, fraction, word or sentence.

    >>> worth_drawing("3*x**2"), worth_drawing("42"), worth_drawing("3/4"), worth_drawing("Monday")
    (True, False, False, False)
    """
    if len(answer) > MAX_CHARS or "\n" in answer:
        return False
    return _CONSTANT.fullmatch(answer) is not None or _PLAIN.fullmatch(answer) is None


async def typeset(sandbox: Sandbox, answer: str, *, unicode: bool = True) -> Typeset | None:
    """`answer` drawn and in LaTeX, or None when it is not mathematics that sympy reads."""
    if not worth_drawing(answer):
        return None
    async with await sandbox.open() as session:
        observation = await session.run(Program(_DRAW.format(text=answer, unicode=unicode, mark=_MARK)), _LIMITS)
    drawn, mark, latex = observation.stdout.rstrip("\n").partition(_MARK)
    if not observation.ok or not mark or observation.truncated:
        return None
    return Typeset(drawn, latex)
