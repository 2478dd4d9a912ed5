"""The model of a judge: any causal language model with a head that reads its last token, and its finished folder."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import torch
from transformers import AutoConfig, AutoModelForSequenceClassification

from ...engine.classifier import padding
from ...engine.errors import UsageError
from ...engine.judge import OUTPUTS, Kind, Manifest
from ..average import mean_weights
from ..recipe import FineTuning
from ..sft.model import Writing, new_model
from ..tables import Lora


def load_judge_model(recipe: FineTuning, words: Writing, kind: Kind) -> Any:
    """The model that is to be trained, its head random, in float32; only adapters and the head, where the recipe says so.

    Raises:
        UsageError: it cannot be loaded, or is a classifier with other outputs.
    """
    config = _config(recipe, words)
    _check_outputs(recipe.model, config, kind)
    config.num_labels, config.pad_token_id = OUTPUTS[kind], padding(words.tokenizer, words.end_id)
    torch.manual_seed(recipe.seed)
    try:
        model = _model(recipe, config)
    except (OSError, ValueError, KeyError) as error:
        raise _unloadable(recipe.model, error) from error
    if recipe.schedule.recompute:
        model.gradient_checkpointing_enable({"use_reentrant": False})
    return with_adapters(model, recipe.lora, recipe.seed) if recipe.lora else model


def _config(recipe: FineTuning, words: Writing) -> Any:
    if recipe.model is None:
        assert recipe.shape is not None  # a recipe has one of them
        with torch.device("meta"):
            return new_model(recipe.shape, len(words.tokenizer), words.end_id, recipe.seed).config
    try:
        return AutoConfig.from_pretrained(recipe.model)
    except (OSError, ValueError, KeyError) as error:
        raise _unloadable(recipe.model, error) from error


def _check_outputs(name: str | None, config: Any, kind: Kind) -> None:
    classifies = any(one.endswith("ForSequenceClassification") for one in config.architectures or ())
    if classifies and config.num_labels != OUTPUTS[kind]:
        raise UsageError(
            f"{name!r} is a classifier with {config.num_labels} outputs, of which a {kind} model has {OUTPUTS[kind]}: "
            f"name a language model to start from, or a {kind} model"
        )


def _model(recipe: FineTuning, config: Any) -> Any:
    if recipe.model is None:
        return AutoModelForSequenceClassification.from_config(config)  # type: ignore[no-untyped-call]
    dtype = torch.bfloat16 if recipe.lora and torch.cuda.is_available() else torch.float32
    return AutoModelForSequenceClassification.from_pretrained(recipe.model, config=config, dtype=dtype)


def with_adapters(model: Any, lora: Lora, seed: int) -> Any:
    """The model with trainable adapters and a trainable head, both in float32, and everything else frozen."""
    try:
        from peft import LoraConfig, get_peft_model
    except ImportError:
        raise UsageError("LoRA needs peft: pip install 'mathsolve[lora]'") from None
    torch.manual_seed(seed)
    adapted = get_peft_model(
        model, LoraConfig(r=lora.rank, lora_alpha=lora.alpha, target_modules="all-linear", task_type="SEQ_CLS")
    )
    for parameter in adapted.parameters():
        if parameter.requires_grad:
            parameter.data = parameter.data.float()
    return adapted


def finish(recipe: FineTuning, kind: Kind, checkpoints: list[Path], words: Writing, folder: Path) -> None:
    """Writes a judge's folder (see `engine.judge`), in bfloat16, without curves; adapters are merged."""
    model = load_judge_model(recipe, words, kind)
    weights = mean_weights(checkpoints)
    if recipe.lora:
        from peft import set_peft_model_state_dict

        set_peft_model_state_dict(model, weights)
        model = model.float().merge_and_unload()
    else:
        model.load_state_dict(weights)
    shutil.rmtree(folder, ignore_errors=True)
    model.bfloat16().save_pretrained(folder)
    words.tokenizer.save_pretrained(folder)
    Manifest(kind=kind, family=words.renderer.family.name, context=recipe.row).write(folder)


def _unloadable(name: str | None, error: Exception) -> UsageError:
    first = (str(error).strip() or type(error).__name__).splitlines()[0]
    return UsageError(f"transformers cannot load {name!r} as a classifier: {first}; check the name or the folder")
