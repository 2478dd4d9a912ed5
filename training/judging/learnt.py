"""Which problems a judge was trained on, kept in its folder: `learnt.txt`, hashes of questions and of families, a line each."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path

from ...engine.errors import UsageError
from ...evaluation.run import replace_file
from ..samples import Sampled
from ..synthesis.filters.duplicate import question_key

LEARNT = "learnt.txt"


def write_learnt(folder: Path, problems: Sequence[Sampled]) -> None:
    """Writes down what a judge was trained on."""
    traces = {trace for one in problems for trace in _traces(one)}
    replace_file(folder / LEARNT, [f"{trace}\n" for trace in sorted(traces)])


def unseen(folder: Path, problems: Sequence[Sampled], *, known: bool = False) -> list[Sampled]:
    """The problems that a judge was not trained on: neither on the question nor, unless `known`, on another one of its family.

    Raises:
        UsageError: the judge's folder does not say.
    """
    try:
        learnt = set((folder / LEARNT).read_text(encoding="utf-8").split())
    except (OSError, UnicodeDecodeError):
        learnt = set()
    if not learnt:
        raise UsageError(
            f"{folder} does not say what the judge was trained on ({LEARNT}): copy the whole folder, or train it again"
        )
    return [one for one in problems if learnt.isdisjoint({_question(one)} if known else _traces(one))]


def _traces(problem: Sampled) -> set[str]:
    """An id tells nothing: two files may use it for different problems."""
    family = problem.lineage if problem.item.cluster else None
    named = (
        {blake2b(f"family {family}".encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()} if family else set()
    )
    return {_question(problem), *named}


def _question(problem: Sampled) -> str:
    return question_key(problem.item.question).hex()
