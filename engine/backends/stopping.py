"""Stopping at a text in a stream of tokens, for backends whose stops are more than one token."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stopped:
    """Where a text came to a stop."""

    text: str
    """The text before the stop."""
    stop: str
    """The stop."""
    overshoot: str
    """What the last token holds beyond the stop."""

    def rest(self, covered: str) -> str:
        """The end of text and stop that `covered` lacks."""
        return (self.text + self.stop)[len(covered) :]


class Reader:
    """Reads tokens one by one, tells the text as far as it is certain, and finds the first stop.

    Promises: text that may be the beginning of a stop, or a part of a character, is held back. Only the end of the text is
    decoded anew for each token.
    """

    def __init__(self, decode: Callable[[Sequence[int]], str], stops: Sequence[str]) -> None:
        self._decode = decode
        self._stops = stops
        self._longest = max(map(len, stops), default=0)
        self._ids: list[int] = []
        self._settled = 0
        """Tokens whose text does not change any more."""
        self._text = ""
        """Text of the settled tokens."""
        self._told = 0

    @property
    def text(self) -> str:
        """Everything so far."""
        return self._text + self._tail()

    def read(self, token_id: int) -> Stopped | None:
        """One more token. Where it completes a stop, that is the end."""
        before = len(self._text)
        self._ids.append(token_id)
        tail = self._tail()
        window = self._text[max(0, before - self._longest) :] + tail
        places = [(window.find(stop), -len(stop), stop) for stop in self._stops if stop in window]
        if places:
            place, _, stop = min(places)
            start = len(self._text) + len(tail) - len(window) + place
            whole = self._text + tail
            return Stopped(whole[:start], stop, whole[start + len(stop) :])
        if not tail.endswith("\ufffd") and len(self._ids) - self._settled >= 8:
            self._settle(tail)
        return None

    def news(self) -> str:
        """Text that was not told yet and can no longer become a part of a stop."""
        text = self.text.rstrip("\ufffd")
        sure = text[self._told : len(text) - held(text, self._stops)]
        self._told += len(sure)
        return sure

    def rest(self, text: str) -> str:
        """What is left to tell of the final text."""
        return text[self._told :]

    def _tail(self) -> str:
        """Text of the tokens that are not settled. One settled token goes before them: some tokenizers drop a leading
        space."""
        if not self._settled:
            return self._decode(self._ids)
        anchor = self._decode(self._ids[self._settled - 1 : self._settled])
        return self._decode(self._ids[self._settled - 1 :])[len(anchor) :]

    def _settle(self, tail: str) -> None:
        self._text += tail
        self._settled = len(self._ids)


class Teller:
    """Passes on a text that grows, without what may become a part of a stop."""

    def __init__(self, on_text: Callable[[str], None], stops: Sequence[str]) -> None:
        self._on_text = on_text
        self._stops = stops
        self._told = 0

    def tell(self, text: str, *, ended: bool = False) -> None:
        """The text so far; `ended`: the whole of it, without its stop."""
        sure = len(text) if ended else len(text) - held(text, self._stops)
        if sure > self._told:
            self._on_text(text[self._told : sure])
            self._told = sure


def held(text: str, stops: Sequence[str]) -> int:
    """How many characters at the end may be the beginning of a stop, or half a character.

    >>> held("so ``", ["```output"])
    2
    """
    if text.endswith("\ufffd"):
        return len(text) - len(text.rstrip("\ufffd"))
    longest = max(map(len, stops), default=0)
    sizes = range(min(longest - 1, len(text)), 0, -1)
    return next((size for size in sizes if any(stop.startswith(text[-size:]) for stop in stops)), 0)


def first_stop(text: str, stops: Sequence[str]) -> tuple[str, str | None]:
    """The text before the first stop in it, and the stop.

    >>> first_stop("a<end>b", ["</p>", "<end>"])
    ('a', '<end>')
    """
    places = [(place, -len(stop), stop) for stop in stops if (place := text.find(stop)) >= 0]
    if not places:
        return text, None
    place, _, stop = min(places)
    return text[:place], stop


def covered(ids: tuple[int, ...], text: str, decode: Callable[[Sequence[int]], str]) -> tuple[tuple[int, ...], str]:
    """Ids of a text that ends with a stop, without a last one that goes beyond it, and the end of the text that they lack.

    >>> covered((1, 2), "ab", lambda ids: "".join({1: "a", 2: "bc"}[i] for i in ids))
    ((1,), 'b')
    """
    if len(decode(ids).lstrip()) <= len(text.lstrip()):
        return ids, ""
    begun = decode(ids[:-1])
    shift = len(text) - len(text.lstrip()) - (len(begun) - len(begun.lstrip()))  # some tokenizers drop a leading space
    return ids[:-1], text[len(begun) + shift :]
