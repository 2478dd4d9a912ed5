"""Functions with their arguments, with or without brackets, and fractions."""

from __future__ import annotations

from fractions import Fraction

from .build import call, function, root
from .grammar import Grammar
from .names import CONSTANTS, FUNCTIONS
from .tokens import Token
from .tree import Call, Group, Name, Node, Number


class Functions(Grammar):
    """Reads what is applied to something."""

    def applied(self, name: str) -> Node:
        """A function: its power and base, then an argument in brackets or the product that follows."""
        power = base = None
        while True:
            if power is None and self._sign("^", "**"):
                power = self.exponent()
            elif base is None and self._sign("_"):
                if self._sign("{"):
                    base = self.sum_of()
                    self._expect("}")
                else:
                    base = self.atom()
            else:
                break
        if name == "sqrt" and self._sign("["):
            base = self.sum_of()
            self._expect("]")
        arguments = self._arguments(name)
        if name == "log" and base is not None:
            arguments = (*arguments, base)
        tree: Node = root(arguments[0], base) if name == "sqrt" and base is not None else function(name, arguments)
        if power == Number(Fraction(-1)) and name in ("sin", "cos", "tan"):
            return Call("arc" + name, arguments)
        return tree if power is None else call("^", tree, power)

    def _arguments(self, name: str) -> tuple[Node, ...]:
        if self._sees("(") or self._sees("{"):
            inside = self.atom()
            if isinstance(inside, Group) and inside.brackets == "()":
                return inside.items
            return (inside,)
        if name == "sqrt":
            return (self.digit(),)
        tree = self.power()
        while self.starts_factor() and not self._at_function():
            tree = call("*", tree, self.power())
        return (tree,)

    def _at_function(self) -> bool:
        token = self._next
        return token is not None and token.text in FUNCTIONS

    def digit(self) -> Node:
        """What a LaTeX command takes without braces: one digit or one letter."""
        token = self._next
        if token is not None and token.kind == "number" and token.text.isdigit() and len(token.text) > 1:
            self._tokens[self._at] = Token("number", token.text[1:], False)
            return Number(Fraction(int(token.text[0])))
        if token is not None and token.kind == "word" and len(token.text) > 1:
            self._tokens[self._at] = Token("word", token.text[1:], False)
            return Name(CONSTANTS.get(token.text[0], token.text[0]))
        return self.atom()

    def fraction(self) -> Node:
        """What follows `\\frac`."""
        top = self.digit()
        return Call("/", (top, self.digit()))
