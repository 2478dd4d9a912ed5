"""The embedded backend: a small model in CTranslate2's int8 form, on the CPU.

Requests that arrive while a batch is being generated wait and form the next batch, so many trajectories share the model
without rounds. Importing this module does not import CTranslate2.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from ..prompts import load_family
from .backend import Completion, Sampling
from .errors import BackendError
from .renderer import Renderer

EMBEDDED_FOLDER = Path(__file__).parent / "embedded_model"
"""The model that ships with the package."""

FILES = ("model.bin", "config.json", "tokenizer.json", "mathsolve.json")
"""What a model folder must hold."""

LARGEST_BATCH = 64


@dataclass(slots=True)
class _Request:
    ids: Sequence[int]
    sampling: Sampling
    on_token: Callable[[int], None] | None
    reply: asyncio.Future[Completion]
    written: list[int] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)


class EmbeddedBackend:
    """A CTranslate2 model folder behind the `Backend` protocol."""

    def __init__(self, folder: Path = EMBEDDED_FOLDER) -> None:
        """Loads the folder.

        Raises:
            BackendError: the folder does not exist or is not such a model.
        """
        check_folder(folder)
        import ctranslate2

        settings = json.loads((folder / "mathsolve.json").read_text(encoding="utf-8"))
        self.renderer = Renderer.load(load_family(settings["family"]), folder)
        self.context = int(settings["context"])
        self.settings: dict[str, Any] = settings
        try:
            # One thread: the matrices are so small that two spend more time waiting for each other than computing.
            self._model = ctranslate2.Generator(str(folder), device="cpu", compute_type="int8_float32", intra_threads=1)
        except RuntimeError as error:
            raise BackendError(f"cannot load the model in {folder}: {error}; export it again") from error
        self._seed = ctranslate2.set_random_seed
        self._names = self.renderer.token_names()
        self._waiting: list[_Request] = []
        self._draining: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="embedded")

    async def generate(
        self, ids: Sequence[int], sampling: Sampling, on_token: Callable[[int], None] | None = None
    ) -> Completion:
        """See `Backend.generate`."""
        loop = asyncio.get_running_loop()
        request = _Request(ids, sampling, on_token, loop.create_future())
        self._waiting.append(request)
        if self._draining is None or self._draining.done():
            self._draining = loop.create_task(self._drain())
        return await request.reply

    async def score(self, ids: Sequence[int]) -> list[float]:
        """See `Backend.score`."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._score, [self._names[i] for i in ids])

    async def close(self) -> None:
        """Waits for the batch in progress and frees the model."""
        if self._draining is not None:
            self._draining.cancel()
        self._thread.shutdown(wait=False)

    async def _drain(self) -> None:
        await asyncio.sleep(0)  # let everything that is ready now join the first batch
        while self._waiting:
            first = self._waiting[0].sampling
            batch = [r for r in self._waiting if _together(r.sampling, first)][:LARGEST_BATCH]
            self._waiting = [r for r in self._waiting if r not in batch]
            failure: BackendError | None = None
            try:
                await asyncio.get_running_loop().run_in_executor(self._thread, self._run, batch, first)
            except RuntimeError as error:  # CTranslate2's own: out of memory, a damaged model
                failure = BackendError(f"the model failed while generating: {error}")
            for request in batch:
                if not request.reply.done():
                    self._answer(request, failure)

    def _run(self, batch: list[_Request], sampling: Sampling) -> None:
        self._seed(sampling.seed)
        self._model.generate_batch(
            [[self._names[i] for i in request.ids] for request in batch],
            max_length=max(request.sampling.max_tokens for request in batch),
            sampling_topk=1 if sampling.temperature == 0 else 0,
            sampling_topp=sampling.top_p,
            sampling_temperature=sampling.temperature or 1.0,
            include_prompt_in_result=False,
            return_end_token=True,
            end_token=[*self.renderer.stop_ids, *sampling.stop_ids],
            return_scores=True,
            max_batch_size=0,
            callback=lambda step: self._hear(batch, step),
        )

    def _hear(self, batch: list[_Request], step: Any) -> bool:
        request = batch[step.batch_id]
        request.written.append(step.token_id)
        request.logprobs.append(step.log_prob)
        if request.on_token is not None:
            request.reply.get_loop().call_soon_threadsafe(request.on_token, step.token_id)
        return bool(request.reply.done() or len(request.written) >= request.sampling.max_tokens)

    def _answer(self, request: _Request, failure: BackendError | None) -> None:
        if failure is not None:
            request.reply.set_exception(failure)
            return
        stops = (*self.renderer.stop_ids, *request.sampling.stop_ids)
        stopped = bool(request.written) and request.written[-1] in stops
        finished: Literal["stop", "length"] = "stop" if stopped else "length"
        request.reply.set_result(Completion(tuple(request.written), tuple(request.logprobs), finished))

    def _score(self, names: list[str]) -> list[float]:
        return list(self._model.score_batch([names])[0].log_probs)


def check_folder(folder: Path) -> None:
    """Refuses a folder that does not hold a model, and says what is missing.

    Raises:
        BackendError: with the remedy.
    """
    if not folder.is_dir():
        own = "install mathsolve again, or run `mathsolve train embedded --install`"
        remedy = own if folder == EMBEDDED_FOLDER else "use --model embedded, or the folder of an exported model"
        raise BackendError(f"no model folder {str(folder)!r}; {remedy}")
    missing = [name for name in FILES if not (folder / name).is_file()]
    if missing:
        raise BackendError(
            f"{str(folder)!r} is not an exported model: it lacks {', '.join(missing)}; "
            "`mathsolve train embedded` makes one"
        )


def _together(a: Sampling, b: Sampling) -> bool:
    return (a.temperature, a.top_p, a.stop_ids) == (b.temperature, b.top_p, b.stop_ids)
