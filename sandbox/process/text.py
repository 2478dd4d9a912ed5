"""What a program printed, as text that is safe to show: cut in the middle, control characters made visible."""

from __future__ import annotations

import re

from .channel import Capture

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")


def output_text(capture: Capture, limit: int) -> tuple[str, int]:
    """At most `limit` characters, head and tail, and how many characters were left out in between."""
    head, lost, tail = capture.parts()
    if not lost:
        return _cut((head + tail).decode("utf-8", "replace"), limit)
    first, last = head.decode("utf-8", "replace")[: limit // 2], tail.decode("utf-8", "replace")[-(limit // 2) :]
    return visible(f"{first}\n... {lost} characters cut ...\n{last}"), lost


def _cut(text: str, limit: int) -> tuple[str, int]:
    lost = len(text) - limit
    if lost <= 0:
        return visible(text), 0
    half = limit // 2
    return visible(f"{text[:half]}\n... {lost} characters cut ...\n{text[len(text) - (limit - half) :]}"), lost


def visible(text: str) -> str:
    r"""`text` with every control character but tab and newline written as an escape.

    >>> visible("a\x1b[31mb\r\nc")
    'a\\x1b[31mb\nc'
    """
    return _CONTROL.sub(lambda match: match[0].encode("unicode_escape").decode(), text.replace("\r\n", "\n"))
