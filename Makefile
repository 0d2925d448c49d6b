# Everything a person does with this repository; `make` alone lists it.

SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv/bin
LOCAL := $(VENV)/python -m rowlock_local

.DEFAULT_GOAL := help
.PHONY: help install up down reset status logs demo test test-compose check docs fmt bench bench-quick alerts

help: ## List these commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/\1\t\2/' | expand -t 14

install: ## Make .venv with the locked dependencies (the others do this first)
	@PYTHON=$(PYTHON) infra/local/bootstrap.sh

up: install ## Start everything and follow the logs; Ctrl-C ends it (DETACH=1: in the background)
	@exec $(LOCAL) up $(if $(DETACH),--detach)

down: install ## End everything that `make up` started
	@$(LOCAL) down

reset: install ## End everything and delete its data
	@$(LOCAL) reset

status: install ## Say what runs
	@$(LOCAL) status

logs: install ## Follow the logs of all processes
	@exec $(LOCAL) logs

demo: install ## Walk five journeys through the gateway of the running system
	@$(VENV)/python -m rowlock_demo walk

test: install ## Run all tests; needs nothing running
	@$(VENV)/pytest -n 2 --dist loadgroup $(ARGS)

test-compose: install ## Build the images and test the system of compose.yaml; needs Docker
	@$(VENV)/pytest tests/compose $(ARGS)

check: install ## Format, lint, types, layers, migrations, generated pages
	$(VENV)/ruff format --check
	$(VENV)/ruff check
	$(VENV)/pyright
	$(VENV)/lint-imports
	$(VENV)/python infra/docs/generate.py --check
	$(VENV)/pytest -q tests/consistency/test_migrations.py

docs: install ## Write the pages that are generated from the code
	@$(VENV)/python infra/docs/generate.py

fmt: install ## Put the code in shape
	$(VENV)/ruff check --fix
	$(VENV)/ruff format

bench: install ## Measure everything; writes bench/reports/
	@$(VENV)/python -m bench $(BENCH_ARGS)

bench-quick: install ## Measure a little, to see that the bench works
	@$(VENV)/python -m bench --quick $(BENCH_ARGS)

alerts: install ## Break a system of its own until every alert has fired (ten minutes)
	@ROWLOCK_FIRE_ALERTS=1 $(VENV)/pytest -s tests/alerts $(ARGS)
