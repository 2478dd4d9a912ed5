"""Templates and model families: how a question, thoughts, programs and outputs are written for each kind of model."""

from .family import Family, Segment, load_family

__all__ = ["Family", "Segment", "load_family"]
