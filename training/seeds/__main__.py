"""`python -m mathsolve.training.seeds FILE`: check bank files."""

from .audit import command

if __name__ == "__main__":
    command()
