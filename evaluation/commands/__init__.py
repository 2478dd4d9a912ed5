"""The commands of this floor: one module each."""
