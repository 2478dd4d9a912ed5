"""From raw records to problems, by what the benchmark's entry says."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from math import isfinite
from string import ascii_uppercase

from ...engine.errors import UsageError
from ...engine.grading.rules import Rules
from ..item import Item
from .entry import Benchmark
from .golds import FORMS, letter, text
from .options import letter_of, options, same_option, with_options
from .records import Record
from .special import SPECIAL
from .wording import asks_order


def items(bench: Benchmark, records: Iterable[Record]) -> Iterator[Item]:
    """The problems of a benchmark; a record without a question or without a right answer makes none."""
    for record in records:
        found = item(bench, record)
        if found is not None:
            yield found


def item(bench: Benchmark, record: Record) -> Item | None:
    """One problem, or None where the source has no question or no right answer.

    Raises:
        UsageError: a record of a user's own file lacks them.
    """
    question = _question(bench, record)
    choices = options(record.first(bench.fields.choices))
    gold = _gold(bench, record, choices)
    declined = not gold and (bench.packaged or _is_null(bench, record))
    if not question or not (gold or declined):
        _complain(bench, record, "question" if not question else "answer")
        return None
    _check_answer(bench, record, gold, choices)
    cluster = _cluster(bench, record)
    found = Item(
        id=f"{bench.name}/{_own_id(bench, record)}",
        bench=bench.name,
        question=question,
        gold=gold or None,
        accepted=same_option(gold, choices),
        choices=choices,
        subject=_name(bench, record.first(bench.fields.subject)),
        level=_name(bench, record.first(bench.fields.level)),
        cluster=None if cluster is None else f"{bench.name}/{cluster}",
        rules=Rules(tolerance=bench.tolerance, ordered=asks_order(question)),
    )
    special = SPECIAL[bench.name](found, record) if bench.special else found
    return special and replace(special, question=with_options(special.question, choices))


def _cluster(bench: Benchmark, record: Record) -> object:
    """Of what it is a variant; a number in a user's own file is more likely a seed of chance, the same in every record."""
    found = record.first(bench.fields.cluster)
    return None if bench.gold == "any" and not isinstance(found, str) else found


def _question(bench: Benchmark, record: Record) -> str:
    """The question; a text before another one gets a full stop where it has no end."""
    for alternative in bench.fields.question:
        texts = [text(record.get(field.strip())) for field in alternative.split("+")]
        if all(texts):
            ended = [one if one[-1] in ".?!:," else one + "." for one in texts[:-1]]
            return " ".join([*ended, texts[-1]])
    return ""


def _gold(bench: Benchmark, record: Record, choices: tuple[str, ...]) -> str:
    raw = record.first(bench.fields.answer)
    if bench.gold == "any":
        written = text(raw)
        form = letter if choices else FORMS["hashes"] if "####" in written else FORMS["boxed"]
    else:
        form = FORMS[bench.gold]
    gold = form(raw)
    gold = bench.corrections.get(gold, gold)
    return letter_of(gold, choices)


def _is_null(bench: Benchmark, record: Record) -> bool:
    """Whether the record says itself that there is no answer, rather than nothing."""
    return bench.gold == "any" and any(field in record.values for field in bench.fields.answer)


def _complain(bench: Benchmark, record: Record, what: str) -> None:
    """In a user's own file a record that lacks something is a mistake; sources have such records now and then."""
    if bench.gold == "any":
        fields = ", ".join(record.values)
        raise UsageError(
            f"{bench.source}: record {record.number + 1} has no {what}; its fields are {fields or 'none'}; "
            f"call the one that holds it {what!r}"
        )


def _check_answer(bench: Benchmark, record: Record, gold: str, choices: tuple[str, ...]) -> None:
    """In a user's own file a right answer that nobody could give is a mistake."""
    raw = record.first(bench.fields.answer)
    if isinstance(raw, dict) or (isinstance(raw, float) and not isfinite(raw)):
        wrong = "no answer; give a text, a number, or null where the model should decline"
    elif choices and re.fullmatch("[A-Z]", gold) and gold not in ascii_uppercase[: len(choices)]:
        wrong = f"none of the {len(choices)} options"
    else:
        return
    if bench.gold == "any":
        raise UsageError(f"{bench.source}: record {record.number + 1}: {str(raw)[:60]!r} is {wrong}")


def _own_id(bench: Benchmark, record: Record) -> str:
    """The record's own name, or its number; where the records are spread over several files, with the file before it."""
    name = record.first(bench.fields.id)
    if name is not None:
        return _OUTSIDE.sub("", str(name))
    if record.file in {"test", bench.name, *bench.folders, *bench.files}:
        return str(record.number)
    nested = record.folder not in {bench.name, *bench.folders} and not bench.packaged
    return f"{record.folder + '/' if nested else ''}{_name(bench, record.file)}-{record.number}"


_OUTSIDE = re.compile(r"^test/|\.json$")


def _name(bench: Benchmark, value: object) -> str | None:
    """A subject or a level as the source writes it, without the benchmark's own name before it."""
    return None if value is None else re.sub(rf"^{re.escape(bench.name)}[_.]", "", str(value).strip())
