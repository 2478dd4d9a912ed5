"""Models behind servers that speak OpenAI's protocol: vLLM, llama.cpp, Ollama, hosted ones.

    mathsolve "..." --model http://localhost:8000/v1                      the model that the server has
    mathsolve "..." --model http://a:8000/v1,http://b:8000/v1             two servers of one model share the load
    OPENAI_API_KEY=... mathsolve "..." --model openai:NAME                OPENAI_BASE_URL, else OpenAI's own

How the model is talked to depends on its family: one that calls tools gets a conversation with the function `python`; a chat
family gets a conversation in which outputs are words of the user, or, from vLLM, which can go on with an unfinished message,
one message that grows; any other gets plain text. Where vLLM serves a folder of this machine, its tokenizer is read from
there, ids go in, and ids and log-probabilities come out.

Promises: whoever is called off closes the connection; a text that broke off is asked for again and heard only once. Does
not promise to know the stop: a server that does not tell it leaves it to be worked out from the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

from ...prompts import load_family
from ..backend import Completion, Context, Profile, Sampling, Text
from ..errors import BackendError
from ..renderer import Renderer, TextRenderer
from .discovery import discover
from .endpoints import Endpoint, Endpoints
from .messages import PYTHON, folded, one_message, tool_messages, turn_messages
from .replies import Reply, receive
from .source import Source
from .stopping import Teller, covered, first_stop

PATIENCE_S = 900.0
"""How long a request is sent again while every server fails: a large model takes minutes to come back. The time limit of the
question mostly ends it before."""
MOST_STOPS = 4
"""As many stops the protocol allows; the others are watched for here."""
_BEGUN = re.compile(r"\s*<(s|bos|\|?[^<>]*begin[^<>]*)>")
"""A prompt that itself begins with the token with which its model's texts begin."""


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
            address: see `discovery.discover`.
            family: how the model is talked to; None: by its folder or its name, and if these tell nothing, in turns of
                chat from vLLM, which calls tools only where it was started so, and with tools elsewhere.

        Raises:
            BackendError: no server answers, or it has no such model.
        """
        found = discover(address)
        endpoints = [one.endpoint for one in found]
        model, own = endpoints[0].model, all(endpoint.own for endpoint in endpoints)
        told = Source("openai", model, family).told_family()
        layout = told or load_family("chat" if own else "tools")
        text: Text = TextRenderer(layout)
        if own and (Path(model) / "tokenizer.json").is_file() and not (layout.chat or layout.tools):
            text = Renderer.load(layout, Path(model))
        return cls(Endpoints(endpoints, PATIENCE_S), text, min(one.context for one in found))

    async def generate(
        self, context: Context, sampling: Sampling, on_text: Callable[[str], None] | None = None
    ) -> Completion:
        """See `Backend.generate`."""
        teller = Teller(on_text, sampling.stops) if on_text is not None else None
        completion = await self._endpoints.ask(lambda endpoint: self._ask(endpoint, context, sampling, teller))
        if teller is not None:
            teller.tell(completion.text, ended=True)
        return completion

    async def score(self, ids: Sequence[int]) -> list[float]:
        """Nothing: the protocol has no scoring."""
        return []

    async def close(self) -> None:
        """Ends the connections."""
        await self._endpoints.close()

    async def _ask(self, endpoint: Endpoint, context: Context, sampling: Sampling, teller: Teller | None) -> Completion:
        """Asks one server; in pieces where somebody listens, or where there are stops that the server is not told."""
        family, stops = self._family, () if self._family.tools else sampling.stops
        sent = stops if endpoint.own else tuple(stop for stop in stops if self._is_plain(stop))[:MOST_STOPS]
        watched = [stop for stop in stops if stop not in sent]

        def hear(reply: Reply) -> bool:
            text = reply.text(family)
            if teller is not None:
                teller.tell(first_stop(text, stops)[0])
            return first_stop(text, watched)[1] is not None

        arguments = self._words(endpoint, context) | self._choices(context, sampling)
        arguments |= {"stop": list(sent)} if sent else {}
        heard = hear if teller is not None or watched else None
        if heard is not None:
            arguments |= {"stream": True, "stream_options": {"include_usage": True}}
        reply = await receive(await _send(endpoint, arguments), heard)
        return self._completion(endpoint, reply, context, stops)

    def _is_plain(self, stop: str) -> bool:
        """Whether a server that does not tell its stop may be given this one, because the text before it tells what it was."""
        tag = self._family.program_close
        return stop != self._family.box and (stop == tag or not stop.startswith(tag))

    def _words(self, endpoint: Endpoint, context: Context) -> dict[str, Any]:
        """What is to be continued, as the server of this family wants it."""
        extra: dict[str, Any] = {}
        if endpoint.own and not self._family.tools:
            extra = {"skip_special_tokens": False, "spaces_between_special_tokens": False}
        if self._family.tools:
            offered = {"tools": [PYTHON]} if context.mode != "cot" else {}
            return {"messages": tool_messages(context, self._family), **offered}
        if self._family.chat:
            said = turn_messages(context, self._family)
            if endpoint.own and not self._family.turns:
                said = one_message(said)
                unfinished = said[-1]["role"] == "assistant"
                extra |= {"continue_final_message": unfinished, "add_generation_prompt": not unfinished}
            return {"messages": said, "extra_body": extra}
        ids = list(context.tokens.ids)
        if ids:
            return {"prompt": ids, "logprobs": 0, "extra_body": extra | {"return_token_ids": True}}
        if endpoint.own:
            extra["add_special_tokens"] = _BEGUN.match(context.text) is None
        return {"prompt": context.text, "extra_body": extra}

    def _choices(self, context: Context, sampling: Sampling) -> dict[str, Any]:
        """Sampling in the protocol's words. Where the length of the prompt is not known, a token has two characters or
        more, so that prompt and answer fit into the context."""
        room = sampling.max_tokens
        if not context.tokens.ids:
            room = min(room, max(16, self.profile.context - len(context.text) // 2))
        return {
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "max_tokens": room,
            "seed": sampling.seed,
        }

    def _completion(self, endpoint: Endpoint, reply: Reply, context: Context, stops: tuple[str, ...]) -> Completion:
        """What was replied, up to its stop."""
        text, stop = first_stop(reply.text(self._family), stops)
        ids, logprobs = tuple(reply.ids), tuple(reply.logprobs)
        if context.tokens.ids and not len(ids) == len(logprobs) > 0:
            raise BackendError(f"{endpoint.address} does not return token ids; it needs vLLM 0.10.2 or later")
        if stop is None and reply.reason == "stop":
            stop = self._stop(endpoint, reply, text, stops)
        rest = ""
        if ids and stop is not None:
            ids, rest = covered(ids, text + stop, self.renderer.decode)
        count = len(text) // 4 + 1 if reply.tokens is None else reply.tokens
        finished: Literal["stop", "length"] = "length" if reply.reason == "length" else "stop"
        return Completion(text, finished, stop, ids, logprobs[: len(ids)], rest, count)

    def _stop(self, endpoint: Endpoint, reply: Reply, text: str, stops: tuple[str, ...]) -> str | None:
        """The stop at which a server has ended a text: the one that it tells, the last token where that is known, else,
        after a program, the one that asks for a run."""
        if reply.stop in stops:
            return str(reply.stop)
        if reply.ids:
            last = self.renderer.decode(reply.ids[-1:])
            return last if last in stops else None
        if not stops or (endpoint.own and reply.stop is None):  # vLLM tells, so it was the model's own end
            return None
        pieces = tuple(self._family.pieces(text))
        if not pieces or pieces[-1].kind != "program":
            return None
        closed = pieces[-1].closed
        return next((stop for stop in stops if stop.startswith(self._family.program_close) != closed), None)


async def _send(endpoint: Endpoint, arguments: dict[str, Any]) -> Any:
    """Sends a request, without the arguments that the server has refused before. One that it refuses now is left out from
    now on: there are models that are sampled in one way only. A system message that is refused goes into the user's."""
    import openai

    api = endpoint.client.chat.completions if "messages" in arguments else endpoint.client.completions
    while True:
        known = {name: value for name, value in arguments.items() if name not in endpoint.unknown}
        if "max_tokens" in endpoint.unknown:
            known["max_completion_tokens"] = arguments["max_tokens"]
        if "system" in endpoint.unknown and "messages" in known:
            known["messages"] = folded(known["messages"])
        try:
            return await api.create(model=endpoint.model, **known)
        except openai.BadRequestError as error:
            refused = str(error.param or "")
            if _has_system(known) and "system" in str(error).lower():
                refused = "system"
            elif refused not in known or not str(error.code).startswith("unsupported"):
                raise
            endpoint.unknown.add(refused)


def _has_system(arguments: dict[str, Any]) -> bool:
    """Whether the conversation begins with a system message, which some models' chat templates have no place for."""
    return any(message["role"] == "system" for message in arguments.get("messages", ()))
