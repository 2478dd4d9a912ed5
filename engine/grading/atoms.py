"""The smallest parts of an answer: names, constants, commands, and whatever the other parts of the grammar read."""

from __future__ import annotations

from functools import reduce

from .brackets import Brackets
from .build import call, grid_of, interval, product_of, text_of
from .calculus import Calculus
from .names import CONSTANTS, FUNCTIONS, GREEK, LETTERS, PYTHON_TYPES
from .numerals import Numerals
from .tokens import Token, Unreadable
from .tree import Call, Group, Name, Node, Quantity, Relation, Union, canonical, is_infinite
from .units import CURRENCIES

_CALCULUS = ("sum", "prod", "int", "lim")
_MARKS = {"dot": "dot ", "ddot": "ddot ", "tilde": "tilde "}
_SETS = ("FiniteSet", "Union", "Intersection", "Complement", "Or")
_UNIT_VECTORS = ("i", "j", "k", "vec_i", "vec_j")


class Atoms(Numerals, Calculus, Brackets):
    """Reads one operand; what stands inside brackets is read by the grammar above."""

    def atom(self) -> Node:
        token = self._next
        if token is None:
            raise Unreadable("something is missing at the end")
        self._at += 1
        if token.kind == "number":
            return self.number(token)
        if token.kind == "word":
            return self._letters(token)
        if token.kind == "command":
            return self._of_command(token.text)
        if token.kind == "text":
            return text_of(token.text)
        return self._bracket(token)

    def _letters(self, token: Token) -> Node:
        word = token.text
        if word in FUNCTIONS and not (word in ("min", "max") and not self._sees("(", "{", "_")):
            return self.applied(word)
        if word in PYTHON_TYPES and self._sees("("):
            return self._python(word)
        if len(word) == 1 and self._sees("(") and (called := self._value_at_point(word)) is not None:
            return called
        if word in CONSTANTS:
            return self.constant(word)
        if word in GREEK:
            return self._greek(word)
        if len(word) == 1:
            return self._maybe_called(word)
        if len(word) <= 4 and (set(word) <= LETTERS | {"e", "i", "j"} or word.isupper()):
            return product_of(word)
        raise Unreadable(f"{word!r} is no mathematics")

    def _value_at_point(self, letter: str) -> Node | None:
        """`I(0)`, `V(t)`, `x(0)`: a letter before one number or name in brackets is a function, if it may well be one."""
        ahead = [token.text for token in self._tokens[self._at : self._at + 3]]
        inside = ahead[1] if len(ahead) == 3 and ahead[2] == ")" else ""
        known = letter in "ABCEHIKLMNQRSTUVZ" and (inside.isdigit() or (inside in "txnsz" and inside))
        if not known and not (letter in "xyuvsrq" and inside in ("0", "t")):
            return None
        self._at += 3
        return Name(f"{letter}({inside})")

    def _maybe_called(self, letter: str) -> Node:
        """`f(x)` is a name of its own; `x(x+1)` is a product."""
        if letter in "fghWFGPp" and self._sees("("):
            start = self._at
            argument = self.atom()
            if not isinstance(argument, Group) or len(argument.items) == 1:
                return Name(f"{letter}({canonical(argument)})")
            self._at = start
        return Name(letter)

    def _python(self, word: str) -> Node:
        self._expect("(")
        inside = self.list_of(frozenset(")"))
        self._expect(")")
        parts = inside.items if isinstance(inside, Group) and not inside.brackets else (inside,)
        if word in ("Rational", "Fraction") and len(parts) == 2:
            return call("/", *parts)
        if word in ("Integer", "Float", "Rational", "Fraction", "Decimal") and len(parts) == 1:
            return parts[0]
        if word in _SETS:
            return _set(word, parts)
        if word == "And":
            return Group(parts, "")
        if word.startswith("Interval") and len(parts) == 2:
            return _interval(word, parts)
        if word in ("Sum", "Product", "Integral", "Limit", "Derivative") and len(parts) > 1:
            return self.bound_by_name(word, parts)
        if word in ("Matrix", "array") and len(parts) == 1 and isinstance(parts[0], Group):
            return grid_of(parts[0])
        raise Unreadable(f"a strange {word}")

    def _greek(self, name: str) -> Node:
        if name in ("Gamma", "gamma", "zeta") and self._sees("("):
            return self.applied(name.lower())
        return Name(name)

    def constant(self, word: str) -> Node:
        """A constant; beside `j`, an `i` is a vector like it, and not the imaginary unit, which a `j` is beside a number."""
        vectors = word in "ij" and {"i", "j"} <= {token.text for token in self._tokens}
        if vectors:
            return Name(f"vec_{word}")
        beside = self._tokens[max(0, self._at - 2) : self._at + 1]
        return Name(word if word == "j" and not any(t.text[-1:].isdigit() for t in beside) else CONSTANTS[word])

    def _of_command(self, name: str) -> Node:
        if name == "frac":
            return self.derivative() or self.fraction()
        if name in _CALCULUS:
            return self.calculus(name)
        if name in ("binom", "tbinom", "dbinom"):
            return Call("binomial", (self.digit(), self.digit()))
        if name == "surd":  # the sign itself, which takes a whole number
            return Call("sqrt", (self.atom(),))
        if name in FUNCTIONS:
            return self.applied(name)
        if name in ("{", "langle", "lbrace"):
            return self.enclosed(name)
        if name in ("lvert", "vert", "|"):
            return self.absolute(("rvert", "vert", "|"))
        if name == "lfloor":
            return self.floored("floor", "rfloor")
        if name == "lceil":
            return self.floored("ceil", "rceil")
        if name in (
            "boxed",
            "fbox",
            "mathbf",
            "mathrm",
            "displaystyle",
            "overline",
            "vec",
            "overrightarrow",
            "hat",
            "bar",
            "dot",
            "ddot",
            "tilde",
        ):
            inside = self.digit()
            if name == "overline" and isinstance(inside, Call) and all(map(_is_point, inside.args)):
                return inside  # a segment is named by its ends, with or without a bar
            if name in ("hat", "vec") and isinstance(inside, Name) and inside.name in _UNIT_VECTORS:
                return inside
            marked = name in ("overline", "vec", "overrightarrow", "hat", "bar", "dot", "ddot", "tilde")
            return Name(f"{_MARKS.get(name, 'vec')}{canonical(inside)}") if marked else inside
        if name in ("emptyset", "varnothing"):
            return Group((), "{}")
        if name == "setR":
            return interval("-oo", "oo")
        if name == "begin":
            return self.environment()
        if name in CONSTANTS:
            return Name(CONSTANTS[name])
        if name in ("ldots", "cdots", "dots"):
            return Name("...")
        if name in ("angle", "triangle", "widehat") and self._next is not None and self._next.kind == "word":
            self._at += 1
            return Name(f"{name} {self._tokens[self._at - 1].text}")
        if name in GREEK:
            return self._greek(name)
        if name in ("setZ", "setN", "setQ", "setC"):
            return Name(name)
        raise Unreadable(f"\\{name} is not known")

    def _bracket(self, token: Token) -> Node:
        if token.text == "|":
            return self.absolute(("|",))
        if token.text in CURRENCIES:
            return Quantity(self.power(), CURRENCIES[token.text])
        if token.text == "...":
            return Name("...")
        if token.text in ("(", "[", "{", "]"):
            return self.enclosed(token.text)
        raise Unreadable(f"cannot begin with {token.text!r}")


def _is_point(tree: Node) -> bool:
    return isinstance(tree, Name) and tree.name.isupper()


def _set(word: str, parts: tuple[Node, ...]) -> Node:
    """A set as sympy prints it; of conditions with `Or` between them, the union of what fulfils one."""
    if word == "FiniteSet":
        return Group(parts, "{}")
    parts = tuple(part if isinstance(part, Group | Union | Relation | Call) else Group((part,), "{}") for part in parts)
    if word in ("Union", "Or"):
        return Union(parts)
    if word == "Complement" and len(parts) != 2:
        raise Unreadable("a strange Complement")
    return reduce(lambda left, right: call("setminus" if word == "Complement" else "cap", left, right), parts)


def _interval(word: str, ends: tuple[Node, ...]) -> Node:
    """`Interval(0, 1)`, `Interval.open(0, 1)`, `Interval.Lopen(0, 1)`: an end at infinity is always open."""
    low = word in ("Intervalopen", "IntervalLopen") or is_infinite(ends[0])
    high = word in ("Intervalopen", "IntervalRopen") or is_infinite(ends[1])
    return Group(ends, f"{'(' if low else '['}{')' if high else ']'}")
