"""A model's own chat template: its prompts as plain text, and its turns as the tags of a family.

Templates differ in what they can say. One that has no place for a system message gets its words at the start of the user's; one
that cannot tell turns apart leaves the family's outputs where they are, in the model's own turn.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ...prompts import MODES, Family, load_family
from ..renderer import Renderer
from .messages import folded

_QUESTION, _REPLY, _OUTPUT = "QUESTION-GOES-HERE", "REPLY-GOES-HERE", "OUTPUT-GOES-HERE"


def chat_renderer(tokenizer: Any, family: Family | None) -> Renderer:
    """The renderer of a tokenizer of transformers. `family`: None for `chat` where there is a chat template, else `base`."""
    has_template = bool(getattr(tokenizer, "chat_template", None))
    family = family or load_family("chat" if has_template else "base")
    if not family.chat or not has_template:
        return Renderer(family, tokenizer.backend_tokenizer)
    texts = {mode: prompt_text(tokenizer, family, mode) for mode in MODES}
    return Renderer(in_turns(tokenizer, family) if family.turns else family, tokenizer.backend_tokenizer, texts)


def prompt_text(tokenizer: Any, family: Family, mode: str) -> str:
    """The prompt by the chat template, with `{question}` where the question belongs."""
    said = [
        {"role": message.role, "content": message.text.replace("{question}", _QUESTION)}
        for message in family.messages(mode)
        if message.text
    ]
    text = _text(tokenizer, said)
    if text is None or any(message["content"].strip() not in text for message in said):
        text = str(tokenizer.apply_chat_template(folded(said), tokenize=False, add_generation_prompt=True))
    return text.replace(_QUESTION, "{question}")


def in_turns(tokenizer: Any, family: Family) -> Family:
    """The family with its outputs in turns of the user: what ends the model's turn and opens the user's belongs to the tag
    before an output, and what opens the model's next turn to the tag after it."""
    asked = {"role": "user", "content": _QUESTION}
    replied, shown = {"role": "assistant", "content": _REPLY}, {"role": "user", "content": _OUTPUT}
    _, _, after_reply = (_text(tokenizer, [asked, replied, shown]) or "").partition(_REPLY)
    before, found, after = after_reply.partition(_OUTPUT)
    if not found:
        return family
    opening, closing = before + family.output_open.lstrip("\n"), family.output_close.rstrip("\n") + after
    return replace(family, output_open=opening, output_close=closing)


def _text(tokenizer: Any, said: list[dict[str, str]]) -> str | None:
    """The conversation as text, up to the model's next turn; None where the template refuses it."""
    from jinja2 import TemplateError

    try:
        return str(tokenizer.apply_chat_template(said, tokenize=False, add_generation_prompt=True))
    except TemplateError:
        return None
