"""What each model contributes to the ways that were found: how many it found, and how many nobody else did.

Yuan et al. 2023 (arXiv 2308.01825) see the union of several small models' paths beat those of one that is better.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

from ..samples import Sampled
from .paths import path_of


def contributions(problems: Iterable[Sampled]) -> dict[str, dict[str, int]]:
    """By the name of a model: its samples, those to learn from, the distinct ways among them, and those of it alone.

    Ways are distinct by `Path.identity`, at one problem; equal ways at two problems are two.
    """
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for problem in problems:
        finders: defaultdict[tuple[object, ...], set[str]] = defaultdict(set)
        for sample in problem.samples:
            model = _told(sample.model)
            found[model]["samples"] += 1
            found[model]["right"] += sample.right
            if sample.right:
                finders[path_of(sample.record.steps).identity].add(model)
        for models in finders.values():
            for model in models:
                found[model]["distinct"] += 1
                found[model]["alone"] += len(models) == 1
    return {model: {name: found[model][name] for name in ("samples", "right", "distinct", "alone")} for model in found}


def _told(model: str) -> str:
    """The model's name; of an absolute path its end, for a card may be read elsewhere.

    >>> _told("/home/me/runs/loop/sft/model"), _told("hf:Qwen/Qwen2.5-Math-1.5B")
    ('sft/model', 'hf:Qwen/Qwen2.5-Math-1.5B')
    """
    prefix, colon, path = model.rpartition(":")
    return f"{prefix}{colon}{'/'.join(Path(path).parts[-2:])}" if Path(path).is_absolute() else model
