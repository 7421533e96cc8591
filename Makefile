# Thin on purpose: each target is a line or two; the work is in the package.
PYTHON ?= python3
VENV   ?= .venv
BIN     = $(VENV)/bin
export PREFECT_HOME ?= $(CURDIR)/.prefect
export PREFECT_SERVER_ANALYTICS_ENABLED = false
export DO_NOT_TRACK = 1
export GX_ANALYTICS_ENABLED = false
export PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS = 120

.PHONY: help run test test-long test-all check bench screenshots docs site lock sbom clean
.DEFAULT_GOAL := help

help:               ## what can be made
	@grep -E '^[a-z-]+: .*##' $(MAKEFILE_LIST) | sed 's/:[^#]*##/  -/'

$(VENV)/.installed: requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --no-deps --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	$(BIN)/pip check --quiet
	@touch $@

run: $(VENV)/.installed     ## environment, then the whole night on the synthetic sample into ./out
	$(BIN)/equity demo --out out

test: $(VENV)/.installed    ## the tests, some 20 minutes on two cores
	$(BIN)/python -m pytest -m "not long" -n 2 --dist loadfile --no-loadscope-reorder

test-long: $(VENV)/.installed .venv-duckdb-1.2/.installed .venv-duckdb-1.4/.installed .venv-duckdb-1.5/.installed  ## kills, simulations and large runs
	EQUITY_OLD_DUCKDB_PYTHONS=$(CURDIR)/.venv-duckdb-1.2/bin/python:$(CURDIR)/.venv-duckdb-1.4/bin/python:$(CURDIR)/.venv-duckdb-1.5/bin/python \
	  $(BIN)/python -m pytest -m long -n 2 --dist loadfile --no-loadscope-reorder

test-all:                   ## the long tests with all their repetitions
	EQUITY_REPEATS=all $(MAKE) test-long

.venv-duckdb-%/.installed: tests/old_clients/requirements-%.lock
	$(PYTHON) -m venv .venv-duckdb-$*
	.venv-duckdb-$*/bin/pip install --quiet --no-deps --require-hashes -r $<
	@touch $@

check: $(VENV)/.installed   ## format, lint, types, floors of the house
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

bench: $(VENV)/.installed   ## ours beside others', side by side in one run each; after `make run`
	$(BIN)/python benchmarks/cells.py
	$(BIN)/python benchmarks/concentration.py
	$(BIN)/python benchmarks/deliveries.py
	$(BIN)/python benchmarks/disclosure.py
	$(BIN)/python benchmarks/maihda.py
	$(BIN)/python benchmarks/forms.py
	$(BIN)/python benchmarks/need_models.py
	$(BIN)/python benchmarks/night.py
	$(BIN)/python benchmarks/tables.py

screenshots: $(VENV)/.installed  ## every page type of a finished home (OUT=out) at three widths and on A4, into ./screenshots
	$(BIN)/python tests/browser/screenshots.py $(or $(OUT),out) screenshots

docs: $(VENV)/.installed    ## the manual's tables, printed from the declarations
	$(BIN)/python -m equity_pipeline.cli.manual

site: $(VENV)/.installed    ## the manual as pages to browse: site/index.html; a link that leads nowhere fails
	$(BIN)/python -m sphinx -W --keep-going -q -b html -d site/.doctrees docs site

lock:                       ## resolve again: hashes, no address
	uv pip compile pyproject.toml --group dev --universal --generate-hashes --python-version 3.11 --no-header --no-emit-index-url --no-emit-find-links --no-strip-extras -o requirements.lock

sbom: $(VENV)/.installed    ## what is locked, with hashes, as CycloneDX: sbom.cdx.json, the same bytes each time
	$(BIN)/cyclonedx-py requirements requirements.lock --pyproject pyproject.toml --index-url '' --output-reproducible --spec-version 1.6 --output-file sbom.cdx.json

clean:                      ## what the targets above made
	rm -rf $(VENV) .venv-duckdb-* out site .prefect sbom.cdx.json
