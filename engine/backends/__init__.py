"""Models of every kind behind one protocol (`engine.backend`). A backend that is not installed costs nothing at import."""

from .source import Source, find

__all__ = ["Source", "find"]
