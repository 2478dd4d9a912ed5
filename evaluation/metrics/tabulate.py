"""Records in, `Outcomes` out: every record is looked at once, and its steps are dropped."""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np

from ..item import Item
from ..record import DECLINED, Record
from ..run import Run
from ..scorers import critics
from .classes import answer_classes
from .execution import execution
from .outcomes import STATUSES, STOPS, VERDICTS, Floats, Ints, Outcomes, Samples


def outcomes(run: Run, *, votes: bool = True) -> Outcomes:
    """The table of a run, whose records are read once; for `votes` see `Table`."""
    table = Table(run.items, votes=votes)
    for record in run.records():
        table.add(record)
    return replace(table.outcomes(), critics=critics(run.folder))


class Table:
    """Gathers records.

    Finding out which answers are equal takes half of the time. Who asks for no figure of a vote may leave it out with
    `votes=False`; then every text is an answer of its own.
    """

    def __init__(self, items: Mapping[str, Item], *, votes: bool = True) -> None:
        self._votes = votes
        self._items = tuple(items.values())
        self._places = {name: place for place, name in enumerate(items)}
        self._modes: dict[str, int] = {}
        self._cells = array("d")
        self._count = 0
        self._answers: defaultdict[int, dict[str, int]] = defaultdict(dict)
        self._scores: defaultdict[str, dict[int, float]] = defaultdict(dict)
        self._failed: Counter[tuple[str, str]] = Counter()
        self._graders: set[int] = set()
        self._strays = 0

    def add(self, record: Record) -> None:
        """Takes in a record."""
        place = self._places.get(record.problem)
        if place is None:
            self._strays += 1
        elif record.failed:
            self._failed[self._items[place].bench, record.mode] += 1
        else:
            for name, score in record.scores.items():
                self._scores[name][self._count] = score
            self._graders.add(record.grader)
            self._cells.extend(self._row(place, record))
            self._count += 1

    def outcomes(self) -> Outcomes:
        """The table, sorted by problem, mode and sample."""
        cells = np.frombuffer(self._cells, dtype=np.float64).reshape(self._count, -1 if self._count else _WIDTH)
        order = np.lexsort((cells[:, 2], cells[:, 1], cells[:, 0]))
        cells = cells[order]
        used, places = np.unique(cells[:, 0].astype(np.int64), return_inverse=True)
        return Outcomes(
            items=tuple(self._items[place] for place in used),
            modes=tuple(self._modes),
            samples=_samples(cells, places.astype(np.int64), self._classes(cells)),
            scores={name: self._column(found)[order] for name, found in self._scores.items()},
            failed=dict(self._failed),
            graders=tuple(sorted(self._graders)),
            strays=self._strays,
        )

    def _row(self, place: int, record: Record) -> tuple[float, ...]:
        """One sample as numbers, in the order of the fields of `Samples`."""
        ran = execution(record.steps, record.answer)
        return (
            place,
            self._modes.setdefault(record.mode, len(self._modes)),
            record.sample,
            record.right,
            VERDICTS.index(record.verdict),
            record.method != DECLINED,
            record.answer is not None,
            record.given and record.answer is not None,
            self._answer(place, record),
            STOPS.index(record.stop),
            record.prompt_tokens,
            record.sampled_tokens,
            record.observed_tokens,
            record.seconds,
            ran.programs,
            ran.silent,
            ran.first_ran,
            ran.last_ran,
            -1 if ran.agrees is None else ran.agrees,
            *(ran.statuses.count(status) for status in STATUSES),
        )

    def _answer(self, place: int, record: Record) -> int:
        """Number of the answer's text among those to its problem; -1 where none was given."""
        text = record.answer.strip() if record.given and record.answer is not None else ""
        known = self._answers[place]
        return known.setdefault(text, len(known)) if text else -1

    def _classes(self, cells: Floats) -> Ints:
        """The class of each sample's answer."""
        starts = np.cumsum([0] + [len(self._answers[place]) for place in range(len(self._items))])
        numbers = [
            number for place, item in enumerate(self._items) for number in self._numbers(self._answers[place], item)
        ]
        texts = cells[:, _ANSWER].astype(np.int64)
        flat = np.array([*numbers, -1], dtype=np.int64)
        return flat[np.where(texts < 0, -1, starts[cells[:, 0].astype(np.int64)] + texts)]

    def _numbers(self, texts: Mapping[str, int], item: Item) -> Iterable[int]:
        return answer_classes(texts, item.rules).values() if self._votes else texts.values()

    def _column(self, found: Mapping[int, float]) -> Floats:
        column = np.full(self._count, np.nan)
        column[list(found)] = list(found.values())
        return column


_ANSWER = 8
"""Column of the answer's number."""
_PLAIN = 19
"""Columns before the counts of statuses."""
_WIDTH = _PLAIN + len(STATUSES)


def _samples(cells: Floats, places: Ints, classes: Ints) -> Samples:
    columns = list(cells[:, :_PLAIN].T)
    whole = [column.astype(np.int64) for column in columns]
    return Samples(
        problem=places,
        mode=whole[1],
        sample=whole[2],
        right=columns[3] > 0,
        verdict=whole[4],
        due=columns[5] > 0,
        stated=columns[6] > 0,
        given=columns[7] > 0,
        answer=classes,
        stop=whole[9],
        prompt_tokens=whole[10],
        sampled_tokens=whole[11],
        observed_tokens=whole[12],
        seconds=columns[13],
        programs=whole[14],
        silent=whole[15],
        first_ran=columns[16] > 0,
        last_ran=columns[17] > 0,
        agrees=whole[18],
        statuses=cells[:, _PLAIN:].astype(np.int64),
    )
