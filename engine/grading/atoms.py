"""The smallest parts of an answer: numbers, names, functions, fractions, brackets, matrices."""

from __future__ import annotations

from abc import ABC, abstractmethod
from fractions import Fraction

from .build import (
    call,
    function,
    grid_of,
    grouped,
    interval,
    number_of,
    product_of,
    read_number,
    repeating,
    root,
    text_of,
)
from .cursor import Cursor
from .names import CONSTANTS, FUNCTIONS, GREEK, LETTERS, MATRICES, PYTHON_TYPES
from .tokens import Token, Unreadable
from .tree import Call, Grid, Group, Name, Node, Number, Quantity, Relation, canonical
from .units import CURRENCIES


class Atoms(Cursor, ABC):
    """Reads one operand; what stands inside brackets is read by the grammar above."""

    _in_bar = False
    """Whether a bar is open, so that the next one closes it."""

    @abstractmethod
    def list_of(self, closing: frozenset[str]) -> Node:
        """Items up to one of the closing signs."""

    @abstractmethod
    def relation(self) -> Node:
        """A relation or an expression."""

    @abstractmethod
    def sum_of(self) -> Node:
        """A sum."""

    @abstractmethod
    def power(self) -> Node:
        """An operand with what is attached to it."""

    @abstractmethod
    def exponent(self) -> Node:
        """What stands above."""

    @abstractmethod
    def starts_factor(self) -> bool:
        """Whether the next token can be multiplied without a sign."""

    def atom(self) -> Node:
        token = self._next
        if token is None:
            raise Unreadable("something is missing at the end")
        self._at += 1
        if token.kind == "number":
            return self._number(token)
        if token.kind == "word":
            return self._word(token)
        if token.kind == "command":
            return self._of_command(token.text)
        if token.kind == "text":
            return text_of(token.text)
        return self._bracket(token)

    def _number(self, token: Token) -> Node:
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

    def _word(self, token: Token) -> Node:
        word = token.text
        if word in FUNCTIONS and not (word in ("min", "max") and not self._sees("(", "{", "_")):
            return self._applied(word)
        if word in PYTHON_TYPES and self._sees("("):
            return self._python(word)
        if word in CONSTANTS:
            return Name(CONSTANTS[word])
        if word in GREEK:
            return Name(word)
        if len(word) == 1:
            return self._maybe_called(word)
        if len(word) <= 4 and (set(word) <= LETTERS | {"e", "i", "j"} or word.isupper()):
            return product_of(word)
        raise Unreadable(f"{word!r} is no mathematics")

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
        if word in ("Integer", "Float", "Rational", "Fraction") and len(parts) == 1:
            return parts[0]
        if word == "FiniteSet":
            return Group(tuple(parts), "{}")
        if word in ("Matrix", "array") and len(parts) == 1 and isinstance(parts[0], Group):
            return grid_of(parts[0])
        raise Unreadable(f"a strange {word}")

    def _applied(self, name: str) -> Node:
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
            return (self._atom_digit(),)
        tree = self.power()
        while self.starts_factor() and not self._at_function():
            tree = call("*", tree, self.power())
        return (tree,)

    def _at_function(self) -> bool:
        token = self._next
        return token is not None and token.text in FUNCTIONS

    def _atom_digit(self) -> Node:
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
        top = self._atom_digit()
        return Call("/", (top, self._atom_digit()))

    def _of_command(self, name: str) -> Node:
        if name == "frac":
            return self.fraction()
        if name in ("binom", "tbinom", "dbinom"):
            return Call("binomial", (self._atom_digit(), self._atom_digit()))
        if name == "surd":  # the sign itself, which takes a whole number
            return Call("sqrt", (self.atom(),))
        if name in FUNCTIONS:
            return self._applied(name)
        if name in ("{", "langle", "lbrace"):
            return self._enclosed(name)
        if name in ("lvert", "vert", "|"):
            return self._absolute(("rvert", "vert", "|"))
        if name == "lfloor":
            return self._floored("floor", "rfloor")
        if name == "lceil":
            return self._floored("ceil", "rceil")
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
        ):
            inside = self._atom_digit()
            marked = name in ("overline", "vec", "overrightarrow", "hat", "bar")
            return Name(f"{'vec' if marked else ''}{canonical(inside)}") if marked else inside
        if name in ("emptyset", "varnothing"):
            return Group((), "{}")
        if name == "setR":
            return interval("-oo", "oo")
        if name == "begin":
            return self._environment()
        if name in CONSTANTS:
            return Name(CONSTANTS[name])
        if name in ("ldots", "cdots", "dots"):
            return Name("...")
        if name in ("angle", "triangle", "widehat") and self._next is not None and self._next.kind == "word":
            self._at += 1
            return Name(f"{name} {self._tokens[self._at - 1].text}")
        if name in GREEK or name in ("setZ", "setN", "setQ", "setC"):
            return Name(name)
        raise Unreadable(f"\\{name} is not known")

    def _bracket(self, token: Token) -> Node:
        if token.text == "|":
            return self._absolute(("|",))
        if token.text in CURRENCIES:
            return Quantity(self.power(), CURRENCIES[token.text])
        if token.text == "...":
            return Name("...")
        if token.text in ("(", "[", "{", "]"):
            return self._enclosed(token.text)
        raise Unreadable(f"cannot begin with {token.text!r}")

    def _enclosed(self, opening: str) -> Node:
        closers = {"(": (")", "]", "["), "[": ("]", ")", "["), "]": ("[", "]", ")"), "{": ("}",), "langle": ("rangle",)}
        if opening in ("{", "lbrace") and self._tokens[self._at - 1].kind == "command":
            closers["{"] = ("}", "rbrace")
        if opening == "{" and self._tokens[self._at - 1].kind == "sign":
            return self._braces()
        wanted = closers.get(opening, ("}",))
        if self._next is not None and self._next.text == wanted[0]:
            self._at += 1
            return Group((), "{}" if opening in ("{", "lbrace") else opening + wanted[0])
        outer, self._in_bar = self._in_bar, opening in ("{", "lbrace")
        inside = self.list_of(frozenset(wanted) - {"["})
        self._in_bar = outer
        if opening in ("{", "lbrace") and (self._sign("|", ":") or self._command("mid", "vert")):
            inside = self.list_of(frozenset(wanted))
            if not isinstance(inside, Relation):
                raise Unreadable("a set with more than one condition")
            self._expect("}")
            return inside
        closing = self._next
        if closing is None or closing.text not in wanted:
            raise Unreadable("a bracket is never closed")
        self._at += 1
        return grouped(opening, inside, closing.text)

    def _braces(self) -> Node:
        """`{...}` of LaTeX only groups; as an answer of its own it is a set; `{n \\choose k}` is a binomial."""
        if self._sign("}"):
            return Group((), "{}")
        inside = self.list_of(frozenset("}"))
        if self._command("choose"):
            inside = Call("binomial", (inside, self.list_of(frozenset("}"))))
        self._expect("}")
        return grouped("{", inside, "}") if isinstance(inside, Group) and not inside.brackets else inside

    def _absolute(self, closing: tuple[str, ...]) -> Node:
        outer, self._in_bar = self._in_bar, True
        inside = self.sum_of()
        self._in_bar = outer
        token = self._next
        if token is None or token.text not in closing:
            raise Unreadable("a bar is never closed")
        self._at += 1
        return Call("abs", (inside,))

    def _floored(self, name: str, closing: str) -> Node:
        inside = self.sum_of()
        self._expect(closing)
        return Call(name, (inside,))

    def _environment(self) -> Node:
        self._expect("{")
        name = self._next.text if self._next else ""
        self._at += 1
        self._expect("}")
        if name not in MATRICES:
            raise Unreadable(f"the environment {name!r} is not known")
        if name == "array" and self._sign("{"):
            while self._next is not None and not self._sign("}"):
                self._at += 1
        rows: list[list[Node]] = [[]]
        while not self._sees("end"):
            if self._next is None:
                raise Unreadable("a matrix is never closed")
            rows[-1].append(self.relation())
            if self._sign("\\\\"):
                rows.append([])
            else:
                self._sign("&")
        self._at += 1
        self._expect("{")
        self._at += 1
        self._expect("}")
        grid = Grid(tuple(tuple(row) for row in rows if row))
        if not grid.rows or len({len(row) for row in grid.rows}) != 1:
            raise Unreadable("a matrix with rows of different lengths")
        return Call("det", (grid,)) if name == "vmatrix" else grid


def _is_fraction_ahead(ahead: list[Token]) -> bool:
    """Whether a space and `3/4` follow, written close together."""
    if len(ahead) < 3 or ahead[1].text != "/" or not ahead[0].spaced or ahead[1].spaced:
        return False
    top, bottom = ahead[0].text, ahead[2].text
    return top.isdigit() and bottom.isdigit() and int(bottom) > 0
