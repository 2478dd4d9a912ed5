"""Seeds in, model out: synthesis, tokenizer, supervised fine-tuning, export."""
