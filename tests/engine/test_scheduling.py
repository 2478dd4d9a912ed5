"""Many problems through one solver: poison stays where it is, nobody waits for the slow, and nothing is left behind.

The model is a backend that does what the question says; loop, vote and sandbox are the real ones.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from mathsolve import Problem, Settings, Solution, Solver
from mathsolve.engine.backend import Completion, Context, Profile, Sampling
from mathsolve.engine.errors import BackendError
from mathsolve.engine.pace import in_order
from mathsolve.engine.renderer import TextRenderer
from mathsolve.prompts import load_family
from mathsolve.sandbox import Limits, Observation, ProcessSandbox

RUN = "```python\n{}\n```\n"
PROGRAMS = {
    "add": "print({0} + {0})",
    "crash": "x = iter([1])\nfor _ in range(200_000): x = map(abs, x)\nnext(x)",
    "banned": "print(1)\nimport subprocess",
    "dig": "def f(n): return f(n + 1)\nf({0})",
    "hang": "while True: pass",
    "eat": "x = [0] * 10**10",
    "flood": "while True: print('x' * 10_000)",
    "typo": "print({0}",
}
ENDS = {
    "crash": ("no_answer", "crashed"),
    "banned": ("no_answer", "policy"),
    "dig": ("no_answer", "error"),
    "hang": ("no_answer", "timeout"),
    "eat": ("no_answer", "memory"),
    "flood": ("no_answer", "output_limit"),
    "typo": ("no_answer", "error"),
    "down": ("backend_error", "the server is down"),
    "bug": ("internal_error", "KeyError: 'logits'"),
    "endless": ("max_tokens", "ran out of tokens"),
}
"""How poison ends, and what the record says of it."""


class Obedient:
    """Does what the first word of a question says with the number after it, and notes when each question began."""

    def __init__(self) -> None:
        self.renderer = TextRenderer(load_family("qwen-tir"))
        self.profile = Profile(context=1 << 20)
        self.begun: list[str] = []
        self.at_once = self.most = 0
        self.waiting = threading.Semaphore(0)
        """Released for each question that waits for the gate."""
        self.gate = 0
        """Questions that have to begin before the gate opens."""

    async def generate(
        self, context: Context, sampling: Sampling, on_text: Callable[[str], None] | None = None
    ) -> Completion:
        kind, number = context.problem.question.split()
        seen = [step for step in context.steps if isinstance(step, Observation)]
        if seen:
            return Completion(f"It is \\boxed{{{seen[-1].stdout.strip()}}}." if seen[-1].ok else "Alas.", "stop")
        self.begun.append(context.problem.question)
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        try:
            return await self._first(kind, number, sampling)
        finally:
            self.at_once -= 1

    async def _first(self, kind: str, number: str, sampling: Sampling) -> Completion:
        await asyncio.sleep(0)
        if kind == "wait":
            self.waiting.release()
            while len(self.begun) < self.gate:
                await asyncio.sleep(0.001)
        if kind == "down":
            raise BackendError("the server is down")
        if kind == "bug":
            raise KeyError("logits")
        if kind == "endless":
            return Completion("and so on " * sampling.max_tokens, "length", count=sampling.max_tokens)
        if kind in PROGRAMS:
            return Completion(RUN.format(PROGRAMS[kind].format(number)), "stop", "```output")
        return Completion(f"It is \\boxed{{{number}}}.", "stop")

    async def score(self, ids: Sequence[int]) -> list[float]:
        return []

    async def close(self) -> None:
        pass


@contextmanager
def solving(timeout_s: float = 60.0) -> Iterator[tuple[Solver, Obedient]]:
    """A solver with that model. Whatever it starts is gone when it is closed."""
    backend, before = Obedient(), set(threading.enumerate())
    sandbox = ProcessSandbox(Limits(cpu_s=0.5))
    with Solver(Settings(samples=1, timeout_s=timeout_s), sandbox=sandbox, backend=backend) as solver:
        yield solver, backend
        assert left(solver) == (1, 0, 0)
    for thread in set(threading.enumerate()) - before:
        thread.join(10)
        assert not thread.is_alive(), thread


def left(solver: Solver) -> tuple[int, int, int]:
    """Tasks on the solver's loop (this one included), sessions with a child, programs that wait for their turn."""

    async def count() -> int:
        return len(asyncio.all_tasks())

    metrics = solver.sandbox.metrics()  # type: ignore[attr-defined]
    return solver.run(count()), metrics.sessions, metrics.waiting


def reason(solution: Solution) -> str:
    """What the record says of a failure."""
    status = next((step.status for step in solution.steps if isinstance(step, Observation)), "")
    return status or solution.detail or ""


def test_poison_reaches_nobody_else() -> None:
    questions = [f"{'add' if i % 5 == 0 else 'say'} {i}" for i in range(300)]
    for place, kind in zip(range(7, 300, 29), ENDS, strict=False):
        questions[place] = f"{kind} {place}"
    assert len({question.split()[0] for question in questions}) == 2 + len(ENDS)
    with solving() as (solver, _):
        solutions = list(solver.solve_many(questions, concurrency=32))
    assert [solution.problem.question for solution in solutions] == questions
    for solution in solutions:
        kind, number = solution.problem.question.split()
        if kind in ENDS:
            stop, told = ENDS[kind]
            assert (solution.stop, solution.answer) == (stop, None), solution
            assert told in reason(solution), solution
        else:
            assert solution.answer == str(int(number) * (2 if kind == "add" else 1)), solution


