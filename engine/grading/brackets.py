"""What stands between signs: brackets, bars, floors, sets, matrices."""

from __future__ import annotations

from .build import grouped, interval
from .grammar import Grammar
from .names import MATRICES
from .tokens import Unreadable
from .tree import Call, Grid, Group, Name, Node, Ratio, Relation, Union


class Brackets(Grammar):
    """Reads what stands between an opening and a closing sign."""

    def enclosed(self, opening: str) -> Node:
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
            element, inside = inside, self.list_of(frozenset(wanted))
            self._expect("}")
            return _within(element, inside)
        if opening in ("{", "lbrace") and isinstance(inside, Relation) and (condition := _after_colon(inside)):
            inside = condition
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

    def absolute(self, closing: tuple[str, ...]) -> Node:
        outer, self._in_bar = self._in_bar, True
        inside = self.sum_of()
        self._in_bar = outer
        token = self._next
        if token is None or token.text not in closing:
            raise Unreadable("a bar is never closed")
        self._at += 1
        return Call("abs", (inside,))

    def floored(self, name: str, closing: str) -> Node:
        inside = self.sum_of()
        self._expect(closing)
        return Call(name, (inside,))

    def environment(self) -> Node:
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


def _after_colon(inside: Relation) -> Node | None:
    """`{x in R : x > 0}` is read as `x in (R : x) > 0` at first; None for what is no such thing."""
    first = inside.sides[0]
    if isinstance(first, Ratio) and len(first.parts) == 2 and isinstance(first.parts[0], Name):
        return Relation((first.parts[1], *inside.sides[1:]), inside.signs)
    if inside.signs[0] != "in" or not isinstance(inside.sides[1], Ratio) or len(inside.signs) < 2:
        return None
    domain, *rest = inside.sides[1].parts
    first = rest[0] if len(rest) == 1 else Ratio(tuple(rest))
    return _within(Relation((inside.sides[0], domain), ("in",)), Relation((first, *inside.sides[2:]), inside.signs[1:]))


def _within(element: Node, condition: Node) -> Node:
    """The condition, with the domain of its variable unless that is all real numbers."""
    if not isinstance(condition, Relation | Group | Union):
        raise Unreadable("a set without a condition")
    if isinstance(element, Relation) and element.signs == ("in",) and element.sides[1] != interval("-oo", "oo"):
        return Group((element, condition), "&")
    return condition
