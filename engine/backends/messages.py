"""A context as the messages of a chat server, and its reply as text in the family's layout."""

from __future__ import annotations

import json
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
    texts = (segment.text for segment in context.segments if segment.role == "observation" and not segment.tag)
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


def reply_text(message: Any, family: Family) -> str:
    """What a chat server replied, in the family's layout. A call that is no JSON is run as it is: the error will tell."""
    text = message.content or ""
    reasoning = getattr(message, "reasoning_content", None) or getattr(message, "reasoning", None)
    if reasoning and family.think is not None:
        text = f"{family.think[0]}{reasoning}{family.think[1]}{text}"
    for call in message.tool_calls or ():
        text += f"{family.program_open}{_code(call.function.arguments)}{family.program_close}"
    return text


def _code(arguments: str) -> str:
    """The program in a call."""
    try:
        read = json.loads(arguments)
    except ValueError:
        return arguments
    return str(read["code"]) if isinstance(read, dict) and "code" in read else arguments
