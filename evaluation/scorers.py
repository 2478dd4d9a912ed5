"""Which judges gave the scores in a run: `scores.json`, by the name of the scores."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

SCORES = "scores.json"
"""Names of scores with the judges that gave them."""


def scorers(folder: Path) -> dict[str, dict[str, Any]]:
    """What is known of the judges of a run's scores; nothing where the file is damaged, so that all is scored anew."""
    try:
        found = json.loads((folder / SCORES).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {name: told for name, told in found.items() if isinstance(told, dict)} if isinstance(found, dict) else {}


def critics(folder: Path) -> frozenset[str]:
    """The names of the scores in a run that are probabilities of being right."""
    return frozenset(name for name, told in scorers(folder).items() if told.get("kind") == "critique")
