"""From tokens to a tree: the grammar of answers, for LaTeX and for plain and Python-printed mathematics alike.

Promises: the whole text is read or nothing is; what is left over makes an answer unreadable, never a fragment of it. Nothing is
evaluated. Text of any length and depth is refused in bounded time rather than followed.
"""

from __future__ import annotations

import re
from fractions import Fraction

from .atoms import Atoms
from .build import based_digits, call, label, negated, scaled, text_of
from .names import CONSTANTS, FUNCTIONS, GREEK, LETTERS, OPERANDS, RELATIONS
from .tokens import Token, Unreadable, tokens
from .tree import BaseN, Call, Group, Name, Node, Number, Percent, PlusMinus, Quantity, Ratio, Relation, Text, Union
from .units import CURRENCIES, SCALES, UNITS, unit

LONGEST = 20_000
"""Characters of the longest answer that is read."""
DEEPEST = 40
"""Levels of nesting that are followed."""
MOST_OPERANDS = 200
"""Terms of a sum and factors of a product that are followed."""
_BASED = re.compile(r"\(?([0-9A-Za-z]{1,80})\)?_\{?(?:\\text\{)?([2-9]|[12]\d|3[0-6])\}{0,2}")
_TIME = re.compile(r"\d{1,2}:(?:0\d|[0-5]\d\s*[ap]\.?m\.?)", re.IGNORECASE)
_PHRASE = re.compile(r"\d|\b(?:if|otherwise|mod|or|and|more|less|than|when|where|for)\b")
"""What in words after a number says that they are no unit."""


def parse(text: str) -> Node:
    """The meaning of an answer; what has no mathematical form becomes `Text`.

    Raises:
        Unreadable: too long, or mathematics that goes wrong in the middle.
    """
    if len(text) > LONGEST:
        raise Unreadable(f"{len(text)} characters; at most {LONGEST} are read")
    bare = text.strip().strip("$").strip()
    if _TIME.fullmatch(bare):
        return text_of(bare)
    if (match := _BASED.fullmatch(bare)) and any(map(str.isdigit, match[1])):
        return BaseN(match[1].upper(), int(match[2]))
    try:
        return Parser(tokens(text)).whole()
    except RecursionError:
        raise Unreadable("nested too deeply") from None
    except Unreadable:
        if words := _words(text):
            return Text(words)
        raise


def _words(text: str) -> str:
    """The text as words, if it is made of words and not of mathematics."""
    if re.search(r"[=<>^_*/&|\[\]]", text.replace("\\text", "")):
        return ""
    plain = re.sub(r"\\(?:text|mbox|textbf|mathrm)\s*\{([^{}]*)\}", r" \1 ", text)
    plain = re.sub(r"\\[,;:! ]|[$*]", " ", plain)
    plain = re.sub(r"[\s.,;!\"'`]+", " ", plain.lower()).strip()
    plain = re.sub(r"^(?:the|a|an) ", "", plain)
    return plain if re.search(r"[a-z]{2}", plain) and "\\" not in plain else ""


class Parser(Atoms):
    """Recursive descent: lists, relations, sums, products, powers."""

    def __init__(self, found: list[Token]) -> None:
        super().__init__(found)
        self._depth = 0

    def whole(self) -> Node:
        """The tree of all tokens."""
        if not self._tokens:
            raise Unreadable("it is empty")
        if all(token.kind == "text" for token in self._tokens):
            inside = " ".join(token.text for token in self._tokens)
            return parse(inside) if re.search(r"\d", inside) else text_of(inside)
        if all(token.kind == "word" for token in self._tokens) and not self._is_formula():
            return text_of(" ".join(token.text for token in self._tokens))
        tree = self.list_of(frozenset())
        if self._at < len(self._tokens):
            raise Unreadable(f"cannot read on at {self._tokens[self._at].text!r}")
        return tree

    def _is_formula(self) -> bool:
        """Whether words alone are mathematics: a constant, a variable, letters that are multiplied."""
        words = [token.text for token in self._tokens if token.text not in ("and", "or")]
        if len(words) > 1:
            return all(len(word) == 1 for word in words)
        return len(words) == 1 and (
            len(words[0]) == 1 or words[0] in CONSTANTS or (set(words[0]) <= LETTERS and len(words[0]) <= 3)
        )

    def list_of(self, closing: frozenset[str]) -> Node:
        """Items with commas, semicolons, "and" or "or" between them; a single one stands for itself."""
        items = [self.relation()]
        while self._separator():
            if self._next is None or self._next.text in closing:
                break
            items.append(self.relation())
        return items[0] if len(items) == 1 else Group(tuple(items), "")

    def _separator(self) -> bool:
        found = self._sign(",", ";")
        while (token := self._next) is not None and (
            (token.kind == "text" and token.text.strip(" ,").lower() in ("and", "or", ""))
            or (token.kind == "word" and token.text in ("and", "or"))
            or (token.kind == "command" and token.text in ("land", "lor", "wedge", "vee"))
        ):
            self._at += 1
            found = True
        return found

    def relation(self) -> Node:
        sides, signs = [self._ratio()], []
        while (sign := self._relation_sign()) is not None:
            signs.append(sign)
            sides.append(self._ratio())
        return Relation(tuple(sides), tuple(signs)) if signs else sides[0]

    def _ratio(self) -> Node:
        parts = [self._sets()]
        while self._sign(":") or self._command("colon"):
            parts.append(self._sets())
        return Ratio(tuple(parts)) if len(parts) > 1 else parts[0]

    def _relation_sign(self) -> str | None:
        token = self._next
        if token is None or token.kind not in ("sign", "command"):
            return None
        if token.kind == "command" and token.text == "not":
            self._at += 1
            inner = self._relation_sign()
            return "!=" if inner == "=" else None
        known = token.text in RELATIONS and (token.kind == "command") == token.text.isalpha()
        if not known:
            return None
        self._at += 1
        return RELATIONS[token.text]

    def _sets(self) -> Node:
        parts = [self.sum_of()]
        while self._command("cup"):
            parts.append(self.sum_of())
        return parts[0] if len(parts) == 1 else Union(tuple(parts))

    def sum_of(self) -> Node:
        self._descend()
        tree = self._first_term()
        for _ in range(MOST_OPERANDS):
            if self._sign("+"):
                tree = call("+", tree, self._product())
            elif self._sign("-"):
                tree = call("+", tree, Call("neg", (self._product(),)))
            elif self._command("pm", "mp"):
                tree = PlusMinus(tree, self._product())
            else:
                self._depth -= 1
                return tree
        raise Unreadable(f"more than {MOST_OPERANDS} terms")

    def _descend(self) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise Unreadable(f"nested more than {DEEPEST} levels deep")

    def _first_term(self) -> Node:
        if self._sign("-"):
            return negated(self._product())
        if self._command("pm", "mp"):
            return PlusMinus(Number(Fraction(0)), self._product())
        self._sign("+")
        return self._product()

    def _product(self) -> Node:
        tree = self._signed_power()
        for _ in range(MOST_OPERANDS):
            if self._sign("*") or self._command("cdot", "times", "ast", "bullet"):
                tree = scaled("*", tree, self._signed_power())
            elif self._sign("/") or self._command("div"):
                tree = scaled("/", tree, self._signed_power())
            elif self.starts_factor():
                tree = call("*", tree, self.power())
            elif isinstance(tree, Call) and (name := self._unit_ahead(tree)) is not None:
                tree = Percent(tree) if name == "%" else Quantity(tree, name)
            else:
                return tree
        raise Unreadable(f"more than {MOST_OPERANDS} factors")

    def starts_factor(self) -> bool:
        """Whether the next token can be multiplied without a sign."""
        token = self._next
        if token is None or token.kind == "text":
            return False
        if token.kind == "number":
            return self._tokens[self._at - 1].text == ")" and token.spaced
        if token.kind == "word":
            return token.text not in ("and", "or", "if", "mod")
        if token.kind == "sign":
            return token.text in ("(", "{") or (token.text == "|" and not self._in_bar)
        return token.text in OPERANDS or token.text in FUNCTIONS or token.text in GREEK

    def _signed_power(self) -> Node:
        negative = False
        while self._sees("-", "+"):
            negative ^= self._sign("-")
            self._sign("+")
        return negated(self.power()) if negative else self.power()

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
            elif (name := self._unit_ahead(tree)) is not None:
                tree = Percent(tree) if name == "%" else Quantity(tree, name)
            else:
                return tree
        raise Unreadable(f"more than {MOST_OPERANDS} signs after an operand")

    def _raised(self, base: Node) -> Node:
        if self._command("circ") or self._sees_brace_circ():
            return Quantity(base, "deg")
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
        self._descend()
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

    def _unit_ahead(self, tree: Node) -> str | None:
        """The unit that follows a number: in words, or as text."""
        token = self._next
        if token is None or not isinstance(tree, Number | Call):
            return None
        if token.kind == "text":
            words = token.text.strip(" .,").lower()
            if not words or _PHRASE.search(words):
                return None
            self._at += 1
            return self._powered_unit("%" if words in ("%", "percent", "pct", "percentage") else unit(words))
        if token.kind != "word" or len(token.text) < 2 or token.text in FUNCTIONS or token.text in CONSTANTS:
            return None
        if token.text.lower() in ("percent", "pct", "percentage"):
            self._at += 1
            return "%"
        if token.text.lower() in SCALES:
            return None
        if token.text.lower() in UNITS or token.text in ("sq", "square", "cubic"):
            several = []
            while (token := self._next) is not None and token.kind == "word":
                several.append(token.text)
                self._at += 1
            return self._powered_unit(unit(" ".join(several)))
        return None

    def _powered_unit(self, name: str) -> str:
        if self._sees("^") and name != "%":
            self._at += 1
            exponent = self.exponent()
            if isinstance(exponent, Number):
                return f"{name}^{exponent.value}"
            raise Unreadable("a unit with a strange power")
        return name
