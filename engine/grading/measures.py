"""What a number is a number of: units, percent signs, nouns; and quantities in two units, as 5 ft 3 in."""

from __future__ import annotations

import re

from .atoms import Atoms
from .names import CONSTANTS, FUNCTIONS, GREEK
from .tokens import Unreadable
from .tree import Call, Node, Number, Quantity
from .units import SCALES, UNITS, measure, unit

_PHRASE = re.compile(
    r"\d|\b(?:if|otherwise|mod|or|and|to|out|more|less|than|at|when|where|for|is|are|not|no|with|from|by)\b"
)
"""What in words after a number says that they are no unit."""
_PERCENT = ("%", "percent", "pct", "percentage")


class Measures(Atoms):
    """Reads units."""

    def unit_ahead(self, tree: Node) -> str | None:
        """The unit that follows a number, in words or as text, or None; `%` for a percentage."""
        token = self._next
        if token is None or not isinstance(tree, Number | Call):
            return None
        if token.kind == "text":
            words = token.text.strip(" .,").lower()
            if not words or _PHRASE.search(words):
                return None
            self._at += 1
            return self._powered_unit("%" if words in _PERCENT else unit(words))
        return self._plain_unit(tree) if token.kind == "word" else None

    def _plain_unit(self, tree: Node) -> str | None:
        token = self._tokens[self._at]
        if len(token.text) == 1:
            return self._letter_unit()
        if token.text in FUNCTIONS or token.text in CONSTANTS or token.text.lower() in SCALES:
            return None
        if token.text.lower() in _PERCENT:
            self._at += 1
            return "%"
        known = token.text.lower() in UNITS or token.text in ("sq", "square", "cubic")
        if not known and not (isinstance(tree, Number) and self._is_noun()):
            return None
        several = []
        while (word := self._next) is not None and word.kind == "word" and word.text not in ("and", "or", "per"):
            several.append(word.text)
            self._at += 1
        return self._powered_unit(unit(" ".join(several)) + self._divisor())

    def _letter_unit(self) -> str | None:
        """`5 m/s`: a letter alone is a variable, before a divisor it may be a unit."""
        token = self._tokens[self._at]
        if token.spaced and token.text in "mgN":
            self._at += 1
            if divisor := self._divisor():
                return self._powered_unit(unit(token.text) + divisor)
            self._at -= 1
        return None

    def _is_noun(self) -> bool:
        """Whether words follow that name what is counted: `12 red apples`, but not `12 if x > 3`."""
        token = self._tokens[self._at]
        words = []
        for following in self._tokens[self._at :]:
            if following.kind != "word" or following.text in ("and", "or"):
                break
            words.append(following.text)
        plain = all(len(word) > 1 or word == "a" for word in words) and not _PHRASE.search(" ".join(words).lower())
        return token.spaced and len(token.text) > 3 and token.text not in GREEK and plain

    def _divisor(self) -> str:
        """`/s` and `per hour` behind a unit."""
        ahead = [token.text for token in self._tokens[self._at : self._at + 2]]
        if len(ahead) == 2 and ahead[0] in ("/", "per") and ahead[1].lower() in UNITS:
            self._at += 2
            return f"/{unit(ahead[1])}"
        return ""

    def _powered_unit(self, name: str) -> str:
        if self._sees("^") and name != "%":
            self._at += 1
            exponent = self.exponent()
            if isinstance(exponent, Number):
                return f"{name}^{exponent.value}"
            raise Unreadable("a unit with a strange power")
        return name

    def with_smaller(self, tree: Node) -> Node:
        """`3 hours and 20 minutes` as one quantity."""
        while isinstance(tree, Quantity) and (size := measure(tree.unit)) is not None:
            start = self._at
            self._says("and")
            if self._next is None or self._next.kind != "number":
                self._at = start
                break
            small = self.product()
            other = measure(small.unit) if isinstance(small, Quantity) else None
            if not isinstance(small, Quantity) or other is None or other[1] != size[1] or other[0] >= size[0]:
                self._at = start
                break
            share = Call("*", (small.value, Number(other[0] / size[0])))
            tree = Quantity(Call("+", (tree.value, share)), tree.unit)
        return tree
