"""As many pairs of a program against words as of words against a program.

Otherwise the model would learn that code is good, whatever it says. Promises: both sides have the same mix of forms, and
nothing is dropped but pairs whose sides differ in form; which of them depends on their contents alone.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from hashlib import blake2b

from ..synthesis.candidate import Written
from .pairs import Pair

Forms = tuple[Written, Written]
"""Of the chosen and of the rejected side."""


def forms(pairs: Iterable[Pair]) -> Counter[Forms]:
    """How many pairs have sides of which forms."""
    return Counter((pair.chosen.form, pair.rejected.form) for pair in pairs)


def balanced(pairs: Sequence[Pair]) -> list[Pair]:
    """The pairs in their order, without as many of the more frequent direction as there are too many."""
    counts = forms(pairs)
    kept = {key: min(count, counts[key[1], key[0]]) for key, count in counts.items()}
    places: defaultdict[Forms, list[int]] = defaultdict(list)
    for place, pair in enumerate(pairs):
        places[pair.chosen.form, pair.rejected.form].append(place)
    chosen = {place for key, of in places.items() for place in sorted(of, key=lambda n: _lot(pairs[n]))[: kept[key]]}
    return [pair for place, pair in enumerate(pairs) if place in chosen]


def _lot(pair: Pair) -> bytes:
    """A number drawn by the pair itself."""
    key = f"{pair.problem}/{pair.kind}/{pair.chosen.model}/{pair.chosen.sample}/{pair.rejected.model}/{pair.rejected.sample}"
    return blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest()
