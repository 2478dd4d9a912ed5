"""Which words a question may hold so that it asks for one thing and nothing more.

A pattern finds that a question is about a remainder; that it is not about "the remainder, increased by 11" only shows when
all of its other words are known. Promises: a word that is not known here makes a question unknown.
"""

from __future__ import annotations

import re

_FILLING = """
a an the this that these those there here it its i i'd i'll i'm me my mine we our you your u they he she him her one
ones who is are was be been being am do does did can could would will shall should may might must have has had got get
gets let lets what what's whats which where when how and or but so then than if as at by for from in into of on to up
with about off out over please pls plz thanks thank hello hi hey yo good morning evening afternoon day ok okay well
now just only simply also still question problem exercise task math maths mathematics homework exam test quiz book
textbook teacher says said asks ask asked wonder wondering know knows known like help need needs needed want wants
wanted looking look looks show tell say give gives given giving find finding determine compute computing calculate
calculating calculator evaluate evaluating work working state obtain produce figure return report write written
express expressed name complete fill come comes came see make makes using use used without answer answers result
results value values exact exactly final single number numbers real expression formula function functions following
below above all any every each both possible possibly your enter list listed separated commas comma order step steps
explain show' e.g please. lot lost stuck correct right curious riddle imagine consider suppose assume assuming form
simplest simplified terms lowest reduced common fraction fractions decimal integer integers explicit closed equal
equals equalling equation equations variable variables unknown unknowns it'd' first second second' two three four
"""
FILLING = frozenset(_FILLING.split())
"""Words that change nothing about what is asked."""


def knows(words: str, more: str = "") -> bool:
    """Whether every word is filling or one of `more`, words with spaces between them.

    >>> knows("what is the remainder of #0 divided by #1 ?", "remainder divided")
    True
    >>> knows("what is the remainder of #0 divided by #1 , increased by #2 ?", "remainder divided")
    False
    """
    extra = frozenset(more.split())
    return all(word in FILLING or word in extra for word in re.findall(r"[a-z]+'?[a-z]+", words))
