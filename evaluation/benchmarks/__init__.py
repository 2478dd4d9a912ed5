"""Benchmarks: what each is, where it comes from, and how its records are read."""
