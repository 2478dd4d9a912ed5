"""A context as the messages of a chat server, and its reply as text in the family's layout."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from ...prompts import Family
from ...sandbox import Observation, Program
from ..backend import Context
from ..trajectory import Thought

PYTHON: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "python",
        "description": "Runs a Python program and returns what it prints. Variables stay from one call to the next; "
        "sympy and numpy are there.",
        "parameters": {
            "type": "object",
            "properties": {"code": {"type": "string", "description": "The program."}},
            "required": ["code"],
        },
    },
}
"""The one tool."""


def opening(context: Context, family: Family) -> list[dict[str, Any]]:
    """The conversation before the model's first turn."""
    said = family.messages(context.mode)
    question = context.problem.question
    return [{"role": m.role, "content": m.text.replace("{question}", question)} for m in said if m.text]


def tool_messages(context: Context, family: Family) -> list[dict[str, Any]]:
    """Everything so far, with programs as calls of the tool."""
    messages = opening(context, family)
    texts = _outputs(context)
    words, code = "", []
    for step in context.steps:
        if isinstance(step, Thought):
            words += step.text
        elif isinstance(step, Program):
            code.append(step.code)
        elif isinstance(step, Observation):
            messages += _round(words, "\n".join(code), next(texts), len(messages))
            words, code = "", []
    return messages


def _outputs(context: Context) -> Iterator[str]:
    """What the model was shown of each observation, which may be nothing."""
    for observed, segments in groupby(context.segments, key=lambda segment: segment.role == "observation"):
        if observed:
            yield "".join(segment.text for segment in segments if not segment.tag)


def _round(words: str, code: str, output: str, number: int) -> list[dict[str, Any]]:
    function = {"name": "python", "arguments": json.dumps({"code": code}, ensure_ascii=False)}
    call = {"id": f"call_{number}", "type": "function", "function": function}
    return [
        {"role": "assistant", "content": words, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": call["id"], "content": output},
    ]


def turn_messages(context: Context, family: Family) -> list[dict[str, Any]]:
    """Everything so far as turns of text: what the model wrote, and outputs as words of the user."""
    messages = opening(context, family)
    written = [segment for segment in context.segments if segment.role != "prompt"]
    for segment in written:
        role = "user" if segment.role == "observation" else "assistant"
        if messages[-1]["role"] == role:
            messages[-1]["content"] += segment.text
        else:
            messages.append({"role": role, "content": segment.text})
    return messages


def one_message(said: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Turns after the question as one message of the model that goes on."""
    asked = next((number for number, message in enumerate(said) if message["role"] == "assistant"), len(said))
    text = "".join(message["content"] for message in said[asked:])
    return [*said[:asked], *([{"role": "assistant", "content": text}] if text else [])]


def folded(said: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The messages with the words of the system at the start of the user's.

    >>> folded([{"role": "system", "content": "Be brief."}, {"role": "user", "content": "2+2?"}])
    [{'role': 'user', 'content': 'Be brief.\\n\\n2+2?'}]
    """
    system = [message["content"] for message in said if message["role"] == "system"]
    rest = [message for message in said if message["role"] != "system"]
    return [{**rest[0], "content": "\n\n".join([*system, rest[0]["content"]])}, *rest[1:]]


def code_of(arguments: str) -> str:
    """The program in the arguments of a call; what is no JSON with a `code` is the program itself."""
    try:
        read = json.loads(arguments)
    except ValueError:
        return arguments
    return str(read["code"]) if isinstance(read, dict) and "code" in read else arguments
