# make run: set up, then train the name generator; make test: the tests; make bench: our speed beside torch's
PYTHON ?= python3
BIN := .venv/bin
PAPERS := $(notdir $(patsubst %/model.py,%,$(wildcard src/firsthand/papers/*/model.py)))

# Other machines, as far as this one can pretend to be one: older instructions for torch itself, for oneDNN
# (convolutions, bfloat16) and for MKL (matrix products), one by one and together, and two threads, which add in another order.
MACHINES := torch torch-avx2 onednn-avx2 onednn-sse mkl-avx2 avx2 oldest threads
torch := ATEN_CPU_CAPABILITY=default
torch-avx2 := ATEN_CPU_CAPABILITY=avx2
onednn-avx2 := ONEDNN_MAX_CPU_ISA=AVX2
onednn-sse := ONEDNN_MAX_CPU_ISA=SSE41
mkl-avx2 := MKL_ENABLE_INSTRUCTIONS=AVX2
avx2 := $(torch-avx2) $(onednn-avx2) $(mkl-avx2)
oldest := $(torch) $(onednn-sse) MKL_ENABLE_INSTRUCTIONS=SSE4_2
threads := FIRSTHAND_TEST_THREADS=2
# Of the tests those that compare numbers with a reference; what is done with files and processes is the same everywhere.
NUMBERS := tests/nn tests/optim tests/check tests/contract tests/papers

.PHONY: run test test-all test-machines $(MACHINES:%=test-on-%) lint bench reproduce judge results clean

run: .venv/ready
	@$(BIN)/firsthand train mlp

test: .venv/ready
	@$(BIN)/pytest -n 2

# Those marked slow, too.
test-all: .venv/ready
	@$(BIN)/pytest -n 2 -m "slow or not slow"

test-machines: $(MACHINES:%=test-on-%)

$(MACHINES:%=test-on-%): test-on-%: .venv/ready
	@echo "On a machine with $($*):"
	@$($*) $(BIN)/pytest -n 2 $(NUMBERS)

lint: .venv/ready
	@$(BIN)/ruff check .
	@$(BIN)/mypy --no-error-summary

# Every layer, loss, update rule and network against torch's, what the engine costs a step, the memory that a text of
# 2 GB takes, word vectors beside gensim and translation beside transformers: about twenty minutes.
bench: .venv/ready
	@$(BIN)/python benchmarks/layers.py
	@$(BIN)/python benchmarks/optimisers.py
	@$(BIN)/python benchmarks/models.py
	@$(BIN)/python benchmarks/overhead.py
	@$(BIN)/python benchmarks/memory.py
	@$(BIN)/python benchmarks/words.py --words 500000 --epochs 1 --seeds 0
	@$(BIN)/python benchmarks/decoding.py --repeats 3

# The results under docs/results: long the first time, finished runs are kept and interrupted ones go on.
reproduce: .venv/ready
	@for paper in $(PAPERS); do $(BIN)/firsthand reproduce $$paper --jobs 2 --out docs/results || exit 1; done

# The judge of exercises: every named mistake is told by its name over 20 seeds, every right solution is accepted.
judge: .venv/ready
	@$(BIN)/python tests/study/table.py --seeds 20

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
