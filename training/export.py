"""From the folder of a finished model to the one that the embedded backend serves: CTranslate2, int8, and a trust that fits."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..engine.backends.embedded import unstoppable
from ..engine.errors import UsageError
from ..engine.renderer import Renderer
from ..engine.settings import Settings
from ..engine.solver import Solver
from ..evaluation.run import replace_file
from ..prompts import load_family
from .calibration import NONE, calibration_problems, fit_trust
from .claim import claim, hash_of, vacant
from .start import check_start

SETTINGS = "mathsolve.json"
"""The file beside a model that says how it is served."""


@dataclass(frozen=True, slots=True)
class Serving:
    """How the model will answer, which its trust is fitted to."""

    samples: int
    """Attempts per question."""
    least_confidence: float
    """Least probability of being right with which an answer is given, 0 to 1; 0: every answer, by votes alone."""
    seed: int
    """Of the attempts at them."""


def export_run(source: Path, folder: Path, serving: Serving) -> tuple[Path, dict[str, Any]]:
    """Exports into a run's folder, which is that of one model.

    Returns:
        The folder of what can be served, and its trust: the fields of `engine.trust.Trust`.

    Raises:
        UsageError: there is no such model, or the folder holds another run.
    """
    check_start(str(source))
    _told(source)
    vacant(folder / "export.json")
    weights = [hash_of(file) for file in sorted(source.glob("*.safetensors"))]
    claim(folder / "export.json", {"model": weights, "serving": asdict(serving)})
    settings = export(source, folder / "model", serving)
    return folder / "model", settings["trust"]


def export(source: Path, target: Path, serving: Serving) -> dict[str, Any]:
    """Converts a model and fits the trust in its answers, unless an earlier call has done so.

    Args:
        source: a finished model of `mathsolve train`.
        target: folder that `--model` accepts afterwards.
        serving: how the model will answer.

    Returns:
        The settings that are written beside the model: family, context, samples, trust.

    Raises:
        UsageError: there is no such model, or CTranslate2 knows no model of its kind.
    """
    if not (target / SETTINGS).is_file():
        told = _told(source)
        basics = {"family": told["family"], "context": told["context"], "samples": serving.samples}
        export_ctranslate2(source, target, {**basics, "trust": NONE})
    settings = read_settings(target)
    if settings["trust"] == NONE and serving.least_confidence:
        with Solver(Settings(model=str(target), seed=serving.seed)) as solver:
            settings["trust"] = fit_trust(solver, calibration_problems(), serving.least_confidence)
        write_settings(target, settings)
    return settings


def export_ctranslate2(
    source: Path, folder: Path, settings: dict[str, Any], quantization: str = "int8_float32"
) -> None:
    """Converts a transformers folder to the one that the embedded backend loads.

    Args:
        source: a model in transformers' form.
        folder: is replaced.
        settings: goes to `mathsolve.json`: family, context, samples, trust.
        quantization: CTranslate2's name of the weight type.

    Raises:
        UsageError: CTranslate2 knows no model of this kind.
    """
    import ctranslate2

    without_bars()
    try:
        converter = ctranslate2.converters.TransformersConverter(str(source), load_as_float16=False)
        converter.convert(str(folder), quantization=quantization, force=True)
    except ValueError as error:
        raise UsageError(f"CTranslate2 cannot convert {str(source)!r}: {str(error).splitlines()[0]}") from error
    shutil.copy(source / "tokenizer.json", folder / "tokenizer.json")
    write_settings(folder, settings)


def read_settings(folder: Path) -> dict[str, Any]:
    """What `mathsolve.json` says."""
    settings: dict[str, Any] = json.loads((folder / SETTINGS).read_text(encoding="utf-8"))
    return settings


def write_settings(folder: Path, settings: dict[str, Any]) -> None:
    """Writes `mathsolve.json`."""
    replace_file(folder / SETTINGS, [json.dumps(settings, indent=2) + "\n"])


def without_bars() -> None:
    """Keeps transformers from drawing bars for files that are read or written at once."""
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]


def write_model(model: Any, tokenizer: Any, settings: dict[str, Any], folder: Path) -> None:
    """Writes a finished model: a folder that transformers, vLLM and our own backends load, in bfloat16.

    Args:
        model: of transformers.
        tokenizer: of transformers.
        settings: goes to `mathsolve.json`: family, context, samples.
        folder: is replaced, or stays as it was where this is cut short.
    """
    without_bars()
    part = folder.with_name(f"{folder.name}.part")
    model.bfloat16().save_pretrained(part)
    tokenizer.save_pretrained(part)
    write_settings(part, settings)
    shutil.rmtree(folder, ignore_errors=True)
    part.replace(folder)


def _told(source: Path) -> dict[str, Any]:
    """How a model is served. Raises `UsageError` where it is none, or none that CTranslate2 can stop."""
    missing = [
        name for name in (SETTINGS, "config.json", "tokenizer.json", "*.safetensors") if not any(source.glob(name))
    ]
    if missing:
        raise UsageError(
            f"{str(source)!r} has no {missing[0]}; name the folder `model` of a finished run of mathsolve train"
        )
    settings = read_settings(source)
    family = load_family(settings["family"])
    if (text := unstoppable(Renderer.load(family, source))) is not None:
        raise UsageError(
            f"{str(source)!r} is of the family {family.name!r}, whose attempts stop at {text!r}, "
            f"and that is no single token of it; answer with it by --model hf:{source}"
        )
    return settings
