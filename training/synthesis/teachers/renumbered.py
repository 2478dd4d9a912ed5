"""The teacher that gives known problems other numbers: see `training.corpora.renumbering`.

    mathsolve train synthesise --teacher renumbered --set file=corpora.jsonl -n 40000 --out renumbered.jsonl

It reads a file of examples, so every problem that it starts from was verified and repeats no benchmark. A problem that public
data tell once in thousands of words becomes one whose numbers cannot be learnt by heart.

Promises: problems come round in an order drawn by the seed, each time with numbers drawn anew; equal files and seeds give
equal candidates. A candidate has the `seed` and the `source` of its example, and the answer of exact arithmetic, with which
the output of its program has to agree; with the old numbers that arithmetic gave the old answer.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from random import Random
from typing import Any

from pydantic import ValidationError

from ....engine.errors import UsageError, first_fault
from ....engine.grading.spoken import spelled_number
from ...corpora.renumbering import Template
from ...corpora.solution import Unusable
from ...corpora.teacher import FINAL
from ...seeds.drafts import Split
from ..candidate import ANSWER, Candidate, Code, Proposal, Words
from ..example import SAMPLES_OF, Example, ProgramLine, ThoughtLine
from ..ledger import read_examples
from ..runcard import card_of, read_card
from ..teacher import NoCandidate, Teacher
from .registry import Wishes, unsettled


@dataclass(frozen=True)
class RenumberedTeacher:
    """Hands out the problems of a file with other numbers."""

    file: Path
    """The file of examples; it may be made after this was."""
    seed: int = 0
    """Decides the order and the numbers."""
    once: bool = False
    """Whether it ends after one round."""

    @property
    def configuration(self) -> Mapping[str, Any]:
        """What the file holds, its licences, and the seed. Raises `UsageError` where it cannot be read."""
        if not self.file.is_file() or not card_of(self.file).is_file():
            raise UsageError(
                f"no file {str(self.file)!r} with {card_of(self.file).name} beside it: "
                "name a JSONL file that `mathsolve train synthesise` made with --set file=FILE"
            )
        licences = read_card(self.file)["configuration"].get("licences", {})
        digest = hashlib.sha256(self.file.read_bytes()).hexdigest()
        return {"teacher": "renumbered", "digest": digest, "seed": self.seed, "once": self.once, "licences": licences}

    async def draw(self, split: Split, number: int) -> Candidate | NoCandidate | None:
        """Problem `number`, counted round and round; None for splits that are held out. Raises `UsageError` where no numbers
        of the file can change."""
        if split != "train" or (self.once and number >= len(self._problems)):
            return None
        example, ways = self._problems[number % len(self._problems)]
        rng = Random(f"{self.seed}/{number}")
        template, thought = rng.choice(ways)
        try:
            question, program, answer = template.renumbered(rng)
        except Unusable as fault:
            return NoCandidate(example.seed, str(fault), example.question, example.domain)
        code = Code(program)
        mixed = [Proposal("mixed", (Words(thought), code, Words(FINAL)))] if thought else []
        return Candidate(
            question=question,
            domain=example.domain,
            seed=example.seed,
            level=example.level,
            source=example.source.removeprefix(SAMPLES_OF),
            proposals=(*mixed, Proposal("pot", (code, Words(ANSWER)))),
            answer=answer,
        )

    async def close(self) -> None:
        """Nothing is held open."""

    @cached_property
    def _problems(self) -> list[tuple[Example, list[tuple[Template, str]]]]:
        """The examples with programs whose numbers can change, each with those programs and what is said before them."""
        faults: Counter[str] = Counter()
        found = [(example, ways) for example in _examples(self.file) if (ways := _ways(example, faults))]
        if not found:
            [(most, _)] = faults.most_common(1) or [("it has no examples with programs to train on", 0)]
            raise UsageError(f"no numbers of {str(self.file)!r} can change; mostly: {most}; name another file")
        Random(f"{self.seed}/order").shuffle(found)
        return found


def _ways(example: Example, faults: Counter[str]) -> list[tuple[Template, str]]:
    """Different programs that give the answer, each with the thought before it; none where the thought tells numbers.

    Why others cannot be used is counted in `faults`."""
    found: dict[str, str] = {}
    for solution in example.solutions:
        match solution.steps:
            case [ThoughtLine(text=thought), ProgramLine(code=code), *_]:
                found[code] = "" if _tells_numbers(thought) else thought
            case [ProgramLine(code=code), *_]:
                found.setdefault(code, "")
    ways = []
    for code, thought in found.items():
        try:
            template = Template.of(example.question, code)
            if f"{float(template.trace[-1]):.10g}" != example.answer:
                raise Unusable("another answer: the first program of the solution does not give it")
            ways.append((template, thought))
        except Unusable as fault:
            faults[str(fault).partition(":")[0]] += 1
    return ways


def _tells_numbers(thought: str) -> bool:
    words = re.findall(r"[a-z]+|\d", thought.lower())
    return any(word.isdigit() or spelled_number(word) is not None for word in words)


def _examples(path: Path) -> list[Example]:
    try:
        return [example for example in read_examples(path) if example.split == "train"]
    except ValidationError as error:
        fault = first_fault(error)
    except (OSError, UnicodeDecodeError) as error:
        fault = str(error)
    raise UsageError(f"{str(path)!r} is no file of examples ({fault}): name one that `mathsolve train synthesise` made")


def open_teacher(wishes: Wishes) -> Teacher:
    """The problems of the file `--set file=FILE`. Raises `UsageError`."""
    unsettled(wishes, ("file",))
    if wishes.domains:
        raise UsageError(
            "problems with other numbers are those of a file, whatever their sub-domain: leave --domains out"
        )
    if not wishes.settings.get("file"):
        raise UsageError("say whose numbers are to change: --set file=FILE, a file of examples")
    return RenumberedTeacher(Path(wishes.settings["file"]).expanduser(), wishes.seed, once=wishes.everything)
