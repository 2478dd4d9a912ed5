"""Which servers are meant, and what they have: the address that a user wrote becomes endpoints.

A server that is down at the start is kept for later, as long as another one answers.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import openai

from ..errors import BackendError
from .endpoints import Endpoint, words

REQUEST_S, CONNECT_S = 600.0, 5.0
"""How long one answer may take, and how long a server may take to accept a connection."""
LISTING_S = 20.0
"""How long a server may take to say what it has."""
ASSUMED_CONTEXT = 32_768
"""Tokens that a model reads when its server does not say."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a server said."""

    endpoint: Endpoint
    """The server."""
    context: int
    """Longest context of its model in tokens."""


def discover(address: str) -> list[Found]:
    """Asks servers what they have.

    Args:
        address: the name of a model at OPENAI_BASE_URL, or URLs separated by commas, each with `#NAME` where the server has
            several models.

    Raises:
        BackendError: none answers, one has no such model, or they have different ones.
    """
    parts = address.split(",") if "://" in address else [f"#{address}"]
    asked = [_ask(part.strip()) for part in parts]
    found = [one for one in asked if isinstance(one, Found)]
    if not found:
        raise next(one for one in asked if isinstance(one, BackendError))
    models = sorted({one.endpoint.model for one in found})
    if len(models) > 1 and "#" not in address:
        raise BackendError(f"these servers have different models: {', '.join(models)}; name one of them: URL#NAME")
    first = found[0]
    for part, one in zip(parts, asked, strict=True):
        if isinstance(one, BackendError):
            url, _, model = part.strip().partition("#")
            late = Endpoint(_client(url), model or first.endpoint.model, first.endpoint.own)
            found.append(Found(late, first.context))
    return found


def _ask(part: str) -> Found | BackendError:
    """A server and its model; an error as a value when it cannot be reached."""
    url, _, model = part.partition("#")
    url = url or os.environ.get("OPENAI_BASE_URL") or os.environ.get("OPENAI_API_BASE") or ""
    if not url and not os.environ.get("OPENAI_API_KEY"):
        raise BackendError("OPENAI_API_KEY is not set; set it, or name a server: --model http://localhost:8000/v1")
    where = url or "OpenAI"
    try:
        with openai.OpenAI(**_options(url) | {"timeout": openai.Timeout(LISTING_S, connect=CONNECT_S)}) as client:
            known: Any = client.models.list()
            names = {one.id: one for one in known.data}
    except openai.APIConnectionError as error:
        return BackendError(f"no answer from {where}: {words(error)}; is the server running, is the address right?")
    except (openai.AuthenticationError, openai.PermissionDeniedError) as error:
        raise BackendError(f"{where} refuses the key: {words(error)}; set OPENAI_API_KEY") from error
    except openai.APIStatusError as error:
        if error.status_code >= 500:
            return BackendError(f"{where} fails: {words(error)}; is the server in order?")
        raise BackendError(f"{where} does not list its models: {words(error)}; {_remedy(url)}") from error
    except (openai.APIError, AttributeError, TypeError, ValueError) as error:
        raise BackendError(f"{where} does not speak OpenAI's protocol; {_remedy(url)}") from error
    return _choose(url, model, names)


def _choose(url: str, model: str, names: dict[str, Any]) -> Found:
    """The model that was named, or the only one."""
    if not model and len(names) == 1:
        (model,) = names
    if model not in names:
        choices = ", ".join(sorted(names)[:8]) or "none"
        named = f"no model {model!r}" if model else "several models, and none was named"
        write = f"{url}#NAME" if url else "openai:NAME"
        raise BackendError(f"{url or 'OpenAI'} has {named}; it has {choices}; write {write}")
    own = getattr(names[model], "owned_by", "") == "vllm"
    size = getattr(names[model], "max_model_len", None) or ASSUMED_CONTEXT
    return Found(Endpoint(_client(url), model, own), int(size))


def _client(url: str) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(**_options(url), timeout=openai.Timeout(REQUEST_S, connect=CONNECT_S))


def _options(url: str) -> dict[str, Any]:
    """What a client is made of. A server of one's own mostly wants no key, but the client wants one."""
    options = {"api_key": os.environ.get("OPENAI_API_KEY") or "none", "max_retries": 0}
    return options | {"base_url": url} if url else options


def _remedy(url: str) -> str:
    return f"is the address right? Most end with /v1, as {url.rstrip('/')}/v1" if "/v1" not in url else "is it right?"
