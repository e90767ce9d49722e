# `make help` lists what there is. Everything happens inside this folder: .venv holds the libraries, .run the data.
SHELL := /bin/bash
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# The first of these that is Python 3.11 or later makes the environment.
PYTHON ?= python3.13 python3.12 python3.11 python3 python
# More than two test processes only help where there are processors for them.
TEST_PROCESSES ?= $(shell [ "$$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)" -lt 2 ] && echo 1 || echo 2)
PYTEST_ARGS ?=

.PHONY: help setup up demo test test-long bench lint format lock clean

help: ## List the commands
	@grep -hE '^[a-z-]+:.*## ' $(firstword $(MAKEFILE_LIST)) | awk -F ':.*## ' '{ printf "  make %-10s %s\n", $$1, $$2 }'

setup: $(STAMP) ## Install the locked libraries into .venv

up: $(STAMP) ## Start the whole system with a demo studio and print how to talk to it
	@exec $(BIN)/sessionpass up

demo: $(STAMP) ## Play a studio's year against the running system and prove its ledger
	@exec $(BIN)/sessionpass demo

test: lint ## Check style, types and floors, then run the tests
	$(BIN)/pytest -n $(TEST_PROCESSES) $(PYTEST_ARGS)

test-long: lint ## All tests, with the proofs that take minutes to hours
	$(BIN)/pytest -m "not bench" $(PYTEST_ARGS)

bench: $(STAMP) ## Measure speed as ratios to a floor of the same run
	$(BIN)/pytest -m bench -s $(PYTEST_ARGS)

lint: $(STAMP) ## Check style, types and floors
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

format: $(STAMP) ## Rewrite the sources in the house style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean: ## Remove .venv and the caches; the data in .run stays
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +

# Sets the shell variable `python`. Version managers put names on PATH that answer with an error when called, so
# each candidate has to run before it counts. (One long line with joints: the make of macOS knows nothing better.)
find_python = python=""; \
  for candidate in $(PYTHON); do \
    if "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
      python=$$(command -v "$$candidate"); \
      break; \
    fi; \
  done; \
  if [ -z "$$python" ]; then \
    echo "sessionpass needs Python 3.11 or later, and none of these is one: $(PYTHON)." >&2; \
    echo "Install it (Debian, Ubuntu: apt install python3 python3-venv; macOS: brew install python@3.13)," >&2; \
    echo "or name one: make setup PYTHON=/path/to/python3" >&2; \
    exit 1; \
  fi

# uv resolves for all platforms at once; it gets a folder of its own, as it is no library of ours.
lock: ## Resolve the dependencies again and write requirements.lock
	@set -eu; $(find_python); \
	uv=$$(command -v uv || true); \
	if [ -z "$$uv" ]; then \
	  tools=$$(mktemp -d); \
	  trap 'rm -rf "$$tools"' EXIT; \
	  "$$python" -m venv "$$tools"; \
	  "$$tools/bin/python" -m pip install --quiet --disable-pip-version-check uv; \
	  uv="$$tools/bin/uv"; \
	fi; \
	"$$uv" pip compile --upgrade --universal --python-version 3.11 --extra dev --generate-hashes --no-annotate \
	  --no-header --no-emit-index-url --no-emit-find-links --quiet pyproject.toml --output-file requirements.lock; \
	echo "requirements.lock is written."

# An environment whose Python has gone, or which moved with its folder, is made anew. The build backend is one of
# the locked libraries, so installing the project itself fetches nothing that is not locked.
$(STAMP): requirements.lock pyproject.toml
	@set -euo pipefail; \
	if ! $(BIN)/python -m pip --version >/dev/null 2>&1; then \
	  $(find_python); \
	  echo "Set-up 1/3: virtual environment in $(VENV) with $$("$$python" --version)"; \
	  rm -rf $(VENV); \
	  if command -v uv >/dev/null; then \
	    uv venv --quiet --seed --python "$$python" $(VENV); \
	  elif ! "$$python" -m venv $(VENV); then \
	    rm -rf $(VENV); \
	    echo "$$python cannot make virtual environments. Debian and Ubuntu ship that part on its own:" >&2; \
	    echo "  apt install python3-venv" >&2; \
	    echo "Without administrator rights, install uv (docs.astral.sh/uv) and run the command again." >&2; \
	    exit 1; \
	  fi; \
	fi; \
	echo "Set-up 2/3: locked libraries"; \
	if command -v uv >/dev/null; then \
	  uv pip install --python $(BIN)/python --require-hashes -r requirements.lock; \
	else \
	  $(BIN)/python -m pip install --disable-pip-version-check --progress-bar on --require-hashes \
	    -r requirements.lock | { grep --line-buffered -vE '^(Requirement already satisfied|Ignoring )' || true; }; \
	fi; \
	echo "Set-up 3/3: sessionpass itself"; \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .; \
	touch $@
