"""`Item`: a problem of a benchmark, with what counts as its right answer."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..engine.grading.rules import Rules
from ..engine.trajectory import Problem


@dataclass(frozen=True, slots=True)
class Item:
    """A problem of a benchmark, with what counts as its right answer."""

    id: str
    """Unique in a run: the benchmark's name, a slash, and the problem's own id, e.g. `gsm8k/17`."""
    bench: str
    """Name of the benchmark."""
    question: str
    """What is asked, options included where there are any."""
    gold: str | None
    """The right answer; the letter of the right option where there are options. None: it should be declined."""
    accepted: tuple[str, ...] = ()
    """Further right answers, where the source gives several."""
    choices: tuple[str, ...] = ()
    """The options in order: the first is A."""
    subject: str | None = None
    """Sub-domain, module or type, in the source's words."""
    level: str | None = None
    """Difficulty, in the source's words."""
    cluster: str | None = None
    """Items with the same cluster are variants of one another (a template, a duplicate); errors are clustered by it."""
    rules: Rules = field(default_factory=Rules)
    """What its benchmark accepts."""

    @property
    def lineage(self) -> str:
        """What it has in common with its variants, in this file or another: those of one seed are known by its name alone."""
        return self.cluster.removeprefix(f"{self.bench}/") if self.cluster else self.id

    @property
    def problem(self) -> Problem:
        """What a solver gets to see, and the reference answer, which it does not."""
        return Problem(self.question, id=self.id, answer=self.gold, domain=self.subject, source=self.bench)
