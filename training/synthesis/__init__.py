"""Synthesis: a teacher's problems in, verified and filtered examples out."""
