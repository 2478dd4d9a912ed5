"""From the text of an answer to tokens: one spelling for the many ways to type the same thing.

LaTeX, Unicode, plain keyboard mathematics, and what Python and sympy print all become the same few kinds of tokens.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

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


_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺ⁿ", "0123456789-+n")
_SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_UNICODE = {
    "−": "-", "–": "-", "—": "-", "×": "*", "·": "*", "∙": "*", "⋅": "*", "∗": "*", "÷": "/", "⁄": "/", "∕": "/",
    "π": r"\pi ", "∞": r"\infty ", "√": r"\surd ", "≤": r"\le ", "≥": r"\ge ", "≠": r"\ne ", "∪": r"\cup ",
    "∩": r"\cap ", "∈": r"\in ", "±": r"\pm ", "∓": r"\mp ", "°": r"^\circ ", "∅": r"\emptyset ", "ℝ": r"\mathbb{R}",
    "ℤ": r"\mathbb{Z}", "θ": r"\theta ", "α": r"\alpha ", "β": r"\beta ", "…": r"\ldots ", "≈": r"\approx ",
    "⟨": r"\langle ", "⟩": r"\rangle ", "\u00a0": " ", "\u2009": " ", "\u202f": " ", "’": "'",
}  # fmt: skip
_FRACTIONS = {"½": "1/2", "⅓": "1/3", "⅔": "2/3", "¼": "1/4", "¾": "3/4", "⅕": "1/5", "⅛": "1/8", "⅙": "1/6"}
_SPACING = re.compile(
    r"\\(?:left|right|bigg?[lrm]?|Bigg?[lrm]?|displaystyle|textstyle|limits|mathstrut|strut)(?![A-Za-z])"
)
_THIN = re.compile(r"(?<=\d)(?:(?<!\\)\\[,;:! ]|\{,\}|\\!,|,\\!|~|\{\\,\})+(?=\d{3}(?!\d))")
_SPACED_THOUSANDS = re.compile(r"(?<![\d.,/^_])\d{1,3}(?: \d{3})+(?![\d,/])")
_TEXT = re.compile(r"\\(?:text(?:bf|it|rm|sf|tt|normal)?|textnormal|mbox|hbox|operatorname\*?)\s*\{([^{}]*)\}")
_FONT = re.compile(r"\\(?:mathrm|mathbf|mathit|mathsf|mathcal|boldsymbol|bm|rm|bf)\s*\{([^{}]*)\}")
_DECIMALS = (
    r"(?:\.\d+|\.(?=\s*(?:$|[-+*/^]|\\overline|\\bar|\\dot)))?(?:[eE][+-]?\d+(?![A-Za-z\d]))?|\.\d+(?:[eE][+-]?\d+)?"
)
_THOUSANDS = r"\d{1,3}(?:,\d{3})+(?![\d,])|"
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


def normalised(text: str) -> str:
    """One spelling for Unicode, delimiters, thin spaces and font commands."""
    text = "".join(map(_plain_character, text)).strip().rstrip("\\")
    if "\\begin" not in text:  # a backslash that was escaped once too often
        text = re.sub(r"\\\\(?=[A-Za-z({\[)}\]])", r"\\", text)
    text = re.sub(r"\\[\[\]()]", " ", text).replace("$$", "$")
    text = (
        _SPACING.sub(" ", text).replace(r"\dfrac", r"\frac").replace(r"\tfrac", r"\frac").replace(r"\cfrac", r"\frac")
    )
    text = text.replace(r"\nicefrac", r"\frac").replace(r"\%", "%").replace(r"\$", "$").replace(r"\mathstrut", "")
    text = _THIN.sub("", re.sub(r"\\!\s*", "", text))
    text = _SPACED_THOUSANDS.sub(lambda match: match[0].replace(" ", ""), text)
    text = re.sub(r"\\(left|right)\b", " ", text)
    text = _TEXT.sub("\x01\\1\x02", text)
    text = re.sub(r"\\(?:mathbb|Bbb)\s*\{?([RZNQC])\}?", r"\\set\1 ", text)
    text = _FONT.sub(" \\1 ", text)
    text = re.sub(r"(?<!\\)\\(?:[,;:! ]|quad|qquad|enspace|thinspace|hspace\{[^{}]*\})|~", " ", text)
    if text.count("$") % 2 == 0 or (text.startswith("$") is not text.endswith("$") and "\\" in text):
        text = text.replace("$", " ").strip()
    return re.sub(r"(?<![.\d])[.,;]+$|(?<=\d)[,;]+$|(?<=[)\]}])\.$", "", text).strip()


def _plain_character(character: str) -> str:
    if character in _UNICODE:
        return _UNICODE[character]
    if character in _FRACTIONS:
        return f" {_FRACTIONS[character]}"
    if (superscript := character.translate(_SUPERSCRIPTS)) != character:
        return f"^{{{superscript}}}"
    if (subscript := character.translate(_SUBSCRIPTS)) != character:
        return f"_{{{subscript}}}"
    return unicodedata.normalize("NFKC", character) if ord(character) > 127 else character
