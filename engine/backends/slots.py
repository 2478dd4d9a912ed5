"""Keys and values of many sequences in one block of memory, so that sequences of any length step together.

A *slot* is a row of the block. A forward pass takes some rows, appends tokens to each at its own place, and reads what each
may see. Nothing is copied when a sequence joins or leaves; a finished one stays as long as no other needs its row, so that
the next turn of a trajectory, or another sample of the same question, starts from what was already read.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from transformers.cache_utils import Cache, CacheLayerMixin

from ..errors import BackendError


@dataclass(slots=True, eq=False)
class Slot:
    """One row."""

    row: int
    """Its number."""
    ids: list[int] = field(default_factory=list)
    """Tokens whose keys and values it holds."""
    busy: bool = False
    """Whether a sequence is using it."""
    used: int = 0
    """When it was used last, counted in uses."""


class Slots:
    """The rows of one model.

    Args:
        model: a causal language model of transformers.
        rows: how many sequences fit.
        length: most tokens of a sequence.
    """

    def __init__(self, model: Any, rows: int, length: int) -> None:
        self.model = model
        self.length = length
        self.slots = [Slot(row) for row in range(rows)]
        self._uses = 0
        self._place = _Place()
        layers = model.config.get_text_config().num_hidden_layers
        self._layers = [_SlotLayer(self._place, rows, length) for _ in range(layers)]
        self._cache = Cache(layers=[*self._layers])
        keeps = "logits_to_keep" in inspect.signature(model.forward).parameters
        self._last_only = {"logits_to_keep": 1} if keeps else {}

    @torch.inference_mode()
    def take(self, ids: Sequence[int]) -> Slot | None:
        """A free slot that holds as much of the beginning of `ids` as any; None when all are busy.

        At least the last token is left out, because the model has to be run for what follows it.
        """
        free = [slot for slot in self.slots if not slot.busy]
        if not free:
            return None
        source = max(self.slots, key=lambda slot: _common(slot.ids, ids))
        shared = min(_common(source.ids, ids), len(ids) - 1)
        slot = source
        if source.busy or len(source.ids) > len(ids):
            slot = min((s for s in free if s is not source), key=lambda s: s.used, default=source)
        if slot is not source:
            for layer in self._layers:
                layer.copy(source.row, slot.row, shared)
        slot.ids = list(ids[:shared])
        self._uses += 1
        slot.busy, slot.used = True, self._uses
        return slot

    @torch.inference_mode()
    def extend(self, slots: Sequence[Slot], new: Sequence[Sequence[int]]) -> torch.Tensor:
        """Appends tokens to each slot and returns the logits after the last of each, float32 of shape (slots, vocabulary).

        Rows with fewer tokens than the longest are padded in front; the padding goes to a column that nothing reads.
        """
        device = self.model.device
        width = max(map(len, new))
        starts = torch.tensor([len(slot.ids) for slot in slots], device=device)
        counts = torch.tensor([len(ids) for ids in new], device=device)
        steps_BT = torch.arange(width, device=device) - (width - counts)[:, None]
        positions_BT = torch.where(steps_BT >= 0, starts[:, None] + steps_BT, self.length)
        reach = max(len(slot.ids) + len(ids) for slot, ids in zip(slots, new, strict=True))
        seen_BTL = torch.arange(reach, device=device) <= positions_BT[:, :, None]
        dtype = self.model.dtype
        mask_B1TL = torch.zeros(seen_BTL.shape, dtype=dtype, device=device).masked_fill(
            ~seen_BTL, torch.finfo(dtype).min
        )[:, None]
        self._place.set([slot.row for slot in slots], positions_BT, reach)
        logits_BTV = self.model(
            input_ids=torch.tensor([[*[0] * (width - len(ids)), *ids] for ids in new], device=device),
            attention_mask=mask_B1TL,
            position_ids=positions_BT.clamp(max=self.length - 1),
            past_key_values=self._cache,
            use_cache=True,
            **self._last_only,
        ).logits
        for slot, ids in zip(slots, new, strict=True):
            slot.ids.extend(ids)
        logits: torch.Tensor = logits_BTV[:, -1].float()
        return logits

    @torch.inference_mode()
    def check(self) -> None:
        """Reads a few tokens in two parts, beside a longer row, and compares with the model's own way.

        Raises:
            BackendError: what the model keeps of a text are not keys and values of every token, or it looks at them in a way
                of its own.
        """
        ids = [5 + number % 7 for number in range(10)]
        try:
            rows = [slot for slot in (self.take(ids), self.take(ids[::-1])) if slot is not None]
            whole = self.model(torch.tensor([ids], device=self.model.device)).logits[0, -1].float().softmax(-1)
            self.extend(rows, [ids[:4], ids[::-1]][: len(rows)])
            parts = self.extend(rows[:1], [ids[4:]])[0].softmax(-1)
            apart = float((whole - parts).abs().max())
        except (TypeError, ValueError, AttributeError, IndexError, RuntimeError) as error:
            raise BackendError(f"this kind of model cannot be served in slots ({error}); try vllm:NAME") from error
        if not apart < 0.05:
            raise BackendError(f"this kind of model cannot be served in slots (off by {apart:.2g}); try vllm:NAME")
        self.slots = [Slot(slot.row) for slot in self.slots]


class _Place:
    """Where the tokens of the present pass go; every layer reads it."""

    def set(self, rows: Sequence[int], positions_BT: torch.Tensor, reach: int) -> None:
        """Rows, the column of each token, and how many columns anybody sees. Rows that stand side by side are read where
        they are; others are copied together by every layer."""
        self.rows_B1 = torch.tensor(rows, device=positions_BT.device)[:, None]
        side_by_side = list(rows) == list(range(rows[0], rows[0] + len(rows)))
        self.rows: Any = slice(rows[0], rows[0] + len(rows)) if side_by_side else self.rows_B1[:, 0]
        self.columns_BT, self.reach = positions_BT, reach


class _SlotLayer(CacheLayerMixin):  # type: ignore[no-untyped-call]
    """Keys and values of one layer, each (rows, heads, length + 1, head size); the last column takes the padding."""

    def __init__(self, place: _Place, rows: int, length: int) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._place, self._rows, self._length = place, rows, length
        self._keys = self._values = torch.empty(0)

    def lazy_initialization(self, key_states: torch.Tensor, value_states: torch.Tensor) -> None:
        """Allocates, when shapes are known."""
        _, heads, _, size = key_states.shape
        self._keys = key_states.new_zeros((self._rows, heads, self._length + 1, size))
        self._values = value_states.new_zeros((self._rows, heads, self._length + 1, value_states.shape[-1]))
        self.is_initialized = True

    def update(self, key_states: torch.Tensor, value_states: torch.Tensor, *_: Any, **__: Any) -> Any:
        """Writes the new keys and values (batch, heads, tokens, size), and returns all that the rows may see."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        place = self._place
        rows_B1, columns_BT = place.rows_B1, place.columns_BT
        self._keys[rows_B1, :, columns_BT] = key_states.transpose(1, 2)
        self._values[rows_B1, :, columns_BT] = value_states.transpose(1, 2)
        return self._keys[place.rows, :, : place.reach], self._values[place.rows, :, : place.reach]

    def copy(self, source: int, target: int, count: int) -> None:
        """Copies the first `count` columns of one row to another."""
        if self.is_initialized and count:
            self._keys[target, :, :count] = self._keys[source, :, :count]
            self._values[target, :, :count] = self._values[source, :, :count]

    def get_mask_sizes(self, query_length: int) -> tuple[int, int]:
        """Length of what is seen, and its offset; not used, because the mask is given."""
        return self._place.reach, 0

    def get_seq_length(self) -> int:
        """Rows have lengths of their own; positions are given."""
        return 0

    def get_max_length(self) -> int:
        """Most tokens of a row."""
        return self._length


def _common(a: Sequence[int], b: Sequence[int]) -> int:
    """Length of the common beginning.

    >>> _common([1, 2, 3], [1, 2, 4, 5])
    2
    """
    return next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
