"""From tokens to a tree: the grammar of answers, for LaTeX and for plain and Python-printed mathematics alike.

Promises: the whole text is read or nothing is; what is left over makes an answer unreadable, never a fragment of it. Nothing is
evaluated. Text of any length and depth is refused in bounded time rather than followed.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache

from .build import call, is_inequality, negated, scaled, summed, text_of, tupled
from .names import CONSTANTS, FUNCTIONS, GREEK, LETTERS, OPERANDS, RELATIONS
from .spoken import clock, spelled_number
from .suffixes import MOST_OPERANDS, Suffixes
from .tokens import Unreadable, tokens
from .tree import BaseN, Call, Group, Node, Number, Percent, PlusMinus, Quantity, Ratio, Relation, Text, Union

LONGEST = 20_000
"""Characters of the longest answer that is read."""
LONGEST_KEPT = 200
"""Characters of the longest answer whose meaning is kept for the next time: in a vote every answer is read many times."""
_BASED = re.compile(r"\(?(-?)(?:\\text\{)?([0-9A-Za-z]{1,80})\}?\)?_\{?(?:\\text\{)?([2-9]|[12]\d|3[0-6])\}{0,2}")
_ASIDE = re.compile(r"\b(?:where|for)\s[^=<>]{0,60}\b(?:integers?|real)\b[^=<>]{0,40}$")
"""`where n is an integer` at the end, which some say and some do not."""
_NOUN = re.compile(r"([-+$\d.,/ ]*\d)\s*\(([A-Za-z][A-Za-z -]{2,40})\)")
"""`9 (apples)`."""
_TIME = re.compile(
    r"\d{1,2}\s?[ap]\.?m\.?|\d{1,2}:(?:0\d|[0-5]\d(?::[0-5]\d)?\s*(?:\\text\{\s*)?[ap]\.?\s?m\.?\}?)", re.IGNORECASE
)
"""A time of day; `3:40` alone is a ratio."""


def parse(text: str) -> Node:
    """The meaning of an answer; what has no mathematical form becomes `Text`.

    Raises:
        Unreadable: too long, or mathematics that goes wrong in the middle.
    """
    if len(text) > LONGEST:
        raise Unreadable(f"{len(text)} characters; at most {LONGEST} are read")
    return _kept(text) if len(text) <= LONGEST_KEPT else _read(text)


def _read(text: str) -> Node:
    if (aside := _ASIDE.search(text)) is not None:
        text = text[: aside.start()].rstrip().removesuffix("\\text{").rstrip(" $,") or text
    if (noun := _NOUN.fullmatch(text.strip())) is not None:
        text = f"{noun[1]} {noun[2]}"
    bare = text.strip().strip("$").strip()
    if _TIME.fullmatch(bare):
        return Text(clock(bare))
    if (match := _BASED.fullmatch(bare)) and (any(map(str.isdigit, match[2])) or int(match[3]) > 10 < len(match[2])):
        return BaseN(match[1] + match[2].upper(), int(match[3]))
    if ordinal := re.fullmatch(r"(\d{1,9})\s?(?:st|nd|rd|th)", bare):
        return Number(Fraction(int(ordinal[1])))
    try:
        return Parser(tokens(text)).whole()
    except RecursionError:
        raise Unreadable("nested too deeply") from None
    except Unreadable:
        if re.fullmatch(r"-?(?=.*\d)[0-9A-Za-z]{1,80}", bare):
            return Text(bare.lower())  # digits of a base above ten
        if words := _words(text):
            return Text(words) if (number := spelled_number(words)) is None else Number(number)
        raise


_kept = lru_cache(maxsize=1 << 13)(_read)


def forget() -> None:
    """Empties the memory of what was read, for measurements."""
    _kept.cache_clear()


def _words(text: str) -> str:
    """The text as words, if it is made of words and not of mathematics."""
    if re.search(r"[=<>^_*/&|\[\]]", text.replace("\\text", "")):
        return ""
    plain = re.sub(r"\\(?:text|mbox|textbf|mathrm)\s*\{([^{}]*)\}", r" \1 ", text)
    plain = re.sub(r"\\[,;:! ]|[$*]", " ", plain)
    plain = re.sub(r"[\s.,;!\"'`]+", " ", re.sub(r"(?<=\d)(?:st|nd|rd|th)\b", "", plain.lower())).strip()
    plain = re.sub(r"^(?:the|a|an) ", "", plain)
    return plain if re.search(r"[a-z]{2}", plain) and "\\" not in plain else ""


class Parser(Suffixes):
    """Recursive descent: lists, relations, sums, products, powers."""

    def whole(self) -> Node:
        """The tree of all tokens."""
        if not self._tokens:
            raise Unreadable("it is empty")
        if all(token.kind == "text" for token in self._tokens):
            inside = " ".join(token.text for token in self._tokens)
            return parse(inside) if re.search(r"[\d*/^=+]", inside) else text_of(inside)
        if all(token.kind == "word" for token in self._tokens) and not self._is_formula():
            words = " ".join(token.text for token in self._tokens)
            return text_of(words) if (number := spelled_number(words)) is None else Number(number)
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
        items, between = [self.relation()], []
        while (separator := self._separator()) is not None:
            if self._next is None or self._next.text in closing:
                break
            items.append(self.relation())
            between.append(separator)
        if len(items) > 1 and set(between) == {"or"} and all(map(is_inequality, items)):
            return Union(tuple(items))
        if {",", ";"} <= set(between):
            return Group(tuple(tupled(items, between)), "")
        return items[0] if len(items) == 1 else Group(tuple(items), "")

    def _separator(self) -> str | None:
        """The last sign or word of those that stand between two items; None when nothing does."""
        found = self._tokens[self._at - 1].text if self._sign(",", ";") else None
        while (token := self._next) is not None and (
            (token.kind == "text" and token.text.strip(" ,").lower() in ("and", "or", ""))
            or (token.kind == "word" and token.text in ("and", "or"))
            or (token.kind == "command" and token.text in ("land", "lor", "wedge", "vee"))
        ):
            self._at += 1
            words = token.text.strip(" ,").lower()
            found = "or" if words in ("or", "lor", "vee") else found if words == "" and found else "and"
        return found

    def relation(self) -> Node:
        sides, signs = [self._ratio()], []
        while (sign := self._relation_sign()) is not None:
            signs.append(sign)
            sides.append(self._ratio())
        return Relation(tuple(sides), tuple(signs)) if signs else sides[0]

    def _ratio(self) -> Node:
        parts = [self._sets()]
        while self._sign(":") or self._command("colon") or self._says("to"):
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
        parts = [self._meets()]
        while self._command("cup"):
            parts.append(self._meets())
        return parts[0] if len(parts) == 1 else Union(tuple(parts))

    def _meets(self) -> Node:
        tree = self.sum_of()
        while self._sees("cap", "setminus", "backslash", "smallsetminus"):
            self._at += 1
            name = "cap" if self._tokens[self._at - 1].text == "cap" else "setminus"
            tree = call(name, tree, self.sum_of())
        return tree

    def sum_of(self) -> Node:
        self.descend()
        tree = self._first_term()
        for _ in range(MOST_OPERANDS):
            if self._sign("+"):
                tree = summed(tree, self.product())
            elif self._sign("-"):
                tree = call("+", tree, Call("neg", (self.product(),)))
            elif self._command("pm", "mp"):
                tree = PlusMinus(tree, self.product())
            else:
                self._depth -= 1
                return self.with_smaller(tree)
        raise Unreadable(f"more than {MOST_OPERANDS} terms")

    def _first_term(self) -> Node:
        if self._sign("-"):
            return negated(self.product())
        if self._command("pm", "mp"):
            return PlusMinus(Number(Fraction(0)), self.product())
        self._sign("+")
        return self.product()

    def product(self) -> Node:
        tree = self._signed_power()
        for _ in range(MOST_OPERANDS):
            if self._sign("*") or self._command("cdot", "times", "ast", "bullet"):
                tree = scaled("*", tree, self._signed_power())
            elif self._sign("/") or self._command("div"):
                tree = scaled("/", tree, self._signed_power())
            elif self._command("bmod", "mod") or self._word("mod"):
                tree = call("mod", tree, self._signed_power())
            elif self._modulus_ahead():
                tree = self._residue(tree)
            elif self.starts_factor():
                tree = call("*", tree, self._factor())
            elif isinstance(tree, Call) and (name := self.unit_ahead(tree)) is not None:
                tree = Percent(tree) if name == "%" else Quantity(tree, name)
            else:
                return tree
        raise Unreadable(f"more than {MOST_OPERANDS} factors")

    def _square_ahead(self) -> bool:
        """Whether `[` opens a factor, rather than closing `]0, 1[` or beginning an interval."""
        depth = 0
        for token in self._tokens[self._at :]:
            depth += {"[": 1, "(": 1, "{": 1, "]": -1, ")": -1, "}": -1}.get(token.text, 0)
            if depth == 0:
                return token.text == "]"
            if depth == 1 and token.text in (",", ";", "cup", "cap", "setminus"):
                return False
        return False

    def _factor(self) -> Node:
        """A factor without a sign before it; square brackets only group it."""
        squared = self._sees("[")
        tree = self.power()
        if isinstance(tree, Group) and squared:
            if tree.brackets != "[]" or len(tree.items) != 1:
                raise Unreadable("an interval as a factor")
            return tree.items[0]
        return tree

    def _modulus_ahead(self) -> bool:
        ahead = [token.text for token in self._tokens[self._at : self._at + 2]]
        return ahead[:1] == ["pmod"] or ahead in (["(", "mod"], ["(", "bmod"])

    def _residue(self, tree: Node) -> Node:
        """`3 \\pmod 5` or `3 (mod 5)`."""
        if self._command("pmod"):
            return call("residue", tree, self.digit())
        self._at += 2
        modulus = self.sum_of()
        self._expect(")")
        return call("residue", tree, modulus)

    def starts_factor(self) -> bool:
        """Whether the next token can be multiplied without a sign."""
        token = self._next
        if token is None or token.kind == "text":
            return False
        if token.kind == "number":
            before = self._tokens[self._at - 1].text
            return before == "!" or (before == ")" and token.spaced)
        if token.kind == "word":
            return token.text not in ("and", "or", "if", "mod")
        if token.kind == "sign":
            opens = token.text in ("(", "{") or (token.text == "[" and self._square_ahead())
            return opens or (token.text == "|" and not self._in_bar)
        return token.text in OPERANDS or token.text in FUNCTIONS or token.text in GREEK

    def _signed_power(self) -> Node:
        negative = False
        while self._sees("-", "+"):
            negative ^= self._sign("-")
            self._sign("+")
        return negated(self.power()) if negative else self.power()
