"""Rejection-sampling fine-tuning: of many sampled solutions, the right ones that differ most."""
