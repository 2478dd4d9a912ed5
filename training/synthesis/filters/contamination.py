"""Whether a question repeats one of a benchmark. Fails closed: see `evaluation.contamination`."""

from __future__ import annotations

from collections.abc import Sequence

from ....evaluation.contamination.check import COUNTED
from ....evaluation.contamination.index import Index
from ..case import Case


class Contamination:
    """Rejects a question that any benchmark of the index asks; one from the same template asks something else."""

    name = "contamination"

    def __init__(self, index: Index) -> None:
        self._index = index

    def screen(self, cases: Sequence[Case]) -> list[Case]:
        """Compare each question with all of the index."""
        found = self._index.matches([case.candidate.question for case in cases])
        judged = list(cases)
        for number, matches in enumerate(found):
            match = next((match for match in matches if match.kind in COUNTED), None)
            if match is not None:
                judged[number] = cases[number].rejected(self.name, f"{match.kind}: {match.item.id}")
        return judged

    def remember(self, domain: str, question: str) -> None:
        """Nothing: the benchmarks are all that counts."""
