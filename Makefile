# Two commands do all set-up on a machine with Python 3.11+ and make: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO := out/demo
DEMO_SPARK := out/demo-spark
READY := $(VENV)/.ready
READY_SPARK := $(VENV)/.ready-spark
READY_PEERS := $(VENV)/.ready-peers
READY_BROWSER := $(VENV)/.ready-browser

.PHONY: help demo demo-spark test test-fresh test-slow test-browser parity parity-first parity-last parity-lost-worker parity-slow check format bench bench-large bench-spark skew quality ablation report null-worlds real-logs calibration lock wheel clean

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/:/' | column -t -s:

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; v = sys.version_info; v >= (3, 11) or sys.exit(f"ringwatch needs Python 3.11 or newer, and {sys.executable} is {v[0]}.{v[1]}; set PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@echo "compiling the kernels on a small platform, once"
	$(BIN)/ringwatch demo --out $(VENV)/first-run -n 100000 --quiet --json > /dev/null
	@rm -rf $(VENV)/first-run
	@touch $(READY)

$(READY_SPARK): $(READY) requirements-spark.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-spark.lock
	@touch $(READY_SPARK)

# A method that does not install is left out of the report, which says so.
$(READY_PEERS): $(READY) requirements-peers.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-peers.lock \
		&& touch $@ || echo "the peers do not install: the report leaves them out"

# axe-core, by its checksum; a browser is the system's own.
$(READY_BROWSER): $(READY) tests/browser/package.json tests/browser/package-lock.json
	mkdir -p $(VENV)/browser
	cp tests/browser/package.json tests/browser/package-lock.json $(VENV)/browser/
	npm ci --prefix $(VENV)/browser --ignore-scripts --no-audit --no-fund --silent
	@touch $@

demo: $(READY)  ## a generated extract of a million interactions, to ranked clusters
	$(BIN)/ringwatch demo --out $(DEMO)

demo-spark: $(READY_SPARK) demo  ## the same platform as Hive tables, on Spark, and the same clusters
	$(BIN)/ringwatch demo --engine spark --out $(DEMO_SPARK) --against $(DEMO)

test: $(READY_SPARK)  ## every test but the slow ones and those of Spark
	$(BIN)/python -m pytest -q -n auto --dist loadfile -m "not slow and not spark and not browser"

test-fresh: $(READY_SPARK)  ## the tests that draw examples, with others than last time
	$(BIN)/python -m pytest -q -n auto --dist loadfile --hypothesis-profile fresh -m "not slow and not spark and not browser" \
		$$(grep -l "from hypothesis" tests/*.py)

test-slow: $(READY_SPARK)  ## the tests that take minutes
	$(BIN)/python -m pytest -q -n auto --dist loadfile -m "slow and not spark"

test-browser: $(READY_BROWSER)  ## the console in the system's Chromium: by keys, with hostile names, axe, at every width
	$(BIN)/python -m pytest -q -n 0 -m browser

# What is off by default, or an algorithm beside the job's own way, comes last: CI leaves it out when its time is short.
PARITY_LAST := $(wildcard tests/test_lockstep.py tests/test_dense_blocks.py tests/test_graph_dense.py tests/test_compat_*.py \
	tests/test_algorithms_graphalytics.py tests/test_algorithms_agreement.py tests/test_evaluate_analyst.py tests/test_nearness.py)
PARITY := $(BIN)/python -m pytest -q -n auto --dist loadfile --no-loadscope-reorder -m "spark and not slow"

parity: parity-first parity-last  ## every test that takes both engines, on Spark; Hive's services

parity-first: $(READY_SPARK)
	$(PARITY) $(addprefix --ignore=,$(PARITY_LAST))

parity-last: $(READY_SPARK)
	$(PARITY) $(PARITY_LAST)

parity-lost-worker: $(READY_SPARK)  ## a job on two worker processes, one of which is killed
	$(BIN)/python -m pytest -q -n 0 tests/test_parity_lost_worker.py

parity-slow: $(READY_SPARK)  ## whole jobs on two worker processes, killed workers, other services
	$(BIN)/python -m pytest -q -n 0 -m "spark and slow"

check: $(READY)  ## lint, types, import order, the wheel's contents
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(MAKE) wheel

wheel: $(READY)  ## build the wheel and look at its contents
	rm -rf dist
	$(BIN)/python -m hatchling build -t wheel
	$(BIN)/check-wheel-contents --toplevel algorithms,builders,console,graph,jobs,review,ringwatch dist

format: $(READY)  ## put the code in the house's form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(READY_PEERS)  ## measure against peers and the floor; writes docs/performance.md
	$(BIN)/python benchmarks/coaction.py
	$(BIN)/python benchmarks/graph_algorithms.py
	$(BIN)/python benchmarks/whole_job.py

bench-large: $(READY)  ## the same at ten times the size, and what a whole job costs as it grows
	$(BIN)/python benchmarks/coaction.py --sizes "10000000 100000000" --alone
	$(BIN)/python benchmarks/graph_algorithms.py --sizes "10000000 50000000"
	$(BIN)/python benchmarks/whole_job.py --sizes "1000000 10000000"

bench-spark: $(READY_SPARK)  ## measure Spark against a plain join and the local engine
	$(BIN)/python benchmarks/spark_coaction.py --viral 2
	$(BIN)/python benchmarks/spark_coaction.py --interactions 10000000 --seconds 900

skew: $(READY_SPARK)  ## the capacity plan against a simulation of the largest skew, checked by a run on Spark; writes docs/scale.md
	$(BIN)/python benchmarks/skew.py

SEEDS ?= 21 22 23 24 25

quality: $(READY_PEERS)  ## precision, recall and look-alikes on worlds of SEEDS="21 22 23 24 25"; writes docs/evaluation.md, fails short of the goal
	$(BIN)/python benchmarks/quality.py --seeds "$(SEEDS)"

ABLATION_SEEDS ?= $(if $(filter command line environment,$(origin SEEDS)),$(SEEDS),27)

ablation: $(READY)  ## what each signal, defence and column is worth on worlds of SEEDS="27"; writes docs/evaluation.md
	$(BIN)/python benchmarks/ablation.py --seeds "$(ABLATION_SEEDS)"

report: $(READY)  ## docs/evaluation.md and its plots from the numbers that are kept, nothing measured
	$(BIN)/python benchmarks/report.py

NULL_SEEDS ?= 41 42 43 44 45 46 47 48 49 50

null-worlds: $(READY)  ## is anything flagged where nobody is coordinated? 5M interactions, NULL_SEEDS="41 42 ..."
	$(BIN)/python benchmarks/null_worlds.py --seeds "$(NULL_SEEDS)"

LOG_SEEDS ?= 1 2

real-logs: $(READY)  ## real logs as they are, and with rings of LOG_SEEDS="1 2" planted into them
	$(BIN)/python benchmarks/real_logs.py --seeds "$(LOG_SEEDS)"

CALIBRATION_SEEDS ?= $(if $(filter command line environment,$(origin SEEDS)),$(SEEDS),1 2 3)

calibration: $(READY)  ## is chance as rare as said? worlds without and with rings of SEEDS="1 2 3"
	CALIBRATION_SEEDS="$(CALIBRATION_SEEDS)" $(BIN)/python -m pytest -q -s -n 0 -m slow tests/test_calibration.py

lock: $(READY)  ## renew requirements.lock from pyproject.toml
	$(BIN)/uv pip compile pyproject.toml --extra igraph --extra hive --extra stix --group dev --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" \
		--quiet --output-file requirements.lock
	$(BIN)/uv pip compile pyproject.toml --extra spark --constraints requirements.lock \
		--universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" \
		--quiet --output-file requirements-spark.lock
	$(BIN)/uv pip compile pyproject.toml --extra peers --constraints requirements.lock \
		--universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" \
		--quiet --output-file requirements-peers.lock

clean:  ## forget the environment and generated output
	rm -rf $(VENV) dist out .mypy_cache .ruff_cache .pytest_cache .hypothesis
