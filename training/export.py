"""From a trained model to the two folders that serve it: transformers' (bf16 safetensors) and CTranslate2's (int8)."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import ctranslate2
from tokenizers import Tokenizer
from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

from ..prompts import Family


def export_transformers(model: LlamaForCausalLM, tokenizer: Tokenizer, family: Family, folder: Path) -> None:
    """Writes a folder that transformers and vLLM load."""
    model.config.use_cache = True  # packed training switches it off
    model.bfloat16().save_pretrained(folder)
    end = family.end  # also the start token, because CTranslate2 loads no model without one; no prompt begins with it
    fast = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer, pad_token="<pad>", eos_token=end, bos_token=end
    )
    fast.save_pretrained(folder)
    write_settings(folder, {"family": family.name, "context": model.config.max_position_embeddings, "samples": 1})


def export_ctranslate2(
    source: Path, folder: Path, settings: dict[str, Any], quantization: str = "int8_float32"
) -> None:
    """Converts a transformers folder to the one that the embedded backend loads.

    Args:
        source: the folder of `export_transformers`.
        folder: is replaced.
        settings: goes to `mathsolve.json`: family, context, samples, trust.
        quantization: CTranslate2's name of the weight type.
    """
    converter = ctranslate2.converters.TransformersConverter(str(source), load_as_float16=False)
    converter.convert(str(folder), quantization=quantization, force=True)
    shutil.copy(source / "tokenizer.json", folder / "tokenizer.json")
    write_settings(folder, settings)


def write_settings(folder: Path, settings: dict[str, Any]) -> None:
    """Writes `mathsolve.json`."""
    (folder / "mathsolve.json").write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")
