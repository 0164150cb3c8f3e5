# Everything a person does here. Python packages go into .venv and nowhere else.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

.PHONY: demo test test-fast check format wheel clean help

help:  ## show this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(READY): pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "edgedigits needs Python 3.11 or newer; name one with PYTHON=python3.11")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

demo: $(READY)  ## train the reference CNN, export, verify, benchmark, read a page
	$(BIN)/edgedigits pipeline --model reference --out runs/demo

test: $(READY)  ## every test
	$(BIN)/python -m pytest

test-fast: $(READY)  ## the tests that take seconds
	$(BIN)/python -m pytest -m "not slow"

check: $(READY)  ## lint, format and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(READY)  ## mend what can be mended by itself
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

wheel: $(READY)  ## build the wheel and the sdist into dist/
	$(BIN)/python -m build --outdir dist .

clean:  ## remove everything that was made, but not .venv
	rm -rf runs dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis
