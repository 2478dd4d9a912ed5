"""Whether a question was asked before in the same words."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

from ..case import Case


class Duplicate:
    """Rejects a question that an earlier draw asked, whatever became of that one. Memory: about 100 bytes a question."""

    name = "duplicate"

    def __init__(self) -> None:
        self._asked: set[bytes] = set()

    def screen(self, cases: Sequence[Case]) -> list[Case]:
        """Look each question up, in order."""
        return [self._one(case) for case in cases]

    def remember(self, domain: str, question: str) -> None:
        """The question was asked."""
        self._asked.add(question_key(question))

    def _one(self, case: Case) -> Case:
        key = question_key(case.candidate.question)
        if key in self._asked:
            return case.rejected(self.name, "duplicate question:")
        self._asked.add(key)
        return case


def question_key(question: str) -> bytes:
    """A question without what makes no difference: case, spacing and final punctuation."""
    text = " ".join(question.casefold().split()).rstrip(" .?!")
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).digest()
