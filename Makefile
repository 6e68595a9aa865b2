# Each target installs what it needs into .venv by itself, and does nothing twice.
PYTHON ?= $(shell for p in python3 python3.11 python3.12 python3.13 python3.14; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
# Where this is set, every process would compile all modules anew.
export PYTHONDONTWRITEBYTECODE :=
VENV := .venv
BIN := $(VENV)/bin
UP := $(VENV)/.installed-up
DEV := $(VENV)/.installed-dev
LOCK := --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header
LOCKS := requirements.txt requirements-telemetry.txt requirements-up.txt requirements-dev.txt

.DEFAULT_GOAL := up
.PHONY: up test test-quick e2e lint bench bench-peers faults soak screens clean lock

up: $(UP)
	@exec $(BIN)/python manage.py up

test: $(DEV)
	@exec $(BIN)/python -m pytest -n 4 --dist worksteal

# For the edit loop: three cases of each test, few examples of each property, no browser, nothing slow or heavy.
test-quick: export TESTS := quick
test-quick: $(DEV)
	@exec $(BIN)/python -m pytest -n 2 -q

e2e: $(DEV)
	@exec $(BIN)/python -m pytest tests/browser

# mypy's Django plugin loads the settings; nothing is reached through these values.
lint: export DATABASE_URL = postgres://lint@localhost/lint
lint: export REDIS_URL = redis://localhost/0
lint: export SECRET_KEY = for-the-linter-only-for-the-linter-only-for-the-linter-only
lint: export PUBLIC_URL = http://localhost:8000
lint: export FIELD_ENCRYPTION_KEYS = bGludC1saW50LWxpbnQtbGludC1saW50LWxpbnQtbGk=
lint: $(DEV)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/python -m mypy
	$(BIN)/djlint --lint --quiet templates
	$(BIN)/python -m tests.support.css_format --check
	$(BIN)/python -m tests.support.template_lines
	$(BIN)/lint-imports
	$(BIN)/python -m tests.support.lint_migrations
	@! grep -nE '^-|://' $(LOCKS) \
		|| { echo 'A lock file names an index: compile it without its address.'; exit 1; }

bench: $(DEV)
	@exec $(BIN)/python -m bench

# Against Arize Phoenix and MLflow, which get environments of their own in the user's cache.
bench-peers: $(DEV)
	@exec $(BIN)/python -m bench.peers

faults: $(DEV)
	@exec $(BIN)/python -m tests.faults $(FAULTS)

soak: $(DEV)
	@exec $(BIN)/python -m tests.faults.soak $(SOAK)

screens: $(DEV)
	@exec $(BIN)/python -m tests.screens

clean:
	@$(PYTHON) -m dashboard.local.clean

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo 'Retake needs Python 3.11 or later: make PYTHON=/path/to/python3.11'; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo 'No venv: on Debian, apt-get install python3-venv'; exit 1; }

$(UP): requirements-up.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements-up.txt
	@touch $@

# The development lock contains everything that `make up` needs.
$(DEV): requirements-dev.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements-dev.txt
	@touch $@ $(UP)

# Compiles the four lock files from pyproject.toml, with hashes and without the address of an index.
lock: $(DEV)
	$(BIN)/uv pip compile pyproject.toml $(LOCK) -q -o requirements.txt
	$(BIN)/uv pip compile pyproject.toml --extra telemetry $(LOCK) -q -o requirements-telemetry.txt
	$(BIN)/uv pip compile pyproject.toml --group embedded $(LOCK) -q -o requirements-up.txt
	$(BIN)/uv pip compile pyproject.toml --extra telemetry --group dev $(LOCK) -q -o requirements-dev.txt
