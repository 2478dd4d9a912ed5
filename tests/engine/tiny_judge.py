"""A judge with random weights in a folder, for tests of what is done with judges."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import torch
from transformers import LlamaConfig, LlamaForSequenceClassification, PreTrainedTokenizerFast

import mathsolve
from mathsolve.engine.classifier import padding
from mathsolve.engine.judge import OUTPUTS, Curve, Kind, Manifest

EMBEDDED = Path(mathsolve.__file__).parent / "engine" / "embedded_model"


def tiny_judge(
    folder: Path,
    kind: Kind = "reward",
    *,
    seed: int = 1,
    sign: float = 1.0,
    pad: str = "<pad>",
    curves: Mapping[str, Curve] | None = None,
) -> Path:
    """Writes one; `sign` turns its scores round."""
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_file=str(EMBEDDED / "tokenizer.json"), eos_token="<end>", pad_token=pad
    )
    torch.manual_seed(seed)
    model = LlamaForSequenceClassification(
        LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=32,
            intermediate_size=48,
            num_hidden_layers=2,
            num_attention_heads=4,
            max_position_embeddings=512,
            pad_token_id=padding(tokenizer, tokenizer.eos_token_id),
            initializer_range=0.3,
            num_labels=OUTPUTS[kind],
        )
    )
    model.score.weight.data *= sign
    shutil.rmtree(folder, ignore_errors=True)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    manifest = Manifest(kind=kind, family="embedded", context=256, curves=dict(curves or {}))
    (folder / "judge.json").write_text(manifest.model_dump_json())
    return folder
