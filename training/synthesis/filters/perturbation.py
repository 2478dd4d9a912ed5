"""Whether the way of a solution holds for other numbers, where the teacher gave the same problem with others."""

from __future__ import annotations

from ..case import Case
from ..workshop import Bench


class Perturbation:
    """Rejects a question when the program of one of its variants fails, or its check does."""

    name = "perturbation"

    async def judge(self, case: Case, bench: Bench) -> Case:
        """Run each variant."""
        for number, (program, check) in enumerate(case.candidate.perturbed, 1):
            shown = await bench.run([program], check)
            if not (failed := shown[-1]).ok:
                what = "fails" if len(shown) == 1 else "is wrong"
                return case.rejected(self.name, f"variant {what}: number {number}: {failed.error or failed.status}")
        return case
