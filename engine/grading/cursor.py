"""A place in a list of tokens, and the few ways to look at what comes next."""

from __future__ import annotations

from .tokens import Token, Unreadable


class Cursor:
    """Reads tokens one after the other."""

    def __init__(self, found: list[Token]) -> None:
        self._tokens = found
        self._at = 0

    @property
    def _next(self) -> Token | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _sees(self, *texts: str) -> bool:
        """Whether the next token is one of these signs, words or commands."""
        token = self._next
        return token is not None and token.kind != "text" and token.text in texts

    def _command(self, *names: str) -> bool:
        """Takes the next token if it is one of these commands."""
        token = self._next
        if token is not None and token.kind == "command" and token.text in names:
            self._at += 1
            return True
        return False

    def _sign(self, *signs: str) -> bool:
        """Takes the next token if it is one of these signs."""
        token = self._next
        if token is not None and token.kind == "sign" and token.text in signs:
            self._at += 1
            return True
        return False

    def _word(self, *words: str) -> bool:
        """Takes the next token if it is one of these words."""
        token = self._next
        if token is not None and token.kind == "word" and token.text in words:
            self._at += 1
            return True
        return False

    def _says(self, *words: str) -> bool:
        """Takes the next token if it is one of these words, as text or not."""
        token = self._next
        if token is not None and token.kind == "text" and token.text.strip().lower() in words:
            self._at += 1
            return True
        return self._word(*words)

    def _expect(self, sign: str) -> None:
        token = self._next
        if token is None or token.text != sign:
            raise Unreadable(f"{sign!r} is missing" + (f" before {token.text!r}" if token else " at the end"))
        self._at += 1
