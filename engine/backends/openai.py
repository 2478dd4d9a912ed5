"""Models behind servers that speak OpenAI's protocol: vLLM, llama.cpp, Ollama, hosted ones.

    mathsolve "..." --model http://localhost:8000/v1                      the model that the server has
    mathsolve "..." --model http://a:8000/v1,http://b:8000/v1             two servers of one model share the load
    OPENAI_API_KEY=... mathsolve "..." --model openai:NAME                OPENAI_BASE_URL, else OpenAI's own

How the model is talked to depends on its family: one that calls tools gets a conversation with the function `python`; a chat
family gets a conversation in which outputs are words of the user, or, from vLLM, which can go on with an unfinished message,
one message that grows; any other gets plain text. Where vLLM serves a folder of this machine, its tokenizer is read from
there, ids go in, and ids and log-probabilities come out.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

from ...prompts import family_of, load_family
from ..backend import Completion, Context, Profile, Sampling, Text
from ..errors import BackendError
from ..renderer import Renderer, TextRenderer
from .endpoints import Endpoint, Endpoints
from .messages import PYTHON, reply_text, tool_messages, turn_messages

PATIENCE_S = 120.0
"""How long a request is sent again while every server fails."""
REQUEST_S = 600.0
"""How long one answer may take."""
ASSUMED_CONTEXT = 32_768
"""Tokens that a model reads when its server does not say."""


class OpenaiBackend:
    """One model on one or more servers behind the `Backend` protocol."""

    def __init__(self, endpoints: Endpoints, renderer: Text, context: int) -> None:
        self.renderer = renderer
        self.profile = Profile(context)
        self._endpoints = endpoints
        self._family = renderer.family

    @classmethod
    def connect(cls, address: str, family: str | None) -> OpenaiBackend:
        """Asks the servers what they have.

        Args:
            address: the name of a model at OPENAI_BASE_URL, or URLs separated by commas, each with `#NAME` where the server
                has several models.
            family: how the model is talked to; None: by its name, and if that tells nothing, with tools.

        Raises:
            BackendError: no server answers, or it has no such model.
        """
        found = [_endpoint(part) for part in address.split(",")] if "://" in address else [_endpoint(f"#{address}")]
        model, context = found[0][0].model, min(size for _, size in found)
        layout = load_family(family) if family else family_of(model)
        if family is None and layout.name == "base":
            layout = load_family("tools")
        tokenizer = Path(model) / "tokenizer.json"
        owned = all(endpoint.own for endpoint, _ in found)
        text: Text = TextRenderer(layout)
        if tokenizer.is_file() and owned and not (layout.chat or layout.tools):
            text = Renderer.load(layout, tokenizer.parent)
        return cls(Endpoints([endpoint for endpoint, _ in found], PATIENCE_S), text, context)

    async def generate(
        self, context: Context, sampling: Sampling, on_text: Callable[[str], None] | None = None
    ) -> Completion:
        """See `Backend.generate`."""
        if self._family.tools or self._family.chat:
            completion = await self._endpoints.ask(lambda endpoint: self._chat(endpoint, context, sampling))
        else:
            completion = await self._endpoints.ask(lambda endpoint: self._continue(endpoint, context, sampling))
        if on_text is not None:
            on_text(completion.text)
        return completion

    async def score(self, ids: Sequence[int]) -> list[float]:
        """Nothing: the protocol has no scoring."""
        return []

    async def close(self) -> None:
        """Ends the connections."""
        await self._endpoints.close()

    async def _continue(self, endpoint: Endpoint, context: Context, sampling: Sampling) -> Completion:
        """Plain text, or ids, go on."""
        ids = list(context.tokens.ids)
        extra: dict[str, Any] = {}
        if endpoint.own:
            extra = {"include_stop_str_in_output": True, "skip_special_tokens": False, "add_special_tokens": False}
            extra |= {"spaces_between_special_tokens": False, "return_token_ids": bool(ids)}
        reply = await endpoint.client.completions.create(
            model=endpoint.model,
            prompt=ids or context.text,
            logprobs=0 if ids and endpoint.own else None,
            extra_body=extra,
            **_choices(sampling),
        )
        choice = reply.choices[0]
        text, stop = self._cut(choice.text, choice.finish_reason, sampling, whole=endpoint.own)
        seen = tuple(getattr(choice, "token_ids", None) or ()) if ids else ()
        probabilities = choice.logprobs.token_logprobs if choice.logprobs else None
        logprobs = tuple(p or 0.0 for p in probabilities or ())
        finished: Literal["stop", "length"] = "length" if choice.finish_reason == "length" else "stop"
        rest, seen = self._fit(seen, text + (stop or ""))
        count = reply.usage.completion_tokens if reply.usage else len(choice.text) // 4
        return Completion(text, finished, stop, seen, logprobs[: len(seen)], rest, count)

    def _fit(self, ids: tuple[int, ...], text: str) -> tuple[str, tuple[int, ...]]:
        """The ids without a last one that goes beyond the text, and the end of the text that they lack."""
        if not ids:
            return "", ids
        decoded = self.renderer.decode(ids)
        if len(decoded) > len(text) and decoded.startswith(text) and len(self.renderer.decode(ids[:-1])) < len(text):
            ids = ids[:-1]
            return text[len(self.renderer.decode(ids)) :], ids
        return "", ids

    async def _chat(self, endpoint: Endpoint, context: Context, sampling: Sampling) -> Completion:
        """The next message of a conversation."""
        family = self._family
        extra: dict[str, Any] = {}
        arguments: dict[str, Any] = _choices(sampling)
        if family.tools:
            said: Any = tool_messages(context, family)
            arguments |= {"tools": [PYTHON]} if context.mode != "cot" else {}
            arguments.pop("stop", None)
        else:
            said = turn_messages(context, family)
        if endpoint.own and not family.tools:
            said = _one_message(said)
            extra = {"include_stop_str_in_output": True, "skip_special_tokens": False}
            if said[-1]["role"] == "assistant":
                extra |= {"continue_final_message": True, "add_generation_prompt": False}
        reply = await endpoint.client.chat.completions.create(
            model=endpoint.model, messages=said, extra_body=extra, **arguments
        )
        choice = reply.choices[0]
        written = reply_text(choice.message, family)
        text, stop = written, None
        if not family.tools:
            text, stop = self._cut(written, choice.finish_reason, sampling, whole=endpoint.own)
        count = reply.usage.completion_tokens if reply.usage else len(written) // 4
        return Completion(text, "length" if choice.finish_reason == "length" else "stop", stop, count=count)

    def _cut(self, text: str, reason: str | None, sampling: Sampling, *, whole: bool) -> tuple[str, str | None]:
        """The text without its stop, and the stop. A server that leaves the stop out does not say which one it was: after a
        program it was the one that asks for a run."""
        if reason != "stop":
            return text, None
        stop = next((stop for stop in sampling.stops if text.endswith(stop)), None)
        if stop is not None:
            return text[: len(text) - len(stop)], stop
        if whole or not sampling.stops:
            return text, None
        pieces = tuple(self._family.pieces(text))
        in_program = bool(pieces) and pieces[-1].kind == "program"
        return text, sampling.stops[0] if in_program else None


def _choices(sampling: Sampling) -> dict[str, Any]:
    """Sampling in the protocol's words. Servers take at most four stops."""
    stops = {"stop": list(sampling.stops[:4])} if sampling.stops else {}
    return {
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "max_tokens": sampling.max_tokens,
        "seed": sampling.seed,
        **stops,
    }


