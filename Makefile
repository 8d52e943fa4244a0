# `make run` and `make test` set up what they need first (.ci/setup says what, before it installs anything).

# Further arguments of the command that a target runs: make run ARGS=plan.toml, make test ARGS='-k plan -x'
ARGS ?=
# How many processes run the tests, many of which wait most of the time; 0 runs them in this one, for a debugger
WORKERS ?= 4

PYTHON_FILES := vxlan_tui tests .packaging
SCRIPTS := .ci/run .ci/setup .packaging/install tests/campaign/offline.sh
BIN := .venv/bin
# Rehearsals need root: they make namespaces and mounts of their own.
AS_ROOT := $(shell [ "$$(id -u)" = 0 ] || echo 'sudo env PYTHONDONTWRITEBYTECODE=1')

.PHONY: help run test setup lint format bench campaign screenshots dist lock clean
.NOTPARALLEL:

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

run: ## Open the program in a rehearsal, on sandboxed hosts: nothing of this machine is changed
	@.ci/setup run
	@[ -z "$(AS_ROOT)" ] || echo 'A rehearsal makes namespaces and mounts of its own, which needs root: sudo may ask for your password.'
	@$(AS_ROOT) $(BIN)/vxlan-tui rehearse $(ARGS)

test: setup lint ## Run all checks and all tests
	@[ -z "$(AS_ROOT)" ] || echo 'The tests build sandboxed hosts, which needs root: sudo may ask for your password.'
	@# A worker takes a whole module, or a class, so that the hosts which its tests share are built once.
	$(AS_ROOT) $(BIN)/python -m pytest -n $(WORKERS) --dist loadscope --no-loadscope-reorder $(ARGS)

setup: ## Install what is missing: the distribution's packages, and Python's into .venv
	@.ci/setup test

lint: setup ## Check style, types, the layers of the code and the shell scripts
	$(BIN)/ruff check $(PYTHON_FILES)
	$(BIN)/ruff format --check $(PYTHON_FILES)
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	@if command -v shellcheck >/dev/null; then echo shellcheck $(SCRIPTS); shellcheck $(SCRIPTS); \
	else echo 'shellcheck is not installed: the shell scripts were not checked'; fi

format: setup ## Format the code
	$(BIN)/ruff check --fix $(PYTHON_FILES)
	$(BIN)/ruff format $(PYTHON_FILES)

bench: setup ## Measure what is promised about speed (tests/bench)
	@for bench in $$(grep -l __main__ tests/bench/*.py); do echo "== $$bench"; \
	$(AS_ROOT) $(BIN)/python -m "tests.bench.$$(basename "$$bench" .py)" $(ARGS) || exit; done

campaign: setup ## Run all campaigns on real systems (hours), and print their figures as a table (tests/campaign)
	@$(AS_ROOT) $(BIN)/python -m tests.campaign $(ARGS)

screenshots: setup ## Take pictures of every screen in a rehearsal
	@$(AS_ROOT) $(BIN)/python -m tests.make_screenshots

dist: ## Make the wheel, the source, and an archive that installs without a network, in dist
	@.ci/setup dist
	@$(BIN)/python .packaging/dist.py

lock: setup ## Renew requirements.lock from the newest versions
	$(BIN)/python -m pip install --quiet --upgrade --upgrade-strategy eager -e '.[dev]'
	{ sed -n '/^#/p' requirements.lock; $(BIN)/python -m pip freeze --exclude-editable | grep -v '^libvirt-python='; } > .venv/lock
	mv .venv/lock requirements.lock

clean: ## Remove everything that these commands made in this folder
	$(firstword $(AS_ROOT)) rm -rf .venv .cache .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache dist
	find vxlan_tui tests -name __pycache__ -prune -exec $(firstword $(AS_ROOT)) rm -rf {} +
