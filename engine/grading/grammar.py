"""What the parts of the grammar know of each other: each reads some operands and calls the others for what is inside."""

from __future__ import annotations

from abc import ABC, abstractmethod

from .cursor import Cursor
from .tokens import Token, Unreadable
from .tree import Node

DEEPEST = 40
"""Levels of nesting that are followed."""


class Grammar(Cursor, ABC):
    """The rules of the grammar by name."""

    def __init__(self, found: list[Token], depth: int = 0) -> None:
        super().__init__(found)
        self._depth = depth
        self._in_bar = False  # whether a bar is open, so that the next one closes it

    def descend(self) -> None:
        """One level deeper. Raises `Unreadable` where that is too deep."""
        self._depth += 1
        if self._depth > DEEPEST:
            raise Unreadable(f"nested more than {DEEPEST} levels deep")

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
    def product(self) -> Node:
        """A product."""

    @abstractmethod
    def power(self) -> Node:
        """An operand with what is attached to it."""

    @abstractmethod
    def exponent(self) -> Node:
        """What stands above."""

    @abstractmethod
    def starts_factor(self) -> bool:
        """Whether the next token can be multiplied without a sign."""

    @abstractmethod
    def atom(self) -> Node:
        """An operand without what is attached to it."""

    @abstractmethod
    def digit(self) -> Node:
        """What a LaTeX command takes without braces: one digit or one letter."""
