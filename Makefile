# The Python that .venv is made with: 3.11 or newer; another one than python3: make run PYTHON=python3.13
BIN = .venv/bin
PYTHON ?= $(or $(wildcard $(BIN)/python),python3)

.DEFAULT_GOAL = help
.PHONY: help run test test-slow campaign lab bench lint setup

help: ## Show this list
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/  make \1\t\2/p' Makefile | expand -t 18

run: setup ## Run the workbook on a real online music shop and on the demo portfolio; say where the reports are
	@$(BIN)/cartera run cdnow demo

test: setup ## Run the tests, every notebook among them
	@$(BIN)/python -m pytest --numprocesses auto --dist loadfile -m "not slow" --nbval tests notebooks

test-slow: setup ## Run the tests that take longer: simulations, hostile files, kills, notebooks under papermill
	@$(BIN)/python -m pytest --numprocesses auto --dist loadfile -m slow tests

campaign: setup ## Read 12,000 made-up files and kill 50 runs, with a fresh seed: docs/reliability.md
	@PYTHONPATH=tests $(BIN)/python -m campaign --cases 10000 --seed fresh
	@PYTHONPATH=tests $(BIN)/python -m campaign.dressed --cases 2000 --seed fresh
	@PYTHONPATH=tests $(BIN)/python -m campaign.kills --count 50 --seed fresh

lab: setup ## Open the notebooks in JupyterLab
	@$(BIN)/jupyter lab notebooks

bench: setup ## Measure speed and memory side by side with the peers
	@$(BIN)/python -m benchmarks

lint: setup ## Check style and types
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy

setup: # make .venv and install what the lock file says, if that is not done
	@command -v "$(PYTHON)" > /dev/null || { echo "There is no $(PYTHON) here: install Python 3.11 or newer." >&2; exit 1; }
	@"$(PYTHON)" install.py
