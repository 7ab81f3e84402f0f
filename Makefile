# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

SHELL := /bin/bash
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules

PRODUCT ?= jira
LINE ?=
DATABASE ?= sqlite
# live: no node is restarted
ROUTE ?= auto
# no: every task of the playbook is shown
STORY ?= yes
NODES ?= 3
NODE ?= n1
ROWS ?= 200000
VERSION ?=
REPOSITORY ?=
# how often test-all tries what is left to chance
ROUNDS ?= 5
# the tests that take minutes are left out, except by test-all
SELECTION ?= not long
DATED := $(shell date -u +%Y%m%d-%H%M%S)

BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
export ANSIBLE_COLLECTIONS_PATH := $(CURDIR)/build/collections
# Ansible keeps its own files out of the home folder
export ANSIBLE_HOME := $(CURDIR)/build/ansible
PYTEST = python -m pytest -m "$(SELECTION)" --junitxml=build/junit/$@.xml
LINTS := lint-ruff lint-format lint-types lint-yaml lint-ansible lint-docs lint-changelog lint-shell
# hosts boot and wait most of the time: sanity runs beside them
PARTS := lint unit database playbook browser $(if $(wildcard tests/hosts/test_*.py),hosts+sanity,sanity)

##@ See it
.PHONY: help demo
help: ## this list
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: .venv/.demo $(if $(filter hsqldb,$(DATABASE)),.venv/.demo-hsqldb) build/collections ## fifty users of a stand-in cluster are signed out (PRODUCT=jira.. LINE=9.12.. DATABASE=sqlite|postgresql|mariadb|mysql|hsqldb ROUTE=live STORY=no)
	@python -m demo --product $(PRODUCT) --line "$(LINE)" --database $(DATABASE) --route $(ROUTE) --story $(STORY)

##@ Check it
.PHONY: test test-all matrix bench bench-size
test: venv ## everything that CI asks for: the parts below
	@python tests/tools/parts.py $(PARTS)

test-all: export SELECTION :=
test-all: export ROUNDS := $(ROUNDS)
test-all: venv ## the same with the tests that take minutes; leaves a table in build/ (ROUNDS=20: kills at more moments)
	@python tests/tools/parts.py --table build/test-all-$(DATED).md $(PARTS) molecule docs

matrix: venv ## the demo of every product on every database, and with other Ansible and SQLAlchemy; CELLS='jira-* core-*'; build/matrix.md
	@python -m tests.tools.matrix $(foreach cell,$(CELLS),'$(cell)')

bench: export PYTHONPATH := build/collections:.
bench: venv ## how fast tokens are copied, purged, put back, and how long the playbook takes (ROWS=200000 BENCH="--only playbook"); build/bench.md and .json
	@python -m demo.packages postgresql mariadb mysql
	@python -m bench --rows $(ROWS) $(BENCH)

bench-size: ## the token table alone, at the size that its goals are for: a million rows, medians of five
	@$(MAKE) --no-print-directory bench ROWS=1000000 BENCH='--only database --repeat 5'

.PHONY: mutants
mutants: venv .venv/.mutants ## which small changes of the collection does no test see? (MUTANTS='core --only "*/_roll/plan.py"'); takes an hour or more; build/mutants-<date>.md
	@python -m demo.packages postgresql mariadb
	@nice -n 19 python -m tests.tools.mutants $(MUTANTS)

.PHONY: unit database playbook browser hosts
unit: venv ## decisions, readers, modules against one stand-in node
	@$(PYTEST) -n 2 tests/unit

database: venv ## the SQL on real servers, each on a private socket
	@python -m demo.packages postgresql mariadb mysql pgbouncer java-databases
	@$(PYTEST) -n 2 tests/database

playbook: venv ## the real playbook on the stand-in cluster
	@python -m demo.packages postgresql mariadb haproxy apache nginx
	@$(PYTEST) -n 2 --dist loadgroup tests/playbook

browser: venv ## the page of the evidence in a real browser; leaves screenshots in build/browser
	@python -m demo.packages chromium npm
	@$(PYTEST) tests/browser

hosts: venv ## the real playbook on real hosts: systemd, sshd, Tomcat, Jetty, HAProxy (needs root)
	@python -m demo.packages bed
	@$(PYTEST) tests/hosts

.PHONY: test-hosts bed-up bed-shell bed-down
test-hosts: hosts ## the same

