# Two commands are enough: `make run` opens the desk, `make test` proves it.
# Both set everything up in .venv first, and reuse it afterwards.

PYTHON ?= python3
UV_VERSION := 0.13.8
BIN := .venv/bin
# Nothing asks the package index for more than the locks name, and every file is checked by hash.
INSTALL := $(BIN)/uv pip install --quiet --python $(BIN)/python
# Some machines forbid Python to keep what it compiles: hundreds of programs would compile it again.
PYTEST := PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n 4 --dist loadfile --no-loadscope-reorder

.PHONY: run test coverage setup lint bench faults lock clean help

help:            ## Show what can be made
	@grep -hE '^[a-z]+: .*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

run: .venv/.run  ## Open the desk: web chat, rules, SQLite; no account needed
	@$(BIN)/nightdesk serve

setup: .venv/.run .venv/.dev  ## Install the pinned dependencies into .venv

test: .venv/.dev lint  ## Everything that decides whether a change may land
	@sh .ci/browser
	@$(PYTEST)

coverage: .venv/.dev ## The same tests, and which lines they never reach
	@sh .ci/browser
	@$(PYTEST) --cov --cov-report=term:skip-covered --cov-fail-under=95

lint: .venv/.dev ## Style, types and the import rule
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

bench: .venv/.dev ## What a message costs, beside a baseline in the same run
	@$(BIN)/python benchmarks/latency.py
	@$(BIN)/python benchmarks/chain.py
	@PYTHONPATH=. $(BIN)/python benchmarks/bursts.py
	@$(BIN)/python benchmarks/throughput.py

faults: .venv/.dev ## The fault tests in full: forty minutes of load, kills and cut connections, and a table
	@$(BIN)/python benchmarks/faults.py

lock: .venv/.uv  ## Renew the locks after a change of pyproject.toml
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
		--extra postgres pyproject.toml build-requirements.txt --output-file requirements.lock
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
		--group dev --constraint requirements.lock --output-file requirements-dev.lock

clean:           ## Remove what was set up (never a database)
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage

.venv/.uv:
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(v < (3, 11) and f"Nightdesk needs Python 3.11 or newer; {sys.executable} is {v.major}.{v.minor}. Try: make PYTHON=python3.12 run")'
	@echo "Setting up .venv (once) ..."
	@$(PYTHON) -m venv .venv || { echo "Python cannot make a virtual environment here; on Debian: apt-get install python3-venv"; rm -rf .venv; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@touch $@

.venv/.run: .venv/.uv requirements.lock pyproject.toml
	@$(INSTALL) --require-hashes -r requirements.lock
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.dev: .venv/.run requirements-dev.lock
	@$(INSTALL) --require-hashes -r requirements-dev.lock
	@touch $@
