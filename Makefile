# make run: set up, then train the name generator; make test: all tests; make bench: what the engine costs a step
PYTHON ?= python3
BIN := .venv/bin

.PHONY: run test lint bench reproduce results clean

run: .venv/ready
	@$(BIN)/firsthand train mlp

test: .venv/ready
	@$(BIN)/pytest -n 2

lint: .venv/ready
	@$(BIN)/ruff check .

bench: .venv/ready
	@$(BIN)/python benchmarks/overhead.py

# The results under docs/results: long the first time, finished runs are kept and interrupted ones go on.
reproduce: .venv/ready
	@for paper in mlp lenet; do $(BIN)/firsthand reproduce $$paper --jobs 2 --out docs/results || exit 1; done

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
