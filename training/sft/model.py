"""Where training starts from: a tokenizer, and weights that are random or come from a folder or the hub.

A model from scratch gets a tokenizer trained on its own data, with the family's tags as single tokens. A model that there
is keeps its own tokenizer and chat template, by the same renderer that serves it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
from rich.console import Console
from safetensors import SafetensorError
from tokenizers import Tokenizer
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoTokenizer,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedTokenizerFast,
    Qwen2Config,
    Qwen2ForCausalLM,
)

from ...engine.backends.chat import chat_renderer
from ...engine.errors import UsageError
from ...engine.renderer import Renderer
from ...prompts import Family, known_family, load_family
from ..recipe import FineTuning
from ..tables import Lora, Shape

ARCHITECTURES: dict[str, tuple[type[Any], type[Any]]] = {
    "llama": (LlamaConfig, LlamaForCausalLM),
    "qwen2": (Qwen2Config, Qwen2ForCausalLM),
}
Fitted = TypeVar("Fitted", bound=FineTuning)
TINY = Shape(hidden=64, layers=2, heads=4, feed_forward=96, context=512)
"""The size of every tiny model; the architecture is the recipe's."""


@dataclass(frozen=True, slots=True)
class Writing:
    """How the model's text becomes ids."""

    tokenizer: PreTrainedTokenizerFast
    """As it is saved beside the weights."""
    renderer: Renderer
    """As it serves."""

    @property
    def end_id(self) -> int:
        """What the model ends its solution with."""
        return int(self.tokenizer.eos_token_id)


def writing(recipe: FineTuning, fresh: Callable[[Family], Tokenizer], *, tiny: bool = False) -> Writing:
    """The model's own tokenizer, or the one that `fresh` trains for a family and a model from scratch.

    Raises:
        UsageError: there is none.
    """
    family = load_family(recipe.family) if recipe.family else known_family(recipe.model or "")
    if recipe.model is None or tiny:
        family = family or load_family("base")
        end = family.end or "<end>"
        tokenizer = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
            tokenizer_object=fresh(family), pad_token="<pad>", eos_token=end, bos_token=end
        )  # the end is also the start, because CTranslate2 loads no model without one; no prompt begins with it
        return Writing(tokenizer, Renderer(family, tokenizer.backend_tokenizer))
    tokenizer = _loaded(AutoTokenizer, recipe.model)
    if not tokenizer.is_fast or tokenizer.eos_token_id is None:
        raise UsageError(f"the tokenizer of {recipe.model!r} has no fast form (tokenizer.json) or no end token")
    return Writing(tokenizer, chat_renderer(tokenizer, family))


def fitted(recipe: Fitted, console: Console) -> Fitted:
    """The recipe with rows that the model can read: where its context is shorter, they are as long as that.

    Raises:
        UsageError: the model cannot be found.
    """
    if recipe.model is None:
        return recipe
    config = _loaded(AutoConfig, recipe.model).get_text_config()
    context = getattr(config, "max_position_embeddings", recipe.row)
    if context >= recipe.row:
        return recipe
    console.print(f"row      {context:,} tokens, the context of the model, not the {recipe.row:,} of the recipe")
    return recipe.model_copy(update={"row": context})


def load_model(recipe: FineTuning, writing: Writing, *, tiny: bool = False) -> Any:
    """The model that is to be trained, in float32, or with the frozen weights in bfloat16 where only adapters are.

    Raises:
        UsageError: it cannot be loaded.
    """
    size = len(writing.tokenizer)
    if tiny:
        shape = TINY.model_copy(update={"architecture": recipe.shape.architecture if recipe.shape else "llama"})
        model = new_model(shape.model_copy(update={"context": recipe.row}), size, writing.end_id, recipe.seed)
    elif recipe.model is None:
        assert recipe.shape is not None  # a recipe has one of them
        model = new_model(recipe.shape, size, writing.end_id, recipe.seed)
    else:
        dtype = torch.bfloat16 if recipe.lora and torch.cuda.is_available() else torch.float32
        model = _loaded(AutoModelForCausalLM, recipe.model, dtype=dtype)
    if recipe.schedule.recompute:
        model.gradient_checkpointing_enable({"use_reentrant": False})
    return with_adapters(model, recipe.lora, recipe.seed) if recipe.lora else model


def new_model(shape: Shape, vocabulary: int, end_id: int, seed: int) -> Any:
    """A random model of this shape; the same seed gives the same weights."""
    torch.manual_seed(seed)
    config, model = ARCHITECTURES[shape.architecture]
    return model(
        config(
            vocab_size=vocabulary,
            hidden_size=shape.hidden,
            intermediate_size=shape.feed_forward,
            num_hidden_layers=shape.layers,
            num_attention_heads=shape.heads,
            num_key_value_heads=shape.key_value_heads or shape.heads,
            max_position_embeddings=shape.context,
            tie_word_embeddings=shape.tied,
            bos_token_id=end_id,
            eos_token_id=end_id,
            pad_token_id=0,
        )
    )


def with_adapters(model: Any, lora: Lora, seed: int) -> Any:
    """The model with trainable adapters and everything else frozen."""
    try:
        from peft import LoraConfig, get_peft_model
    except ImportError:
        raise UsageError("LoRA needs peft: pip install 'mathsolve[lora]'") from None
    torch.manual_seed(seed)
    adapters = LoraConfig(r=lora.rank, lora_alpha=lora.alpha, target_modules="all-linear", task_type="CAUSAL_LM")
    return get_peft_model(model, adapters)


def _loaded(kind: Any, name: str, **how: Any) -> Any:
    try:
        return kind.from_pretrained(name, **how)
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise UsageError(f"transformers cannot load {name!r}: {first}; check the name or the folder") from error
