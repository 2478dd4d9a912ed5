"""The embedded model's tokenizer: byte-level BPE in which a digit, a variable, an operator is one token each.

A small model copies numbers and expressions from the question into its program one token at a time, so the same
character must be the same token wherever it stands. Words are BPE; frequent lines of programs are single tokens.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

from ...prompts import Family

PIECES = r" [+\-=*/<>] |, |\*\*| ?[A-Za-z]{2,}|[A-Za-z]|\d|\n+| +|[^\sA-Za-z\d]"
"""One match is the longest piece that BPE may build: never a number, never two variables."""


def train_tokenizer(
    texts: list[str], programs: Iterable[str], family: Family, vocabulary: int, lines: int = 32
) -> Tokenizer:
    """A tokenizer for `texts`.

    Args:
        texts: everything that the model will read or write.
        programs: source texts, for the lines that become single tokens.
        family: its tags become special tokens, in a fixed order from id 1 on (id 0 is padding); a family without an end
            gets `<end>`.
        vocabulary: total number of tokens, tags and whole lines included.
        lines: how many frequent program lines become single tokens at most.
    """
    whole = frequent_lines(programs, lines)
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PIECES), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary - len(whole),
        special_tokens=list(dict.fromkeys(tag for tag in ("<pad>", *family.tags, family.end or "<end>") if tag)),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.add_tokens([AddedToken(line, normalized=False) for line in whole])
    return tokenizer


def frequent_lines(programs: Iterable[str], limit: int) -> list[str]:
    """The most frequent whole lines without digits, longest first, then the call that prints and the answer's box."""
    counts: Counter[str] = Counter()
    for code in programs:
        counts.update(line + "\n" for line in code.split("\n")[:-1] if not any(c.isdigit() for c in line))
    common = [line for line, n in counts.most_common(limit - 2) if n >= 50]
    return [*sorted(common, key=len, reverse=True), "print(", "\\boxed{"]
