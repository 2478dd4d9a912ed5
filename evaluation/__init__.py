"""Trajectories in, measured accuracy out."""
