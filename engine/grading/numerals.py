"""Numbers: as digits, with a period that repeats, with a fraction behind them."""

from __future__ import annotations

from fractions import Fraction

from .build import number_of, read_number, repeating
from .functions import Functions
from .tokens import Token, Unreadable
from .tree import Call, Node, Number


class Numerals(Functions):
    """Reads numbers."""

    def number(self, token: Token) -> Node:
        number = read_number(token.text)
        if isinstance(number, Number) and number.places is not None and self._sees("..."):
            self._at += 1
            return repeating(token.text, token.text[-1])
        if self._command("overline", "bar"):
            self._expect("{")
            period = self._next
            self._at += 1
            self._expect("}")
            if period is None or period.kind != "number" or "." not in token.text:
                raise Unreadable("a strange repeating decimal")
            return repeating(token.text + period.text, period.text)
        return self._mixed(number)

    def _mixed(self, whole: Node) -> Node:
        """`7 3/4` and `7\\frac{3}{4}` are sums; `7 \\frac{x}{4}` is a product."""
        if not isinstance(whole, Number) or whole.value.denominator != 1 or whole.places is not None:
            return whole
        ahead = self._tokens[self._at : self._at + 8]
        texts = [token.text for token in ahead]
        if _is_fraction_ahead(ahead[:3]):
            self._at += 3
            return Number(whole.value + Fraction(int(texts[0]), int(texts[2])))
        if texts[:1] == ["frac"]:
            start = self._at
            self._at += 1
            fraction = self.fraction()
            if (
                isinstance(fraction, Call)
                and all(isinstance(part, Number) and part.value.denominator == 1 for part in fraction.args)
                and (top := number_of(fraction.args[0])) < (bottom := number_of(fraction.args[1]))
                and top > 0
            ):
                return Number(whole.value + top / bottom)
            self._at = start
        return whole


def _is_fraction_ahead(ahead: list[Token]) -> bool:
    """Whether a space and `3/4` follow, written close together."""
    if len(ahead) < 3 or ahead[1].text != "/" or not ahead[0].spaced or ahead[1].spaced:
        return False
    top, bottom = ahead[0].text, ahead[2].text
    return top.isdigit() and bottom.isdigit() and int(bottom) > 0
