"""Recorded solutions whose tokens a real model generates: the text is given, the work of writing it is done.

For `scheduling.py`. A small model that writes one short program a problem hardly shows what rounds cost, and a large one does
not run on a laptop. So every completion asks vLLM for as many tokens as a model with more to say might write, with its own
end switched off, and then returns the recorded text. Real are the model's steps, its batches and its cache, the programs, and
the competition of both for the cores. Made up are what is written, how many programs there are, and how many tokens each turn
takes. The tokens that were generated do not become part of the context, so contexts are shorter than they would be.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mathsolve.engine.backend import Backend, Completion, Context, Sampling
from mathsolve.engine.backends.vllm import VllmBackend
from mathsolve.prompts import Segment


class ForcedBackend:
    """Says what `recorded` says, as soon as `model` has generated `tokens(context)` tokens after the same context."""

    def __init__(self, recorded: Backend, model: VllmBackend, tokens: Callable[[Context], int]) -> None:
        self.renderer, self.profile = recorded.renderer, recorded.profile
        self.score, self.close = model.score, model.close
        self._recorded, self._model, self._tokens = recorded, model, tokens

    async def generate(self, context: Context, sampling: Sampling, on_text: Any = None) -> Completion:
        """See `Backend.generate`."""
        completion = await self._recorded.generate(context, sampling)
        ids = self._model.renderer.encode([Segment(context.text, "prompt")]).ids
        count = min(self._tokens(context), self._model.profile.context - len(ids))
        wanted = self._model._wanted(Sampling(1.0, max_tokens=count, seed=sampling.seed), in_pieces=False)
        wanted.ignore_eos = True
        async for _ in self._model._request(ids, wanted):
            pass
        return completion
