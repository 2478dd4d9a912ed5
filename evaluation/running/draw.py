"""`Draw`: one sample that is to be taken, named by everything that it depends on.

The name of a draw, its key, is a hash of the problem, the model, the mode, the sampling and the number of the sample. The
seed of a sample comes from its key. So a sample is the same whichever others are taken before it or beside it, a run that
goes on knows by its keys what it has, and more samples can be added to it later.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ...engine.backend import Sampling
from ...engine.trajectory import Mode
from ..item import Item
from ..record import SCHEMA
from .configuration import Configuration


@dataclass(frozen=True, slots=True)
class Draw:
    """One sample that is to be taken."""

    key: str
    """Hash of everything that the sample depends on."""
    item: Item
    """The problem."""
    sample: int
    """Number of the sample, from 0."""
    mode: Mode
    """How to answer."""
    sampling: Sampling | None
    """How to choose tokens; None: the product's own way, a vote among several attempts."""


def draws(configuration: Configuration, items: Sequence[Item]) -> Iterator[Draw]:
    """All samples of a run. Every problem comes once before any comes again, so early figures are about all of them."""
    for sample in range(configuration.samples or 1):
        for mode in configuration.modes:
            yield from (draw(configuration, item, mode, sample) for item in items)


def draw(configuration: Configuration, item: Item, mode: Mode, sample: int) -> Draw:
    """One sample of one problem."""
    identity = {
        "schema": SCHEMA,
        "problem": item.id,
        "question": item.question,
        "model": configuration.fingerprint,
        "mode": mode,
        "sample": sample,
        **configuration.sampling,
    }
    key = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:32]
    return Draw(key, item, sample, mode, _sampling(configuration, key))


def _sampling(configuration: Configuration, key: str) -> Sampling | None:
    if configuration.temperature is None:
        return None
    seed = int(key[:8], 16) % 2**31
    return Sampling(configuration.temperature, configuration.top_p, configuration.max_tokens, seed)
