"""The chat template of a model as plain text, with `{question}` where the question belongs."""

from __future__ import annotations

from typing import Any

from ...prompts import MODES, Family

_MARK = "QUESTION-GOES-HERE"


def chat_texts(tokenizer: Any, family: Family) -> dict[str, str]:
    """The prompt of every mode by the tokenizer's own chat template; none where it or the family has no use for one."""
    if not family.chat or not getattr(tokenizer, "chat_template", None):
        return {}
    return {mode: _text(tokenizer, family, mode) for mode in MODES}


def _text(tokenizer: Any, family: Family, mode: str) -> str:
    said = [
        {"role": message.role, "content": message.text.replace("{question}", _MARK)}
        for message in family.messages(mode)
        if message.text
    ]
    text: str = tokenizer.apply_chat_template(said, tokenize=False, add_generation_prompt=True)
    return text.replace(_MARK, "{question}")
