"""Direct preference optimisation on tool trajectories: a better solution against a worse one of the same problem."""
