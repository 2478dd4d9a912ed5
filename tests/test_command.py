"""The command as people and scripts use it: streams, exit codes, configuration and start-up, in real processes."""

import json
import os
import platform
import signal
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

QUESTION = "What is 12 + 30?"
BANNED = (
    "sympy",
    "numpy",
    "torch",
    "openai",
    "httpx",
    "httpx2",
    "prompt_toolkit",
    "RestrictedPython",
    "pydantic",
    "rich",
)
COMMAND = [sys.executable, "-m", "mathsolve"]


def command(*arguments: str, stdin: str | bytes = b"", **more: Any) -> subprocess.CompletedProcess[str]:
    """The outcome of one command line, with what is piped into it."""
    data = stdin.encode() if isinstance(stdin, str) else stdin
    done = subprocess.run([*COMMAND, *arguments], input=data, capture_output=True, timeout=60, **more)
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


def records(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    """The JSON lines that a command printed."""
    assert done.stdout, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home and working directory, with none of the user's options in the environment."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for name in ("MODE", "SAMPLES", "SEED", "TIMEOUT"):
        monkeypatch.delenv(f"MATHSOLVE_{name}", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config" / "mathsolve").mkdir(parents=True)
    return tmp_path


def test_a_pipe_gets_the_answer_and_nothing_else() -> None:
    done = command(QUESTION)
    assert (done.stdout, done.stderr, done.returncode) == ("42\n", "", 0)


def test_verbose_puts_the_trace_on_standard_error() -> None:
    done = command(QUESTION, "-v")
    assert done.stdout == "42\n"
    assert "-> 42" in done.stderr
    assert "\x1b" not in done.stderr


def test_json_is_one_object_with_the_steps() -> None:
    (record,) = records(command(QUESTION, "--json"))
    assert record["answer"] == "42"
    assert {step["kind"] for step in record["steps"]} >= {"program", "observation"}


def test_the_question_may_come_from_standard_input_alone_or_before_the_argument() -> None:
    assert records(command("--json", stdin=QUESTION))[0]["question"] == QUESTION
    assert records(command("Is it even?", "--json", stdin=f"{QUESTION}\n"))[0]["question"] == f"{QUESTION}\nIs it even?"
    assert records(command("What", "is", "1+1?", "--json"))[0]["question"] == "What is 1+1?"


def test_a_question_may_look_like_an_option_or_a_command() -> None:
    assert records(command("-3 + 5", "--json"))[0]["question"] == "-3 + 5"
    assert records(command("-x+2 at x=1", "--json"))[0]["question"] == "-x+2 at x=1"
    assert records(command("ask", "--json", "--", "doctor"))[0]["question"] == "doctor"


def test_what_cannot_be_trusted_is_not_answered() -> None:
    done = command("Who wrote the play about the prince of Denmark, and why did he do it?")
    assert (done.stdout, done.returncode) == ("", 3)
    assert done.stderr.startswith("no answer I trust: ")


def test_a_batch_keeps_order_and_ids_and_survives_bad_lines() -> None:
    lines = [
        '{"question": "What is 12 + 30?", "id": 7}',
        '{"question": ',
        "",
        '{"id": "x"}',
        "not JSON",
        '{"question": "   "}',
        '{"question": "What is 50 - 9?", "id": "z"}',
    ]
    done = command("-", "--json", stdin="\n".join(lines))
    assert done.returncode == 2
    assert [record.get("id") for record in records(done)] == [7, None, None, None, None, "z"]
    assert [record.get("line") for record in records(done)] == [None, 2, 4, None, 6, None]
    assert all(record["answer"] is None for record in records(done) if "error" in record)


def test_a_batch_without_json_answers_line_by_line() -> None:
    done = command("-", stdin="What is 12 + 30?\nWhat is 20 + 30?\n")
    assert (done.stdout, done.returncode) == ("42\n50\n", 0)


def test_a_batch_answers_before_its_input_ends() -> None:
    with subprocess.Popen([*COMMAND, "-", "--json"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stdout
        for question in ("What is 12 + 30?", "What is 7 + 8?"):
            process.stdin.write(f"{question}\n".encode())
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["question"] == question
        process.stdin.close()
        process.wait(timeout=10)


@pytest.mark.parametrize(
    ("arguments", "stdin", "told"),
    [
        ([], b"", "question is empty"),
        (["  "], b"", "question is empty"),
        (["1" * 20_001], b"", "20,001 characters"),
        ([], b"1" * 20_001, "20,001 characters"),
        ([], b"a\x00b", "binary"),
        ([], b"\x89PNG\r\n", "byte 0x89 at offset 0"),
        (["--sampels", "3"], b"", "Did you mean --samples?"),
        (["x", "--samples", "many"], b"", '"many"'),
        (["x", "--samples", "0"], b"", "1 to 256"),
        (["x", "--mode", "guess"], b"", '"guess"'),
        (["x", "--timeout", "-1"], b"", "positive"),
        (["x", "--model", "/no/such/folder"], b"", "'/no/such/folder'"),
        (["exec", "/no/such/file.py"], b"", "'/no/such/file.py'"),
        (["doctor", "now"], b"", "now"),
    ],
)
def test_a_mistake_costs_one_line_and_exit_code_2(arguments: list[str], stdin: bytes, told: str) -> None:
    done = command(*arguments, stdin=stdin)
    assert (done.stdout, done.returncode) == ("", 2)
    assert told in done.stderr
    assert done.stderr.startswith("mathsolve: ")
    assert done.stderr.count("\n") == 1


def test_options_come_from_flag_then_environment_then_project_then_user(home: Path) -> None:
    def samples(*arguments: str, **environment: str) -> int:
        (record,) = records(command(QUESTION, "--json", *arguments, env={**os.environ, **environment}))
        return int(record["samples"])

    (home / "config" / "mathsolve" / "config.toml").write_text("samples = 2\n")
    assert samples() == 2
    (home / "pyproject.toml").write_text("[tool.other]\nx = 1\n[tool.mathsolve]\nsamples = 3\n")
    assert samples() == 3
    (home / "mathsolve.toml").write_text("samples = 4\n[train]\nanything = 1\n")
    assert samples() == 4
    assert samples(MATHSOLVE_SAMPLES="5") == 5
    assert samples("--samples", "6", MATHSOLVE_SAMPLES="5") == 6


@pytest.mark.parametrize("name", ["mathsolve.toml", "pyproject.toml", "config/mathsolve/config.toml"])
@pytest.mark.parametrize("line", ["sampels = 3", 'samples = "many"', "samples = = 3"])
def test_a_mistake_in_a_file_of_options_names_the_file(home: Path, name: str, line: str) -> None:
    (home / name).write_text(f"[tool.mathsolve]\n{line}\n" if name == "pyproject.toml" else f"{line}\n")
    done = command(QUESTION)
    assert done.returncode == 2
    assert name in done.stderr


def test_exec_runs_a_program_in_the_sandbox(tmp_path: Path) -> None:
    path = tmp_path / "program.py"
    path.write_text("print('six')\n6 * 7\n")
    assert command("exec", str(path)).stdout == "six\n42\n"
    (record,) = records(command("exec", "-", "--json", stdin="print(1)\n1/0"))
    assert (record["status"], record["stdout"], record["error"]) == (
        "error",
        "1\n",
        "ZeroDivisionError: division by zero",
    )
    assert {"value", "cpu_s", "tier"} <= set(record)


def test_exec_as_json_says_what_the_result_depends_on() -> None:
    (record,) = records(command("exec", "-", "--json", "--memory", "900", stdin="print(1)"))
    conditions = record["conditions"]
    assert conditions["libraries"]["sympy"] == version("sympy")
    assert conditions["python"] == platform.python_version()
    assert (conditions["limits"]["memory_mb"], conditions["tier"]) == (900, record["tier"])


def test_exec_says_how_a_program_failed() -> None:
    failed = command("exec", "-", stdin="print('partly', flush=True)\nraise ValueError('no')")
    assert (failed.stdout, failed.stderr, failed.returncode) == ("partly\n", "ValueError: no\n", 1)
    endless = command("exec", "-", "--timeout", "0.5", stdin="while True: pass")
    assert endless.returncode == 1
    assert endless.stderr.startswith("TimeoutError: ")
    greedy = command("exec", "-", "--memory", "200", "--json", stdin="x = bytearray(10**9)")
    assert records(greedy)[0]["status"] == "memory"


def test_doctor_names_what_is_here_and_the_remedy_for_what_is_not() -> None:
    done = command("doctor", "--json")
    checks = {check["name"]: check for check in json.loads(done.stdout)}
    assert {"model embedded", "sandbox docker", "GPU", "byte-code", "terminal encoding"} <= set(checks)
    assert all(check["remedy"] for check in checks.values() if not check["ok"])
    assert command("doctor").stdout.count("\n") >= len(checks)
    assert done.returncode == (0 if all(check["ok"] for check in checks.values() if check["needed"]) else 1)


def test_a_reader_that_leaves_is_no_reason_to_complain() -> None:
    shell = f"yes '{QUESTION}' | head -n 40 | {sys.executable} -m mathsolve - --json | head -n 1"
    done = subprocess.run(["bash", "-c", shell], capture_output=True, text=True, timeout=60)
    assert done.stdout.count("\n") == 1
    assert done.stderr == ""


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_do_not_break_it(closed: str) -> None:
    shell = f"{sys.executable} -m mathsolve '{QUESTION}' {closed}"
    done = subprocess.run(["bash", "-c", shell], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_an_answer_that_cannot_be_written_is_an_error() -> None:
    done = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m mathsolve '{QUESTION}' > /dev/full"], capture_output=True
    )
    assert done.returncode == 1
    assert b"No space left" in done.stderr
    assert b"Traceback" not in done.stderr


def test_a_home_that_cannot_be_used_does_no_harm() -> None:
    done = command(QUESTION, env={**os.environ, "HOME": "/proc/none", "XDG_CONFIG_HOME": "/proc/none"})
    assert (done.returncode, done.stderr) == (0, "")


def test_text_that_the_output_cannot_encode_is_escaped() -> None:
    done = command("exec", "-", stdin="print('√2')", env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert done.stdout == "\\u221a2\n"


def test_ctrl_c_stops_at_once() -> None:
    program = [*COMMAND, "exec", "-", "--timeout", "60"]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stdout
        padding = b"#" * 100_000  # more than a pipe holds: once it is written, the command is reading
        process.stdin.write(b"while True: pass\n" + padding)
        process.stdin.close()
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        begun = time.monotonic()
        assert process.wait(timeout=10) == 130
        assert time.monotonic() - begun < 5
        assert process.stderr
        assert b"Traceback" not in process.stderr.read()


def test_one_answer_loads_nothing_heavy_and_no_terminal_library() -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "mathsolve", QUESTION],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=60,
    )
    assert done.returncode == 0
    loaded = {
        line.rpartition("|")[2].strip().split(".")[0] for line in done.stderr.splitlines() if line.startswith("import")
    }
    assert "ctranslate2" in loaded
    assert loaded.isdisjoint(BANNED)


def test_version_and_help_need_nothing() -> None:
    assert command("--version").stdout.strip().count(".") == 2
    assert "--samples" in command("--help").stdout
