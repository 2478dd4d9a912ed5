"""Text of corpora as people write it: without the spaces of tokenised text, without the decoration of their LaTeX."""

from __future__ import annotations

import re

_DECORATION = (
    (re.compile(r"\\textquotesingle\s?"), "'"),
    (re.compile(r"\\(?:textbf|textit|text|emph|rm|mathrm|underline|textsuperscript)\{([^{}]*)\}"), r"\1"),
    (re.compile(r"\\text(?:asciitilde|backslash)\s?|\\overline|~"), " "),
    (re.compile(r"\\textgreater\s?"), ">"),
    (re.compile(r"\\textless\s?"), "<"),
    (re.compile(r"\\textbar\s?"), "|"),
    (re.compile(r"[．。]"), "."),
    (re.compile(r"，"), ", "),
    (re.compile(r"＄"), "$"),
    (re.compile(r"\\uline\{\s*\}"), "___"),
    (re.compile(r"'\{\}"), "'"),
    (re.compile(r"\s*\([^()]*(?:AMC|Problem|Kangaroo|MOEMS|Question)[^()]*\)"), ""),
    (re.compile(r"\$\$+"), "$"),
    (re.compile(r"(?<=\d)\s*\$\s+\$\s*(?=[\d(])"), ", "),
    (re.compile(r"\$\s*(-?[\d.,]*\d)\s*\$"), r"\1"),
    (re.compile(r"\$\s*([A-Za-z])\s*\$"), r"\1"),
)
_SPACES = (
    (re.compile(r"\s+"), " "),
    (re.compile(r" ([,.;:?!%)\]])"), r"\1"),
    (re.compile(r"([(\[]) "), r"\1"),
    (re.compile(r"([$£€]) (?=\d)"), r"\1"),
    (re.compile(r"(\w) ?(['’]) ?(s|t|re|ve|ll|d|m)\b"), r"\1\2\3"),
    (re.compile(r"(?<=[a-z]) - (?=[a-z])|(?<=\d) - (?=[a-z])"), "-"),
    (re.compile(r"(?<=\d) , (?=\d{3}\b)|(?<=\d), (?=\d{3}\b)"), ","),
)


_PREAMBLE = re.compile(
    r"\A(?:possible[^:.?\d]*|student|question|problem|input|user|new question[^:.?\d]*)\s*\d*:\s*", re.IGNORECASE
)


def asked(text: str) -> str:
    """A question without what a generator wrote before it, in one line.

    >>> asked("Possible new questions and programs are: Ann has\\n3 cats.")
    'Ann has 3 cats.'
    """
    return _PREAMBLE.sub("", " ".join(text.split()))


def untokenised(text: str) -> str:
    """A text that was cut into words, put together again.

    >>> untokenised("a banker ' s gain of $ 36 , at 10 % per annum . how much ?")
    "a banker's gain of $36, at 10% per annum. how much?"
    """
    for pattern, replacement in _SPACES:
        text = pattern.sub(replacement, text)
    return text.strip()


def undecorated(text: str) -> str:
    r"""A text without LaTeX that only changes how it looks; formulas of one number or letter lose their dollar signs.

    >>> undecorated(r"Wendy had $$30$$ stickers\textquotesingle  worth \textbf{not} $7\times3$．")
    "Wendy had 30 stickers' worth not $7\\times3$."
    """
    for pattern, replacement in _DECORATION:
        text = pattern.sub(replacement, text)
    return re.sub(r" +([.,?])", r"\1", " ".join(text.split())).strip()
