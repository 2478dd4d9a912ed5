"""`Verdicts`: the verdicts of one run. Samples often say the same; each answer is compared with the right one once."""

from __future__ import annotations

from collections import OrderedDict

from ...engine.grading.verdict import Verdict
from ...sandbox import Sandbox, SandboxError
from ..item import Item
from ..judge import judge, rules, settle

KEPT = 50_000
"""Verdicts that are remembered."""


class Verdicts:
    """Decides whether answers are right, with the help of a sandbox where that takes a computer algebra system."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._known: OrderedDict[tuple[object, ...], Verdict] = OrderedDict()

    async def of(self, item: Item, answer: str | None, *, given: bool) -> Verdict:
        """Whether `answer` is right. Never raises: what the grader cannot decide is undecided.

        A problem without a right answer should be declined, and a withheld answer to it is as good as none.
        """
        if item.gold is None and not given:
            answer = None
        about = (item.gold, item.accepted, item.choices, rules(item), answer)
        if (verdict := self._known.get(about)) is None:
            verdict = self._known[about] = await self._decided(item, answer)
            if len(self._known) > KEPT:
                self._known.popitem(last=False)
        return verdict

    async def _decided(self, item: Item, answer: str | None) -> Verdict:
        try:
            return await settle(item, answer, self._sandbox)
        except SandboxError:
            return judge(item, answer)
        except Exception as error:  # a bug in the grader costs this verdict, not the run; `regrade` mends it
            return Verdict("undecided", f"the grader failed ({type(error).__name__}: {error})", "failure")
