"""What rounds cost: wall time of our schedule against a lock-step one, and against generation alone.

    python benchmarks/scheduling.py simulated [--samples 256] [--repeat 3]
    python benchmarks/scheduling.py vllm:training/embedded_model [--samples 128] [--repeat 3] [--forced]

`simulated`: recorded solutions with one to four programs; a completion takes the time of its tokens, log-normal, as a server
with room for all would. Any other word is a model, which answers questions of the benchmark `builtin` with a temperature.
`--forced`, with vLLM: the recorded solutions again, but the model really generates as many tokens as each completion is said
to have, so that a small model does the work of one that writes several programs of unequal length (see `forced.py`).
Model, sandbox, prompts and seeds are the same for all, only the schedule differs (see `lock_step.py`):

    ours          every attempt goes on as soon as it can
    lock-step     a completion for all, then all programs, then the next round
    no programs   our loop, but every observation is known before
    generation    the same requests to the model and nothing else, each as soon as the one before it has ended

Each is run `--repeat` times by turns; prints medians, lock-step / ours, and what our loop adds to generation.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import time
from collections.abc import Awaitable, Callable
from typing import Any

from lock_step import Echo, LockStepBackend, LockStepSandbox, Recorder, Request, Rounds

from mathsolve import Problem, Program, Trajectory
from mathsolve.engine.backend import Backend, Context, Sampling
from mathsolve.engine.backends import find
from mathsolve.engine.backends.replay import ReplayBackend
from mathsolve.engine.loop import Attempt, Budget
from mathsolve.engine.renderer import TextRenderer
from mathsolve.evaluation.benchmarks.loading import load
from mathsolve.prompts import load_family
from mathsolve.sandbox import ProcessSandbox, Sandbox

TOKEN_S, TOKENS, SPREAD = 0.005, 200, 0.8
"""A simulated completion: seconds per token, median number of tokens, and the spread of its logarithm."""
FORCED_TOKENS = 60
"""The median for `--forced`: more would not fit into the embedded model's context, and cut the tail off."""
BLOCK = "Now.\n```python\nx = {x}\nprint(sum(k * x for k in range(1000)))\n```\n```output\n0\n```\n"


def length(context: Context) -> float:
    """How much longer than the median a completion is, the same for all schedules."""
    own = random.Random(f"{context.problem.question} {len(context.steps)}")
    return own.lognormvariate(0, SPREAD)


def recorded(samples: int, *, waits: bool) -> tuple[Backend, list[Problem]]:
    """Recorded solutions, which take the time of their tokens, where one `waits` for it."""
    draw = random.Random(0)
    problems = [Problem(f"Problem {number}") for number in range(samples)]
    texts = {p.question: [BLOCK.format(x=n) * draw.randint(1, 4) + "\\boxed{1}"] for n, p in enumerate(problems)}
    renderer = TextRenderer(load_family("tora"))
    return ReplayBackend(
        texts, renderer, (lambda context, _: TOKEN_S * TOKENS * length(context)) if waits else None
    ), problems


def forced(samples: int, model: Any) -> tuple[Backend, list[Problem]]:
    """Recorded solutions whose tokens the model generates."""
    from forced import ForcedBackend

    solutions, problems = recorded(samples, waits=False)
    return ForcedBackend(solutions, model, lambda context: max(1, round(FORCED_TOKENS * length(context)))), problems


def attempt(number: int, problem: Problem, backend: Any, sandbox: Any, sampling: Sampling) -> Attempt:
    """One attempt, the same for all schedules."""
    own = Sampling(sampling.temperature, sampling.top_p, sampling.max_tokens, seed=number)
    return Attempt(problem, "mixed", backend, sandbox, budget=Budget(), sampling=own)


async def all_of(attempts: list[Attempt], ended: Callable[[], None] = lambda: None) -> list[Trajectory]:
    """Runs all at the same time."""

    async def one(attempt: Attempt) -> Trajectory:
        await attempt.run()
        ended()
        return attempt.trajectory()

    return await asyncio.gather(*map(one, attempts))


def said(trajectory: Trajectory) -> list[str]:
    """What was written and shown."""
    return [step.code if isinstance(step, Program) else step.text for step in trajectory.steps]


async def chain(backend: Backend, requests: list[Request]) -> int:
    """The requests of one attempt and nothing else."""
    return sum([(await backend.generate(context, sampling)).size for context, sampling in requests])


async def timed(work: Callable[[], Awaitable[Any]]) -> tuple[float, Any]:
    """Seconds, and the outcome."""
    begun = time.perf_counter()
    outcome = await work()
    return time.perf_counter() - begun, outcome


async def measure(backend: Backend, sandbox: Sandbox, problems: list[Problem], sampling: Sampling, repeat: int) -> None:
    """All schedules by turns."""
    recorder = Recorder(backend, sandbox)

    def attempts(model: Any, runner: Any) -> list[Attempt]:
        return [attempt(n, problem, model, runner, sampling) for n, problem in enumerate(problems)]

    async def lock_step() -> list[Trajectory]:
        rounds = Rounds(len(problems))
        return await all_of(
            attempts(LockStepBackend(backend, rounds), LockStepSandbox(sandbox, rounds)), rounds.finished
        )

    expected = list(map(said, await all_of(attempts(recorder, recorder))))
    completions = sum(map(len, recorder.requests.values()))
    programs = sum(map(len, recorder.observations.values()))
    print(f"{len(problems)} attempts, {completions} completions, {programs} programs")
    schedules: dict[str, Callable[[], Awaitable[Any]]] = {
        "ours": lambda: all_of(attempts(backend, sandbox)),
        "lock-step": lock_step,
        "no programs": lambda: all_of(attempts(backend, Echo(recorder.observations))),
        "generation": lambda: asyncio.gather(*(chain(backend, asked) for asked in recorder.requests.values())),
    }
    seconds: dict[str, list[float]] = {name: [] for name in schedules}
    for _ in range(repeat):
        for name, work in schedules.items():
            took, outcome = await timed(work)
            seconds[name].append(took)
            if name in ("ours", "lock-step"):
                same = sum(a == said(b) for a, b in zip(expected, outcome, strict=True))
                print(f"    {name}: {took:.2f} s; {same} of {len(problems)} attempts have the same steps as before")
    report({name: statistics.median(times) for name, times in seconds.items()})


def report(seconds: dict[str, float]) -> None:
    """Medians and ratios."""
    for name, median in seconds.items():
        print(f"{name:12} {median:8.2f} s")
    print(f"lock-step / ours: {seconds['lock-step'] / seconds['ours']:.2f}")
    print(f"our loop over generation alone: {seconds['no programs'] / seconds['generation'] - 1:+.1%}")
    print(f"loop and programs over generation alone: {seconds['ours'] / seconds['generation'] - 1:+.1%}")


async def run(options: argparse.Namespace) -> None:
    """Loads and measures."""
    if options.model == "simulated":
        backend, problems = recorded(options.samples, waits=True)
    elif options.forced:
        backend, problems = forced(options.samples, await asyncio.to_thread(find(options.model).load))
    else:
        backend = await asyncio.to_thread(find(options.model).load)
        problems = [item.problem for item in load("builtin", limit=options.samples, seed=0)]
    async with ProcessSandbox() as sandbox:
        sampling = Sampling(options.temperature, max_tokens=256)
        await measure(backend, sandbox, problems, sampling, options.repeat)
    await backend.close()


def main() -> None:
    """Reads the options."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--samples", type=int, default=256)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--temperature", type=float, default=1.0)
    parser.add_argument("--forced", action="store_true")
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
