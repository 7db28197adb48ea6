# make run: set up, then train the name generator; make test: all tests; make bench: our speed beside torch's
PYTHON ?= python3
BIN := .venv/bin
PAPERS := $(notdir $(patsubst %/model.py,%,$(wildcard src/firsthand/papers/*/model.py)))

.PHONY: run test lint bench reproduce results clean

run: .venv/ready
	@$(BIN)/firsthand train mlp

test: .venv/ready
	@$(BIN)/pytest -n 2

lint: .venv/ready
	@$(BIN)/ruff check .

# Every layer, loss, update rule and network against torch's, what the engine costs a step, and the memory that a text
# of 2 GB takes: about a quarter of an hour.
bench: .venv/ready
	@$(BIN)/python benchmarks/layers.py
	@$(BIN)/python benchmarks/optimisers.py
	@$(BIN)/python benchmarks/models.py
	@$(BIN)/python benchmarks/overhead.py
	@$(BIN)/python benchmarks/memory.py

# The results under docs/results: long the first time, finished runs are kept and interrupted ones go on.
reproduce: .venv/ready
	@for paper in $(PAPERS); do $(BIN)/firsthand reproduce $$paper --jobs 2 --out docs/results || exit 1; done

# The generated parts of README.md: the catalogue and the figure.
results: .venv/ready
	@$(BIN)/python docs/generate.py

.venv/ready: pyproject.toml constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing into .venv (once; a few minutes) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]"
	@touch $@

clean:
	rm -rf .venv build dist
