# The commands that a person must know. Each makes its own .venv with pip; nothing else is needed than Python 3.11+.
#
#   make train                      the default run: the real Gemma 3 270M, warm-up and GRPO
#   make train ARGS="plan.steps=300 seed=1"
#   make test                       the whole test suite          make test ARGS="tests/unit -x"
#   make check                      format, lint, types, import arrows, doctests, fast tests
#   make format                     write the format and the safe lint fixes
#   make bench                      benchmarks                    make bench ARGS="..."
#   make clean                      delete .venv and the tools' caches; outputs/ stays

PYTHON ?= python3
ARGS ?=

# PyTorch is installed first and by itself, so that what you choose here is what the rest is built around. It is handed
# to pip as it stands and may hold options. On a machine without a GPU pip takes the CPU build where your package index
# has one; where it has not, the default build works too and is some gigabytes larger. To name another index:
#   make train TORCH="torch==2.13.0 --index-url https://..."
TORCH ?= torch==2.13.0

# Tests use tiny networks: more threads than this make them slower, not faster.
TEST_THREADS ?= 2

VENV := .venv
BIN := $(VENV)/bin
ROOMS := model rewards rlhf jobs

.PHONY: train test check format bench clean

train: $(VENV)/.installed
	$(BIN)/python -m jobs.train $(ARGS)

test: $(VENV)/.installed-dev
	OMP_NUM_THREADS=$(TEST_THREADS) $(BIN)/python -m pytest $(ARGS)

check: $(VENV)/.installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/basedpyright
	$(BIN)/lint-imports
	OMP_NUM_THREADS=$(TEST_THREADS) $(BIN)/python -m pytest -q --doctest-modules $(ROOMS)
	OMP_NUM_THREADS=$(TEST_THREADS) $(BIN)/python -m pytest -q -m "not real and not slow"
	@echo "TODO: $$(grep -rn TODO --include='*.py' $(ROOMS) tests | wc -l)"
	@$(BIN)/python -c 'import ast; text = open("rlhf/trainer.py").read(); \
		print("rlhf/trainer.py:", len(text.splitlines()), "lines,", \
		sum(isinstance(node, (ast.If, ast.IfExp)) for node in ast.walk(ast.parse(text))), "if")'

format: $(VENV)/.installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.installed-dev
	$(BIN)/python -m jobs.bench $(ARGS)

clean:
	rm -rf $(VENV) build dist .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find $(ROOMS) tests -name __pycache__ -type d -prune -exec rm -rf {} +

# The two environments are one .venv: the second adds the tools. A changed pyproject.toml installs again.

$(VENV)/.installed: pyproject.toml $(VENV)/.torch
	$(BIN)/python -m pip install --quiet -e ".[gemma-270m]"
	touch $@

$(VENV)/.installed-dev: pyproject.toml $(VENV)/.torch
	$(BIN)/python -m pip install --quiet -e ".[gemma-270m,dev]"
	touch $@

$(VENV)/.torch:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and f"Python 3.11 or newer is needed, \
	$(PYTHON) is {sys.version.split()[0]}; name another: make PYTHON=python3.12")'
	@echo "making $(VENV): some minutes, once"
	$(PYTHON) -m venv $(VENV) || { echo "no venv: on Debian, apt install python3-venv" >&2; rm -rf $(VENV); exit 1; }
	$(BIN)/python -m pip install --quiet $(TORCH)
	touch $@
