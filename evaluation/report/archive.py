"""The trajectories of runs inside a page: compressed blocks of whole problems, and an index of what a list needs.

A block is base64 of zlib of a JSON list: for each of its problems the list of its samples' details. The index is
packed the same way and holds columns: one entry a problem, or one entry a sample, in the order of the blocks. So a
page shows and filters every sample at once, and unpacks a block only when one of its problems is opened.

Records come in any order and are grouped by problem; until then their details wait in a temporary file.

Promises: everything that a record says is in the page, but tokens; memory is that of the index and a few blocks. Does
not promise an order of samples other than by series and number.
"""

from __future__ import annotations

import json
import tempfile
import zlib
from base64 import b64encode
from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from operator import attrgetter
from typing import Any, NamedTuple

from ...engine.trajectory import Step, step_to_dict
from ...sandbox.program import Observation, Program
from ..item import Item
from ..record import Record

BLOCK_BYTES = 160_000
"""Bytes of JSON in a block: several windows of the compression, and a few milliseconds to unpack."""
TOOL_ERROR, PROGRAM, WITHHELD, UNANSWERED, DISAGREEMENT, FAILED, RIGHT, GIVEN = (1 << i for i in range(8))
"""Bits of a sample's flags, as the page knows them."""
_VERDICTS = ("correct", "wrong", "undecided")
_LONG_ANSWER = 80
"""Characters of an answer that the index keeps, for the list and its search."""


class Sample(NamedTuple):
    """A sample's place in the columns of the index; a tuple, since there may be 200,000."""

    series: int
    """Number of its run and mode."""
    number: int
    """Its number in the series."""
    verdict: int
    """Place in `_VERDICTS`."""
    stop: int
    """Number of the reason why it ended."""
    flags: int
    """Bits, see above."""
    answer: str | None
    """Its answer, cut when it is long."""
    seconds: float
    """Wall time."""
    tokens: int
    """Tokens that the model chose."""
    programs: int
    """Programs that it ran."""
    start: int
    """Where its details start in the temporary file."""
    length: int
    """How many bytes they are."""


class Archive:
    """Takes records in, gives packed blocks out."""

    def __init__(self, items: Mapping[str, Item]) -> None:
        self._items = items
        self._samples: dict[str, list[Sample]] = {name: [] for name in items}
        self._series: dict[tuple[str, str], int] = {}
        self._stops: dict[str, int] = {}
        self._details = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the archive
        self._end = 0

    def add(self, run: str, record: Record) -> None:
        """Takes in a record of a run; one that belongs to no problem is left out."""
        if record.problem not in self._samples:
            return
        details = _json(_details(record)).encode("utf-8", "replace")
        self._details.write(details)
        sample = Sample(
            self._series.setdefault((run, record.mode), len(self._series)),
            record.sample,
            _VERDICTS.index(record.verdict),
            self._stops.setdefault(record.stop, len(self._stops)),
            _flags(record),
            record.answer and record.answer[:_LONG_ANSWER],
            round(record.seconds, 2),
            record.sampled_tokens,
            sum(isinstance(step, Program) for step in record.steps),
            self._end,
            len(details),
        )
        self._samples[record.problem].append(sample)
        self._end += len(details)

    def labels(self) -> dict[tuple[str, str], str]:
        """What the page calls the samples of each run and mode."""
        series = list(self._series)
        return dict(zip(series, short_names(series), strict=True))

    def pieces(self) -> Iterator[str]:
        """The packed blocks, and the packed index last."""
        firsts: list[int] = []
        with ThreadPoolExecutor(2) as pool:  # zlib works outside the interpreter's lock
            waiting: deque[Future[str]] = deque()
            for block in self._blocks(firsts):
                waiting.append(pool.submit(packed, block))
                if len(waiting) > 4:
                    yield waiting.popleft().result()
            yield from (future.result() for future in waiting)
        yield packed(self._index(firsts).encode("utf-8", "replace"))

    def _blocks(self, firsts: list[int]) -> Iterator[bytes]:
        """The blocks; `firsts` gets the number of the first problem of each."""
        parts: list[bytes] = []
        size = 0
        for number, name in enumerate(self._shown()):
            if not parts:
                firsts.append(number)
            parts.append(b"[%s]" % b",".join(self._read(sample) for sample in self._sorted(name)))
            size += len(parts[-1])
            if size >= BLOCK_BYTES:
                yield b"[%s]" % b",".join(parts)
                parts, size = [], 0
        if parts:
            yield b"[%s]" % b",".join(parts)

    def _read(self, sample: Sample) -> bytes:
        self._details.seek(sample.start)
        return self._details.read(sample.length)

    def _shown(self) -> Iterator[str]:
        """Names of the problems that have samples."""
        return (name for name, samples in self._samples.items() if samples)

    def _sorted(self, name: str) -> list[Sample]:
        return sorted(self._samples[name], key=attrgetter("series", "number"))

    def _index(self, firsts: list[int]) -> str:
        """What the page reads first."""
        problems = [_problem(self._items[name], len(self._samples[name])) for name in self._shown()]
        samples = [sample for name in self._shown() for sample in _told_apart(self._sorted(name))]
        return _json(
            {
                "series": [{"run": run, "mode": mode, "label": label} for (run, mode), label in self.labels().items()],
                "stops": list(self._stops),
                "blocks": firsts,
                "problems": {key: [problem[key] for problem in problems] for key in _problem(_NO_ITEM, 0)},
                "samples": {name: [getattr(sample, name) for sample in samples] for name in Sample._fields[:-2]},
            }
        )


