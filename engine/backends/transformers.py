"""The transformers backend: any causal language model in a folder or on the hub, on the CPU, a CUDA GPU or Apple's MPS.

A thread steps all sequences together, one token each, and lets new ones in between two steps, so that no sequence waits for
another to end. Keys and values of earlier turns and of equal prompts are used again (see `slots`). How many sequences run
at once depends on the free memory (see `capacity`); the others wait.

Promises: greedy completions are those of the model's own `generate`; a sampled one draws from a sequence of random numbers
of its own. Does not promise bits: a matrix product may round differently beside other rows, and so tip the scales between
two tokens that are equally likely.
"""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch
import transformers

from ...prompts import Family
from ..backend import Completion, Context, Profile, Sampling
from ..errors import BackendError
from .capacity import longest_context, rows_that_fit
from .chat import chat_renderer
from .sampler import choose
from .slots import Slot, Slots
from .stopping import Reader, Stopped


@dataclass(slots=True, eq=False)
class _Sequence:
    """One sequence being generated."""

    ids: tuple[int, ...]
    sampling: Sampling
    on_text: Callable[[str], None] | None
    reply: asyncio.Future[Completion]
    reader: Reader
    random: random.Random
    slot: Slot | None = None
    next: int = 0
    """The token that was chosen and not yet read by the model."""
    written: list[tuple[int, float]] = field(default_factory=list)
    """Tokens and their log-probabilities."""


