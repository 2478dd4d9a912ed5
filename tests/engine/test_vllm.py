"""The vLLM backend on the small model that ships with the repository; needs vLLM, which has a build for the CPU."""

import asyncio
import subprocess
import sys
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

pytest.importorskip("vllm", reason="vLLM is not installed")

from mathsolve import Problem
from mathsolve.engine.backend import Completion, Context, Sampling
from mathsolve.engine.backends import find
from mathsolve.engine.backends.vllm import VllmBackend
from mathsolve.engine.errors import BackendError
from mathsolve.prompts import load_family

MODEL = Path(__file__).parents[2] / "training" / "embedded_model"
FAMILY = load_family("embedded")
QUESTIONS = ("What is 15% of 80?", "What is the derivative of x**3*sin(x)?", "17 + 5", "What is 12 times 34?")
GREEDY = Sampling(max_tokens=80, stops=FAMILY.stops)
T = TypeVar("T")


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.Runner]:
    """The one event loop that the engine may be used from."""
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="module")
def backend(loop: asyncio.Runner) -> Iterator[VllmBackend]:
    backend = VllmBackend(str(MODEL), FAMILY)
    yield backend
    loop.run(backend.close())


def ask(
    backend: Any, question: str, sampling: Sampling, heard: list[str] | None = None
) -> Coroutine[Any, Any, Completion]:
    prompt = backend.renderer.prompt(question, "mixed")
    context = Context(Problem(question), "mixed", (), prompt, backend.renderer.encode(prompt))
    found: Coroutine[Any, Any, Completion] = backend.generate(
        context, sampling, heard.append if heard is not None else None
    )
    return found


async def together(*work: Coroutine[Any, Any, T]) -> list[T]:
    return await asyncio.gather(*work)


def test_greedy_completions_are_those_of_the_embedded_model(loop: asyncio.Runner, backend: VllmBackend) -> None:
    found = loop.run(together(*(ask(backend, question, GREEDY) for question in QUESTIONS)))
    embedded = find("embedded").load()
    expected = asyncio.run(together(*(ask(embedded, question, GREEDY) for question in QUESTIONS)))
    asyncio.run(embedded.close())
    for one, other in zip(found, expected, strict=True):
        assert (one.ids, one.text, one.stop) == (other.ids, other.text, other.stop)
        assert one.logprobs == pytest.approx(other.logprobs, abs=0.1)


def test_text_is_heard_as_it_comes_and_without_its_stop(loop: asyncio.Runner, backend: VllmBackend) -> None:
    heard: list[str] = []
    loud = loop.run(ask(backend, QUESTIONS[1], GREEDY, heard))
    assert "".join(heard) == loud.text and len(heard) > 3
    assert loud == loop.run(ask(backend, QUESTIONS[1], GREEDY))


def test_a_sample_depends_on_its_seed_alone(loop: asyncio.Runner, backend: VllmBackend) -> None:
    def sample(seed: int) -> Coroutine[Any, Any, Completion]:
        return ask(backend, QUESTIONS[seed % 4], Sampling(2.0, 1.0, 8, seed, FAMILY.stops))

    # More prompts than vLLM reads at once: its CPU build may not read one in parts (see `vllm._engine`).
    crowd = [completion.ids for completion in loop.run(together(*map(sample, range(200))))]
    assert [loop.run(sample(seed)).ids for seed in range(0, 200, 40)] == crowd[::40]
    assert len(set(crowd)) > 8


def test_a_value_that_vllm_does_not_take_is_its_error_and_no_bug(loop: asyncio.Runner, backend: VllmBackend) -> None:
    with pytest.raises(BackendError, match="temperature"):
        loop.run(ask(backend, QUESTIONS[0], Sampling(2.5)))


def test_a_stop_within_a_token_leaves_its_rest_to_the_engine(loop: asyncio.Runner, backend: VllmBackend) -> None:
    found = loop.run(ask(backend, QUESTIONS[1], Sampling(max_tokens=80, stops=("erentiate it w",))))
    assert found.stop == "erentiate it w"
    assert backend.renderer.decode(found.ids) + found.rest == found.text + found.stop


def test_whoever_is_called_off_leaves_the_batch(loop: asyncio.Runner, backend: VllmBackend) -> None:
    async def impatient() -> None:
        task = asyncio.create_task(ask(backend, QUESTIONS[1], Sampling(2.0, max_tokens=400)))
        await asyncio.sleep(0.1)
        task.cancel()
        await asyncio.wait([task])
        await asyncio.sleep(0.3)

    loop.run(impatient())
    assert backend._engine.output_processor.get_num_unfinished_requests() == 0


def test_the_command_answers_quietly_and_says_in_one_line_what_cannot_be_loaded(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mathsolve", "17 + 5", "--timeout", "300", "--model"]
    done = subprocess.run([*command, f"vllm:{MODEL}"], capture_output=True, text=True, timeout=400)
    assert (done.returncode, done.stdout, done.stderr) == (0, "22\n", "")
    done = subprocess.run([*command, f"vllm:{tmp_path}/none"], capture_output=True, text=True, timeout=400)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert done.stderr.startswith("mathsolve: vLLM cannot load ")
