"""What a conversation holds: the solver, the settings and the answers so far; and the showing of each answer.

Promises: an answer that is stopped leaves what was done until then, to be looked at, exported or tried again.
"""

from __future__ import annotations

import sys
from dataclasses import replace

from ..sandbox import Program
from .console import Trace, no_answer, pen_for, show_answer, show_aside, show_support
from .errors import UsageError
from .oneshot import drawing
from .question import checked
from .settings import Settings, check_settings
from .solver import Interrupted, Solver
from .trajectory import Solution


class Conversation:
    """One user's session."""

    def __init__(self, solver: Solver, *, plain: bool = False) -> None:
        self.solver = solver
        self.plain = plain
        self.pen = pen_for(sys.stdout, plain=plain)
        self.solutions: list[Solution] = []
        self.traced = True

    @property
    def settings(self) -> Settings:
        """How questions are answered from now on."""
        return self.solver.settings

    @property
    def last(self) -> Solution:
        """The latest answer. Raises `UsageError` when there is none."""
        if not self.solutions:
            raise UsageError("nothing was asked yet")
        return self.solutions[-1]

    def change(self, **changes: object) -> None:
        """Answers differently from now on; a setting without meaning raises `UsageError` and changes nothing."""
        settings = replace(self.settings, **changes)  # type: ignore[arg-type]
        check_settings(settings)
        if (settings.model, settings.family) == (self.settings.model, self.settings.family):
            self.solver.settings = settings
            return
        fresh = Solver(settings, sandbox=self.solver.sandbox)
        self.solver.close(keep_sandbox=True)
        self.solver = fresh

    def tier(self) -> str:
        """The isolation in which programs run. Raises `SandboxError` when there is none."""
        return self.solver.run(self._tier())

    async def _tier(self) -> str:
        async with await self.solver.sandbox.open() as session:
            return (await session.run(Program("None"))).tier

    def ask(self, question: str) -> None:
        """Answers one question, showing it as it is worked out."""
        trace = Trace(self.pen) if self.traced else None
        self.pen.write("\n", "aside")
        try:
            solution = self.solver.solve(checked(question), trace)
        except Interrupted as stopped:
            solution = stopped.solution
        finally:
            if trace:
                trace.close()
        self.solutions.append(solution)
        self.show(solution)

    def show(self, solution: Solution) -> None:
        """Writes the outcome."""
        pen = self.pen
        if solution.answer is not None:
            show_answer(pen, solution.answer, drawing(self.solver, solution.answer, unicode=pen.unicode))
            show_support(pen, solution)
        elif solution.stop == "cancelled":
            show_aside(pen, "stopped; what was done is kept (/code shows it, /retry asks again)")
        else:
            pen.write(f"{pen.indent}{no_answer(solution)}\n", "error")
        pen.write("\n", "aside")

    def close(self) -> None:
        """Ends the solver."""
        self.solver.close()
