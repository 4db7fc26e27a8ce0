# Three commands on a fresh machine (Python 3.11, make, no venv):
#   make report   sets up and renders the sample campaign's latest bulletin
#   make lab      sets up and opens JupyterLab on it (CAMPAIGN=folder for another)
#   make test     sets up and passes the tests

PYTHON := $(shell command -v python3.11 || command -v python3 || echo python3.11)
BIN := .venv/bin
STAMP := .venv/.ready
WORKERS := $(shell nproc 2>/dev/null || echo 2)
CAMPAIGN ?= data/wbwz-2011

.PHONY: help setup report lab test lint sample bench pictures lock clean
help:
	@echo "make report   set up, then render the sample campaign's latest quarterly bulletin"
	@echo "make lab      set up, then open JupyterLab on the explorations (CAMPAIGN=folder for another campaign)"
	@echo "make test     set up, then run every check and test"
	@echo "make lint     checks of style, types and layers only"
	@echo "make sample   write the sample campaign anew     make bench   run the benchmarks"
	@echo "make lock     resolve the dependencies anew      make clean   remove what was made"
	@echo "make pictures take the manual's pictures anew (needs Debian's chromium)"

setup: $(STAMP)

# uv is taken from the lock as well, by its hash; where it cannot install, pip can.
$(STAMP): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || { echo "Python 3.11 is needed; $(PYTHON) is another"; exit 1; }
	$(PYTHON) -m venv .venv
	awk '/^uv==/ {own = 1} own {print; if ($$0 !~ /\\$$/) exit}' requirements.txt > .venv/uv.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r .venv/uv.txt
	VIRTUAL_ENV=.venv $(BIN)/uv pip sync --quiet --compile-bytecode --require-hashes requirements.txt \
	  || $(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	VIRTUAL_ENV=.venv $(BIN)/uv pip install --quiet --no-deps --no-build-isolation -e . \
	  || $(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	$(BIN)/python -m compileall -q wbwz_eval
	@touch $(STAMP)

report: setup
	$(BIN)/wbwz report quarterly_bulletin data/wbwz-2011

lab: setup
	$(BIN)/wbwz lab $(CAMPAIGN)

test: lint
	$(BIN)/python -m pytest -q -n $(WORKERS) --dist loadscope

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

sample: setup
	$(BIN)/python data/generate.py

bench: setup
	$(BIN)/python benchmarks/scoring.py
	$(BIN)/python benchmarks/ledgers.py
	$(BIN)/python benchmarks/robustness.py

# The browser tests take pictures as they go; those that the manual shows are kept.
pictures: setup
	taken=$$(mktemp -d) && WBWZ_PICTURES=$$taken $(BIN)/python -m pytest -q -n 0 tests/browser/test_lab.py \
	  tests/browser/test_lab_app.py tests/browser/test_status_page.py \
	  && for each in docs/pictures/*.png; do cp $$taken/$${each##*/} $$each; done; \
	  code=$$?; rm -rf $$taken; exit $$code

lock: setup
	$(BIN)/uv pip compile --quiet --upgrade --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate \
	  --no-header --extra test --python-version 3.11 --output-file requirements.txt pyproject.toml

clean:
	rm -rf .venv reports templates data/*/results data/*/.cache data/*/.lock build *.egg-info
