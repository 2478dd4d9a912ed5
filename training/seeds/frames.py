"""Frames: the sentences of the seed bank, with alternatives `<a|b>` and placeholders `{expression:spec}`.

A frame is compiled once and expanded for every example. Text between `<` and `>` is a choice only when it holds a `|`;
literal braces are doubled, as in Python's f-strings. Inside `$...$` an expression is LaTeX whatever the style.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from random import Random
from types import CodeType
from typing import Any

from .latex import latex
from .notation import Math
from .rendering import delimit, show
from .samplers import tidy
from .style import PLAIN, Style

_MARK = 0xE000
"""First of the private characters that stand for placeholders while a frame is taken apart."""
_CHOICE = re.compile(r"<([^<>]*\|[^<>]*)>")
_PIECES = re.compile("([\ue000-\uf8ff])")
_BRACE = re.compile(r"[{}]")
_FORMULA_BORDER = re.compile(r"\$|\\\(|\\\)")


@dataclass(frozen=True, slots=True)
class Placeholder:
    """`{expression:spec}` in a frame."""

    source: str
    """The expression, for messages."""
    code: CodeType
    """The expression, compiled."""
    spec: str
    """Format specification, often empty."""
    typeset: bool
    """Whether it stands between dollar signs."""
    before: str
    """The character right before it, or nothing."""


QUOTES, BRACKETS = ("'", '"'), ("(", "[", "{")

Piece = str | Placeholder
Part = tuple[tuple[Piece, ...], ...]
"""The alternatives at one place of a frame; one alternative for fixed text."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A compiled frame."""

    source: str
    """The text it was compiled from."""
    parts: tuple[Part, ...]
    """Places in order."""


class FrameError(ValueError):
    """A frame that cannot be compiled or expanded; the message names the placeholder."""


def compile_frame(source: str, *, choices: bool = True) -> Frame:
    """Compile a frame; programs and checks are compiled without choices, because `<` and `|` are operators there."""
    text, placeholders = _take_placeholders(source)
    parts: list[Part] = []
    position = 0
    for match in _CHOICE.finditer(text) if choices else ():
        parts.append((_pieces(text[position : match.start()], placeholders),))
        parts.append(tuple(_pieces(option, placeholders) for option in match[1].split("|")))
        position = match.end()
    parts.append((_pieces(text[position:], placeholders),))
    return Frame(source, tuple(part for part in parts if part != ((),)))


def expand(frame: Frame, values: Mapping[str, Any], rng: Random, style: Style) -> str:
    """The frame with alternatives drawn and placeholders filled in."""
    out: list[str] = []
    for part in frame.parts:
        for piece in part[0] if len(part) == 1 else rng.choice(part):
            out.append(piece if isinstance(piece, str) else _fill(piece, values, style, frame))
    return delimit("".join(out), style)


def _take_placeholders(source: str) -> tuple[str, list[Placeholder]]:
    """The text with each placeholder replaced by one private character, and the placeholders in order."""
    out: list[str] = []
    found: list[Placeholder] = []
    position, borders, before = 0, 0, ""
    while (brace := _BRACE.search(source, position)) is not None:
        start = brace.start()
        text = source[position:start]
        borders += len(_FORMULA_BORDER.findall(text))
        before = text[-1:] or before
        if source[start : start + 2] in ("{{", "}}"):
            mark, position = source[start], start + 2
        elif source[start] == "}":
            raise FrameError(f"a lone '}}' in {source!r}: write '}}}}' for a literal brace")
        else:
            end = _closing_brace(source, start)
            found.append(_placeholder(source[start + 1 : end], typeset=borders % 2 == 1, before=before))
            mark, position = chr(_MARK + len(found) - 1), end + 1
        out += (text, mark)
        before = mark
    return "".join((*out, source[position:])), found


def _closing_brace(source: str, start: int) -> int:
    depth, quote = 0, ""
    for position in range(start, len(source)):
        char = source[position]
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char in "([{":
            depth += 1
        elif char in ")]}":
            depth -= 1
            if depth == 0:
                return position
    raise FrameError(f"a '{{' is never closed in {source!r}: write '{{{{' for a literal brace")


def _placeholder(inside: str, *, typeset: bool, before: str) -> Placeholder:
    expression, spec = _split_spec(inside)
    try:
        code = _expression(expression.strip())
    except SyntaxError as error:
        remedy = "double each backslash again" if "escape" in error.msg else "double the braces of literal text"
        raise FrameError(f"{{{inside}}} is not a Python expression ({error.msg}): {remedy}") from error
    return Placeholder(inside, code, spec, typeset, before)


@cache
def _expression(source: str) -> CodeType:
    """Compiled once, though many frames hold it. Raises `SyntaxError`."""
    return compile_strictly(source, "<placeholder>", "eval")


def compile_strictly(source: str, name: str, mode: str) -> CodeType:
    """Compile Python; what it would only warn of, such as the escape in '\\cdot', is an error.

    Raises:
        SyntaxError: it is not Python.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error", SyntaxWarning)
        warnings.simplefilter("error", DeprecationWarning)
        return compile(source, name, mode)


def _split_spec(inside: str) -> tuple[str, str]:
    """Expression and format specification: split at the last colon that stands outside brackets and quotes."""
    depth, quote, colon = 0, "", -1
    for position, char in enumerate(inside):
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char in "([{":
            depth += 1
        elif char in ")]}":
            depth -= 1
        elif char == ":" and depth == 0:
            colon = position
    return (inside, "") if colon < 0 else (inside[:colon], inside[colon + 1 :])


def _pieces(text: str, placeholders: list[Placeholder]) -> tuple[Piece, ...]:
    return tuple(
        placeholders[ord(piece) - _MARK] if len(piece) == 1 and _PIECES.match(piece) else piece
        for piece in _PIECES.split(text)
        if piece
    )


def _fill(placeholder: Placeholder, values: Mapping[str, Any], style: Style, frame: Frame) -> str:
    try:
        value = eval(placeholder.code, values if isinstance(values, dict) else dict(values))
        if placeholder.spec:
            return format(value, placeholder.spec)
    except Exception as error:  # whatever the bank's expression raises is a mistake in the bank: say where
        raise FrameError(f"{{{placeholder.source}}} in {frame.source!r}: {type(error).__name__}: {error}") from error
    if isinstance(value, Decimal):
        return str(tidy(value))
    if placeholder.typeset and isinstance(value, Math):
        return latex(value, style)
    return show(value, _style_at(placeholder, style))


def _style_at(placeholder: Placeholder, style: Style) -> Style:
    """The style where the placeholder stands: in a string a fraction is text, in brackets a list has commas only."""
    if placeholder.before in QUOTES and style.exact:
        return replace(style, exact="")
    if placeholder.before in BRACKETS and style.listing != "commas" and not style.in_program and style is not PLAIN:
        return replace(style, listing="commas")
    return style
