"""The openai backend against a real server of the protocol, which serves the model that ships (see `serving.py`)."""

import asyncio
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.request import urlopen

import pytest

pytest.importorskip("openai")

from mathsolve import Problem, Settings, Solver  # noqa: E402
from mathsolve.engine.backend import Backend, Completion, Context, Sampling  # noqa: E402
from mathsolve.engine.backends import find  # noqa: E402
from mathsolve.engine.backends.endpoints import Endpoint, Endpoints  # noqa: E402
from mathsolve.engine.errors import BackendError  # noqa: E402

MODEL = Path(__file__).parents[2] / "training" / "embedded_model"
QUESTIONS = ("What is 15% of 80?", "What is the derivative of x**3*sin(x)?", "17 + 5", "What is 12 times 34?")


class Server:
    """A server in a process of its own."""

    def __init__(self, **options: Any) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.options = options
        self.url = f"http://127.0.0.1:{self.port}/v1"
        self.start()

    def start(self) -> None:
        """Starts it and waits until it listens."""
        script = str(Path(__file__).parent / "serving.py")
        self.process = subprocess.Popen([sys.executable, script, str(self.port), json.dumps(self.options)])
        for _ in range(600):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise TimeoutError("the server does not listen")

    def kill(self) -> None:
        """Ends it as a crash would."""
        self.process.kill()
        self.process.wait()

    def seen(self) -> Any:
        """What happened."""
        with urlopen(f"http://127.0.0.1:{self.port}/seen") as answer:
            return json.load(answer)

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()


@pytest.fixture(scope="module")
def like_vllm() -> Iterator[Server]:
    """A server that knows ids."""
    with Server(name=str(MODEL), like_vllm=True) as server:
        yield server


@pytest.fixture(scope="module")
def plain() -> Iterator[Server]:
    """A server of text only."""
    with Server() as server:
        yield server


def context(backend: Backend, question: str) -> Context:
    prompt = backend.renderer.prompt(question, "mixed")
    return Context(Problem(question), "mixed", (), prompt, backend.renderer.encode(prompt))


def ask(model: str, *wanted: Sampling, family: str | None = None, heard: list[str] | None = None) -> list[Completion]:
    """Completions of the second question, one for each sampling."""

    async def all_of_them(backend: Backend) -> list[Completion]:
        asked = context(backend, QUESTIONS[1])
        hear = heard.append if heard is not None else None
        try:
            return await asyncio.gather(*(backend.generate(asked, sampling, hear) for sampling in wanted))
        finally:
            await backend.close()

    return asyncio.run(all_of_them(find(model, family).load()))


STOPS = ("</program>", "<end>", "<output>")


def test_ids_of_a_server_that_knows_them_are_those_of_the_model(like_vllm: Server) -> None:
    wanted = Sampling(max_tokens=60, stops=STOPS)
    (served,), (own,) = ask(like_vllm.url, wanted), ask("embedded", wanted)
    assert (served.ids, served.text, served.stop) == (own.ids, own.text, own.stop)
    assert served.logprobs == pytest.approx(own.logprobs)


@pytest.mark.parametrize("family", [None, "tools"])
def test_text_is_heard_as_it_comes_and_without_its_stop(like_vllm: Server, family: str | None) -> None:
    heard: list[str] = []
    wanted = Sampling(max_tokens=60, stops=STOPS)
    (silent,), (loud,) = ask(like_vllm.url, wanted, family=family), ask(like_vllm.url, wanted, family=family, heard=heard)
    assert loud == silent and "".join(heard) == loud.text and len(heard) > 3


def test_text_of_any_server_ends_at_the_first_of_many_stops(plain: Server) -> None:
    stops = ("</program>", "no 1", "no 2", "no 3", "import *", "<end>", "differen")
    short, stopped, other = ask(
        plain.url,
        Sampling(max_tokens=5, stops=STOPS),
        Sampling(max_tokens=60, stops=stops[:6]),
        Sampling(max_tokens=60, stops=stops),
        family="embedded",
    )
    assert (short.finished, short.stop, short.size) == ("length", None, 5)
    assert (stopped.stop, stopped.text[-5:]) == ("import *", "ympy ")
    assert (other.stop, other.text) == ("differen", "This is a product; ")
    assert all(len(body["stop"]) <= 4 for body in plain.seen()["bodies"] if "stop" in body)


def test_a_stop_within_a_token_leaves_its_rest_to_the_engine(like_vllm: Server) -> None:
    (found,) = ask(like_vllm.url, Sampling(max_tokens=60, stops=("erentiate it w",)))
    (backend,) = (find("embedded").load(),)
    assert found.stop == "erentiate it w"
    assert backend.renderer.decode(found.ids) + found.rest == found.text + found.stop


@pytest.mark.parametrize(("family", "kind"), [("embedded", "prompt"), ("tools", "messages")])
def test_a_solver_on_a_server_of_text_and_of_tool_calls(plain: Server, family: str, kind: str) -> None:
    with Solver(Settings(plain.url, family=family, mode="mixed", samples=1)) as solver:
        solution = solver.solve("What is 12 times 34?")
    assert solution.answer == "408" and len(solution.steps) >= 2
    assert kind in plain.seen()["bodies"][-1]
    if family == "tools":
        assert [m["role"] for m in plain.seen()["bodies"][-1]["messages"]] == ["system", "user", "assistant", "tool"]


def test_a_server_that_dies_and_returns_loses_nothing_and_answers_nothing_twice() -> None:
    problems = [Problem(f"What is {i} + {i * i}?", id=str(i)) for i in range(20, 44)]
    with Solver(Settings("embedded", mode="mixed", samples=1)) as solver:
        expected = [(s.problem.id, s.steps[0], s.answer) for s in solver.solve_many(problems)]
    with Server(name=str(MODEL), like_vllm=True, delay_s=0.02) as server:
        with Solver(Settings(server.url, mode="mixed", samples=1)) as solver:
            found = []
            for solution in solver.solve_many(problems, concurrency=6):
                found.append((solution.problem.id, solution.steps[0], solution.answer))
                if len(found) == 8:
                    answered_before = server.seen()["answered"]
                    assert server.seen()["together"] > 0
                    server.kill()
                    server.start()
        again = server.seen()["answered"]
    assert found == expected
    assert 2 * len(problems) <= answered_before + again <= 2 * len(problems) + 6


def test_servers_share_the_load_and_one_that_dies_is_missed_by_nobody() -> None:
    problems = [Problem(f"What is {i} + {i * i}?", id=str(i)) for i in range(20, 44)]
    options = {"name": str(MODEL), "like_vllm": True, "delay_s": 0.005}
    with Server(**options) as first, Server(**options) as second:
        with Solver(Settings(f"{first.url},{second.url}", mode="mixed", samples=1)) as solver:
            stops = []
            for solution in solver.solve_many(problems, concurrency=8):
                stops.append(solution.stop)
                if len(stops) == 12:
                    shares = first.seen()["requests"], second.seen()["requests"]
                    first.kill()
        assert set(stops) == {"answered"} and len(stops) == 24
        assert min(shares) >= 0.3 * sum(shares)
        assert second.seen()["answered"] > shares[1]


def test_a_server_that_is_busy_or_fails_is_asked_again_and_one_that_refuses_is_not() -> None:
    with Server(refusals=[429, 500, 503, 403]) as server:
        assert ask(server.url, Sampling(max_tokens=5), family="embedded")[0].size == 5
        assert server.seen()["requests"] == 5 - 1 or server.seen()["requests"] == 4
