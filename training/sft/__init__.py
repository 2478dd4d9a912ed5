"""Supervised fine-tuning on mixed CoT/PoT examples."""
