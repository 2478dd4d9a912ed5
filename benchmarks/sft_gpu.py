"""Share of a GPU's measured bfloat16 peak that fine-tuning uses (MFU), beside TRL's SFTTrainer where that is installed.

    python benchmarks/sft_gpu.py [--steps 20] [--models 30m 1.5b] [--rows 8]

The models have random weights: the embedded-gpu recipe's shape, and Qwen2.5's of 1.5 billion parameters, on rows of 2048 tokens
packed with solutions of 400 tokens on average. Operations are those of `training.sft.estimate`: nothing that is computed
twice or masked counts. The peak is the fastest of some large matrix products on this GPU. Each is measured with and without
compiling, and beside a loop of torch alone; TRL gets the same solutions and packs them itself, without weights for tokens.
Prints what it left out, and why.
"""

from __future__ import annotations

import argparse
import gc
import tempfile
from importlib.util import find_spec
from typing import Any

import torch
from sft_steps import Clock, ours_step_s, plain_step_s, random_rows, recipe_of

from mathsolve.training.recipe import FineTuning, load_recipe
from mathsolve.training.sft.estimate import Size, step_flops
from mathsolve.training.sft.hardware import device, matmul_flops
from mathsolve.training.sft.model import new_model
from mathsolve.training.sft.packing import Rows
from mathsolve.training.tables import Shape

ROW = 2048
QWEN = Shape(architecture="qwen2", hidden=1536, layers=28, heads=12, key_value_heads=2, feed_forward=8960, context=ROW)


def trl_step_s(recipe: FineTuning, vocabulary: int, rows: Rows, steps: int) -> float:
    """Seconds of a step of TRL's trainer on the same solutions, packed by its own best-fit."""
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer

    assert recipe.shape is not None
    count = len(rows.starts) - 1
    ids = [rows.ids[rows.starts[i] : rows.starts[i + 1]].tolist() for i in range(count)]
    repeated = ids * (1 + steps * recipe.schedule.rows_per_step // len(rows))
    with tempfile.TemporaryDirectory() as folder:
        clock = Clock()
        config = SFTConfig(
            output_dir=folder,
            max_steps=steps,
            per_device_train_batch_size=recipe.schedule.rows_per_step,
            max_length=ROW,
            packing=True,
            bf16=True,
            gradient_checkpointing=False,
            save_strategy="no",
            report_to="none",
        )
        model: Any = new_model(recipe.shape, vocabulary, 6, seed=0)
        SFTTrainer(model, config, train_dataset=Dataset.from_dict({"input_ids": repeated}), callbacks=[clock]).train()
    return clock.step_s()


def measure(name: str, shape: Shape, vocabulary: int, row_count: int, steps: int, peak: float) -> None:
    """Prints one line for each contender."""
    rows = random_rows(vocabulary, ROW, row_count * 8, mean=400)
    size = Size.of(new_model(shape, vocabulary, 6, seed=0))
    tokens = row_count * ROW
    flops = step_flops(size, tokens, float((rows.lengths**2).sum()) / len(rows) * row_count)
    contenders: list[tuple[str, Any, bool]] = [
        ("ours", ours_step_s, False),
        ("ours, compiled", ours_step_s, True),
        ("torch", plain_step_s, False),
        ("torch, compiled", plain_step_s, True),
    ]
    if find_spec("trl") and find_spec("datasets"):
        contenders.append(("TRL", trl_step_s, False))
    else:
        print("TRL: left out, for trl or datasets is not installed")
    print(f"{name}: {size.parameters / 1e6:,.1f} M parameters, {row_count} rows of {ROW}")
    for label, contender, compiled in contenders:
        recipe = recipe_of(shape, ROW, row_count, optimizer="adamw", compiled=compiled)
        try:
            seconds = contender(recipe, vocabulary, rows, steps)
        except (RuntimeError, ValueError, TypeError) as error:  # out of memory, or another version of a library
            print(f"  {label:16} failed: {str(error).splitlines()[0][:120]}")
        else:
            print(f"  {label:16} {tokens / seconds:12,.0f} tokens/s   MFU {flops / seconds / peak:6.1%}")
        gc.collect()
        torch.cuda.empty_cache()


def main() -> None:
    """Measures the peak, then the models."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument(
        "--rows", type=int, default=8, help="rows in a step of the larger model; the smaller gets 8 times as many"
    )
    parser.add_argument("--models", nargs="+", choices=("30m", "1.5b"), default=["30m", "1.5b"])
    options = parser.parse_args()
    if device() != "cuda":
        print("no GPU: nothing is measured (benchmarks/sft_speed.py measures the CPU)")
        return
    peak = matmul_flops(torch.bfloat16, repeats=20)
    print(f"{torch.cuda.get_device_name()}: {peak / 1e12:.0f} TFLOP/s measured in bfloat16")
    if "30m" in options.models:
        recipe = load_recipe("embedded-gpu")
        shape = recipe.shape.model_copy(update={"context": ROW})
        measure("embedded-gpu", shape, recipe.vocabulary, options.rows * 8, options.steps, peak)
    if "1.5b" in options.models:
        measure("Qwen2.5 1.5B", QWEN, 151936, options.rows, options.steps, peak)


if __name__ == "__main__":
    main()
