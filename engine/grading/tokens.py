"""From the text of an answer to tokens: one spelling for the many ways to type the same thing.

LaTeX, Unicode, plain keyboard mathematics, and what Python and sympy print all become the same few kinds of tokens.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from .spelling import normalised

Kind = Literal["number", "word", "command", "text", "sign"]
"""`word`: a run of letters; `command`: a LaTeX command without its backslash; `text`: the content of `\\text{}`."""


@dataclass(frozen=True, slots=True)
class Token:
    """One piece of an answer."""

    kind: Kind
    """What it is."""
    text: str
    """Its characters; a number without thousands separators."""
    spaced: bool
    """Whether a space stands before it."""


class Unreadable(ValueError):
    """A text that is no answer in a form known here; the message says where reading stopped."""


_DECIMALS = (
    r"(?:\.\d+|\.(?=\s*(?:$|[-+*/^]|\\overline|\\bar|\\dot)))?(?:[eE][+-]?\d+(?![A-Za-z\d]))?|\.\d+(?:[eE][+-]?\d+)?"
)
_THOUSANDS = r"[1-9]\d{0,2}(?:,\d{3})+(?![\d,])|"
_PIECES = (
    r"(?P<space>\s+)|(?P<text>\x01[^\x02]*\x02)|(?P<number>(?:%s\d{1,3}(?:_\d{3})+(?![\d_])|\d+)%s)"
    r"|(?P<command>\\(?:[A-Za-z]+\*?|[{}|%%$&#_]))"
    r"|(?P<sign>\*\*|<=|>=|!=|==|\.\.\.|\\\\|[-+*/^_=<>!(){}\[\]|,;:%%$&'?£€¥])|(?P<word>[A-Za-z]+)"
)
_PIECE = re.compile(_PIECES % (_THOUSANDS, _DECIMALS))
_PIECE_IN_BRACKETS = re.compile(_PIECES % ("", _DECIMALS))
"""In brackets a comma separates: `(12,102)` is a pair."""
_BRACKETS = {"(": 1, "[": 1, ")": -1, "]": -1}


def tokens(text: str) -> list[Token]:
    """The tokens of an answer.

    Raises:
        Unreadable: it holds a character that no answer has.
    """
    text = normalised(text)
    found: list[Token] = []
    position, spaced, depth = 0, False, 0
    while position < len(text):
        match = (_PIECE if depth == 0 else _PIECE_IN_BRACKETS).match(text, position)
        if match is None:
            raise Unreadable(f"cannot read {text[position : position + 12]!r}")
        kind, piece = match.lastgroup, match[0]
        position, was_spaced, spaced = match.end(), spaced, kind == "space"
        if kind == "number":
            found.append(Token("number", piece.replace(",", "").replace("_", ""), was_spaced))
        elif kind == "text":
            found.append(Token("text", piece[1:-1].strip(), True))
        elif kind == "command":
            found.append(Token("command", piece[1:], was_spaced))
        elif kind in ("sign", "word"):
            depth = max(0, depth + _BRACKETS.get(piece, 0))
            found.append(Token("word" if kind == "word" else "sign", piece, was_spaced))
    return found
