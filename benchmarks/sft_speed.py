"""Tokens a second of our fine-tuning beside a loop of torch alone, on the same model and batches (target: 0.95 of it).

    python benchmarks/sft_speed.py [--rounds 5] [--steps 10] [--hidden 256] [--layers 6]

Both train the embedded model's shape from random weights with AdamW, gradient clipping and the same weighted loss, the same
precision, the same rows; the loop does nothing else, ours also counts losses by role, schedules, logs and listens for signals.
They run by turns on one thread, and seconds are those of the processor, so that a neighbour on the machine disturbs little;
printed are the medians and the median of the ratios.
"""

from __future__ import annotations

import argparse
import statistics

import torch
from sft_steps import by_turns, ours_step_s, plain_step_s, random_rows, recipe_of

from mathsolve.training.tables import Shape

VOCABULARY, ROW, ROWS = 3072, 256, 4


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--hidden", type=int, default=256)
    parser.add_argument("--layers", type=int, default=6)
    options = parser.parse_args()
    torch.set_num_threads(1)
    shape = Shape(
        hidden=options.hidden, layers=options.layers, heads=4, feed_forward=options.hidden * 11 // 4, context=ROW
    )
    rows = random_rows(VOCABULARY, ROW, 200, mean=120)
    recipe = recipe_of(shape, ROW, ROWS, optimizer="adamw", compiled=False)
    ours, plain = by_turns(
        options.rounds,
        lambda: ours_step_s(recipe, VOCABULARY, rows, options.steps),
        lambda: plain_step_s(recipe, VOCABULARY, rows, options.steps),
    )
    ratios = [b / a for a, b in zip(ours, plain, strict=True)]
    for name, seconds in (("ours", ours), ("torch", plain)):
        print(f"{name:6} {ROW * ROWS / statistics.median(seconds):10,.0f} tokens/s")
    print(f"ratio  {statistics.median(ratios):10.3f}   ({', '.join(f'{ratio:.2f}' for ratio in sorted(ratios))})")


if __name__ == "__main__":
    main()
