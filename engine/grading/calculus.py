"""Sums, products, integrals, limits and derivatives, as LaTeX writes them and as sympy prints them."""

from __future__ import annotations

import re
from fractions import Fraction

from .build import call
from .functions import Functions
from .tokens import Token, Unreadable
from .tree import Bound, Call, Group, Name, Node, Number, Relation

_DERIVATIVE = re.compile(
    r"\{ (d|partial) ?(?:\^ (?:\{ )?(\d)(?: \})? )?(\w*) ?\} \{ \1 ?([A-Za-z]+)(?: \^ (?:\{ )?(\d)(?: \})?)? \}"
)
"""The tokens of `{d}{dx}`, `{d^2}{dx^2}` or `{dy}{dx}`."""
_ARROWS = ("to", "rightarrow", "longrightarrow")


class Calculus(Functions):
    """Reads operations that bind a variable."""

    def calculus(self, name: str) -> Node:
        """What a command of analysis begins."""
        if name == "lim":
            return self.limit()
        return self.integral() if name == "int" else self.big_operator({"prod": "product"}.get(name, name))

    def big_operator(self, name: str) -> Node:
        """`\\sum_{k=1}^{n}` or `\\prod` with the product that follows."""
        self._expect("_")
        self._expect("{")
        start = self.relation()
        self._expect("}")
        self._expect("^")
        high = self.exponent()
        if not (isinstance(start, Relation) and start.signs == ("=",) and isinstance(start.sides[0], Name)):
            raise Unreadable(f"a {name} over something else than a range")
        return Bound(name, self.product(), start.sides[0].name, (start.sides[1], high))

    def limit(self) -> Node:
        """`\\lim_{x \\to a}` with the product that follows; from one side where a sign stands above the point."""
        self._expect("_")
        self._expect("{")
        variable = self.digit()
        if not (isinstance(variable, Name) and self._command(*_ARROWS)):
            raise Unreadable("a limit of something else than a variable")
        point, side = self._point()
        return Bound("limit", self.product(), variable.name, (point, Name(side)))

    def _point(self) -> tuple[Node, str]:
        """Where a limit goes, and from which side: `+`, `-`, or both as `+-`."""
        end = next((i for i in range(self._at, len(self._tokens)) if self._tokens[i].text == "}"), len(self._tokens))
        inside, side = self._tokens[self._at : end], "+-"
        if len(inside) > 2 and inside[-2].text == "^" and inside[-1].text in ("+", "-"):
            inside, side = inside[:-2], inside[-1].text
        self._at = end
        self._expect("}")
        return self._inner(inside), side

    def integral(self) -> Node:
        """`\\int_a^b f dx`; without ends the antiderivative."""
        ends: tuple[Node, ...] = ()
        if self._sign("_"):
            low = self._low_end()
            self._expect("^")
            ends = (low, self.exponent())
        body, variable = self._integrand()
        return Bound("integral", body, variable, ends) if ends else call("antiderivative", body, Name(variable))

    def _low_end(self) -> Node:
        if self._sees("{"):
            return self.exponent()
        return call("neg", self.digit()) if self._sign("-") else self.digit()

    def _integrand(self) -> tuple[Node, str]:
        """What stands before `dx`, and the `x`; `dx` may also be the top of a fraction."""
        ahead = [token.text for token in self._tokens[self._at : self._at + 4]]
        if len(ahead) == 4 and ahead[:2] == ["frac", "{"] and _differential(ahead[2]) and ahead[3] == "}":
            self._tokens[self._at + 2] = Token("number", "1", False)
            return self.power(), ahead[2][1:]
        depth = 0
        for i in range(self._at, len(self._tokens)):
            text = self._tokens[i].text
            depth += {"{": 1, "(": 1, "}": -1, ")": -1}.get(text, 0) if self._tokens[i].kind == "sign" else 0
            if depth == 0 and self._tokens[i].kind == "word" and (found := self._ends_in_differential(i)):
                before, variable, length = found
                inside = [*self._tokens[self._at : i], *before]
                self._at = i + length
                return self._inner(inside) if inside else Number(Fraction(1)), variable
        raise Unreadable("an integral without its variable")

    def _ends_in_differential(self, i: int) -> tuple[list[Token], str, int] | None:
        """`dx`, `d x`, or a word such as `xdx`: what stands before the d, the variable, and how many tokens it takes."""
        token = self._tokens[i]
        following = self._tokens[i + 1] if i + 1 < len(self._tokens) else None
        if token.text == "d" and following is not None and (len(following.text) == 1 or following.kind == "command"):
            return [], following.text, 2
        if len(token.text) > 1 and _differential(token.text[-2:]):
            rest = token.text[:-2]
            return [Token("word", rest, token.spaced)] if rest else [], token.text[-1], 1
        return None

    def derivative(self) -> Node | None:
        """`d/dx` with the product that follows, or `dy/dx`, where `\\frac` begins one; None where it does not."""
        ahead = " ".join(token.text.replace(" ", "_") for token in self._tokens[self._at : self._at + 20])
        match = _DERIVATIVE.match(ahead)
        if match is None:
            return None
        _, order, function, variable, below = match.groups()
        if order != below:
            return None
        start, times = self._at, int(order or 1)
        self._at += match[0].count(" ") + 1
        if function:
            return Name(function + "'" * times)
        if self._next is None or (not self.starts_factor() and self._next.kind != "number"):
            self._at = start
            return None
        return call("derivative", self.product(), Name(variable), Number(Fraction(times)))

    def bound_by_name(self, name: str, parts: tuple[Node, ...]) -> Node:
        """`Sum(k, (k, 1, n))`, `Integral(f, x)`, `Limit(f, x, 0)`, `Derivative(f, x)` as sympy prints them."""
        kind = {"Sum": "sum", "Product": "product", "Integral": "integral", "Limit": "limit"}.get(name, "derivative")
        body, *over = parts
        if kind == "limit" and len(over) == 2 and isinstance(over[0], Name):
            return Bound(kind, body, over[0].name, (over[1], Name("+")))
        if len(over) == 1 and isinstance(over[0], Name) and kind in ("integral", "derivative"):
            one = (Number(Fraction(1)),) if kind == "derivative" else ()
            return Call("antiderivative" if kind == "integral" else kind, (body, over[0], *one))
        for range_ in over:
            if not (isinstance(range_, Group) and len(range_.items) == 3 and isinstance(range_.items[0], Name)):
                raise Unreadable(f"a strange {name}")
            body = Bound(kind, body, range_.items[0].name, range_.items[1:])
        return body

    def _inner(self, inside: list[Token]) -> Node:
        """These tokens read on their own, all of them."""
        self.descend()
        inner = type(self)(inside, self._depth)
        tree = inner.sum_of()
        if inner._next is not None:
            raise Unreadable(f"cannot read on at {inner._next.text!r}")
        self._depth -= 1
        return tree


def _differential(word: str) -> bool:
    """Whether this is `dx` with any letter for the x."""
    return len(word) == 2 and word[0] == "d" and word[1].isalpha()
