# The menu. `make` alone prints it.

unexport PYTHONDONTWRITEBYTECODE  # compiled once, not at every start
UV_VERSION := 0.13.9
UV := $(shell command -v uv 2>/dev/null || echo .uv/bin/uv)
RUN := $(UV) run --no-sync
PORT ?=
DATA ?=
TESTS ?=
MINUTES ?=
SEED ?=
# the rooms of what runs on a busy machine: the others take a minute to read there
BUSY := tests/journeys tests/kafka libs/runtime
LINTS := $(addprefix tests/test_,names.py architecture.py dependencies.py agreement_fields.py)

.DEFAULT_GOAL := menu
.PHONY: menu run test check fix ci bench chaos soak kafka schemas picture ready dev

menu:
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

run: ready ## start Baton on http://localhost:8300 (PORT=, DATA=); Ctrl-C stops it
	@$(UV) sync --quiet --frozen --no-dev --inexact
	@$(RUN) baton up $(if $(PORT),--port $(PORT)) $(if $(DATA),--data $(DATA))

test: dev ## run the tests, but those of `make check` (TESTS=services/scoring for some of them)
	@$(RUN) pytest -n 4 --dist loadfile --no-loadscope-reorder $(or $(TESTS),$(addprefix --ignore=,$(LINTS)))

check: ready ## lint, format, types, floors, names, lock
	@$(UV) sync --quiet --locked
	@$(RUN) ruff check .
	@$(RUN) ruff format --check .
	@$(RUN) mypy libs services deploy tests
	@$(RUN) lint-imports --no-logo
	@$(RUN) python -m events.schemas --check
	@$(RUN) python -m events.picture --check README.md
	@$(RUN) pytest --quiet $(LINTS)

fix: dev ## repair what ruff can repair, and format
	@$(RUN) ruff check --fix-only --quiet .
	@$(RUN) ruff format .

ci: dev ## what is too slow for every edit; and outages, restarts and Kafka on a busy machine
	@$(RUN) pytest -n 4 --dist loadfile --no-loadscope-reorder -m 'slow and not busy and not chaos'
	@$(RUN) python -m testing.busy 3 pytest -m busy $(BUSY)

bench: ready ## measure the main jobs against the bare thing and against peers (fifteen minutes)
	@$(UV) sync --quiet --frozen --group bench
	@$(RUN) python -m tests.bench

chaos: dev ## faults F01 to F26, fresh seeds; pages in each look; the tests of the tests
	@$(RUN) pytest -m 'chaos or fault' $(TESTS)

soak: dev ## an hour of random faults, then every record compared (MINUTES=3 for less, SEED=)
	@$(RUN) python -m tests.soak $(if $(MINUTES),--minutes $(MINUTES)) $(if $(SEED),--seed $(SEED))

kafka: dev ## run a real Kafka broker on localhost:9092 with Java, no Docker needed
	@$(RUN) python -m testing.broker --port 9092 --data .kafka/data

schemas: dev ## write the contract (JSON Schemas, AsyncAPI) from the event types
	@$(RUN) python -m events.schemas

picture: dev ## draw the README's picture from the map of topics
	@$(RUN) python -m events.picture README.md

dev: ready
	@$(UV) sync --quiet --frozen

ready: $(UV)
	@$(UV) python find --quiet '>=3.11' >/dev/null 2>&1 || \
	{ echo 'Baton needs Python 3.11 or newer, and none was found on this machine. Install one (on Debian: apt-get install python3) and try again.' >&2; exit 1; }

# uv, the one tool that installs all others, in a folder of its own when the machine has none.
.uv/bin/uv:
	@for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	  $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
	  $$python -m venv .uv 2>/dev/null || \
	  { rm -rf .uv; echo "$$python cannot make virtual environments. Install its module venv (on Debian: apt-get install python3-venv) and try again." >&2; exit 1; }; \
	  .uv/bin/pip install --quiet --disable-pip-version-check 'uv==$(UV_VERSION)'; exit; \
	done; \
	echo 'Baton needs Python 3.11 or newer, and none was found on this machine. Install one (on Debian: apt-get install python3) and try again.' >&2; exit 1
