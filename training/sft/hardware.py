"""What this machine's processor can do, measured, and one setting of the C library that training needs."""

from __future__ import annotations

import ctypes
import math
import sys
import time
from pathlib import Path

import torch


def device() -> str:
    """Where a process trains: its GPU, else the CPU."""
    return "cuda" if torch.cuda.is_available() else "cpu"


def has_bf16() -> bool:
    """Whether there are instructions for bfloat16: without them it is slower than float32, not faster."""
    if device() == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    cpuinfo = Path("/proc/cpuinfo")  # there on Linux only
    flags = set(cpuinfo.read_text(encoding="utf-8").split()) if cpuinfo.is_file() else set()
    return not flags.isdisjoint({"amx_bf16", "avx512_bf16"})


def matmul_flops(dtype: torch.dtype, repeats: int = 5) -> float:
    """Floating-point operations a second of the fastest of some large matrix products, on one device."""
    size = 8192 if device() == "cuda" else 1024
    a = torch.randn(size, size, device=device(), dtype=dtype)
    best = math.inf
    for _ in range(repeats):
        start = time.perf_counter()
        float((a @ a)[0, 0])  # reading a number waits for the device
        best = min(best, time.perf_counter() - start)
    return 2 * size**3 / best


def keep_freed_memory() -> None:
    """Makes glibc reuse large freed blocks: a step frees and asks for hundreds of megabytes, and page faults are dear."""
    if not sys.platform.startswith("linux"):
        return
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):  # musl has none
        trim_threshold, mmap_max = -1, -4
        libc.mallopt(trim_threshold, 2**31 - 1)
        libc.mallopt(mmap_max, 0)
