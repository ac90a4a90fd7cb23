# One command per job; `make help` lists them. Everything is set up inside this directory and the user's cache.

PYTHON ?= python3
BIN := .venv/bin
RUN := $(BIN)/python -m

# Locks hold hashes: what is installed is what was tested.
INSTALL := $(BIN)/pip install --quiet --quiet --disable-pip-version-check --no-input --require-hashes --requirement
INSTALL_OURSELVES := $(BIN)/pip install --quiet --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
INSTALL_FAILED = { echo "expected pip to install what $< lists, it says above what came instead:" \
	"check the network and pip's configuration, then run the same command again"; exit 1; }
COMPILE := $(BIN)/uv pip compile pyproject.toml --extra oidc --extra postgres --universal --generate-hashes --no-emit-index-url \
	--no-header --quiet

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup demo up doctor secrets test check bench web format lock clean

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

setup: .venv/.runtime ## make everything ready that the service needs

demo: .venv/.runtime ## run a hotline with simulated callers and agents, live in the terminal (SECONDS=60 ends it then)
	@$(RUN) app demo $(if $(SECONDS),--seconds $(SECONDS))

up: .venv/.runtime ## run the service
	@$(RUN) app up

doctor: .venv/.runtime ## say what is missing on this machine, and what to do about it
	@$(RUN) app doctor

secrets: $(addprefix var/secrets/,ari_password grafana_password thirdring_database_url thirdring_metrics_token) ## make up the passwords that compose.yaml needs

test: .venv/.dev ## run all tests, on the real Asterisk and the real databases
	@$(RUN) pytest --numprocesses 2 --dist loadfile -m 'not alone'
	@$(RUN) pytest -m alone tests/integration

check: .venv/.dev ## the fast loop: style, types, import rules, unit and property tests
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(RUN) pytest --quiet --numprocesses 2 -m 'not thorough' tests/unit tests/property

bench: .venv/.dev ## measure Thirdring beside app_queue and a plain Dial on the same machine
	@$(RUN) tests.bench

web: .venv/.dev ## check, test and build the pages, with Node from a Python wheel; commit what it makes
	@cd app/web && export PATH="$(CURDIR)/$(BIN):$$PATH" && npm ci --silent --ignore-scripts && \
		npm run --silent check && npm run --silent test -- --test-reporter=dot && npm run --silent build

format: .venv/.dev ## bring the code into shape
	@$(BIN)/ruff check --fix --quiet .
	@$(BIN)/ruff format --quiet .

lock: .venv/bin/uv ## write the lock files anew, with the newest versions that pyproject.toml allows
	@$(COMPILE) --upgrade --group build --output-file requirements.lock
	@$(COMPILE) --upgrade --group dev --constraint requirements.lock --output-file requirements-dev.lock

clean: ## remove the environment and everything that was generated here
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache .coverage dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# ---- passwords for containers: the folder is ours alone, its files are readable for the users of the containers ---------------

var/secrets/%_password var/secrets/%_token:
	@mkdir -p var && mkdir -p -m 0700 var/secrets
	@$(PYTHON) -c 'import secrets; print(secrets.token_hex(24))' > $@

var/secrets/thirdring_database_url: var/secrets/database_password
	@echo "postgresql+asyncpg://thirdring:$$(cat $<)@database/thirdring" > $@

# ---- the environment: stamps tell what was installed, so the second run has nothing to do -----------------------------------

.venv/bin/python:
	@echo "setup: making a Python environment in .venv"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "expected Python 3.11 or newer, found $$($(PYTHON) --version): set PYTHON=python3.x"; exit 1; }
	@$(PYTHON) -m venv .venv || { \
		rm -rf .venv; echo "expected Python's venv module to work: install the package python3-venv"; exit 1; }

.venv/bin/uv: | .venv/bin/python
	@$(BIN)/pip install --quiet --quiet --disable-pip-version-check uv

.venv/.runtime: requirements.lock pyproject.toml | .venv/bin/python
	@echo "setup: installing $$(grep -c '==' $<) packages"
	@$(INSTALL) $< || $(INSTALL_FAILED)
	@$(INSTALL_OURSELVES)
	@touch $@

# Holds all of the other lock, in the same versions.
.venv/.dev: requirements-dev.lock pyproject.toml | .venv/bin/python
	@echo "setup: installing $$(grep -c '==' $<) packages, tools for tests and checks among them"
	@$(INSTALL) $< || $(INSTALL_FAILED)
	@$(INSTALL_OURSELVES)
	@touch .venv/.runtime $@
