"""The run card beside a synthesis: what it depends on, and at its end what it gave."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...engine.errors import UsageError


def card_of(out_file: Path) -> Path:
    """Where the run card of a synthesis is."""
    return out_file.with_name(f"{out_file.name}.run.json")


def claim(out_file: Path, configuration: Mapping[str, Any]) -> None:
    """Make sure that the file is ours to go on with.

    Raises:
        UsageError: it was begun with another configuration, or is no synthesis.
    """
    card, wanted = card_of(out_file), json.loads(json.dumps(configuration))
    if card.exists():
        there = read_card(out_file)["configuration"]
        if changed := [key for key in {**there, **wanted} if there.get(key) != wanted.get(key)]:
            told = " and ".join(_change(key, there.get(key), wanted.get(key)) for key in changed)
            raise UsageError(f"{out_file} was begun with {told}: choose another file, or delete it and {card.name}")
    elif out_file.exists():
        raise UsageError(f"{out_file} exists and is not a synthesis: choose another file")
    else:
        out_file.parent.mkdir(parents=True, exist_ok=True)
        _write(card, {"configuration": wanted})


def _change(key: str, old: object, new: object) -> str:
    """A value that is not what it was; in numbers where people gave it."""
    if isinstance(old, dict | list) or isinstance(new, dict | list) or key.endswith("digest"):
        return f"other {key.replace('_', ' ')}"
    return f"{key} {old}, not {new}"


def conclude(out_file: Path, yields: Mapping[str, Any]) -> None:
    """Add what the synthesis gave."""
    _write(card_of(out_file), {"configuration": read_card(out_file)["configuration"], "yields": yields})


def read_card(out_file: Path) -> dict[str, Any]:
    """The run card. Raises `UsageError` where it cannot be read."""
    card = card_of(out_file)
    try:
        found: dict[str, Any] = json.loads(card.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{card} cannot be read ({error}): delete it and {out_file.name}") from error
    if not isinstance(found, dict) or not isinstance(found.get("configuration"), dict):
        raise UsageError(f"{card} is of another version: delete it and {out_file.name}, or choose another file")
    return found


def _write(card: Path, content: Mapping[str, Any]) -> None:
    """Whole or not at all: a killed run must not leave half a card."""
    part = card.with_name(f"{card.name}.part")
    part.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    part.replace(card)
