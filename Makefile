# Everything that this package can do from a checkout: see "make help".

PORT ?= 8080
ADDRESS = 127.0.0.1:$(PORT)

# The first Python on the machine that Plone 6.2 runs on.
PYTHON ?= $(shell for python in python3 python3.11 python3.12 python3.13 python3.10; do \
	$$python -c 'import sys; sys.exit(not (3, 10) <= sys.version_info < (3, 14))' 2>/dev/null \
	&& echo $$python && break; done)

VENV = .venv
BUILDOUT = $(VENV)/bin/buildout
SITE = var/filestorage/.site-created

# What has code: all of it is checked, formatted and cleaned.
FOLDERS = acceptance docs examples scripts src
PYTHON_FILES = setup.py $(FOLDERS)
MARKUP = $(shell git ls-files -co --exclude-standard '*.zcml' '*.xml' '*.pt')
pin = $(shell sed -n 's/^$(1) = /$(1)==/p' versions.cfg)

.DEFAULT_GOAL := help

.PHONY: help
help: ## Show this list
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | \
	awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

$(BUILDOUT): versions.cfg
	@test -n "$(PYTHON)" || { echo "Plone 6.2 needs Python 3.10 to 3.13; none was found. \
	Install one, or say which: make PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install --quiet $(call pin,pip) $(call pin,setuptools) \
	$(call pin,wheel) $(call pin,zc.buildout) \
	$(call pin,build) $(call pin,packaging) $(call pin,pyproject_hooks)
	@touch $@

bin/test: $(BUILDOUT) buildout.cfg versions.cfg setup.py
	$(BUILDOUT) instance:http-address=$(ADDRESS)
	@touch $@

.PHONY: build
build: bin/test ## Build Plone with the add-on (about three minutes the first time)

$(SITE): | bin/test
	@mkdir -p var/blobstorage var/cache var/filestorage var/instance var/log
	bin/instance run scripts/create_site.py
	@touch $@

.PHONY: start
start: bin/test ## Start Plone with the add-on and the demo: make start PORT=8080
	@$(VENV)/bin/python -c 'import socket; socket.create_server(("127.0.0.1", $(PORT)))' \
	2>/dev/null || { echo "Nothing can listen on $(ADDRESS): most likely something else \
	does. Choose another port: make start PORT=8081"; exit 1; }
	@grep -qs 'listen = $(ADDRESS)$$' parts/instance/etc/wsgi.ini || \
	$(BUILDOUT) -Nq instance:http-address=$(ADDRESS) install instance
	@$(MAKE) --silent --no-print-directory $(SITE)
	@echo
	@echo "  The demo shop:   http://$(ADDRESS)/Plone/@@checkout"
	@echo "  The site:        http://$(ADDRESS)/Plone"
	@echo "  Its sessions:    http://$(ADDRESS)/Plone/@@sessions-overview"
	@echo "  Log in:          http://$(ADDRESS)/Plone/login   (admin, password: admin)"
	@echo "  Stop:            Ctrl-C"
	@echo
	@exec bin/instance console

.PHONY: test
test: bin/test ## Run the whole test suite
	bin/test -s collective.sessiondata
	bin/test-starter -s example.packinglist

bin/benchmark bin/soak: bin/test
	$(BUILDOUT) -N install benchmark
	@touch $@

.PHONY: benchmark
benchmark: bin/benchmark ## Measure it side by side with others; written to docs/
	bin/benchmark --output docs

.PHONY: soak
soak: bin/soak ## Let many browsers at once be compared with a model, for five minutes
	bin/soak

bin/sphinx-build: bin/test
	$(BUILDOUT) -N install docs
	@touch $@

.PHONY: docs
docs: bin/sphinx-build ## Make the documentation, in docs/_build/html
	bin/sphinx-build -W --keep-going -n -q -E docs docs/_build/html
	@echo "Open docs/_build/html/index.html"

bin/attack: bin/test
	$(BUILDOUT) -N install attack
	@touch $@

.PHONY: attack
attack: bin/attack ## Attack a real site over HTTP, and report what succeeded
	bin/attack

bin/test-browser: bin/test
	$(BUILDOUT) -N install browser
	@touch $@

.PHONY: chromium
chromium:
	@command -v chromium >/dev/null || \
	(apt-get update -qq && apt-get install -qq --yes chromium)

.PHONY: test-browser
test-browser: bin/test-browser chromium ## Click through real sites in a Chromium
	bin/test-browser --path=$(CURDIR) -s acceptance.browser

bin/test-cluster: bin/test
	$(BUILDOUT) -N install cluster
	@touch $@

.PHONY: test-cluster
test-cluster: bin/test-cluster ## Play faults on two Zopes with ZEO and PostgreSQL
	bin/test-cluster

bin/test-proxies: bin/test
	$(BUILDOUT) -N install proxies
	@touch $@

.PHONY: test-proxies
test-proxies: bin/test-proxies ## Browse through the documented nginx and Varnish
	bin/test-proxies --path=$(CURDIR) -s acceptance.proxies

bin/test-tutorial: bin/test
	$(BUILDOUT) -N install tutorial
	@touch $@

.PHONY: test-tutorial
test-tutorial: bin/test-tutorial ## Follow the tutorial word for word, in an empty folder
	CHECKOUT=$(CURDIR) bin/test-tutorial

.PHONY: screenshots
screenshots: export SCREENSHOTS = $(CURDIR)/docs/images
screenshots: test-browser ## The same, and write its screenshots to docs/images

bin/twine: bin/test
	$(BUILDOUT) -N install dist
	@touch $@

.PHONY: dist
dist: bin/twine ## Build the sdist and the wheel, and check what is in them
	bin/check-manifest --no-build-isolation
	rm -rf dist
	$(VENV)/bin/pyproject-build --no-isolation
	bin/check-wheel-contents --src-dir src dist/*.whl
	bin/twine check --strict dist/*

.PHONY: test-wheel
test-wheel: dist ## Install the wheel by pip in a fresh Plone, and run its tests there
	$(PYTHON) acceptance/wheel.py dist/*.whl $(TESTS)

.PHONY: lint
lint: bin/test ## Check style, spelling and translations
	bin/black --check --quiet $(PYTHON_FILES)
	bin/isort --check-only --quiet $(PYTHON_FILES)
	bin/flake8 $(PYTHON_FILES)
	bin/vermin --quiet --violations --target=3.10- $(PYTHON_FILES)
	bin/zpretty --check $(MARKUP)
	bin/codespell README.rst CHANGES.rst CONTRIBUTING.rst Makefile $(FOLDERS)
	bin/lint-python scripts/i18n.py --check

.PHONY: i18n
i18n: bin/test ## Bring the translations in step with the code, and compile them
	bin/lint-python scripts/i18n.py

.PHONY: format
format: bin/test ## Put code, ZCML and templates into that style
	bin/isort --quiet $(PYTHON_FILES)
	bin/black --quiet $(PYTHON_FILES)
	bin/zpretty --inplace $(MARKUP)

.PHONY: clean
clean: ## Remove all that was built; the site's data in var/ stays
	rm -rf $(VENV) bin parts develop-eggs eggs .installed.cfg .mr.developer.cfg build dist docs/_build
	find $(FOLDERS) -name __pycache__ -prune -exec rm -rf {} +
	find examples src -name '*.egg-info' -prune -exec rm -rf {} +
