"""How much a model of transformers can be given at once: the length of a context, and the number of sequences."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import torch

from ..errors import BackendError

LONGEST = 4096
"""Most tokens of a context, whatever the model could."""
MOST_ROWS = 64
"""Most sequences that are generated together."""
SHARE = 0.5
"""Share of the free memory that keys and values may take."""


def longest_context(config: Any) -> int:
    """Most tokens of a context. A model that looks at a window only is given no more than the window, so that every token
    sees every one before it."""
    limits = (LONGEST, getattr(config, "max_position_embeddings", None), _window(config))
    return min(int(limit) for limit in limits if limit)


def _window(config: Any) -> int | None:
    kinds = getattr(config, "layer_types", None)
    if kinds is not None and not any("sliding" in kind or "chunked" in kind for kind in kinds):
        return None
    window: int | None = getattr(config, "sliding_window", None) or getattr(config, "attention_chunk_size", None)
    return window


def rows_that_fit(model: Any, length: int) -> int:
    """How many sequences of `length` tokens fit into the memory that is free now, at most `MOST_ROWS`.

    Raises:
        BackendError: not a single one does.
    """
    row = row_bytes(model.config.get_text_config(), length, model.dtype.itemsize)
    free = free_bytes(model.device)
    if row > free * SHARE:
        raise BackendError(
            f"keys and values of one sequence of {length} tokens need {row / 2**30:.1f} GiB, and {free / 2**30:.1f} GiB "
            "are free; close other programs or choose a smaller model"
        )
    return min(MOST_ROWS, int(free * SHARE / row))


def row_bytes(config: Any, length: int, item_bytes: int) -> int:
    """Bytes of the keys and values of one sequence.

    A model of 7B parameters with 32 layers of 32 heads of 128 numbers, in two bytes each, needs 2 GiB for 4096 tokens.
    """
    heads = getattr(config, "num_key_value_heads", None) or config.num_attention_heads
    size = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    return int(2 * config.num_hidden_layers * heads * size * item_bytes * (length + 1))


def free_bytes(device: torch.device) -> int:
    """Bytes that are free where the model is."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    if device.type == "mps":
        return int(torch.mps.recommended_max_memory() - torch.mps.driver_allocated_memory())
    told = Path("/proc/meminfo")
    if told.is_file():
        line = next(line for line in told.read_text(encoding="ascii").splitlines() if line.startswith("MemAvailable"))
        return int(line.split()[1]) * 1024
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
