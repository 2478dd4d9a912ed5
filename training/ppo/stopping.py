"""Ctrl-C, or a scheduler's SIGTERM, ends a run where nothing is half done."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Signals:
    """Turns both signals into `KeyboardInterrupt`: at once, or at the end of what is to be done whole.

    A second signal never waits. Off the main thread, signals mean what they always did.
    """

    def __init__(self) -> None:
        self.torn = False
        """Whether a second signal came where something was to be done whole."""
        self._whole = False
        self._heard = False

    @contextmanager
    def heard(self) -> Iterator[None]:
        """The time in which signals mean that."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        former = {number: signal.signal(number, self._hear) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in former.items():
                signal.signal(number, handler)

    @contextmanager
    def held_back(self) -> Iterator[None]:
        """What is to be done whole: a signal that comes meanwhile is raised at its end."""
        self._whole = True
        try:
            yield
        finally:
            self._whole = False
        if self._heard:
            raise KeyboardInterrupt

    def _hear(self, number: int, frame: FrameType | None) -> None:
        again, self._heard = self._heard, True
        self.torn = self.torn or (again and self._whole)
        if again or not self._whole:
            raise KeyboardInterrupt
