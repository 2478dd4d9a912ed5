# Two commands do all set-up: `make solve Q="..."` answers a question, `make test` passes the tests.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
Q ?= What is the derivative of x**3*sin(x)?
export Q

.PHONY: solve test lint clean

solve: $(VENV)/.core
	@$(BIN)/mathsolve ask -- "$$Q"

test: $(VENV)/.dev lint
	$(BIN)/python -m pytest -q

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Byte-code is compiled at set-up: without it every start would compile the package again.
$(VENV)/.core: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "mathsolve needs Python 3.11 or newer: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --editable . --constraint constraints.txt
	$(BIN)/python -m compileall -q engine evaluation prompts sandbox training __init__.py __main__.py
	@touch $@

$(VENV)/.dev: $(VENV)/.core
	$(PIP) install --editable ".[dev,train]" --constraint constraints.txt
	@touch $@

clean:
	rm -rf $(VENV)
