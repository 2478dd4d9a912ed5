"""`mathsolve train average BEFORE/model AFTER/model --out OUT`: the mean of the weights of models that come from one start.

What a model learns in practice and what it forgets meanwhile lie on one way: between the weights before and those after are
models that keep most of both (Wortsman et al. 2022, arXiv 2109.01903).

OUT/average.json   which weights, with which shares
OUT/model/         config, weights in bfloat16, tokenizer, as a training leaves them
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor
from transformers import AutoModelForCausalLM, AutoTokenizer

from ..engine.errors import MathsolveError, UsageError
from .claim import claim, hash_of, vacant
from .export import read_settings, without_bars, write_model
from .start import check_start

LARGEST = 1e6
"""Of shares: their sum stays finite."""
COMPARED = ("config.json", "mathsolve.json", "tokenizer.json")
"""What has to be the same in all models."""
_ASIDE = ("transformers_version", "_name_or_path", "dtype", "torch_dtype", "use_cache")
"""What may differ in a configuration."""


def mean_weights(folders: Sequence[Path], shares: Sequence[float] | None = None) -> dict[str, Tensor]:
    """The mean of the weights in folders, in float32; those of one folder at a time are in memory.

    Args:
        folders: of checkpoints or models, all of one shape.
        shares: how much each counts, with any sum; by default all the same.

    Raises:
        MathsolveError: a folder holds no whole weights, others than the first one's, or some that are not finite.
    """
    shares = shares or [1.0] * len(folders)
    mean: dict[str, Tensor] = {}
    for folder, share in zip(folders, shares, strict=True):
        files = sorted(folder.glob("*.safetensors"))
        if not files:
            raise MathsolveError(f"{folder} holds no .safetensors: let the launcher save full weights, not shards")
        try:
            weights = {name: tensor for file in files for name, tensor in load_file(file).items()}
        except SafetensorError as error:
            raise MathsolveError(f"the weights in {folder} are damaged ({error}); make them again") from error
        if mean and _shapes(weights) != _shapes(mean):
            raise MathsolveError(f"the weights in {folder} have other names or shapes than those in {folders[0]}")
        if not all(tensor.isfinite().all() for tensor in weights.values()):
            raise MathsolveError(
                f"weights in {folder} are not finite: the training diverged; train it again with a smaller learning_rate"
            )
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
        MathsolveError: weights are damaged, or have other names or shapes than those of the first model.
    """
    _check_shares(shares, len(models))
    described = [_described(model) for model in models]
    for model, one in zip(models, described, strict=True):
        if differing := [name for name in COMPARED if one[name] != described[0][name]]:
            raise UsageError(
                f"{str(model)!r} has another {differing[0]} than {str(models[0])!r}: the mean of two models means something "
                "only where one was trained from the other, or both from one start"
            )
    target = folder / "model"
    vacant(folder / "average.json")
    weights = [[hash_of(file) for file in sorted(model.glob("*.safetensors"))] for model in models]
    made_of = {"choice of models": weights, "choice of shares": list(shares)}
    claim(folder / "average.json", made_of, begun=target.is_dir())
    if not target.is_dir():
        mean = mean_weights(models, shares)
        without_bars()
        between = AutoModelForCausalLM.from_pretrained(models[-1], dtype=torch.float32)
        if unknown := between.load_state_dict(mean, strict=False).unexpected_keys:  # a tied matrix is stored once
            raise MathsolveError(f"transformers does not know {unknown[0]!r} of {models[-1]}; take its newest version")
        between.tie_weights()
        write_model(between, AutoTokenizer.from_pretrained(models[-1]), read_settings(models[-1]), target)
    return target


def _check_shares(shares: Sequence[float], count: int) -> None:
    if count < 2:
        raise UsageError(
            "an average is of two models or more: name folders `model` of runs of sft, dpo, ppo or average"
        )
    if len(shares) != count:
        raise UsageError(f"--shares has {len(shares)} numbers for {count} models; name one for each")
    for share in shares:
        if not 0 < share <= LARGEST:
            raise UsageError(
                f"--shares: {share:g} is no number above 0, at most {LARGEST:g}; leave out a model that is not to count"
            )


def _described(model: Path) -> dict[str, object]:
    """What a model's files but its weights say. Raises `UsageError` where it is no model that can be averaged."""
    check_start(str(model))
    for needed in (*COMPARED, "*.safetensors"):
        if not any(model.glob(needed)):
            raise UsageError(
                f"{str(model)!r} has no {needed}; name the folder `model` of a finished run of mathsolve train"
            )
    told: dict[str, object] = {}
    for name in COMPARED:
        try:
            found = dict(json.loads((model / name).read_text(encoding="utf-8")))
        except (ValueError, TypeError) as error:
            raise UsageError(f"{str(model / name)!r} is damaged; make the model again") from error
        told[name] = {key: value for key, value in found.items() if key not in _ASIDE}
    return told
