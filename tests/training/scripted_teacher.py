"""A scripted teacher behind a real server of OpenAI's protocol: it knows what it does, right and wrong.

It reads which maker asks by the words of the prompt, and the seed of the request says what it replies: every maker has a
list of sound and of planted replies, and the seed takes one. Questions are remembered with the solutions that belong to them.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from mathsolve.evaluation.benchmarks.loading import load

BENCHMARK = load("handwritten", limit=1)[0]
"""A question that was written to measure models."""
OPEN = ("sound", "mended", "unsolvable", "scattered", "wrong words", "slip", "constant", "broken program", "disagreement",
        "copy", "benchmark", "no form", "German", "Chinese", "empty")  # fmt: skip
PLANTS: dict[str, tuple[str, ...]] = {
    "self-instruct": OPEN,
    "harder": ("sound", "copy", "unsolvable"),
    "easier": ("sound", "twice yes", "no verdict"),
    "rephrasing": ("same", "other number", "other meaning", "mute"),
    "fobar": ("as it is", "told", "lost"),
    "self-verification": ("statement", "told", "wrong words known"),
}
"""What is replied to each maker."""
ASKED = {
    "Write one new question": "self-instruct",
    "Write a harder variant": "harder",
    "Write an easier variant": "easier",
    "in other words": "rephrasing",
    "Hand over this question as it is": "fobar",
    "Make one statement of both": "self-verification",
}
"""The maker by words of its prompt."""
ROOTS = [
    {"id": f"pens-{pens}", "question": f"Ann buys {pens} pens for {price} dollars each. How much does she pay in total?",
     "answer": pens * price, "domain": "shopping", "level": 1}
    for pens, price in ((7, 13), (12, 5), (9, 14), (23, 3), (15, 4), (8, 17))
]  # fmt: skip
"""Root questions."""


@dataclass(frozen=True, slots=True)
class Item:
    """A question that the teacher has written."""

    plant: str
    """What is wrong with it, or that it is sound."""
    answer: str
    """What its solutions come to, as far as they are right."""
    program: str
    """Prints that."""


def plant_of(maker: str, seed: int) -> str:
    """What is replied to a maker."""
    return PLANTS[maker][seed % len(PLANTS[maker])]


def block(question: str, verdict: str = "yes") -> str:
    """A question in the form that was asked for."""
    return (
        f"<question>\n{question}\n</question>\n<givens>\nall of it\n</givens>\n<unknown>\na number\n</unknown>\n"
        f"<solvable>\n{verdict}\n</solvable>\n"
    )


class Script:
    """What the teacher says."""

    def __init__(self) -> None:
        self.items: dict[str, Item] = {}
        self.solved = 0
        """Turns of solutions."""
        self.echo = False
        """Whether every maker gets the root back, with a word more."""

    def write(self, prompt: str, seed: int) -> str:
        """The reply to a maker."""
        if self.echo:
            return block(f"Please: {prompt.split(chr(10) * 2)[1]}")
        maker = next((name for words, name in ASKED.items() if words in prompt), "")
        if not maker:
            return "1"
        plant = plant_of(maker, seed)
        if maker in ("self-instruct", "harder", "easier"):
            return self._new(maker, plant, prompt, seed)
        return self._rephrased(plant, prompt) if maker == "rephrasing" else self._backward(plant, prompt)

    def _new(self, maker: str, plant: str, prompt: str, seed: int) -> str:
        rows, trees, more = 3 + seed % 97, 2 + seed // 97 % 89, 1 + seed % 31
        question = f"A farmer ({maker}, {plant}) plants {rows} rows of {trees} trees, and {more} more. How many has he?"
        item = Item(plant, str(rows * trees + more), f"rows = {rows}\nprint(rows * {trees} + {more})")
        match plant:
            case "copy":
                question = next(str(root["question"]) for root in ROOTS if str(root["question"]) in prompt)
            case "benchmark":
                question, item = BENCHMARK.question, Item(plant, str(48273 * 6915), "print(48273 * 6915)")
            case "German":
                question = f"Ein Bauer pflanzt {rows} Reihen mit je {trees} Tannen und noch {more}. Wie viele sind es?"
            case "Chinese":
                question = f"农夫种了{rows}行树，每行{trees}棵，又种了{more}棵。一共有多少棵树？"
        self.items[question] = item
        match plant:
            case "mended":
                return block("How many trees has the farmer?", "no, no numbers are given") + "\n" + block(question)
            case "unsolvable":
                return block(question, "No: the number of rows is not stated.") * 2
            case "twice yes":
                return block(question) * 2
            case "no verdict":
                return block(question, "perhaps")
            case "no form":
                return f"Sure! Here is a question: {question}"
            case "empty":
                return ""
        return block(question)

    def _rephrased(self, plant: str, prompt: str) -> str:
        pens, price = re.search(r"buys (\d+) pens for (\d+)", prompt).groups()  # type: ignore[union-attr]
        question = f"A pen costs {price} dollars. How much does Ann ({plant}) pay for {pens} of them?"
        program = f"print({pens} * {price})"
        if plant == "other number":
            question = question.replace(pens, "99")
        if plant == "other meaning":
            question, program = (
                f"Ann has {pens} pens and {price} dollars. How many things has she?",
                f"print({pens} + {price})",
            )
        self.items[question] = Item(plant, str(eval(program[6:-1])), program)
        return block(question)

    def _backward(self, plant: str, prompt: str) -> str:
        pens, price = re.search(r"buys (\w+) pens for (\w+)", prompt).groups()  # type: ignore[union-attr]
        total = re.search(r"(?:question is|Answer:) (\d+)", prompt)[1]  # type: ignore[index]
        hidden = int(total) // int(price if pens == "x" else pens)
        question = (
            f"Ann ({plant}) buys {pens} pens for {price} dollars each and pays {total} dollars. What is the value of x?"
        )
        if plant == "as it is":
            question = prompt.split("\n\n")[1]
        if plant == "told":
            question = question.replace(" x ", f" x = {hidden} ")
        if plant == "lost":
            question = question.replace("x", "the unknown")
        known = price if pens == "x" else pens
        self.items[question] = Item(plant, str(hidden), f"print({total} // {known})")
        return block(question)

    def solve(self, question: str, mode: str, seed: int, outputs: Sequence[str]) -> tuple[str, str]:
        """The words and the program of one turn."""
        if question not in self.items:
            return "1", ""
        self.solved += 1
        item = self.items[question]
        wrong = str(int(item.answer) + 1 + (seed % 50 if item.plant in ("scattered", "mute") else 0))
        if mode == "cot":
            bad = item.plant in ("scattered", "mute", "disagreement", "wrong words known") or (
                item.plant == "wrong words" and seed % 4 != 3
            )
            slip = "2 + 2 = 5. " if item.plant == "slip" else ""
            return f"{slip}Work it out: the answer is \\boxed{{{wrong if bad else item.answer}}}.", ""
        if outputs:
            shown = outputs[-1].partition("\n(")[0].strip()
            return f"The answer is \\boxed{{{shown if item.plant != 'broken program' else item.answer}}}.", ""
        words = "Compute it." if mode == "mixed" else ""
        match item.plant:
            case "constant":
                return words, f"print({item.answer})"
            case "broken program":
                return words, "print(undefined_name)"
            case "scattered" | "mute":
                return words, f"print({wrong} * 1)"
        return words, item.program


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.0"  # one request a connection, so that nobody is served by a server that has ended
    script: Script
    refused: str

    def log_message(self, *_: object) -> None:
        """Quiet."""

    def do_GET(self) -> None:
        """The list of models."""
        model = {"id": "scripted", "object": "model", "created": 0, "owned_by": "test", "max_model_len": 8192}
        self._tell(200, {"object": "list", "data": [model]})

    def do_POST(self) -> None:
        """One turn."""
        sent = self.rfile.read(int(self.headers["Content-Length"]))
        if not sent:  # who asked has gone away
            return None
        body = json.loads(sent)
        said = body["messages"]
        if self.refused and self.refused in json.dumps(said):
            return self._tell(400, {"error": {"message": "this is too much for me", "code": "too_long"}})
        try:
            words, code = self._reply(said, body)
        except Exception as error:  # a mistake in the script: it must fail the test and not be asked again and again
            return self._tell(400, {"error": {"message": f"script: {error!r}", "code": "script"}})
        message: dict[str, Any] = {"role": "assistant", "content": words}
        if code:
            function = {"name": "python", "arguments": json.dumps({"code": code})}
            message["tool_calls"] = [{"id": "call_1", "type": "function", "function": function}]
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        usage = {"prompt_tokens": 1, "completion_tokens": 9, "total_tokens": 10}
        return self._tell(200, {"id": "1", "object": "x", "created": 0, "choices": [choice], "usage": usage})

    def _reply(self, said: list[dict[str, Any]], body: dict[str, Any]) -> tuple[str, str]:
        if said[0]["role"] != "system":
            return self.script.write(said[0]["content"], body["seed"]), ""
        mode = "mixed" if "whenever" in said[0]["content"] else "pot" if body.get("tools") else "cot"
        outputs = [message["content"] for message in said if message["role"] == "tool"]
        return self.script.solve(said[1]["content"], mode, body["seed"], outputs)

    def _tell(self, status: int, body: object) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


class _Http(ThreadingHTTPServer):
    request_queue_size = 512
    daemon_threads = True


class Server:
    """The scripted teacher, listening."""

    def __init__(self, refused: str = "") -> None:
        self.script = Script()
        handler = type("Handler", (_Handler,), {"script": self.script, "refused": refused})
        self._http = _Http(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}/v1"
        threading.Thread(target=self._http.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Ends it."""
        self._http.shutdown()
        self._http.server_close()


@contextmanager
def serving(refused: str = "") -> Iterator[Server]:
    """A scripted teacher for a while; `refused`: a text in a message that it refuses."""
    server = Server(refused)
    try:
        yield server
    finally:
        server.stop()
