"""Filters: each rejects a question, or refuses some of its solutions, for one kind of reason."""
