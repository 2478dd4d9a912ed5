"""What a model writes, told while it writes it: words and programs apart, without tags."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

Kind = Literal["thought", "program"]


class Writer:
    """Passes on the text of one completion, holding back what may become a tag.

    Args:
        tag: what opens a program.
        tell: hears which kind of text it is, and the text.
    """

    def __init__(self, tag: str, tell: Callable[[Kind, str], None]) -> None:
        self._tag = tag
        self._tell = tell
        self._kind: Kind = "thought"
        self._held = ""

    def hear(self, text: str) -> None:
        """Some more text."""
        before, opened, after = (self._held + text).partition(self._tag)
        if self._kind == "thought" and opened:
            self._pass_on(before)
            self._kind = "program"
            before = after
        kept = 0 if self._kind == "program" else _overlap(before, self._tag)
        self._held = before[len(before) - kept :]
        self._pass_on(before[: len(before) - kept])

    def end(self) -> None:
        """The text has ended, so what was held back is no tag."""
        self._pass_on(self._held)
        self._held = ""

    def _pass_on(self, text: str) -> None:
        if text:
            self._tell(self._kind, text)


def _overlap(text: str, tag: str) -> int:
    """Length of the longest end of `text` that is a beginning of `tag`.

    >>> _overlap("print `", "```python")
    1
    """
    return next(size for size in range(min(len(text), len(tag)), -1, -1) if text.endswith(tag[:size]))
