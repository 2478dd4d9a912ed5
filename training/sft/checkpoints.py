"""Checkpoints on disk: which are whole, and the finished model as the mean of the last of them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from ..average import mean_weights
from ..export import write_model
from ..recipe import FineTuning
from ..tables import Schedule
from .model import Writing, load_model


def whole_checkpoints(folder: Path) -> list[Path]:
    """The checkpoints of a run in the order of their steps; one that was cut short while it was written is removed."""
    numbered = [path for path in folder.glob("checkpoint-*") if path.name.partition("-")[2].isdecimal()]
    found = sorted(numbered, key=lambda path: int(path.name.partition("-")[2]))
    torn = [path for path in found if step_of(path) is None]
    for path in torn:
        shutil.rmtree(path)
    return [path for path in found if path not in torn]


def to_go_on_from(folder: Path, schedule: Schedule) -> Path | None:
    """The last whole checkpoint. Those that earlier stops left between two regular ones are removed, lest they push out one
    that the finished model is averaged of."""
    found = whole_checkpoints(folder)
    for path in found[:-1]:
        if not _is_regular(path, schedule):
            shutil.rmtree(path)
    return found[-1] if found else None


def averaged(folder: Path, schedule: Schedule) -> list[Path]:
    """The checkpoints whose mean is the finished model: the last one, and those before it that the schedule asks for. So a run
    that was stopped gives the same model."""
    found = whole_checkpoints(folder)
    return [path for path in found if path == found[-1] or _is_regular(path, schedule)][-schedule.average :]


def kept(schedule: Schedule) -> int:
    """How many checkpoints a run keeps: those that are averaged, and one that a stop may leave among them."""
    return max(2, schedule.average + 1)


def _is_regular(checkpoint: Path, schedule: Schedule) -> bool:
    return (step_of(checkpoint) or 1) % schedule.checkpoint_steps == 0


def step_of(checkpoint: Path) -> int | None:
    """The step after which a checkpoint was written; None where it is not whole. The file that tells is written last."""
    try:
        return int(json.loads((checkpoint / "trainer_state.json").read_text(encoding="utf-8"))["global_step"])
    except (OSError, ValueError, KeyError):
        return None


def finish(recipe: FineTuning, checkpoints: list[Path], writing: Writing, folder: Path, *, tiny: bool = False) -> None:
    """Writes the finished model: a folder that transformers, vLLM and our own backends load, in bfloat16.

    Adapters are merged into the weights that they adapt.
    """
    model = load_model(recipe, writing, tiny=tiny)
    weights = mean_weights(checkpoints)
    if recipe.lora:
        from peft import set_peft_model_state_dict

        set_peft_model_state_dict(model, weights)
        model = model.float().merge_and_unload()
    else:
        model.load_state_dict(weights, strict=False)  # a tied matrix is stored once
        model.tie_weights()
    context = int(model.config.max_position_embeddings)
    settings = {"family": writing.renderer.family.name, "context": context, "samples": 1}
    write_model(model, writing.tokenizer, settings, folder)
