"""Root questions: those that new ones are made from. They come from the seed bank or from a file of one's own.

A file is JSONL: `question`, and optionally `answer`, `id`, `domain` and `level`. Everything made from a root carries its id,
and a root serves one split only: roots of the bank by the bank's own rule, those of a file by a hash of the id.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Annotated, Protocol

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from .....engine.errors import UsageError, first_fault
from ....seeds.bank import Bank, BankError, Seed
from ....seeds.drafts import HELD_OUT_SHARE, Split, draw
from ..program import domain
from ..registry import unknown

ROOTS_PER_KIND = 50
"""Root questions that are drawn from each kind of task of the bank, in each split."""


@dataclass(frozen=True, slots=True)
class Root:
    """A question that new ones are made from."""

    id: str
    """Its name, which everything made from it carries."""
    question: str
    """What it asks."""
    domain: str
    """Sub-domain."""
    level: int
    """Difficulty, 1 to 5."""
    answer: str | None = None
    """Its answer, where that is known."""
    program: str = ""
    """A program that prints its answer, where there is one."""

    @property
    def answered(self) -> bool:
        """Whether its answer can be had."""
        return bool(self.answer or self.program)


class Roots(Protocol):
    """Root questions to choose from."""

    digest: str
    """A hash of all of them."""

    def choose(self, rng: Random, split: Split, count: int, *, answered: bool) -> tuple[Root, ...]:
        """Different roots of one sub-domain, `count` where it has so many; none where the split has none at all."""
        ...


class BankRoots:
    """Roots drawn from the kinds of tasks of the seed bank."""

    def __init__(self, bank: Bank, domains: Sequence[str] = ()) -> None:
        """Of these sub-domains, or of all. Raises `UsageError` for one that there is not."""
        kinds = [seed for seed in bank.seeds if seed.program]  # the others are declined: nothing can be made from them
        unknown(domains, [domain(seed) for seed in kinds])
        self._kinds: defaultdict[str, list[Seed]] = defaultdict(list)
        for seed in kinds:
            if not domains or domain(seed) in domains:
                self._kinds[domain(seed)].append(seed)
        used = (seed.model_dump_json() for seeds in self._kinds.values() for seed in seeds)
        self.digest = sha256("\n".join(used).encode()).hexdigest()

    def choose(self, rng: Random, split: Split, count: int, *, answered: bool) -> tuple[Root, ...]:
        """See `Roots.choose`; each is of another kind."""
        for name in rng.sample(sorted(self._kinds), len(self._kinds)):
            kinds = rng.sample(self._kinds[name], len(self._kinds[name]))
            drawn = (self._root(seed, rng.randrange(ROOTS_PER_KIND), split) for seed in kinds)
            if roots := [root for root, _ in zip((one for one in drawn if one), range(count), strict=False)]:
                return tuple(roots)
        return ()

    def _root(self, seed: Seed, number: int, split: Split) -> Root | None:
        """One root of a kind; None where the kind has no problems for the split."""
        try:
            draft = draw(seed, Random(f"root/{split}/{seed.id}/{number}"), split)
        except BankError:
            return None
        return Root(f"{seed.id}#{split}-{number}", draft.question, domain(seed), seed.level, program=draft.program)


class FileRoots:
    """Roots from a JSONL file."""

    def __init__(self, path: Path, domains: Sequence[str] = ()) -> None:
        """Reads the file; takes its roots of these sub-domains, or of all.

        Raises:
            UsageError: it cannot be read, a line is no root, an id occurs twice, there is no root or no such sub-domain.
        """
        self._roots: defaultdict[tuple[Split, bool], defaultdict[str, list[Root]]]
        self._roots = defaultdict(lambda: defaultdict(list))
        try:
            text = path.read_bytes()
            roots = [_read(line, path, n) for n, line in enumerate(text.splitlines(), start=1) if line.strip()]
        except OSError as error:
            raise UsageError(f"cannot read {str(path)!r}: {error.strerror}") from error
        if not roots:
            raise UsageError(f'{path} holds no question: write lines of {{"question": "...", "answer": "..."}}')
        if len({root.id for root in roots}) < len(roots):
            raise UsageError(f"{path}: an id occurs twice: name every question differently")
        unknown(domains, [root.domain for root in roots])
        for root in (one for one in roots if not domains or one.domain in domains):
            for answered in {False, root.answered}:
                self._roots[side(root.id), answered][root.domain].append(root)
        self.digest = sha256(repr(sorted(domains)).encode() + text).hexdigest()

    def choose(self, rng: Random, split: Split, count: int, *, answered: bool) -> tuple[Root, ...]:
        """See `Roots.choose`."""
        domains = self._roots[split, answered]
        if not domains:
            return ()
        known = domains[rng.choice(sorted(domains))]
        return tuple(rng.sample(known, min(count, len(known))))


class _Line(BaseModel):
    """One line of a file of roots; other fields are not looked at."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    question: Annotated[str, Field(min_length=1)]
    answer: str | int | float | None = None
    id: str | int | None = None
    domain: str = "general"
    level: Annotated[int, Field(ge=1, le=5)] = 3


def side(identity: str) -> Split:
    """The split that a root of a file serves: nine in ten the train split, the others the two held-out ones."""
    held: Sequence[Split] = ("numbers", "phrasings")
    number = zlib.crc32(identity.encode())
    return held[number // HELD_OUT_SHARE % 2] if number % HELD_OUT_SHARE == 0 else "train"


def _read(line: bytes, path: Path, number: int) -> Root:
    try:
        read = _Line.model_validate_json(line)
    except ValidationError as error:
        raise UsageError(f"{path}, line {number} is no question: {first_fault(error)}") from error
    identity = f"{path.stem}:{number}" if read.id is None else str(read.id)
    answer = None if read.answer is None else str(read.answer)
    return Root(identity, read.question, read.domain, read.level, answer)
