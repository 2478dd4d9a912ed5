"""The mean of the weights of models that come from one start.

What a model learns in practice and what it forgets meanwhile lie on one way: between the weights before and those after are
models that keep most of both (Wortsman et al. 2022, arXiv 2109.01903).

OUT/average.json   which weights, with which shares
OUT/model/         config, weights in bfloat16, tokenizer, as a training leaves them
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor
from transformers import AutoModelForCausalLM, AutoTokenizer

from ..engine.errors import MathsolveError, UsageError
from .claim import claim, hash_of, vacant
from .export import read_settings, write_model
from .start import check_start


def mean_weights(folders: Sequence[Path], shares: Sequence[float] | None = None) -> dict[str, Tensor]:
    """The mean of the weights in folders, in float32; those of one folder at a time are in memory.

    Args:
        folders: of checkpoints or models, all of one shape.
        shares: how much each counts, with any sum; by default all the same.

    Raises:
        MathsolveError: a folder holds no whole weights, or others than the first one's.
    """
    shares = shares or [1.0] * len(folders)
    mean: dict[str, Tensor] = {}
    for folder, share in zip(folders, shares, strict=True):
        files = sorted(folder.glob("*.safetensors"))
        if not files:
            raise MathsolveError(f"{folder} holds no .safetensors: let the launcher save full weights, not shards")
        weights = {name: tensor for file in files for name, tensor in load_file(file).items()}
        if mean and _shapes(weights) != _shapes(mean):
            raise MathsolveError(f"the weights in {folder} have other names or shapes than those in {folders[0]}")
        for name, tensor in weights.items():
            mean[name] = mean.get(name, torch.zeros(())) + tensor.float() * (share / sum(shares))
    return mean


def _shapes(weights: dict[str, Tensor]) -> dict[str, torch.Size]:
    return {name: tensor.shape for name, tensor in weights.items()}


def average(models: Sequence[Path], shares: Sequence[float], folder: Path) -> Path:
    """Writes the model between others.

    Args:
        models: folders of finished models of `mathsolve train`, of one shape and with the same tokens.
        shares: how much each counts, with any sum.
        folder: of the run.

    Returns:
        The folder of the model.

    Raises:
        UsageError: a model is not there or does not fit the first one, a share is no positive number, or the folder holds
            another run.
    """
    _check(models, shares)
    vacant(folder / "average.json")
    weights = [[hash_of(file) for file in sorted(model.glob("*.safetensors"))] for model in models]
    claim(folder / "average.json", {"models": weights, "shares": list(shares)})
    if not (target := folder / "model").is_dir():
        mean = mean_weights(models, shares)
        model = AutoModelForCausalLM.from_pretrained(models[-1], dtype=torch.float32)
        model.load_state_dict(mean, strict=False)  # a tied matrix is stored once
        model.tie_weights()
        write_model(model, AutoTokenizer.from_pretrained(models[-1]), read_settings(models[-1]), target)
    return target


def _check(models: Sequence[Path], shares: Sequence[float]) -> None:
    if len(models) < 2:
        raise UsageError("an average is of two models or more: name the folders `model` of runs of sft, dpo or ppo")
    if len(shares) != len(models):
        raise UsageError(f"--shares has {len(shares)} numbers for {len(models)} models; name one for each")
    for share in shares:
        if not (math.isfinite(share) and share > 0):
            raise UsageError(f"--shares: {share:g} is no positive number; leave out a model that is not to count")
    for model in models:
        check_start(str(model))
        for needed in ("config.json", "mathsolve.json", "tokenizer.json", "*.safetensors"):
            if not any(model.glob(needed)):
                raise UsageError(
                    f"{str(model)!r} has no {needed}; name the folder `model` of a finished run of mathsolve train"
                )
        if hash_of(model / "tokenizer.json") != hash_of(models[0] / "tokenizer.json"):
            raise UsageError(
                f"the tokens of {str(model)!r} are not those of {str(models[0])!r}: the mean of two models means "
                "something only where one was trained from the other, or both from one start"
            )
