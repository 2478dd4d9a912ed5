"""The embedded backend by itself."""

import asyncio
import subprocess
import sys

import pytest

from mathsolve.engine.backends import find

DROPPED = """
import asyncio
from mathsolve import Problem
from mathsolve.engine.backend import Context, Sampling
from mathsolve.engine.backends import find

async def write():
    backend = find("embedded").load()
    prompt = backend.renderer.prompt("17 + 5", "mixed")
    context = Context(Problem("17 + 5"), "mixed", (), prompt, backend.renderer.encode(prompt))
    return (await backend.generate(context, Sampling(max_tokens=20, stops=("</program>",)))).text

for _ in range(25):
    print(repr(asyncio.run(write())))
"""


def test_a_model_that_is_dropped_with_its_last_word_ends_quietly() -> None:
    done = subprocess.run([sys.executable, "-c", DROPPED], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert len(lines) == 25 and len(set(lines)) == 1 and "17" in lines[0]


def test_a_model_that_is_loaded_leaves_torch_its_threads() -> None:
    torch = pytest.importorskip("torch")
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        asyncio.run(find("embedded").load().close())
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
