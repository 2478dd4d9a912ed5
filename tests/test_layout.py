"""The tower: every floor imports only what stands below it, and importing the package is cheap."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FLOORS = {"sandbox": 0, "prompts": 0, "engine": 1, "evaluation": 2, "training": 3}
MODULES = [path for floor in FLOORS for path in sorted((ROOT / floor).rglob("*.py"))]
HEAVY = (
    "torch",
    "sympy",
    "numpy",
    "transformers",
    "openai",
    "httpx",
    "httpx2",
    "prompt_toolkit",
    "RestrictedPython",
    "datasets",
)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_floors_import_only_downwards(path: Path) -> None:
    own, *inner = path.relative_to(ROOT).parent.parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level == len(inner) + 2:
            target = (node.module or "").split(".")[0]
            assert target == "" or target == own or FLOORS[target] < FLOORS[own], f"line {node.lineno} imports {target}"
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) and node.level == 0 else []
        names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        assert not any(name.split(".")[0] in {"mathsolve", *FLOORS} for name in names), (
            "packages import each other relatively"
        )


def loaded(code: str) -> set[str]:
    """Top-level modules that a fresh interpreter has loaded after `code`."""
    script = f"{code}\nimport sys\nprint(*{{name.split('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=120)
    return set(done.stdout.splitlines()[-1].split())


def test_importing_the_package_loads_nothing_heavy() -> None:
    assert loaded("import mathsolve; mathsolve.solve").isdisjoint(
        {*HEAVY, "ctranslate2", "rich", "pydantic", "asyncio"}
    )


def test_the_sandbox_is_imported_without_its_worker_s_libraries() -> None:
    assert loaded("import mathsolve.sandbox").isdisjoint({*HEAVY, "rich", "pydantic"})


def test_answering_loads_nothing_heavy_into_this_process() -> None:
    assert loaded("import mathsolve\nmathsolve.solve('2 + 2')").isdisjoint({*HEAVY, "rich", "pydantic"})