def test_a_slow_problem_delays_nobody_s_start() -> None:
    """The first problem goes on until the last has begun."""
    with solving() as (solver, backend):
        backend.gate = 200
        solutions = list(solver.solve_many(["wait 0", *(f"say {i}" for i in range(1, 200))], concurrency=8))
    assert [solution.answer for solution in solutions] == [str(i) for i in range(200)]
    assert backend.begun == [solution.problem.question for solution in solutions]
    assert backend.most <= 8


def test_as_many_run_at_once_as_were_asked_for() -> None:
    with solving() as (solver, backend):
        backend.gate = 5
        assert all(s.answer for s in solver.solve_many([f"wait {i}" for i in range(20)], concurrency=5))
        assert backend.most == 5


def test_a_solution_does_not_wait_for_the_next_problem() -> None:
    asked = threading.Event()

    def questions() -> Iterator[str]:
        yield "say 1"
        assert asked.wait(60), "the second problem was needed before the first was told"
        yield "say 2"

    with solving() as (solver, _):
        stream = solver.solve_many(questions())
        assert next(stream).answer == "1"
        asked.set()
        assert [solution.answer for solution in stream] == ["2"]


def test_problems_are_read_no_faster_than_solutions_are_taken() -> None:
    async def run() -> tuple[int, list[int]]:
        read = 0

        def source() -> Iterator[int]:
            nonlocal read
            for number in range(100):
                read += 1
                yield number

        async def answer(number: int) -> int:
            return number

        stream = in_order(source(), answer, width=3, ahead=10)
        taken = await anext(stream)
        await asyncio.sleep(0.1)  # as much as it likes to read
        ahead = read
        async for more in stream:
            taken += more
        return ahead, taken

    ahead, numbers = asyncio.run(run())
    assert ahead <= 10 and numbers == list(range(100))


def test_a_closed_generator_leaves_nothing() -> None:
    with solving() as (solver, backend):
        backend.gate = 1_000_000  # never opens
        stream = solver.solve_many(["say 0", *["wait 1", "hang 2"] * 10, *["say 3"] * 100], concurrency=8)
        assert next(stream).answer == "0"
        assert backend.waiting.acquire(timeout=60)
        stream.close()
        assert left(solver) == (1, 0, 0) and backend.at_once == 0
        assert solver.solve("say 4").answer == "4"


def test_a_cancelled_stream_leaves_nothing() -> None:
    with solving() as (solver, backend):
        backend.gate = 1_000_000

        async def read() -> None:
            async for _ in solver.stream_many(["wait 1", "hang 2"] * 10, concurrency=8):
                pass

        async def cancel() -> None:
            reading = asyncio.create_task(read())
            await asyncio.to_thread(backend.waiting.acquire)
            reading.cancel()
            with pytest.raises(asyncio.CancelledError):
                await reading

        asyncio.run(cancel())
        assert left(solver) == (1, 0, 0) and backend.at_once == 0


def test_what_the_source_raises_is_raised_after_what_came_before() -> None:
    def torn() -> Iterator[str]:
        yield from ("say 1", "add 2")
        raise OSError("the disk is gone")

    with solving() as (solver, _):
        told = []
        with pytest.raises(OSError, match="the disk is gone"):
            for solution in solver.solve_many(torn()):
                told.append(solution.answer)
        assert told == ["1", "4"]


def test_what_is_no_text_ends_nothing() -> None:
    asked: list[object] = ["say 1", None, 17, "", "say 2"]
    with solving() as (solver, _):
        solutions = list(solver.solve_many(asked))  # type: ignore[arg-type]
    assert [s.stop for s in solutions] == ["answered", "refused", "refused", "refused", "answered"]
    assert "NoneType" in (solutions[1].detail or "")


def test_several_threads_share_a_solver() -> None:
    def work(thread: int) -> list[str | None]:
        return [s.answer for s in solver.solve_many((f"add {100 * thread + i}" for i in range(20)), concurrency=4)]

    with solving() as (solver, _), ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(work, range(8)))
    assert answers == [[str(2 * (100 * thread + i)) for i in range(20)] for thread in range(8)]


def test_a_solver_that_is_closed_ends_its_streams() -> None:
    solver = Solver(Settings(samples=1), backend=(backend := Obedient()))
    backend.gate = 1_000_000
    stream = solver.solve_many(["say 0", *["wait 1"] * 20])
    assert next(stream).answer == "0"
    solver.close()
    assert backend.at_once == 0
    stream.close()


def test_an_asynchronous_caller_gets_solutions_in_order() -> None:
    async def read(stream: AsyncIterator[Solution]) -> list[str | None]:
        return [solution.answer async for solution in stream]

    with solving() as (solver, _):
        problems = [Problem(f"say {i}", id=str(i)) for i in range(50)]
        assert asyncio.run(read(solver.stream_many(problems))) == [str(i) for i in range(50)]
