"""Templates and model families: how a question, thoughts, programs and outputs are written for each kind of model."""

from .family import MODES, Family, Message, Piece, Segment, Turn
from .files import families, family_of, known_family, load_family

__all__ = [
    "MODES",
    "Family",
    "Message",
    "Piece",
    "Segment",
    "Turn",
    "families",
    "family_of",
    "known_family",
    "load_family",
]
