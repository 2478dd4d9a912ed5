"""What a filter is. Cheap ones look at text, in the order of the draws; the others run programs, in any order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ..case import Case
from ..workshop import Bench


class Screen(Protocol):
    """Looks at text only, at many questions at a time. What it remembers depends on their order."""

    @property
    def name(self) -> str:
        """Under which its rejections are counted."""
        ...

    def screen(self, cases: Sequence[Case]) -> list[Case]:
        """The cases, in order, with those questions rejected and those solutions refused that it does not let pass."""
        ...

    def remember(self, domain: str, question: str) -> None:
        """A question that it let pass in an earlier run."""
        ...


class Trial(Protocol):
    """Runs programs. Remembers nothing, so the order does not matter."""

    @property
    def name(self) -> str:
        """Under which its rejections are counted."""
        ...

    async def judge(self, case: Case, bench: Bench) -> Case:
        """The case with its question rejected, or those solutions refused that it does not let pass."""
        ...
