"""How much of an output its model is shown: as much as there is room for, head and tail, and what was left out is counted."""

from __future__ import annotations

from dataclasses import replace

from ..sandbox import PRESETS, Observation

OUTPUT_CHARS = 600
"""Characters of an observation that go into the context; the middle of a longer one is left out, with its length."""


def unshown(seen: Observation, room: int) -> int:
    """Characters of an output that its model is not shown: those that its family's preset leaves out, which for some
    families is without a word, as their models know it, and those for which there is no room."""
    preset = PRESETS[seen.preset]
    whole = replace(preset, chars=None).words(seen.stdout, seen.value, seen.trace, seen.error)
    cut = len(whole) - 2 * (preset.chars // 2) if preset.chars is not None and len(whole) > preset.chars else 0
    return cut + (len(seen.text) - 2 * (room // 2) if len(seen.text) > room else 0)


def shorten(text: str, limit: int) -> str:
    """Head and tail of a long text with the number of characters left out between them.

    >>> shorten("0123456789", 4)
    '01... 6 characters left out ...89'
    """
    if len(text) <= limit:
        return text
    half = limit // 2
    return f"{text[:half]}... {len(text) - 2 * half} characters left out ...{text[-half:]}"
