"""The vLLM backend: its asynchronous engine in this process, for throughput on GPUs (or, with its CPU build, anywhere).

Ids go in, ids and log-probabilities come out; equal prompts share their keys and values (prefix caching), and requests join
and leave the batch as they come. Loading takes half a minute and more. On the CPU it computes in float32, as the
transformers backend does.

Promises: a request that is called off is taken out of the batch; nothing is printed but errors, unless VLLM_LOGGING_LEVEL
says otherwise; nothing is left behind by `close`.
"""

from __future__ import annotations

import itertools
import logging
import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal

from ...prompts import Family
from ..backend import Completion, Context, Profile, Sampling
from ..errors import BackendError
from .chat import chat_renderer
from .stopping import covered

SETTINGS = {
    "VLLM_LOGGING_LEVEL": "ERROR",
    "VLLM_LOGGING_STREAM": "ext://sys.stderr",
    "VLLM_NO_USAGE_STATS": "1",
    "VLLM_CPU_KVCACHE_SPACE": "4",
}
"""How vLLM and its processes are told to be quiet, and to take 4 GiB for keys and values on the CPU, where their own choice
is nearly all memory of the machine. What the user has set comes first."""


class VllmBackend:
    """A model of vLLM behind the `Backend` protocol."""

    def __init__(self, name: str, family: Family | None) -> None:
        """Loads a folder or a name on the hub. `family`: None where its chat template is to decide.

        Raises:
            BackendError: vLLM cannot load it.
        """
        own = "VLLM_LOGGING_LEVEL" in os.environ
        for variable, value in SETTINGS.items():
            os.environ.setdefault(variable, value)
        if sys.stderr.isatty():
            print(f"loading {name} with vLLM, which takes half a minute or more", file=sys.stderr)
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 (open as long as the model is)
        with _stderr_to(self._said.fileno()):
            try:
                self._vllm, self._engine = _engine(name)
            except Exception as error:  # of whatever kind: it may come from vLLM's other processes
                raise BackendError(
                    f"vLLM cannot load {name!r}: {self._cause(error)}; check the name or the folder"
                ) from error
        if not own:
            logging.getLogger("vllm").setLevel(logging.CRITICAL)  # what fails from now on comes as an error
        tokenizer: Any = self._engine.get_tokenizer()
        self.renderer = chat_renderer(tokenizer, family)
        self.profile = Profile(int(self._engine.model_config.max_model_len))
        self._numbers = itertools.count()

    async def generate(
        self, context: Context, sampling: Sampling, on_text: Callable[[str], None] | None = None
    ) -> Completion:
        """See `Backend.generate`."""
        told = 0
        written: Any = None
        try:
            wanted = self._wanted(sampling, in_pieces=on_text is not None)
            async for output in self._request(context.tokens.ids, wanted):
                written = output.outputs[0]
                if on_text is not None and len(written.text) > told:  # vLLM holds back what may become a stop
                    on_text(written.text[told:])
                    told = len(written.text)
        except Exception as error:  # vLLM's own errors have no common kind
            raise BackendError(f"vLLM failed while generating: {self._cause(error)}") from error
        return self._completion(written, sampling)

    async def score(self, ids: Sequence[int]) -> list[float]:
        """See `Backend.score`."""
        wanted = self._vllm.SamplingParams(max_tokens=1, prompt_logprobs=0)
        scored: Any = None
        async for output in self._request(ids, wanted):
            scored = output.prompt_logprobs or scored
        return [float(scored[place][token].logprob) for place, token in enumerate(ids) if place]

    async def close(self) -> None:
        """Ends the engine and its processes."""
        self._engine.shutdown()
        self._engine = None  # its own clean-up must not come when the interpreter ends

    def _wanted(self, sampling: Sampling, *, in_pieces: bool) -> Any:
        """The sampling in vLLM's words. Raises vLLM's own error for values that it does not take."""
        from vllm.sampling_params import RequestOutputKind

        return self._vllm.SamplingParams(
            temperature=sampling.temperature,
            top_p=sampling.top_p,
            max_tokens=sampling.max_tokens,
            seed=sampling.seed,
            stop=list(sampling.stops),
            skip_special_tokens=False,
            spaces_between_special_tokens=False,
            logprobs=0,
            output_kind=RequestOutputKind.CUMULATIVE if in_pieces else RequestOutputKind.FINAL_ONLY,
        )

    def _request(self, ids: Sequence[int], wanted: Any) -> Any:
        """One request, under a number of its own."""
        return self._engine.generate({"prompt_token_ids": list(ids)}, wanted, str(next(self._numbers)))

    def _cause(self, error: Exception) -> str:
        """The first error that vLLM's processes told, else the one at hand, in one line."""
        told = os.pread(self._said.fileno(), 1 << 20, 0).decode(errors="replace")
        found = re.search(r"^(?:\([^)]*\) ERROR [^\]]*\] )?\w*(?:Error|Exception): (.+)$", told, re.MULTILINE)
        lines = found[1] if found else str(error).strip() or type(error).__name__
        return lines.splitlines()[0][:300]

    def _completion(self, written: Any, sampling: Sampling) -> Completion:
        """vLLM's output. A stop that is the model's own end token goes by its text, too."""
        ids = tuple(written.token_ids)
        logprobs = tuple(float(chosen[token].logprob) for chosen, token in zip(written.logprobs, ids, strict=True))
        finished: Literal["stop", "length"] = "stop" if written.finish_reason == "stop" else "length"
        stop, rest = written.stop_reason, ""
        if finished == "stop" and not isinstance(stop, str):
            last = self.renderer.decode(ids[-1:])
            stop = last if last in sampling.stops else None
        if isinstance(stop, str):
            ids, rest = covered(ids, written.text + stop, self.renderer.decode)
        return Completion(written.text, finished, stop, ids, logprobs[: len(ids)], rest)


def _engine(name: str) -> tuple[Any, Any]:
    """The module and its engine with a model."""
    import vllm
    from vllm.platforms import current_platform
    from vllm.v1.engine.async_llm import AsyncLLM

    # Of a prompt that is read in parts, the CPU build wants to take a random number back, which ends the engine.
    cpu = {"dtype": "float32", "enable_chunked_prefill": False} if current_platform.is_cpu() else {}
    arguments = vllm.AsyncEngineArgs(model=name, enable_prefix_caching=True, disable_log_stats=True, **cpu)
    return vllm, AsyncLLM.from_engine_args(arguments)


@contextmanager
def _stderr_to(file: int) -> Iterator[None]:
    """Keeps from the terminal what vLLM, its C++ parts and, for good, its processes write to standard error."""
    sys.stderr.flush()
    terminal = os.dup(2)
    os.dup2(file, 2)
    try:
        yield
    finally:
        sys.stderr.flush()
        os.dup2(terminal, 2)
        os.close(terminal)