.PHONY: molecule
molecule: venv ## the scenarios of extensions/molecule, on such hosts (needs root)
	@python -m demo.packages bed
	@$(PYTEST) tests/molecule

bed-up: venv ## boot the bed of real hosts and leave it up (NODES=3 PRODUCT=jira|bamboo|fisheye)
	@python -m demo.packages bed
	@python -m tests.hosts.bed up --nodes $(NODES) --product $(PRODUCT)

bed-shell: venv ## a shell on one of them (NODE=n1|lb|db)
	@python -m tests.hosts.bed shell $(NODE)

bed-down: venv ## switch them off and remove everything
	@python -m tests.hosts.bed down

.PHONY: lint $(LINTS) sanity
lint: venv ## ruff, mypy, yamllint, ansible-lint, antsibull, shellcheck
	+@$(MAKE) --no-print-directory --keep-going --jobs=2 --output-sync=target $(LINTS)

lint-ruff:
	ruff check .

lint-format:
	ruff format --check .

lint-types:
	mypy

lint-yaml:
	yamllint --strict .

lint-ansible:
	ansible-lint --offline --profile production --strict

lint-docs:
	antsibull-docs lint-collection-docs --plugin-docs --check-extra-docs-refs --validate-collection-refs all --disallow-unknown-collection-refs .

lint-changelog:
	antsibull-changelog lint

lint-shell:
	git ls-files -z '*.sh' .ci/run | xargs -0 shellcheck

sanity: venv ## ansible-test sanity, without an ignore file
	@python -m tests.tools.sanity

##@ Build it
.PHONY: venv build docs release clean
venv: .venv/.tests build/collections ## what all of this needs, in .venv

build: .venv/.demo ## the collection as a tarball, in build/
	@ansible-galaxy collection build --force --output-path build

docs: .venv/.docs build/collections ## guides, and a page for the role, each module and each plugin; build/docs/html/index.html
	@PYTHONPATH=build/collections:. python -m tests.tools.variables
	@rm -rf build/docs && mkdir -p build/docs/rst
	antsibull-docs --config-file docs/sphinx/antsibull-docs.cfg collection --use-current --squash-hierarchy --fail-on-error --dest-dir build/docs/rst dcops.atlassian_sessions
	sphinx-build --builder html --conf-dir docs/sphinx --jobs 2 --quiet --fail-on-warning --keep-going build/docs/rst build/docs/html

release: venv ## a release up to its upload, in build/release (VERSION=0.2.0 REPOSITORY=https://..); says what it would upload
	@python -m tests.tools.release "$(VERSION)" "$(REPOSITORY)"

clean: ## remove .venv, build/ and the caches
	rm -rf .venv build .mypy_cache .pytest_cache .ruff_cache .ansible
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp for each list of requirements: the demo asks for less than the tests do.
.venv/.demo: requirements.txt demo/requirements.txt | .venv/bin/python
	@python -m pip install --quiet --disable-pip-version-check -r demo/requirements.txt
	@touch $@

.venv/.demo-hsqldb: demo/requirements-hsqldb.txt .venv/.demo
	@python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@

.venv/.tests: requirements.txt demo/requirements.txt demo/requirements-hsqldb.txt docs/sphinx/requirements.txt tests/requirements.txt | .venv/bin/python
	@python -m pip install --quiet --disable-pip-version-check -r tests/requirements.txt
	@touch $@

.venv/.docs: requirements.txt demo/requirements.txt docs/sphinx/requirements.txt | .venv/bin/python
	@python -m pip install --quiet --disable-pip-version-check -r docs/sphinx/requirements.txt
	@touch $@

.venv/.mutants: tests/requirements-mutants.txt .venv/.tests
	@python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@

# ansible-core 2.19 runs on 3.11 and newer, its successor not on 3.11: the oldest that does comes first
.venv/bin/python:
	@for python in python3.11 python3.12 python3.13 python3; do \
	  if $$python -c 'import sys, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then exec $$python -m venv --clear .venv; fi; \
	done; \
	echo "No Python 3.11 or newer with venv: install the packages python3.11 and python3.11-venv (or their successors)." >&2; exit 1

# A folder in which Ansible finds the checkout as the collection that it is.
build/collections: | .venv/bin/python
	@python -c 'from demo.playbook import collections_path; collections_path()'
