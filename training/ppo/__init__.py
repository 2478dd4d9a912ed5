"""Policy optimisation on tool trajectories: what the sandbox wrote is part of the state, never of the action."""
