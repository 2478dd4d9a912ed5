"""A question as a list of words, so that its spelling does not matter: the form in which questions are compared.

Case, accents of typesetting (Unicode forms, TeX and Markdown decoration), punctuation and hyphens are gone. What decides
what is asked stays, each as a word of its own: numbers (without thousands separators; `three` is 3), operators, and the
brackets of calculations. A drawing in Asymptote is one word, or its boilerplate would look like copied text. Characters of
languages that are written without spaces are words of their own.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from zlib import crc32

Words = Sequence[str]
"""A normalised question."""

_SMALL = "zero one two three four five six seven eight nine ten eleven twelve"
_SAME = {**{word: str(value) for value, word in enumerate(_SMALL.split())}, "percent": "%", "times": "*", "×": "*"}
_ASKING = (
    "a an the of is are was were be what whats find compute calculate evaluate determine give tell me please work out "
    "value answer result does do equal to and simplify that it"
)
_FILLER = frozenset(_ASKING.split())
_OPERATORS = frozenset(["<=", ">=", "!=", *"+-*/^=<>%!()"])
_SYMBOLS = _OPERATORS | frozenset("bcdefghjklmnopqrstuvwxyz")

_LETTERS = str.maketrans("0123456789abcdef", "abcdefghijklmnop")
_DRAWING = re.compile(r"\[asy\][^\[]*(?:\[(?!/?asy\])[^\[]*)*\[/asy\]")
_SUPERSCRIPT = re.compile(r"[⁰¹²³⁴⁵⁶⁷⁸⁹]+")
_VULGAR = re.compile(r"(?<=\d)(?=[½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞])")
_GREEK = "alpha beta gamma delta epsilon theta lambda mu pi sigma phi omega"
_NAMED = {
    **dict(zip("αβγδεθλμπσφω", _GREEK.split(), strict=True)),
    "√": "sqrt",
    "∞": "infty",
    "°": "degrees",
    "→": "->",
}
_CHARACTERS = str.maketrans(
    {sign: f" {name} " for sign, name in _NAMED.items()}
    | dict(zip("−–—·⋅÷⁄∕’‘`{}", "-- ××///'''  ", strict=True))
    | {"≤": "<=", "≥": ">=", "≠": "!="}
)
_TEX = tuple(
    (re.compile(pattern), new)
    for pattern, new in (
        (r"\\[dtc]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}", r" \1/\2 "),
        (r"\\[dtc]?frac\s*(\d)\s*(\d)", r" \1/\2 "),
        (r"\{,\}|,\\!", ","),
        (r"\\(?:cdot|times|ast)(?![a-z])", "×"),
        (r"\\div(?![a-z])", "/"),
        (r"\\neq?(?![a-z])", "!="),
        (r"\\(?:to|rightarrow)(?![a-z])", "->"),
        (r"\^\s*(?:\{\s*\\circ\s*\}|\\circ(?![a-z]))", " degrees "),
        (r"\\[cl]?dots[cbm]?(?![a-z])", " "),
        (r"\\(?:le|leq|leqslant)(?![a-z])", "<="),
        (r"\\(?:ge|geq|geqslant)(?![a-z])", ">="),
        (
            r"\\(?:left|right|big[lr]?|displaystyle|limits|q?quad|text(?:bf|it)?|math(?:rm|bf|bb|cal)|overline|rm|bf)(?![a-z])",
            " ",
        ),
        (r"\\(?:begin|end)\s*\{[a-z]+\*?\}", " "),
        (r"\\[,;:!\s\\]", " "),
        (r"\\(?=[a-z])", " "),
    )
)
_PLAIN = tuple(
    (re.compile(pattern), new)
    for pattern, new in (
        (r"(?<=[^\W\d_])\s?'\s?(?=s\b)|(?<=[^\W\d_])'(?=[^\W\d_])", ""),
        (r"(?<=[\w)])\*\*(?=[\w(+-])", "^"),
        (r"((?<=[\w)])\*(?=[\w(+-])|(?<=[\w)] )\*(?= [\w(+-]))|\*", r"\1"),
        (r"(?<=\d),(?=\d{3}(?!\d))", ""),
        (r"(?<=\w)-(?=[^\W\d_]{2})", " "),
        (r"\bper cent\b", "percent"),
    )
)
_SPACELESS = "\u3040-\u30ff\u3400-\u9fff"
_WORD = re.compile(
    rf"\d+(?:\.\d+)?|[{_SPACELESS}]|[^\W\d_{_SPACELESS}]+|<=|>=|!=|[-+*×/^=<>%]"
    r"|(?<=[\d)])!|\((?=\s*[-\d(])|\)(?=\s*[-+*×/^(\d])"
)


def words(text: str) -> list[str]:
    """The words of a text.

    >>> words("If $x = 1{,}000$, what's $\\\\frac{1}{2}x^2$?") == words("if x=1000 whats 1/2 x²")
    True
    >>> words("Janet’s 3-mile run")
    ['janets', '3', 'mile', 'run']
    """
    text = _SUPERSCRIPT.sub(r"^\g<0>", _VULGAR.sub(" ", text))
    text = " ".join(unicodedata.normalize("NFKC", text).casefold().replace("$", "").split())
    text = _DRAWING.sub(_drawing, text)
    if "\\" in text or "{" in text:
        for pattern, new in _TEX:
            text = pattern.sub(new, text)
    text = text.translate(_CHARACTERS)
    for pattern, new in _PLAIN:
        text = pattern.sub(new, text)
    return [word.rstrip("0").rstrip(".") if "." in word else _SAME.get(word, word) for word in _WORD.findall(text)]


def is_number(word: str) -> bool:
    """Whether a word is a number."""
    return word[0].isdecimal()


def numbers(of: Iterable[str]) -> list[str]:
    """The numbers among words, in order."""
    return [word for word in of if is_number(word)]


def skeleton(of: Iterable[str]) -> list[str]:
    """The words with every number masked: the same for two questions from one template.

    >>> skeleton(["add", "3", "and", "12"])
    ['add', '#', 'and', '#']
    """
    return ["#" if is_number(word) else word for word in of]


def without_operators(of: Iterable[str]) -> list[str]:
    """The words that are no operators or brackets, as n-grams are counted in the literature."""
    return [word for word in of if word not in _OPERATORS]


def calculation(of: Iterable[str]) -> list[str]:
    """The numbers, operators and variables among words, in order.

    >>> calculation(["solve", "3", "x", "=", "a", "12"])
    ['3', 'x', '=', '12']
    """
    return [word for word in of if word in _SYMBOLS or is_number(word)]


def content(of: Iterable[str]) -> list[str]:
    """The words without those that only ask or connect; all words where nothing else is left.

    >>> content(["what", "is", "3", "+", "5"]) == content(["compute", "3", "+", "5"])
    True
    """
    of = list(of)
    return [word for word in of if word not in _FILLER] or of


def _drawing(code: re.Match[str]) -> str:
    """A word for a drawing, of letters only, so that it is no number."""
    strokes = "".join(filter(str.isalnum, code[0]))
    return f" drawing{format(crc32(strokes.encode()), '08x').translate(_LETTERS)} "
