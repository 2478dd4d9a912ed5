"""Loading benchmarks: a name or a file in, problems out.

    load("gsm8k", limit=100)
    load("mawps/addsub", folder=Path("data"))
    load("my_problems.csv", question_field="text", answer_field="result")

Promises: the same records give the same problems with the same ids in the same order, whatever their file format;
a broken line, an unknown name or a missing library is a `UsageError` that says what to do.
"""

from __future__ import annotations

import random
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

from ...engine.errors import UsageError
from ..item import Item
from .choose import Selection, choose, parts
from .entry import Benchmark
from .hub import fetch, remedy
from .mapping import items
from .records import read_records
from .sources import Place, cache_folder, place


def load(
    name: str | Path,
    *,
    folder: Path | None = None,
    limit: int | None = None,
    ids: Collection[str] = (),
    seed: int | None = None,
    question_field: str | None = None,
    answer_field: str | None = None,
) -> list[Item]:
    """The problems of a benchmark, of a part of one, or of a file.

    Args:
        name: a benchmark, `benchmark/part`, or a file with questions and answers.
        folder: the user's folder of benchmarks, searched first; by default what `MATHSOLVE_DATA` names.
        limit: only the first so many.
        ids: only these problems, with or without the benchmark's name before the slash.
        seed: shuffle with this seed before the limit is applied; None: the order of the source.
        question_field: name of the field of the question, where the file uses one that is not known.
        answer_field: the same for the right answer.

    Raises:
        UsageError: nothing has this name, it cannot be read or downloaded, or no problem is left.
    """
    selection = _with_fields(choose(str(name)), question_field, answer_field)
    found = list(_selected(selection, folder))
    if ids:
        found = _of_ids(found, ids, selection.name)
    if seed is not None:
        random.Random(seed).shuffle(found)
    return found[:limit]


def _read(selection: Selection, folder: Path | None = None) -> Iterator[Item]:
    """The problems of a benchmark in the order of their source, all parts of it; downloads them where need be."""
    where = place(selection, folder)
    if not where.files:
        where = _fetched(selection.bench)
    records = (record for path in where.files for record in read_records(path))
    yield from _clustered(_numbered(items(selection.bench, records)))


def _fetched(bench: Benchmark) -> Place:
    if bench.hub is None:
        raise UsageError(f"the records of {bench.name!r} are nowhere to be found: {remedy(bench)}")
    fetch(bench, cache_folder())
    return place(Selection(bench))


def _selected(selection: Selection, folder: Path | None) -> Iterator[Item]:
    seen = list(_read(selection, folder))
    kept = [item for item in seen if selection.keeps(item)]
    if not seen:
        fields = selection.bench.fields
        raise UsageError(
            f"{selection.spelling!r}: no record has a question ({' or '.join(fields.question)}) "
            f"and an answer ({' or '.join(fields.answer)})"
        )
    if not kept:
        raise UsageError(f"{selection.bench.name!r} has no part {selection.part!r}; it has {', '.join(parts(seen))}")
    yield from kept


def _with_fields(selection: Selection, question: str | None, answer: str | None) -> Selection:
    if question is None and answer is None:
        return selection
    named = {"question": question, "answer": answer}
    fields = selection.bench.fields.model_copy(update={name: (field,) for name, field in named.items() if field})
    return replace(selection, bench=selection.bench.model_copy(update={"fields": fields}))


def _of_ids(found: list[Item], ids: Collection[str], name: str) -> list[Item]:
    wanted = set(ids)
    kept = [item for item in found if wanted & {item.id, item.id.partition("/")[2]}]
    missing = wanted - {item.id for item in kept} - {item.id.partition("/")[2] for item in kept}
    if missing:
        raise UsageError(f"{name!r} has no problem {', '.join(sorted(missing))}; `mathsolve bench show` prints ids")
    return kept


def _numbered(found: Iterable[Item]) -> Iterator[Item]:
    """Ids that a source gives twice are told apart by a number."""
    seen: set[str] = set()
    for item in found:
        free = (f"{item.id}-{number}" if number > 1 else item.id for number in count(1))
        id = next(id for id in free if id not in seen)
        seen.add(id)
        yield item if id == item.id else replace(item, id=id)


def _clustered(found: Iterable[Item]) -> Iterator[Item]:
    """Equal questions, spacing and punctuation aside, form a cluster named after the first of them."""
    listed = list(found)
    groups: dict[str, list[Item]] = {}
    for item in listed:
        groups.setdefault(_squeezed(item.question), []).append(item)
    for item in listed:
        group = groups[_squeezed(item.question)]
        yield item if len(group) == 1 or item.cluster else replace(item, cluster=group[0].id)


def _squeezed(question: str) -> str:
    return re.sub(r"\s+|[.,](?!\d)|[?!'\"]", "", question).lower()
