"""One spelling for the many ways to type the same mathematics: Unicode, delimiters, thin spaces, fonts, separators."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

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
_DEGREES = re.compile(
    r"(?<!\d)(\d{1,5})\s*\^\s*\{?\\circ\s*\}?\s*(\d+(?:\.\d+)?)\s*(?:\^\s*\{?\\prime\}?|')(?!\s*\\prime|')"
    r"(?:\s*(\d+(?:\.\d+)?)\s*(?:\^\s*\{?\\prime\s*\\prime\}?|''|\"))?"
)
_Replacement = str | Callable[[re.Match[str]], str]


def _in_degrees(match: re.Match[str]) -> str:
    """Degrees, minutes and seconds as a sum of degrees."""
    return f"({match[1]}+{match[2]}/60+{match[3] or 0}/3600)^\\circ "


def _period(match: re.Match[str]) -> str:
    """`0.1(6)` is a repeating decimal; `2(3)` is a product."""
    before = match.string[max(0, match.start() - 60) : match.start()]
    return f"\\overline{{{match[1]}}}" if re.search(r"\.\d*$", before) else match[0]


def _relation(match: re.Match[str]) -> str:
    """An equation as sympy prints it, `Eq(y, 2*x)`, with its sign between its sides."""
    depth, commas = 0, []
    for place, character in enumerate(match[2]):
        depth += (character in "([{") - (character in ")]}")
        if character == "," and depth == 0:
            commas.append(place)
    if len(commas) != 1:
        return match[0]
    left, right = match[2][: commas[0]], match[2][commas[0] + 1 :]
    return f"{left} {'=' if match[1] == 'Eq' else '!='} {right}"


_LATEX: tuple[tuple[re.Pattern[str], _Replacement], ...] = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"\\[\[\]()]", " "),
        (_SPACING, " "),
        (r"\\(?:[dtc]|nice)frac", r"\\frac"),
        (r"\\([%$])", r"\1"),
        (_DEGREES, _in_degrees),
        (r"\\bigcup(?!\s*_)", r"\\cup "),
        (r"^[$\s]*\\approx", ""),
        (r"(?<=\d)\{,\}(?=\d{1,2}(?!\d))", "."),
        (r"(?<=\d) ?\{ ?, ?\} ?(?=\d)", "{,}"),
        (r"(?<=\d),\s*\\!\s*(?=\d{3}(?!\d))", ""),
        (r"\\!\s*", ""),
        (_THIN, ""),
        (r"\\text\s*\{([0-9A-Za-z]+)\}(?=\s*_)", r"\1"),
        (r"\\text\s*\{\s*\(mod\s*\}", "(mod "),
        (r"^[$\s]*\\text\s*\{\s*(?:approximately|about|roughly|around)\s*\}", ""),
        (_TEXT, "\x01\\1\x02"),
        (r"\\(?:mathbb|Bbb)\s*\{?([RZNQC])\}?", r"\\set\1 "),
        (_FONT, r" \1 "),
        (r"(?<!\\)\\(?:[,;:! ]|quad|qquad|enspace|thinspace|hspace\{[^{}]*\})", " "),
    )
)
"""What only stands where there is a backslash or a brace, in the order in which it is replaced."""
_PLAIN: tuple[tuple[re.Pattern[str], _Replacement], ...] = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (_THIN, ""),
        (r"(?<=[.\d])\((\d{1,40})\)(?!\s*[\d(/*])", _period),
        (_SPACED_THOUSANDS, lambda match: match[0].replace(" ", "")),
        (r"\b(?:np|numpy|math|sympy|sp)\.(?=[A-Za-z])", ""),
        (r"\bInterval\.(?=(?:L|R)?open\()", "Interval"),
        (r"\bEmptySet\b(?:\(\))?", r"\\emptyset "),
        (r"\bReals\b", r"\\setR "),
        (r"^(Eq|Ne)\((.{1,500})\)$", _relation),
        (r"(?<=\d)\s?[xX]\s?(?=10\s?(?:\^|\*\*))", "*"),
        (r"(?<=\))\s*&\s*(?=\()", " and "),
        (r"(?<=\))\s*\|\s*(?=\()", " or "),
    )
)
"""What stands anywhere."""
_LAST = re.compile(r"(?<![.\d])[.,;]{1,9}$|(?<=\d)[,;]{1,9}$|(?<=[)\]}])\.$")


def normalised(text: str) -> str:
    """The text in one spelling.

    >>> normalised("−5 × 3"), normalised("7, "), normalised("12,345.")
    ('-5 * 3', '7', '12,345.')
    """
    text = (text if text.isascii() else "".join(map(_plain_character, text))).strip().rstrip("\\")
    if "\\" in text or "{" in text:
        if "\\begin" not in text:  # a backslash that was escaped once too often
            text = re.sub(r"\\\\(?=[A-Za-z({\[)}\]])", r"\\", text)
        for pattern, replacement in _LATEX:
            text = pattern.sub(replacement, text)
    if not text.isalnum():
        for pattern, replacement in _PLAIN:
            text = pattern.sub(replacement, text)
    text = text.replace("$$", "$").replace("~", " ")
    if text.count("$") % 2 == 0 or (text.startswith("$") is not text.endswith("$") and "\\" in text):
        text = text.replace("$", " ").strip()
    return _LAST.sub("", text).strip()


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
