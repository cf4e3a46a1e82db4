# Saldo's front door: every verb of daily work. `make` alone lists them.

PYTHON := .venv/bin/python
PYTEST := $(PYTHON) -m pytest
REPORT := --requirements-report=build/requirements.json
TYPED  := shared services deploy benchmarks $(wildcard tests conftest.py)

# What `make test` runs; `make test-all` adds the slow roads. A file of tests stays on one of the WORKERS; those that
# start whole suites come first, so that no worker is left alone with them at the end.
TESTS     := $(wildcard tests/flows tests/contracts services/*/tests shared/*/tests deploy/local/tests tests/architecture)
WORKERS   ?= 2
SPREAD    := -n $(WORKERS) --dist loadfile --no-loadscope-reorder
OTHERS    := $(wildcard tests/faults tests/models tests/e2e tests/scenarios)
ALL_TESTS := $(TESTS) $(OTHERS)

# What `make test-kafka` runs, on one Apache Kafka a worker of the run: Kafka itself, every component test of
# messaging, of each service the module that hears and tells most, and the two flows that cross all four services.
# `make test-kafka-all` runs every component test and flow, and the broker's faults.
KAFKA_TESTS := tests/flows/test_e2e_14_late_payment.py tests/flows/test_processor_in_doubt.py tests/kafka \
    services/subscriptions/tests/component/test_late_payment.py services/payments/tests/component/test_autopay.py \
    services/invoicing/tests/component/test_payments.py services/notifications/tests/component/test_telling_people.py \
    shared/messaging/tests/component

# Set here, once: byte code is written (imports take half the time), no one else's interpreter is used.
export PYTHONDONTWRITEBYTECODE :=
unexport UV_PYTHON VIRTUAL_ENV PYTHONPATH

.DEFAULT_GOAL := help
.PHONY: help setup demo up down invariants kafka test test-slow test-all test-kafka test-kafka-all check lint format types architecture generated coverage-of-requirements bench lock clean

help: ## List every target.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-26s %s\n", $$1, $$2}' Makefile

setup: ## Install everything into .venv; every other target does it by itself (ends at once when nothing changed).
	@deploy/setup

demo: setup ## Start the whole suite on this machine, tell one customer's story, show it, and stop.
	@$(PYTHON) -m saldo_local demo

up: setup ## Start the whole suite and leave it running.
	@$(PYTHON) -m saldo_local up

down: setup ## Stop what `make up` started.
	@$(PYTHON) -m saldo_local down

invariants: setup ## Hold every invariant against the suite that `make up` left running (exit code 1 where one is broken).
	@$(PYTHON) -m saldo_local invariants

test: setup ## Run the tests: unit, integration, component, flows, contracts, architecture.
	@$(PYTEST) $(SPREAD) $(REPORT) $(TESTS)

test-slow: setup ## Run only what `make test` leaves out: slow roads, faults, models, end to end.
	@$(PYTEST) $(SPREAD) -m slow $(TESTS)
	@$(PYTEST) $(SPREAD) -m "" $(OTHERS)

test-all: setup ## Run the tests and the slow roads: faults, models, end to end, scenarios.
	@$(PYTEST) $(SPREAD) $(REPORT) -m "" $(ALL_TESTS)

kafka: setup ## Copy Apache Kafka's jars with Maven, once (Java 17 and Maven needed); SALDO_KAFKA=apache uses them.
	@$(PYTHON) -m saldo_local kafka

test-kafka: kafka ## Run component tests and flows on Apache Kafka instead of the embedded broker (a choice of them).
	@SALDO_KAFKA=apache $(PYTEST) $(SPREAD) $(KAFKA_TESTS)

test-kafka-all: kafka ## Run every component test and flow on Apache Kafka, and the broker's faults: stop, kill, one of three lost.
	@SALDO_KAFKA=apache $(PYTEST) -m "" tests/kafka shared/messaging/tests/component
	@SALDO_KAFKA=apache $(PYTEST) $(wildcard services/*/tests/component) tests/flows

check: lint types architecture generated test ## Run everything a change must pass.

lint: setup ## Look for mistakes and for files that are not formatted.
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m ruff format --check .

format: setup ## Format every file and mend what can be mended safely.
	@$(PYTHON) -m ruff check --fix .
	@$(PYTHON) -m ruff format .

types: setup ## Check the types of every package and every test (mypy strict).
	@$(PYTHON) -m mypy $(TYPED)

architecture: setup ## Check who imports whom (the contracts in pyproject.toml).
	@.venv/bin/lint-imports --no-logo

generated: setup ## Check that everything generated is fresh: schemas, AsyncAPI, OpenAPI.
	@$(PYTHON) -m saldo_contracts check
	@$(PYTHON) -m saldo_local openapi check

coverage-of-requirements: setup ## Say which requirements the last `make test` or `make test-all` proved.
	@$(PYTHON) -m saldo_testkit requirements

bench: setup ## Measure how fast it is (ONLY="relay listener" takes these figures alone); see benchmarks/README.md.
	@$(PYTHON) -m benchmarks $(ONLY)

lock: setup ## Choose versions anew and write requirements.lock (hashes, no addresses).
	@deploy/lock

clean: ## Remove what was built, caches and the environment; nothing that is committed.
	@rm -rf build .venv .tools .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