def _one_message(said: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Turns after the question as one message of the model that goes on."""
    asked = next((number for number, message in enumerate(said) if message["role"] == "assistant"), len(said))
    text = "".join(message["content"] for message in said[asked:])
    return [*said[:asked], *([{"role": "assistant", "content": text}] if text else [])]


def _endpoint(address: str) -> tuple[Endpoint, int]:
    """A server and the context of its model, by asking it."""
    import openai

    url, _, model = address.partition("#")
    url = url or os.environ.get("OPENAI_BASE_URL") or os.environ.get("OPENAI_API_BASE") or ""
    key = os.environ.get("OPENAI_API_KEY") or ("none" if url else None)
    if key is None:
        raise BackendError("OPENAI_API_KEY is not set; set it, or name a server: --model http://localhost:8000/v1")
    options: dict[str, Any] = {"api_key": key, "max_retries": 0, "timeout": REQUEST_S}
    options |= {"base_url": url} if url else {}
    try:
        with openai.OpenAI(**options) as client:
            known = client.models.list().data
    except openai.APIError as error:
        words = " ".join(str(error).split())[:200]
        raise BackendError(
            f"no answer from {url or 'OpenAI'}: {words}; is the server running, is the key right?"
        ) from error
    names = [one.id for one in known]
    if not model and len(names) == 1:
        model = names[0]
    if model not in names:
        choices = ", ".join(sorted(names)[:8]) or "none"
        raise BackendError(
            f"{url or 'OpenAI'} has no model {model or '(none was named)'!r}; it has {choices}; write {url}#NAME"
        )
    found = known[names.index(model)]
    own = getattr(found, "owned_by", "") == "vllm"
    size = getattr(found, "max_model_len", None) or ASSUMED_CONTEXT
    return Endpoint(openai.AsyncOpenAI(**options), model, own), int(size)
