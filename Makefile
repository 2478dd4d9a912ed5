# Two commands do all set-up: `make solve Q="..."` answers a question, `make test` passes the tests.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
Q ?= What is the derivative of x**3*sin(x)?

.PHONY: solve test lint clean

solve: $(VENV)/.core
	@$(BIN)/mathsolve ask -- "$(Q)"

test: $(VENV)/.dev lint
	$(BIN)/python -m pytest -q

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Byte-code is compiled at set-up: without it every start would compile sympy again.
$(VENV)/.core: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable . --constraint constraints.txt
	$(BIN)/python -m compileall -q engine prompts sandbox __init__.py __main__.py $(VENV)/lib || true
	@touch $@

$(VENV)/.dev: $(VENV)/.core
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[dev,train]" --constraint constraints.txt
	@touch $@

clean:
	rm -rf $(VENV)
