"""Text and token ids, with tokenizers of the kinds that models of the field have."""

from dataclasses import replace

import pytest
from tokenizers import AddedToken, Tokenizer, decoders, normalizers, pre_tokenizers
from tokenizers.models import BPE
from tokenizers.processors import TemplateProcessing

from mathsolve.engine.renderer import Renderer
from mathsolve.prompts import load_family

TORA = load_family("tora")


def tokenizer(*, sentencepiece: bool) -> Tokenizer:
    """One token for each character, as Llama 2 has them (a blank before every text) or as Llama 3 has them."""
    letters = [*map(chr, range(32, 127)), "\n", "▁"] if sentencepiece else sorted(pre_tokenizers.ByteLevel.alphabet())
    made = Tokenizer(BPE({letter: number for number, letter in enumerate(letters)}, []))
    if sentencepiece:
        made.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
        made.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    else:
        made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        made.decoder = decoders.ByteLevel()
    made.add_special_tokens([AddedToken("<s>", special=True, normalized=False)])
    made.post_processor = TemplateProcessing(single="<s> $A", special_tokens=[("<s>", made.token_to_id("<s>"))])
    return made


@pytest.mark.parametrize("sentencepiece", [True, False])
def test_a_prompt_begins_as_the_tokenizer_begins_a_text(sentencepiece: bool) -> None:
    whole = tokenizer(sentencepiece=sentencepiece).encode("<|user|>\nWhat is 2 + 2?\n<|assistant|>\n").ids
    renderer = Renderer(TORA, tokenizer(sentencepiece=sentencepiece))
    assert list(renderer.encode(renderer.prompt("What is 2 + 2?", "mixed")).ids) == whole


def test_a_prompt_that_has_its_beginning_gets_no_second_one() -> None:
    family = replace(TORA, template="<s>[{user}]")
    renderer = Renderer(family, tokenizer(sentencepiece=False))
    assert renderer.decode(renderer.encode(renderer.prompt("2 + 2", "mixed")).ids) == "<s>[2 + 2]"
    chat = Renderer(family, tokenizer(sentencepiece=False), {"mixed": "<s>({question})"})
    assert chat.decode(chat.encode(chat.prompt("2 + 2", "mixed")).ids) == "<s>(2 + 2)"


@pytest.mark.parametrize("sentencepiece", [True, False])
def test_what_the_engine_adds_gets_no_blanks_of_its_own(sentencepiece: bool) -> None:
    renderer = Renderer(TORA, tokenizer(sentencepiece=sentencepiece))
    written = renderer.encode(TORA.observe("42"))
    assert renderer.decode(written.ids) == "\n```output\n42\n```\n"
    assert set(written.roles) == {"observation"}
