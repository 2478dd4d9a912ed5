"""The openai backend against a real server of the protocol, which serves the model that ships (see `serving.py`)."""

import asyncio
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

pytest.importorskip("openai")

from mathsolve import Problem, Settings, Solver
from mathsolve.engine.backend import Backend, Completion, Context, Sampling
from mathsolve.engine.backends import find
from mathsolve.engine.backends.endpoints import Endpoint, Endpoints
from mathsolve.engine.errors import BackendError

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
        command = [sys.executable, script, str(self.port), json.dumps(self.options)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE)
        for _ in range(600):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise TimeoutError("the server does not listen")

    def kill(self) -> None:
        """Ends it as a crash would."""
        self.process.kill()
        self.process.communicate()

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


@pytest.fixture(scope="module")
def locked() -> Iterator[Server]:
    """A server that wants a key."""
    with Server(key="right") as server:
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
    (silent,), (loud,) = (
        ask(like_vllm.url, wanted, family=family),
        ask(like_vllm.url, wanted, family=family, heard=heard),
    )
    assert loud == silent and "".join(heard) == loud.text and len(heard) > 3


def test_text_of_any_server_ends_at_the_first_of_many_stops(plain: Server) -> None:
    stops = ("</program>", "no 1", "no 2", "no 3", "import *", "<end>", "espect to")
    short, stopped, other = ask(
        plain.url,
        Sampling(max_tokens=5, stops=STOPS),
        Sampling(max_tokens=60, stops=stops[:6]),
        Sampling(max_tokens=60, stops=stops),
        family="embedded",
    )
    assert (short.finished, short.stop, short.size) == ("length", None, 5)
    assert (stopped.stop, stopped.text[-5:]) == ("import *", "ympy ")
    assert (other.stop, other.text) == ("espect to", stopped.text.partition("espect to")[0]) and other.text[-2:] == " r"
    assert all(len(body["stop"]) <= 4 for body in plain.seen()["bodies"] if "stop" in body)


def test_a_stop_within_a_token_leaves_its_rest_to_the_engine(like_vllm: Server) -> None:
    (found,) = ask(like_vllm.url, Sampling(max_tokens=60, stops=("espect t",)))
    (backend,) = (find("embedded").load(),)
    assert found.stop == "espect t"
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
    needed = 3 * len(problems)  # a program, a box to be filled, and the end
    assert needed - 6 <= answered_before + again <= needed + 6


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
    with Server(refusals=[429, 500, 503]) as server:
        assert ask(server.url, Sampling(max_tokens=5), family="embedded")[0].size == 5
        assert server.seen()["requests"] == 4
    with Server(refusals=[403]) as server:
        with pytest.raises(BackendError, match=r"refused the request: not now"):
            ask(server.url, Sampling(max_tokens=5), family="embedded")
        assert server.seen()["requests"] == 1


def test_whoever_has_waited_long_enough_is_told_why() -> None:
    async def impatient(server: Server) -> None:
        import openai

        endpoint = Endpoint(openai.AsyncOpenAI(api_key="none", base_url=server.url, max_retries=0), "small")
        servers = Endpoints([endpoint], patience_s=0.3)
        try:
            await servers.ask(lambda one: one.client.completions.create(model="small", prompt="1"))
        finally:
            await servers.close()

    with (
        Server(refusals=[503] * 100) as server,
        pytest.raises(BackendError, match=r"within 0.3 s, last: not now; is the"),
    ):
        asyncio.run(impatient(server))


def test_an_argument_that_a_server_does_not_take_is_left_out_from_then_on() -> None:
    with Server(unsupported="max_tokens") as server:
        ask(server.url, Sampling(max_tokens=5), family="tools")
        bodies = server.seen()["bodies"]
    assert [sorted(body.keys() & {"max_tokens", "max_completion_tokens"}) for body in bodies] == [
        ["max_tokens"],
        ["max_completion_tokens"],
    ]


