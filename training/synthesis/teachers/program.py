"""The teacher that is a program: it draws from the seed bank, and needs no model.

Promises: the same bank and seed give the same draws on every machine. Every answer has a check, a second computation;
since one program per kind of task is executed on thousands of drawn numbers, no variants with other numbers are given.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from random import Random
from typing import Any

from ....engine.errors import UsageError
from ...seeds import drafts
from ...seeds.bank import Bank, BankError, Seed, load_bank
from ...seeds.drafts import Draft, Split
from ..candidate import ANSWER, Candidate, Code, Proposal, Words
from ..filters.length import Lengths
from ..teacher import NoCandidate, Teacher
from .registry import Wishes, unknown, unsettled

BRIEF = Lengths(question=400, solution=450, words=550)
"""What the small model that the package ships can read and write."""
BANK = Path(__file__).parent.parent.parent / "bank"
"""The bank of the package."""
SOURCE = "bank"
"""Source of its examples."""


class ProgramTeacher:
    """Draws kinds of tasks by weight, then numbers, wording and program."""

    def __init__(self, bank: Bank, seed: int) -> None:
        self._bank, self._seed = bank, seed

    @property
    def configuration(self) -> Mapping[str, Any]:
        """The bank's hash and the seed."""
        text = "\n".join(kind.model_dump_json() for kind in self._bank.seeds)
        return {
            "teacher": SOURCE,
            "bank": hashlib.sha256(text.encode()).hexdigest(),
            "seed": self._seed,
            "sympy": version("sympy"),
            "licences": {SOURCE: "Apache-2.0"},
        }

    async def draw(self, split: Split, number: int) -> Candidate | NoCandidate | None:
        """A problem; there is always one more."""
        rng = Random(f"{self._seed}/{split}/{number}")
        seed = self._bank.choose(rng)
        try:
            return candidate(drafts.draw(seed, rng, split))
        except BankError as error:
            return NoCandidate(seed.id, f"bank error: {error}", domain=domain(seed))

    async def close(self) -> None:
        """Nothing is open."""


def open_teacher(wishes: Wishes) -> Teacher:
    """The teacher of the package's bank, or of some of its sub-domains. Raises `UsageError`."""
    unsettled(wishes)
    if wishes.everything:
        raise UsageError("the bank never ends: say how many questions to make, e.g. -n 1000")
    files = sorted(BANK.glob("*.toml"))
    unknown(wishes.domains, [file.stem for file in files])
    chosen = [file for file in files if not wishes.domains or file.stem in wishes.domains]
    return ProgramTeacher(load_bank(chosen), wishes.seed)


def candidate(draft: Draft) -> Candidate:
    """A draft with its solutions: words and program, the program alone, and words alone where the seed has them."""
    return Candidate(
        question=draft.question,
        domain=domain(draft.seed),
        seed=draft.seed.id,
        level=draft.seed.level,
        source=SOURCE,
        proposals=tuple(_proposals(draft)),
        check=draft.check,
        declined=not draft.program,
    )


def domain(seed: Seed) -> str:
    """The sub-domain of a kind of task."""
    return seed.id.partition("/")[0]


def _proposals(draft: Draft) -> list[Proposal]:
    if not draft.program:
        said = (Words(draft.thought),)
        return [Proposal("mixed", said), Proposal("pot", said), Proposal("cot", said)]
    code = Code(draft.program)
    mixed = Proposal("mixed", (Words(draft.thought), code, Words(draft.final)))
    pot = Proposal("pot", (code, Words(ANSWER)))
    cot = [Proposal("cot", (Words(draft.cot),))] if draft.cot else []
    return [mixed, pot, *cot]
