"""Supervised fine-tuning on packed mixed CoT/PoT solutions, with a weight for every token.

Promises: what the sandbox printed is never trained on; solutions in one row do not see each other; a run that was
killed resumes from its last checkpoint with the same data order. The loop itself is `transformers.Trainer`.

Does not promise: bit-equal results across machines or thread counts.
"""

from __future__ import annotations

import ctypes
import json
import math
import shutil
import sys
import time
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn.functional import cross_entropy
from torch.utils.data import Dataset
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedModel, Trainer, TrainerCallback, TrainingArguments
from transformers.trainer_utils import get_last_checkpoint

from ..recipe import Schedule, Shape
from .noise import WordNoise
from .optimizer import MuonAdamW
from .packing import ROLES, Row


def new_model(shape: Shape, vocabulary: int, end_id: int, seed: int) -> LlamaForCausalLM:
    """A random Llama of this shape; the same seed gives the same weights."""
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=shape.hidden,
        intermediate_size=shape.feed_forward,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.heads,
        max_position_embeddings=shape.context,
        tie_word_embeddings=True,
        bos_token_id=end_id,
        eos_token_id=end_id,
        pad_token_id=0,
    )
    return LlamaForCausalLM(config)


class Rows(Dataset[dict[str, Tensor]]):
    """Packed rows as a map-style dataset of tensors, each of shape `[length]`."""

    def __init__(self, rows: list[Row]) -> None:
        self._columns = {
            "input_ids": torch.tensor([row.input_ids for row in rows], dtype=torch.int32),
            "position_ids": torch.tensor([row.position_ids for row in rows], dtype=torch.int32),
            "weights": torch.tensor([row.weights for row in rows], dtype=torch.float16),
            "roles": torch.tensor([row.roles for row in rows], dtype=torch.int8),
        }

    def __len__(self) -> int:
        return len(self._columns["input_ids"])

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        return {name: column[index] for name, column in self._columns.items()}


def weighted_loss(logits_BTV: Tensor, ids_BT: Tensor, weights_BT: Tensor) -> tuple[Tensor, Tensor]:
    """Mean negative log-likelihood of the next token under `weights_BT`, and the unweighted loss of each token.

    `weights_BT[b, t]` is the weight of predicting `ids_BT[b, t]` from what stands before it; with weights of 1 from the
    second token on this is plain cross-entropy.

    Returns:
        The loss (a scalar) and the negative log-likelihoods, shape `[B, T - 1]`.
    """
    targets = ids_BT.roll(-1, dims=1)  # shifting the targets spares a copy of the logits, the largest tensor of a step
    nll = cross_entropy(logits_BTV.flatten(0, 1), targets.flatten(), reduction="none").view_as(ids_BT)[:, :-1].float()
    weights = weights_BT[:, 1:].float()
    return (nll * weights).sum() / weights.sum().clamp(min=1e-6), nll


class SftTrainer(Trainer):
    """`transformers.Trainer` with token weights, noise on the words of questions, and a running loss for each role."""

    def __init__(self, noise: WordNoise, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._noise = noise
        self._sums = torch.zeros(len(ROLES), 2)

    def compute_loss(  # type: ignore[override]
        self, model: PreTrainedModel, inputs: dict[str, Tensor], return_outputs: bool = False, **_: Any
    ) -> Any:
        """The weighted loss of one batch."""
        ids = inputs["input_ids"].long()
        # No attention mask and no cache: only then does transformers tell the solutions in a row apart by position.
        read = self._noise(ids, inputs["roles"], self.state.global_step)
        output = model(input_ids=read, position_ids=inputs["position_ids"].long(), use_cache=False)
        loss, nll = weighted_loss(output.logits, ids, inputs["weights"])
        self._count(nll.detach(), inputs["weights"][:, 1:], inputs["roles"][:, 1:].long())
        return (loss, output) if return_outputs else loss

    def log(self, logs: dict[str, float], *args: Any, **kwargs: Any) -> None:
        """Adds the mean loss of each role since the last line."""
        for role, (total, count) in zip(ROLES, self._sums.tolist(), strict=True):
            if count and "loss" in logs:
                logs[f"loss_{role}"] = round(total / count, 4)
        self._sums.zero_()
        super().log(logs, *args, **kwargs)

    def _count(self, nll: Tensor, weights: Tensor, roles: Tensor) -> None:
        used = (weights > 0).float().flatten().cpu()
        flat = roles.flatten().cpu()
        self._sums[:, 0].index_add_(0, flat, nll.flatten().cpu().float() * used)
        self._sums[:, 1].index_add_(0, flat, used)


class LogLines(TrainerCallback):
    """Writes every log line to `log.jsonl`, so that a loss curve can be drawn from the run's folder."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._start = time.monotonic()

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, float] | None = None, **_: Any) -> None:
        """One JSON line."""
        line = {"step": state.global_step, "seconds": round(time.monotonic() - self._start, 1), **(logs or {})}
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


def train(
    model: LlamaForCausalLM, rows: list[Row], tokenizer: Tokenizer, schedule: Schedule, folder: Path, seed: int
) -> None:
    """Trains `model` in place; checkpoints and `log.jsonl` go to `folder`; a later call resumes from the last."""
    folder.mkdir(parents=True, exist_ok=True)
    keep_freed_memory()
    if schedule.compile and shutil.which("c++"):
        model.compile()
    args = TrainingArguments(
        output_dir=str(folder),
        num_train_epochs=schedule.epochs,
        per_device_train_batch_size=schedule.rows_per_step,
        learning_rate=schedule.learning_rate,
        lr_scheduler_type="cosine_with_min_lr",
        lr_scheduler_kwargs={"min_lr_rate": 0.1},
        warmup_steps=schedule.warmup_steps,
        max_grad_norm=1.0,
        use_cpu=not torch.cuda.is_available(),
        bf16=bf16_is_faster(),
        logging_steps=20,
        save_steps=schedule.checkpoint_steps,
        save_total_limit=2,
        seed=seed,
        data_seed=seed,
        report_to="none",
        remove_unused_columns=False,
        dataloader_pin_memory=False,
        dataloader_drop_last=True,  # another shape would be compiled again
    )
    trainer = SftTrainer(
        WordNoise(tokenizer, schedule.word_noise, seed),
        model=model,
        args=args,
        train_dataset=Rows(rows),
        callbacks=[LogLines(folder / "log.jsonl")],
        optimizers=(MuonAdamW(model, schedule.learning_rate, weight_decay=0.1), None),
    )
    trainer.train(resume_from_checkpoint=get_last_checkpoint(str(folder)))  # type: ignore[no-untyped-call]


def keep_freed_memory() -> None:
    """Makes glibc reuse large freed blocks: a step frees and asks for hundreds of megabytes, and page faults are dear."""
    if not sys.platform.startswith("linux"):
        return
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):  # musl has none
        trim_threshold, mmap_max = -1, -4
        libc.mallopt(trim_threshold, 2**31 - 1)
        libc.mallopt(mmap_max, 0)


def bf16_is_faster(size: int = 1024, repeats: int = 5) -> bool:
    """Whether a bfloat16 matrix product beats float32 here: so on GPUs and on CPUs with bf16 instructions."""
    device = "cuda" if torch.cuda.is_available() else "cpu"

    def fastest(dtype: torch.dtype) -> float:
        a = torch.randn(size, size, device=device, dtype=dtype)
        best = math.inf
        for _ in range(repeats):
            start = time.perf_counter()
            float((a @ a)[0, 0])
            best = min(best, time.perf_counter() - start)
        return best

    return fastest(torch.bfloat16) < 0.8 * fastest(torch.float32)