def test_a_system_message_that_a_server_refuses_goes_into_the_user_s_from_then_on() -> None:
    with Server(no_system=True) as server:
        ask(server.url, Sampling(max_tokens=5), Sampling(max_tokens=5), family="chat")
        bodies = server.seen()["bodies"]
    roles = [[said["role"] for said in body["messages"]] for body in bodies]
    assert roles[-1] == ["user"] and roles.count(["user"]) == 2
    last = bodies[-1]["messages"][0]["content"]
    assert last.startswith("You solve mathematics problems.") and last.endswith(QUESTIONS[1])


def test_only_a_stop_that_explains_itself_is_left_to_a_server_that_does_not_tell_it() -> None:
    with Server() as plain, Server(like_vllm=True) as own:
        for server in (plain, own):
            ask(server.url, Sampling(max_tokens=5, stops=("\n```\n", "no 1")), family="chat")
        stops = [server.seen()["bodies"][0]["stop"] for server in (plain, own)]
    assert stops == [["no 1"], ["\n```\n", "no 1"]]


@pytest.mark.parametrize("listening", [False, True])
def test_whoever_is_called_off_closes_the_connection(listening: bool) -> None:
    async def impatient(backend: Backend) -> None:
        heard: list[str] = []
        wanted = backend.generate(
            context(backend, QUESTIONS[1]), Sampling(max_tokens=200), heard.append if listening else None
        )
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(wanted, 0.5)
        await backend.close()

    with Server(name=str(MODEL), like_vllm=True, delay_s=0.05) as server:
        asyncio.run(impatient(find(server.url).load()))
        end = time.monotonic() + 20
        while (server.seen()["gone"], server.seen()["together"]) != (1, 0):
            assert time.monotonic() < end, server.seen()
            time.sleep(0.05)


def test_a_server_that_is_down_at_the_start_is_kept_for_later() -> None:
    with Server(name=str(MODEL), like_vllm=True) as up, Server(name=str(MODEL), like_vllm=True) as down:
        down.kill()
        backend = find(f"{down.url},{up.url}").load()
        down.start()

        async def several() -> None:
            for _ in range(6):
                await asyncio.gather(
                    *(backend.generate(context(backend, q), Sampling(max_tokens=9)) for q in QUESTIONS)
                )
                await asyncio.sleep(0.1)
            await backend.close()

        asyncio.run(several())
        assert min(up.seen()["requests"], down.seen()["requests"]) > 0


@pytest.mark.parametrize(
    ("model", "settings", "said"),
    [
        ("http://127.0.0.1:9/v1", {}, r"no answer from http://127.0.0.1:9/v1: .*is the server running"),
        ("{root}", {"OPENAI_API_KEY": "right"}, r"does not list its models.*Most end with /v1, as {root}/v1"),
        ("{root}/v1#gpt", {"OPENAI_API_KEY": "right"}, r"has no model 'gpt'; it has small; write {root}/v1#NAME"),
        ("{root}/v1", {"OPENAI_API_KEY": "wrong"}, r"{root}/v1 refuses the key: .*set OPENAI_API_KEY"),
        ("openai:small", {}, r"OPENAI_API_KEY is not set; set it, or name a server"),
        ("openai:none", {"OPENAI_BASE_URL": "{root}/v1", "OPENAI_API_KEY": "right"}, r"{root}/v1 has no model 'none'"),
        ("openai:none", {"OPENAI_API_BASE": "{root}/v1", "OPENAI_API_KEY": "right"}, r"{root}/v1 has no model 'none'"),
    ],
)
def test_what_is_wrong_is_said_with_its_remedy(
    locked: Server, monkeypatch: pytest.MonkeyPatch, model: str, settings: dict[str, str], said: str
) -> None:
    root = locked.url.removesuffix("/v1")
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_API_BASE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in settings.items():
        monkeypatch.setenv(name, value.format(root=root))
    with pytest.raises(BackendError, match=said.format(root=root)):
        find(model.format(root=root)).load()


def test_the_command_says_it_in_one_line() -> None:
    command = [sys.executable, "-m", "mathsolve", "17 + 5", "--model", "http://127.0.0.1:9/v1"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert done.stderr.startswith("mathsolve: no answer from http://127.0.0.1:9/v1: ")
