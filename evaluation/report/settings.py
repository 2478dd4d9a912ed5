"""How runs were made, as names and texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .blocks import section
from .markup import Markup, element


def flat(value: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Nested settings as names and texts.

    >>> list(flat({"model": "embedded", "limits": {"tokens": 512}}))
    [('model', 'embedded'), ('limits.tokens', '512')]
    """
    for key, inner in value.items():
        if isinstance(inner, Mapping):
            yield from flat(inner, f"{prefix}{key}.")
        elif isinstance(inner, list | tuple):
            yield f"{prefix}{key}", ", ".join(map(str, inner))
        else:
            yield f"{prefix}{key}", str(inner)


def setup(descriptions: Mapping[str, Mapping[str, Any]]) -> Markup:
    """How each run was made, folded where there are several."""
    alone = len(descriptions) == 1
    parts = [
        element(
            "details", element("summary", title if alone else f"{name}: {title.lower()}"), _listed(value), open=alone
        )
        for name, description in descriptions.items()
        for title, value in _grouped(description)
    ]
    return section("setup", "Setup", "", element("div", *parts, class_="setup"))


def _grouped(description: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Configuration, environment, and all the rest."""
    apart = ("config", "environment")
    rest = {name: value for name, value in description.items() if name not in apart and value not in ({}, None)}
    named = zip(("Configuration", "Environment", "Run"), (*map(description.get, apart), rest), strict=True)
    yield from ((title, value) for title, value in named if value)


def _listed(value: Mapping[str, Any]) -> Markup:
    rows = [element("tr", element("td", key), element("td", text)) for key, text in flat(value)]
    return element("div", element("table", element("tbody", *rows)), class_="wide")


def lines(descriptions: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Settings and environment of all runs as names and texts, those of several runs with the run's name."""
    return [
        (f"{name}: {key}" if len(descriptions) > 1 else key, text)
        for name, description in descriptions.items()
        for key, text in flat(description)
    ]
