"""What is attached to an operand: powers, factorials, primes, subscripts, percent signs, units."""

from __future__ import annotations

from fractions import Fraction

from .build import based_digits, call, label, negated
from .measures import Measures
from .tokens import Unreadable
from .tree import BaseN, Call, Group, Name, Node, Number, Percent, Quantity
from .units import CURRENCIES, SCALES

MOST_OPERANDS = 200
"""Terms of a sum, factors of a product and signs after an operand that are followed."""


class Suffixes(Measures):
    """Reads operands with their suffixes."""

    def power(self) -> Node:
        tree = self.atom()
        for _ in range(MOST_OPERANDS):
            if self._sign("^", "**"):
                tree = self._raised(tree)
            elif self._sign("!"):
                tree = Call("factorial", (tree,))
            elif self._sign("'"):
                tree = Name(f"{label(tree)}'")
            elif self._sign("_"):
                tree = self._subscripted(tree)
            elif self._sign("%"):
                tree = Percent(tree)
            elif isinstance(tree, Number) and self._next is not None and self._next.text.lower() in SCALES:
                tree = Number(tree.value * SCALES[self._next.text.lower()])
                self._at += 1
            elif isinstance(tree, Number) and self._sign(*CURRENCIES):
                tree = Quantity(tree, CURRENCIES[self._tokens[self._at - 1].text])
            elif (name := self.unit_ahead(tree)) is not None:
                tree = Percent(tree) if name == "%" else Quantity(tree, name)
            else:
                return tree
        raise Unreadable(f"more than {MOST_OPERANDS} signs after an operand")

    def _raised(self, base: Node) -> Node:
        if self._command("circ") or self._sees_brace_circ():
            return Quantity(base, "deg")
        if isinstance(base, Group) and base.brackets == "[]" and len(base.items) == 1:
            base = base.items[0]
        if self._primes_ahead():
            return Name(f"{label(base)}'")
        exponent = self.exponent()
        return call("^", base, exponent)

    def _primes_ahead(self) -> bool:
        ahead = [token.text for token in self._tokens[self._at : self._at + 3]]
        length = 1 if ahead[:1] == ["prime"] else 3 if ahead == ["{", "prime", "}"] else 0
        self._at += length
        return length > 0

    def _sees_brace_circ(self) -> bool:
        ahead = [token.text for token in self._tokens[self._at : self._at + 3]]
        if ahead == ["{", "circ", "}"]:
            self._at += 3
            return True
        return False

    def exponent(self) -> Node:
        """A group, a signed power, or in `2^10` the number: LaTeX takes one digit only, people mean all."""
        if self._sign("{"):
            tree = self.list_of(frozenset("}"))
            self._expect("}")
            return tree
        self.descend()
        negative = self._sign("-")
        tree = self.atom()
        if self._sign("^", "**"):
            tree = call("^", tree, self.exponent())
        self._depth -= 1
        return negated(tree) if negative else tree

    def _subscripted(self, tree: Node) -> Node:
        if self._sign("{"):
            parts = []
            while not self._sees("}"):
                if self._next is None:
                    raise Unreadable("'}' is missing at the end")
                parts.append(self._next.text)
                self._at += 1
            self._expect("}")
            below = "".join(parts)
        elif self._next is not None:
            below = self._next.text
            self._at += 1
        else:
            raise Unreadable("nothing below")
        digits = based_digits(tree)
        if digits and below.isdigit() and 2 <= int(below) <= 36:
            return BaseN(digits, int(below))
        if tree == Name("C") and below.isdigit() and self._sign("^"):
            return Call("binomial", (Number(Fraction(int(below))), self.exponent()))
        return Name(f"{label(tree)}_{below}")