def short_names(series: list[tuple[str, str]]) -> list[str]:
    """Short names of series (run, mode): what they differ in.

    >>> short_names([("runs/a", "cot"), ("runs/a", "pot")]), short_names([("a", "pot"), ("b", "pot")])
    (['cot', 'pot'], ['a', 'b'])
    """
    for place in (1, 0):
        if len({one[place] for one in series}) == len(series):
            return [one[place] for one in series]
    return [f"{run}:{mode}" for run, mode in series]


def packed(data: bytes) -> str:
    """Bytes compressed and in base64, which no character of a page's syntax occurs in."""
    return b64encode(zlib.compress(data, 5)).decode("ascii")


def _told_apart(samples: list[Sample]) -> Iterator[Sample]:
    """The samples of a problem, flagged where those of their series disagree; right answers are all one."""
    answers: dict[int, set[str | None]] = {}
    for sample in samples:
        answers.setdefault(sample.series, set()).add("" if sample.verdict == 0 else sample.answer)
    for sample in samples:
        apart = DISAGREEMENT * (len(answers[sample.series]) > 1)
        yield sample._replace(flags=sample.flags | apart)


def _problem(item: Item, samples: int) -> dict[str, Any]:
    return {
        "id": item.id,
        "bench": item.bench,
        "subject": item.subject,
        "level": item.level,
        "question": item.question,
        "gold": item.gold,
        "samples": samples,
    }


_NO_ITEM = Item("", "", "", None)


def _flags(record: Record) -> int:
    programs = any(isinstance(step, Program) for step in record.steps)
    errors = any(isinstance(step, Observation) and not step.ok for step in record.steps)
    return (
        TOOL_ERROR * errors
        | PROGRAM * programs
        | WITHHELD * (record.answer is not None and not record.given)
        | UNANSWERED * (record.answer is None)
        | FAILED * record.failed
        | RIGHT * record.right
        | GIVEN * record.given
    )


def _details(record: Record) -> dict[str, Any]:
    """What the page shows of an opened sample, in short names for what comes often."""
    data = {
        "answer": record.answer,
        "reason": record.reason,
        "method": record.method,
        "grader": record.grader,
        "detail": record.detail,
        "steps": [_step(step) for step in record.steps],
        "tokens": [record.prompt_tokens, record.sampled_tokens, record.observed_tokens],
        "seconds": round(record.seconds, 3),
        "agreement": record.agreement,
        "confidence": record.confidence,
        "scores": record.scores or None,
    }
    return {name: value for name, value in data.items() if value is not None}


def _step(step: Step) -> dict[str, Any]:
    if not isinstance(step, Observation):
        return step_to_dict(step)
    return {name: value for name, value in step_to_dict(step).items() if value not in (None, "", 0)}


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_json = _ENCODER.encode
