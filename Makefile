# `make app` and `make test` do all that is needed on a fresh machine with Python 3.11+.
PYTHON ?= python3
PORT ?= 8501
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

# The tests share the cores among themselves; threads of numpy and faiss would only wait for each other.
PYTEST := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest --durations 15

.PHONY: app test quality bench bench-large setup lint format types check clean reindex screenshots

app: setup
	$(BIN)/qingshan prepare
	$(BIN)/reindex || test $$? -eq 1
	$(BIN)/streamlit run app.py --server.port $(PORT)

test: setup
	$(PYTEST) -m "not browser and not full" --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder
	$(PYTEST) -m browser

# Ranking on the whole of the judged sets (../shared/data): about twenty minutes on a slow processor.
quality: setup
	$(PYTEST) -m full

# Speed beside sentence-transformers and txtai 9; minutes. The large one goes to a million passages: hours, and 30 GB.
BENCH ?= .bench
bench: setup
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[bench]'
	$(BIN)/python benchmarks/embedding.py $(BENCH)/peer
	$(BIN)/python benchmarks/reindexing.py $(BENCH)/peer --documents 20
	$(BIN)/python benchmarks/people.py
	$(BIN)/python benchmarks/starting.py $(BENCH)/peer
	$(BIN)/python benchmarks/scale.py $(BENCH) --sizes 1000,10000

bench-large: setup
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[bench]'
	$(BIN)/python benchmarks/scale.py $(BENCH) --sizes 1000,10000,100000,1000000 --plot docs/scale.png

setup: $(STAMP)

$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; this is $$($(PYTHON) --version). Try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

reindex: setup
	$(BIN)/reindex

screenshots: setup
	$(BIN)/python -m tests.browser.screenshots

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup
	$(BIN)/mypy

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

check: lint types test

clean:
	rm -rf $(VENV) index .index.* .mypy_cache .ruff_cache .pytest_cache .hypothesis build *.egg-info
