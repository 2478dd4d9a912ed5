"""Whether a question and its solutions have the form that training expects."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ....engine.answers import boxed
from ..candidate import ANSWER, Proposal, Words
from ..case import Attempt, Case

_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f\ud800-\udfff\ue000-\uf8ff]")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
"""The same in programs, where tabs are fine."""
_FORGED = re.compile(r"```\s*(?:output|python)|</?(?:output|code|tool_\w+)>|<\|\w+\|>", re.IGNORECASE)
"""Marks that only the engine, or the renderer of a model family, may write."""


class Format:
    """Refuses what is empty, holds control characters or marks of the engine, or leads to no answer."""

    name = "format"

    def screen(self, cases: Sequence[Case]) -> list[Case]:
        """Reject questions without readable text; refuse solutions that are not of their mode."""
        return [self._one(case) for case in cases]

    def remember(self, domain: str, question: str) -> None:
        """Nothing."""

    def _one(self, case: Case) -> Case:
        if not any(map(str.isalnum, question := case.candidate.question)):
            return case.rejected(self.name, "empty question:")
        if lost := _CONTROL.search(question):
            return case.rejected(self.name, f"control character in the question: {lost[0]!r}, maybe a lost backslash")
        if forged := _FORGED.search(question):
            return case.rejected(self.name, f"mark of the engine: {forged[0]!r} in the question")
        return case.sifted(self.name, [_fault(attempt, case.candidate.declined) for attempt in case.attempts])


def _fault(attempt: Attempt, declined: bool) -> str | None:
    proposal, words = attempt.proposal, attempt.words
    if forged := _FORGED.search(words):
        return f"mark of the engine: {forged[0]!r} in the words"
    if lost := _CONTROL.search(words.replace(ANSWER, "")):
        return f"control character: {lost[0]!r} in the words"
    if lost := _UNPRINTABLE.search("\n".join(attempt.programs)):
        return f"control character: {lost[0]!r} in a program"
    if declined:
        stated = attempt.programs or ANSWER in words or boxed(words)
        return "answers what is to be declined:" if stated else (None if words.strip() else "no words:")
    return _unlike(proposal, attempt) or _without_answer(proposal)


def _unlike(proposal: Proposal, attempt: Attempt) -> str | None:
    """Why a solution is not of its mode."""
    if bool(attempt.programs) != (proposal.mode != "cot"):
        return f"not of its mode: {proposal.mode} with {len(attempt.programs)} programs"
    if any(not program.strip() for program in attempt.programs):
        return "empty program:"
    before = proposal.steps[0]
    if proposal.mode == "mixed" and not (isinstance(before, Words) and before.text.strip()):
        return "not of its mode: mixed without a thought before the program"
    return None


def _without_answer(proposal: Proposal) -> str | None:
    last = proposal.steps[-1]
    stated = isinstance(last, Words) and (ANSWER in last.text or boxed(last.text))
    return None if stated else "states no answer: the last step boxes none"
