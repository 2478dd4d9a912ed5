"""From the folder of a finished model to that of CTranslate2 (int8), and the settings beside both."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from ..evaluation.run import replace_file


def export_ctranslate2(
    source: Path, folder: Path, settings: dict[str, Any], quantization: str = "int8_float32"
) -> None:
    """Converts a transformers folder to the one that the embedded backend loads.

    Args:
        source: a model in transformers' form.
        folder: is replaced.
        settings: goes to `mathsolve.json`: family, context, samples, trust.
        quantization: CTranslate2's name of the weight type.
    """
    import ctranslate2

    converter = ctranslate2.converters.TransformersConverter(str(source), load_as_float16=False)
    converter.convert(str(folder), quantization=quantization, force=True)
    shutil.copy(source / "tokenizer.json", folder / "tokenizer.json")
    write_settings(folder, settings)


def read_settings(folder: Path) -> dict[str, Any]:
    """What `mathsolve.json` says."""
    settings: dict[str, Any] = json.loads((folder / "mathsolve.json").read_text(encoding="utf-8"))
    return settings


def write_settings(folder: Path, settings: dict[str, Any]) -> None:
    """Writes `mathsolve.json`."""
    replace_file(folder / "mathsolve.json", [json.dumps(settings, indent=2) + "\n"])
