"""A small server of OpenAI's protocol around the model that ships, for tests: a process that can be killed and started again.

    python serving.py PORT '{"name": "small", "like_vllm": true, "delay_s": 0.01, "refusals": [429, 500]}'

`name`: of its model. `like_vllm`: it takes and returns ids, and tells at which stop a text ended. `delay_s`: pause before each
token. `refusals`: states of HTTP with which it answers the first requests. `no_system`: it refuses a system message, as do
chat templates that have no place for one. GET /seen says what happened: requests that came, the most of them at one time,
those that were answered, and those whose caller went away.

Works like the real ones, but takes only what the tests send. Ends with its standard input, so that no test leaves it behind.
"""

import asyncio
import json
import os
import socket
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from typing import Any

from mathsolve.engine.backend import Completion, Context, Sampling
from mathsolve.engine.backends.embedded import EmbeddedBackend
from mathsolve.engine.trajectory import Problem, Tokens
from mathsolve.prompts import Segment

OPTIONS = {"name": "small", "like_vllm": False, "delay_s": 0.0, "refusals": [], "key": ""}
OPTIONS |= {"unsupported": "", "no_system": False}
OPTIONS |= json.loads(sys.argv[2])
SEEN = {"requests": 0, "together": 0, "most": 0, "answered": 0, "gone": 0, "bodies": []}
BACKEND = EmbeddedBackend()
LOOP = asyncio.new_event_loop()


def tokens(text: str) -> list[int]:
    """A text whose tags are tags."""
    return list(BACKEND.renderer.encode([Segment(text, "prompt", tag=True)]).ids)


def written(ids: list[int], body: dict[str, Any]) -> Completion:
    """What the model writes, up to one of its own tags or a stop of the request."""
    sampling = Sampling(
        body.get("temperature", 0), 1.0, body.get("max_tokens", 100), body.get("seed", 0), ("</program>", "<end>")
    )
    context = Context(Problem(""), "mixed", (), (), Tokens(tuple(ids)))
    return asyncio.run_coroutine_threadsafe(BACKEND.generate(context, sampling), LOOP).result()


def choice(done: Completion, body: dict[str, Any]) -> dict[str, Any]:
    """The protocol's form of it."""
    whole, ids = done.text + (done.stop or ""), list(done.ids)
    places = [(whole.find(stop), stop) for stop in body.get("stop") or () if stop in whole]
    place, stop = min(places, default=(len(done.text), None))
    while stop and len(BACKEND.renderer.decode(ids[:-1])) >= place + len(stop):
        ids.pop()
    found: dict[str, Any] = {"index": 0, "text": whole[:place], "finish_reason": done.finished, "logprobs": None}
    if OPTIONS["like_vllm"]:
        found["stop_reason"] = stop
        found["token_ids"] = ids if body.get("return_token_ids") else None
        found["logprobs"] = {"token_logprobs": list(done.logprobs[: len(ids)])} if "logprobs" in body else None
    return found


def conversation(body: dict[str, Any]) -> list[int]:
    """A conversation as the model's own context."""
    messages = body["messages"]
    question = next(m["content"] for m in messages if m["role"] == "user")
    text = f"<question>{question}<mixed>"
    for said in messages:
        calls = said.get("tool_calls") or ()
        if said["role"] == "assistant":
            text += said["content"] + "".join(
                f"<program>{json.loads(c['function']['arguments'])['code']}</program>" for c in calls
            )
        elif said["role"] == "tool":
            shown = said["content"].partition("\n(")[0].strip()
            text += f"<output>{shown}</output>"
    return tokens(text)


def message(done: Completion) -> dict[str, Any]:
    """A program becomes a call of the tool."""
    words, opened, code = done.text.partition("<program>")
    said: dict[str, Any] = {"role": "assistant", "content": words}
    if opened:
        function = {"name": "python", "arguments": json.dumps({"code": code})}
        said["tool_calls"] = [{"id": "call_1", "type": "function", "function": function, "index": 0}]
    return said


class Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Quiet."""

    def do_GET(self) -> None:
        """The list of models, or what was seen."""
        if OPTIONS["key"] and self.headers["Authorization"] != f"Bearer {OPTIONS['key']}":
            return self.tell(401, {"error": {"message": "Incorrect API key provided", "code": "invalid_api_key"}})
        if self.path == "/seen":
            return self.tell(200, SEEN)
        if self.path != "/v1/models":
            return self.tell(404, {"detail": "Not Found"})
        model = {"id": OPTIONS["name"], "object": "model", "created": 0, "max_model_len": 512}
        return self.tell(200, {"data": [model | {"owned_by": "vllm" if OPTIONS["like_vllm"] else "somebody"}]})

    def do_POST(self) -> None:
        """A completion or a message."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        SEEN["requests"] += 1
        SEEN["bodies"].append(body)
        if OPTIONS["refusals"]:
            return self.tell(OPTIONS["refusals"].pop(0), {"error": {"message": "not now"}}, {"Retry-After": "0.05"})
        if (argument := OPTIONS["unsupported"]) in body:
            error = {"message": f"no {argument}", "param": argument, "code": "unsupported_parameter"}
            return self.tell(400, {"error": error})
        if OPTIONS["no_system"] and any(said["role"] == "system" for said in body.get("messages", ())):
            return self.tell(400, {"error": {"message": "System role not supported", "code": 400}})
        SEEN["together"] += 1
        SEEN["most"] = max(SEEN["most"], SEEN["together"])
        try:
            self.answer(body)
            SEEN["answered"] += 1
        except (BrokenPipeError, ConnectionResetError):
            SEEN["gone"] += 1
        finally:
            SEEN["together"] -= 1
        return None

    def answer(self, body: dict[str, Any]) -> None:
        """Generates and sends, in pieces if they are wanted."""
        prompt = conversation(body) if "messages" in body else body["prompt"]
        done = written(prompt if isinstance(prompt, list) else tokens(prompt), body)
        whole = {"index": 0, "message": message(done), "finish_reason": "stop"}
        found = whole if "messages" in body else choice(done, body)
        usage = {"prompt_tokens": 1, "completion_tokens": len(done.ids), "total_tokens": 1}
        if not body.get("stream"):
            self.wait(len(done.ids))
            return self.tell(200, {"id": "1", "object": "x", "created": 0, "choices": [found], "usage": usage})
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        for piece in pieces(found):
            self.wait(1)
            self.send({"id": "1", "object": "x", "created": 0, "choices": [piece]})
        self.send({"id": "1", "object": "x", "created": 0, "choices": [], "usage": usage})
        self.wfile.write(b"data: [DONE]\n\n")
        self.close_connection = True
        return None

    def wait(self, count: int) -> None:
        """The time for so many tokens, unless the caller goes away."""
        for _ in range(count if OPTIONS["delay_s"] else 0):
            time.sleep(OPTIONS["delay_s"])
            try:
                if not self.connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT):
                    raise BrokenPipeError
            except BlockingIOError:
                pass

    def send(self, event: dict[str, Any]) -> None:
        """One event of a stream."""
        self.wfile.write(f"data: {json.dumps(event)}\n\n".encode())

    def tell(self, status: int, body: object, headers: dict[str, str] | None = None) -> None:
        """One JSON object."""
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)


def pieces(found: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A choice cut into small pieces, of which the last has the end."""
    if "message" in found:
        said = found["message"]
        for place in range(0, len(said["content"]), 5):
            yield {"index": 0, "delta": {"content": said["content"][place : place + 5]}, "finish_reason": None}
        for call in said.get("tool_calls", ()):
            yield {"index": 0, "delta": {"tool_calls": [call]}, "finish_reason": None}
        yield {"index": 0, "delta": {}, "finish_reason": "stop"}
        return
    ids, text, logprobs = found.get("token_ids") or [], found["text"], found["logprobs"]
    size = max(1, len(ids), len(text) // 5)
    for number, (start, end) in enumerate(pairwise(len(text) * n // size for n in range(size + 1))):
        part: dict[str, Any] = {"index": 0, "text": text[start:end], "finish_reason": None, "logprobs": None}
        if ids[number : number + 1]:
            part["token_ids"] = ids[number : number + 1]
            part["logprobs"] = {"token_logprobs": logprobs["token_logprobs"][number : number + 1]}
        last = {"finish_reason": found["finish_reason"], "stop_reason": found.get("stop_reason")}
        yield part | (last if number == size - 1 else {})


def follow() -> None:
    """Ends when whoever has started it has ended."""
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    threading.Thread(target=follow, daemon=True).start()
    threading.Thread(target=LOOP.run_forever, daemon=True).start()
    ThreadingHTTPServer.request_queue_size = 128
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
