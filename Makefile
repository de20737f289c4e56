# Every target does its own set-up in .venv; a second run finds it done. `make PYTHON=python3.12 test` takes another Python.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CODE := $(wildcard shared edge_agent collector demo benchmarks tests)

# A stamp carries the hash of what it was made from: edit a requirement, the Python or the place, and set-up runs again.
INPUTS := pyproject.toml requirements.txt requirements-build.txt requirements-dev.txt .ci/set-up
KEY := $(firstword $(shell { echo "$(PYTHON) $(CURDIR)"; cat $(INPUTS); } | cksum))
RUNTIME := $(VENV)/ready-runtime-$(KEY)
DEV := $(VENV)/ready-dev-$(KEY)

# Many tests wait for programs that start, stop and come back: one more than there are cores.
WORKERS = $(shell expr $$(nproc) + 1)

.DEFAULT_GOAL := help
.PHONY: help demo demo-once test gauntlet check bench screenshots lock clean chromium compiled

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

demo: $(RUNTIME) ## six simulated cameras reporting into a live dashboard; Ctrl-C ends it
	@$(BIN)/python -m demo

demo-once: $(RUNTIME) ## one whole shift with an outage, then every number compared with the truth
	@$(BIN)/python -m demo --once

test: $(DEV) compiled chromium ## every test (under ten minutes)
	@$(BIN)/python -m pytest --hypothesis-profile=ci --numprocesses=$(WORKERS) --maxprocesses=4 --dist=loadfile

gauntlet: $(DEV) compiled ## the long runs: hundreds of kills, sixty days of simulated time, half an hour of work
	@$(BIN)/python -m pytest --hypothesis-profile=ci -m gauntlet

check: $(DEV) ## everything fast: format, lint, types, imports, structure
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m ruff check .
	$(BIN)/python -m mypy $(CODE)
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m pytest -q tests/structure

bench: $(DEV) ## what we claim about speed, measured here
	@$(BIN)/python -m benchmarks

screenshots: $(DEV) chromium ## pictures of every page of the dashboard, into docs/img/
	@$(BIN)/python -m tests.browser.screenshot

# uv lists no host and hashes every file; it is wanted only here, so it is no part of the locks it writes.
COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--custom-compile-command "make lock"
lock: $(DEV) ## pin requirements*.txt anew from pyproject.toml (UPGRADE=--upgrade for newer releases)
	$(BIN)/python -m pip install -qq --disable-pip-version-check 'uv>=0.13,<1'
	$(COMPILE) $(UPGRADE) pyproject.toml --extra postgres --group build --group dev --group bench -o requirements-dev.txt
	$(COMPILE) pyproject.toml -c requirements-dev.txt -o requirements.txt
	$(COMPILE) --group build -c requirements-dev.txt -o requirements-build.txt

clean: ## remove what make made
	rm -rf $(VENV) dist .coverage htmlcov .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

chromium:
	@.ci/set-up $(PYTHON) $(VENV) chromium

# Tests start hundreds of programs: where PYTHONDONTWRITEBYTECODE is set each would compile the project anew, half of its start.
compiled: $(DEV)
	@$(BIN)/python -m compileall -q $(CODE)

# Stamps of another state go first: one that came back later would claim packages that have changed since.
$(RUNTIME):
	@rm -f $(VENV)/ready-*
	@.ci/set-up $(PYTHON) $(VENV) runtime
	@touch $@

$(DEV):
	@rm -f $(VENV)/ready-*
	@.ci/set-up $(PYTHON) $(VENV) dev
	@touch $@ $(RUNTIME)
