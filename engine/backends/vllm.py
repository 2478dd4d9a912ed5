"""The vLLM backend: its asynchronous engine in this process, for throughput on GPUs (or, with its CPU build, anywhere).

Ids go in, ids and log-probabilities come out; equal prompts share their keys and values (prefix caching), and requests join
and leave the batch as they come.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any, Literal

import vllm
from vllm.sampling_params import RequestOutputKind
from vllm.v1.engine.async_llm import AsyncLLM

from ...prompts import Family
from ..backend import Completion, Context, Profile, Sampling
from ..errors import BackendError
from ..renderer import Renderer
from .chat import chat_texts
from .stopping import Reader


class VllmBackend:
    """A model of vLLM behind the `Backend` protocol."""

    def __init__(self, name: str, family: Family) -> None:
        """Loads a folder or a name on the hub.

        Raises:
            BackendError: vLLM cannot load it.
        """
        try:
            engine = vllm.AsyncEngineArgs(model=name, enable_prefix_caching=True, disable_log_stats=True)
            self._engine = AsyncLLM.from_engine_args(engine)
        except (OSError, ValueError, RuntimeError) as error:
            first = str(error).strip().splitlines()[0]
            raise BackendError(f"vLLM cannot load {name!r}: {first}; check the name or the folder") from error
        tokenizer: Any = self._engine.get_tokenizer()
        self.renderer = Renderer(family, tokenizer.backend_tokenizer, chat_texts(tokenizer, family))
        self.profile = Profile(int(self._engine.model_config.max_model_len))
        self._numbers = itertools.count()

    async def generate(
        self, context: Context, sampling: Sampling, on_text: Callable[[str], None] | None = None
    ) -> Completion:
        """See `Backend.generate`."""
        kind = RequestOutputKind.CUMULATIVE if on_text else RequestOutputKind.FINAL_ONLY
        wanted = vllm.SamplingParams(
            temperature=sampling.temperature,
            top_p=sampling.top_p,
            max_tokens=sampling.max_tokens,
            seed=sampling.seed,
            stop=list(sampling.stops),
            include_stop_str_in_output=True,
            skip_special_tokens=False,
            spaces_between_special_tokens=False,
            logprobs=0,
            output_kind=kind,
        )
        prompt = {"prompt_token_ids": list(context.tokens.ids)}
        told = 0
        written: Any = None
        try:
            async for output in self._engine.generate(prompt, wanted, str(next(self._numbers))):
                written = output.outputs[0]
                if on_text is not None and written.finish_reason is None:
                    on_text(written.text[told:])
                    told = len(written.text)
        except (RuntimeError, ValueError) as error:
            raise BackendError(f"vLLM failed while generating: {error}") from error
        completion = self._completion(written, sampling)
        if on_text is not None:
            on_text(completion.text[told:])
        return completion

    async def score(self, ids: Sequence[int]) -> list[float]:
        """See `Backend.score`."""
        wanted = vllm.SamplingParams(max_tokens=1, prompt_logprobs=0, output_kind=RequestOutputKind.FINAL_ONLY)
        prompt = {"prompt_token_ids": list(ids)}
        scored: Any = None
        async for output in self._engine.generate(prompt, wanted, str(next(self._numbers))):
            scored = output.prompt_logprobs
        return [float(scored[place][token].logprob) for place, token in enumerate(ids) if place]

    async def close(self) -> None:
        """Ends the engine and its processes."""
        self._engine.shutdown()

    def _completion(self, written: Any, sampling: Sampling) -> Completion:
        """vLLM's output; the tokens are read once more, for the place of the stop in them."""
        ids = tuple(written.token_ids)
        logprobs = tuple(float(chosen[token].logprob) for chosen, token in zip(written.logprobs, ids, strict=True))
        finished: Literal["stop", "length"] = "stop" if written.finish_reason == "stop" else "length"
        reader = Reader(self.renderer.decode, sampling.stops)
        stopped = next((found for token in ids if (found := reader.read(token)) is not None), None)
        if stopped is None:
            ended = finished == "stop"  # at the model's own end token
            return Completion(self.renderer.decode(ids[: len(ids) - ended]), finished, None, ids, logprobs)
        seen = ids[:-1] if stopped.overshoot else ids
        rest = stopped.rest(self.renderer.decode(seen))
        return Completion(stopped.text, "stop", stopped.stop, seen, logprobs[: len(seen)], rest)
