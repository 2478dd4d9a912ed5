"""What a question says about the form of its answer."""

from __future__ import annotations

import re


def asks_order(question: str) -> bool:
    """Whether the order of several answers matters.

    >>> asks_order("Sort 3, -1, 2 in increasing order."), asks_order("Find all roots, in any order.")
    (True, False)
    >>> asks_order("List them from least to greatest."), asks_order("What must x be in order to be a root?")
    (True, False)
    """
    return _ORDER.search(question) is not None


_ORDER = re.compile(
    r"\b(?:sort|respectively|(?:ascending|descending|increasing|decreasing) order)\b"
    r"|\b(?:in|from) (?!any|either)(?:\w+ ){0,2}(?:order(?! (?:to|that|for))|least|greatest|smallest|largest)\b",
    re.IGNORECASE,
)
