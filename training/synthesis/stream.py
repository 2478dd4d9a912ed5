"""Draws on their way through the filters, many at a time, handed out in the order of their numbers."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from itertools import count

from ...engine.errors import MathsolveError
from ...sandbox import SandboxError
from ..seeds.drafts import Split
from .candidate import Candidate
from .case import Case
from .example import example
from .filters.chain import Chain
from .filters.filter import Screen, Trial
from .ledger import End, Record, Refused, Reject
from .teacher import NoCandidate, Teacher
from .workshop import Bench, Workshop
from .yields import TEACHER

AHEAD = 128
"""Most draws that the teacher works on ahead of the screens."""
TRIALS_AHEAD = 32
"""Questions that wait for the sandbox or for their turn to be written."""

Drawn = Candidate | NoCandidate
_Queue = asyncio.Queue["asyncio.Task[Record] | None"]


async def records(
    teacher: Teacher, split: Split, first: int, chain: Chain, workshop: Workshop, ahead: int = AHEAD
) -> AsyncGenerator[Record, None]:
    """What becomes of the draws from `first` on; ends when the teacher has no more.

    ahead: draws that the teacher works on at the same time.
    Raises what the teacher raises when it cannot work, and `SandboxError`.
    """
    queue, room = _Queue(), asyncio.Semaphore(TRIALS_AHEAD)

    async def recorded(found: Case | NoCandidate, index: int) -> Record:
        if isinstance(found, NoCandidate):
            return None, _lost(found, index, split)
        case = found if found.filter is not None else await tried(found, chain.trials, workshop)
        kept = example(case, index, split) if case.filter is None else None
        return kept, _reject(case, index, split) if kept is None or case.refusals else None

    async def judged() -> int:
        """Queue the trial of each draw, in order; returns the number of the first draw that there is not."""
        index = first
        async with aclosing(_drawn(teacher, split, first, ahead)) as batches:
            async for batch in batches:
                for found in screened(batch, chain.screens(split)):
                    await room.acquire()
                    queue.put_nowait(asyncio.create_task(recorded(found, index)))
                    index += 1
        return index

    producer = asyncio.create_task(judged())
    producer.add_done_callback(lambda _: queue.put_nowait(None))
    try:
        while (task := await queue.get()) is not None:
            yield await task
            room.release()
        yield None, End(index=await producer, split=split)
    finally:
        producer.cancel()
        await asyncio.gather(producer, return_exceptions=True)
        left = [task for task in (queue.get_nowait() for _ in range(queue.qsize())) if task is not None]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)


async def _drawn(teacher: Teacher, split: Split, first: int, most: int) -> AsyncGenerator[list[Drawn], None]:
    """The draws in order, as many at a time as are there."""
    ahead: deque[asyncio.Task[Drawn | None]] = deque()
    numbers = count(first)
    try:
        while True:
            ahead += (asyncio.create_task(_draw(teacher, split, next(numbers))) for _ in range(most - len(ahead)))
            await asyncio.wait([ahead[0]])
            batch: list[Drawn] = []
            while ahead and ahead[0].done():
                drawn = ahead.popleft().result()
                if drawn is None:
                    yield batch
                    return
                batch.append(drawn)
            yield batch
    finally:
        for task in ahead:
            task.cancel()
        await asyncio.gather(*ahead, return_exceptions=True)


async def _draw(teacher: Teacher, split: Split, number: int) -> Drawn | None:
    return await teacher.draw(split, number)


def screened(batch: Sequence[Drawn], screens: Sequence[Screen]) -> list[Case | NoCandidate]:
    """A batch after the filters that look at text, each of which sees what those before it let pass."""
    cases = {place: Case.of(drawn) for place, drawn in enumerate(batch) if isinstance(drawn, Candidate)}
    for screen in screens:
        left = [place for place, case in cases.items() if case.filter is None]
        cases |= zip(left, screen.screen([cases[place] for place in left]), strict=True)
    return [drawn if isinstance(drawn, NoCandidate) else cases[place] for place, drawn in enumerate(batch)]


async def tried(case: Case, trials: Sequence[Trial], workshop: Workshop) -> Case:
    """A case after the filters that run programs, up to the one that rejects it. Raises `SandboxError`."""
    async with workshop.bench() as bench:
        for trial in trials:
            if case.filter is not None:
                break
            case = await _judged(case, trial, bench)
    return case


async def _judged(case: Case, trial: Trial, bench: Bench) -> Case:
    try:
        return await trial.judge(case, bench)
    except (SandboxError, MathsolveError):
        raise
    except Exception as error:  # a mistake of a filter over one strange text must not end a run of hours: it is counted
        await bench.close()
        return case.rejected(trial.name, f"fault of the filter: {type(error).__name__}: {error}")


def _lost(found: NoCandidate, index: int, split: Split) -> Reject:
    return Reject(
        index=index,
        split=split,
        domain=found.domain,
        seed=found.seed,
        question=found.question,
        filter=TEACHER,
        reason=found.reason,
    )


def _reject(case: Case, index: int, split: Split) -> Reject:
    return Reject(
        index=index,
        split=split,
        domain=case.candidate.domain,
        seed=case.candidate.seed,
        question=case.candidate.question,
        filter=case.filter,
        reason=case.reason,
        refused=tuple(Refused(filter=of.filter, reason=of.reason, proposal=of.proposal) for of in case.refusals),
        proposals=tuple(attempt.proposal for attempt in case.attempts) if case.filter is not None else (),
    )