class TransformersBackend:
    """A model of transformers behind the `Backend` protocol."""

    def __init__(self, name: str, family: Family | None, *, weights: Any = None) -> None:
        """Loads a folder or a name on the hub.

        Args:
            name: the folder, or the name.
            family: None where its chat template is to decide.
            weights: a model that lies in this process already, such as one that is being trained, in place of the one that
                `name` has; it is served as it is, where it is. Call `forget` whenever its weights have changed.

        Raises:
            BackendError: it cannot be loaded.
        """
        transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        device = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
        try:
            tokenizer = transformers.AutoTokenizer.from_pretrained(name)
            dtype = torch.float32 if device == "cpu" else "auto"
            own = transformers.AutoModelForCausalLM.from_pretrained(name, dtype=dtype) if weights is None else None
        except (OSError, ValueError, KeyError) as error:
            first = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise BackendError(f"transformers cannot load {name!r}: {first}; check the name or the folder") from error
        if not tokenizer.is_fast:
            raise BackendError(f"the tokenizer of {name!r} has no fast form (tokenizer.json); convert it first")
        model = self._model = weights.eval() if own is None else own.eval().to(device)  # type: ignore[no-untyped-call]
        self.renderer = chat_renderer(tokenizer, family)
        context = longest_context(model.config.get_text_config())
        self.profile = Profile(context)
        ends = model.generation_config.eos_token_id
        self._ends = frozenset([ends] if isinstance(ends, int) else ends or [])
        self.forget()
        self._slots.check()
        self._waiting: list[_Sequence] = []
        self._running: list[_Sequence] = []
        self._work = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._serve, name="transformers", daemon=True)
        self._thread.start()

    async def generate(
        self, context: Context, sampling: Sampling, on_text: Callable[[str], None] | None = None
    ) -> Completion:
        """See `Backend.generate`."""
        reply: asyncio.Future[Completion] = asyncio.get_running_loop().create_future()
        reader = Reader(self.renderer.decode, sampling.stops)
        fresh = _Sequence(context.tokens.ids, sampling, on_text, reply, reader, random.Random(sampling.seed))
        with self._work:
            if self._closed:
                raise BackendError("the model is closed")
            self._waiting.append(fresh)
            self._work.notify()
        return await reply

    def forget(self) -> None:
        """Drops all keys and values, and the memory that they take. Nothing may be in progress."""
        self._slots = Slots(self._model, rows_that_fit(self._model, self.profile.context), self.profile.context)

    async def score(self, ids: Sequence[int]) -> list[float]:
        """See `Backend.score`."""
        return await asyncio.to_thread(self._score, list(ids))

    async def close(self) -> None:
        """Ends the thread after its present step and frees the model."""
        with self._work:
            self._closed = True
            self._work.notify()
        await asyncio.to_thread(self._thread.join)

    @torch.inference_mode()
    def _score(self, ids: list[int]) -> list[float]:
        logits_TV = self._model(torch.tensor([ids], device=self._model.device)).logits[0].float()
        logprobs_TV = logits_TV.log_softmax(-1)
        return [float(logprobs_TV[place, token]) for place, token in enumerate(ids[1:])]

    def _serve(self) -> None:
        """Steps until the model is closed. A failure ends the sequences that were in it, not the thread."""
        while self._wait():
            try:
                self._admit()
                self._step()
            except Exception as error:  # whatever it is, those who wait must hear of it
                for sequence in self._running:
                    self._leave(sequence, BackendError(f"the model failed while generating: {error}"))
                self._running = []

    def _wait(self) -> bool:
        """Waits while there is nothing to do. False at the end."""
        with self._work:
            self._work.wait_for(lambda: self._waiting or self._running or self._closed)
            return not self._closed

    def _admit(self) -> None:
        """Lets waiting sequences in as long as there are slots."""
        while self._waiting and (slot := self._slots.take(self._waiting[0].ids)) is not None:
            with self._work:
                sequence = self._waiting.pop(0)
            sequence.slot = slot
            self._running.append(sequence)

    def _step(self) -> None:
        """One token for every running sequence; those that are new read their context first."""
        for sequence in self._running:
            if sequence.reply.done():  # called off
                self._leave(sequence, Completion("", "cancelled"))
        self._running = [sequence for sequence in self._running if sequence.slot is not None]
        for fresh in (True, False):
            group = [s for s in self._running if s.slot is not None and (len(s.slot.ids) < len(s.ids)) == fresh]
            if group:
                slots = [s.slot for s in group if s.slot is not None]
                new = [s.ids[len(slot.ids) :] if fresh else (s.next,) for s, slot in zip(group, slots, strict=True)]
                self._choose(group, self._slots.extend(slots, new))
        self._running = [sequence for sequence in self._running if sequence.slot is not None]

    def _choose(self, group: list[_Sequence], logits_BV: torch.Tensor) -> None:
        """The next token of each sequence."""
        samplings = [sequence.sampling for sequence in group]
        draws = [sequence.random.random() for sequence in group]
        tokens_B = choose(logits_BV, samplings, draws)
        logprobs_B = logits_BV.log_softmax(-1).gather(-1, tokens_B[:, None])[:, 0]
        for sequence, token, logprob in zip(group, tokens_B.tolist(), logprobs_B.tolist(), strict=True):
            sequence.next = token
            sequence.written.append((token, logprob))
            self._hear(sequence)

    def _hear(self, sequence: _Sequence) -> None:
        """Ends a sequence at the model's own end, at a stop, or at a limit; else tells what is new."""
        written, limit = sequence.written, sequence.sampling.max_tokens
        if sequence.next in self._ends:
            self._finish(sequence, Completion(sequence.reader.text, "stop"))
        elif (stopped := sequence.reader.read(sequence.next)) is not None:
            self._finish(sequence, Completion(stopped.text, "stop", stopped.stop), stopped)
        elif len(written) >= limit or len(sequence.ids) + len(written) >= self.profile.context:
            self._finish(sequence, Completion(sequence.reader.text, "length"))
        else:
            self._tell(sequence, sequence.reader.news())

    def _finish(self, sequence: _Sequence, completion: Completion, stopped: Stopped | None = None) -> None:
        """Answers with what was written. A last token that goes beyond the stop is left out."""
        written = sequence.written[:-1] if stopped is not None and stopped.overshoot else sequence.written
        ids, logprobs = tuple(token for token, _ in written), tuple(logprob for _, logprob in written)
        rest = stopped.rest(self.renderer.decode(ids)) if stopped is not None else ""
        self._tell(sequence, sequence.reader.rest(completion.text))
        self._leave(sequence, replace(completion, ids=ids, logprobs=logprobs, rest=rest))

    def _tell(self, sequence: _Sequence, text: str) -> None:
        if text and sequence.on_text is not None:
            sequence.reply.get_loop().call_soon_threadsafe(sequence.on_text, text)

    def _leave(self, sequence: _Sequence, outcome: Completion | BackendError) -> None:
        """Gives the slot back, and the outcome to whoever waits for it."""
        if sequence.slot is not None:
            sequence.slot.busy = False
            sequence.slot = None
        sequence.reply.get_loop().call_soon_threadsafe(_answer, sequence.reply, outcome)


def _answer(reply: asyncio.Future[Completion], outcome: Completion | BackendError) -> None:
    if reply.done():
        return
    if isinstance(outcome, BackendError):
        reply.set_exception(outcome)
    else:
        reply.set_result(outcome)
