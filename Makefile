# Amagara. `make run` starts it, `make test` tests it, `make help` lists the rest.
SHELL := bash
export HOST ?= 127.0.0.1
export PORT ?= 8000
export VENV ?= .venv
export MAKECMDGOALS
unexport PYTHONDONTWRITEBYTECODE  # a command that compiles everything anew takes twice as long to start
PYTHON ?= $(or $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done),python3)

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip -qq --disable-pip-version-check
PYTEST := $(BIN)/python -m pytest
DIST := core/web/static/dist/manifest.json
FACE := $(shell find core/web/static core/web/build.mjs plugins/*/static -type f -not -path '*/dist/*')
PO := $(wildcard core/translations/*/LC_MESSAGES/*.po plugins/*/translations/*/LC_MESSAGES/*.po)
ABSENT := $(foreach folder,bench soak,$(if $(wildcard tests/$(folder)),,$(folder)))

.DEFAULT_GOAL := help
.PHONY: help run build test test-unit test-needs mutants lint format messages lock clean
.DELETE_ON_ERROR:

help: ## list these commands
	@awk -F':.*## ' -v absent=" $(ABSENT) " '/^[a-z-]+:.*## / && !index(absent, " " $$1 " ") \
		{printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: build ## install, build, load the demonstration if empty, serve on HOST and PORT
	@scripts/needs run
	@scripts/start

build: $(VENV)/.run $(DIST) $(PO:.po=.mo) ## the environment, the front end and the translations

test: build $(VENV)/.test ## every test, on SQLite and PostgreSQL, in a real browser
	@scripts/needs test
	@$(PYTEST) -n 2 --dist loadgroup tests

test-unit: build $(VENV)/.test ## the quick tests of all, or of one ROOM=elmis: no browser, no server, no load
	@$(PYTEST) -n 2 --dist loadgroup -m "not browser and not postgres and not redis and not slow" tests$(ROOM:%=/%)

test-needs: ## install what the tests need on this machine (as root), or name it
	@scripts/needs test

ifneq ($(wildcard tests/bench),)
.PHONY: bench
bench: build $(VENV)/.test ## measure the promised times
	@$(PYTEST) -p no:randomly -s tests/bench
endif

ifneq ($(wildcard tests/soak),)
.PHONY: soak
soak: build $(VENV)/.test ## run for a long time under faults, and send anything to the interface
	@scripts/needs test
	@$(PYTEST) -p no:randomly -s tests/soak
endif

mutants: build $(VENV)/.test ## how sharp the tests are: change the floors and the ledger a little, in copies (ROOM=, MOST=, SEED=)
	@$(BIN)/python scripts/mutants.py --most=$(or $(MOST),20) --seed=$(or $(SEED),1) $(ROOM)

lint: $(VENV)/.test ## ruff, mypy, the rules between floors, the templates
	@failed=0; for tool in "ruff check --quiet --output-format concise ." "ruff format --check --output-format concise ." "mypy --no-error-summary" \
		"lint-imports --no-cache" "djlint --quiet --lint core plugins"; do \
		echo "$$tool"; $(BIN)/$$tool || failed=1; done; exit $$failed

format: $(VENV)/.test ## put the code in its usual form
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format .

messages: $(VENV)/.run ## gather the texts to translate and tell which lack French
	@$(BIN)/python scripts/messages.py update
	@$(BIN)/python scripts/messages.py compile

lock: ## write the lock files anew from setup.cfg (UPGRADE=--upgrade for newer versions)
	@$(PYTHON) -m venv $(VENV)-lock
	@$(VENV)-lock/bin/pip install --quiet uv
	@PATH="$(CURDIR)/$(VENV)-lock/bin:$$PATH" scripts/lock $(UPGRADE)

clean: ## remove what was built; the data in instance/ stay
	rm -rf $(VENV) $(VENV)-lock node_modules core/web/static/dist *.egg-info $(PO:.po=.mo)

# What follows is made once and again when its source changes.

$(BIN)/python:
	@scripts/needs venv $(PYTHON)
	@echo "Making the environment $(VENV) ($$($(PYTHON) --version))"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements.lock setup.cfg pyproject.toml | $(BIN)/python
	@echo "Installing the dependencies"
	@$(PIP) install --no-deps --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.test: requirements-dev.lock $(VENV)/.run
	@echo "Installing the test tools"
	@$(PIP) install --no-deps --require-hashes -r requirements-dev.lock
	@touch $@

node_modules/.package-lock.json: package-lock.json package.json | $(VENV)/.run
	@echo "Installing the front-end libraries"
	@scripts/npm ci --no-audit --no-fund --silent
	@touch $@

$(DIST): node_modules/.package-lock.json $(FACE)
	@scripts/npm run build --silent

$(PO:.po=.mo) &: $(PO) | $(VENV)/.run
	@$(BIN)/python scripts/messages.py compile
