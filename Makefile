# What CI calls and what a developer calls are the same words. Each target sets itself up.
PYTHON ?= python3
PORT ?= 9000
CLOUD_PORT ?= 9001
RUNTIME ?= 3.10
# Tests at once in make test. Some only wait: three keep two cores busy.
WORKERS ?= 3
# Further arguments for pytest: make test ARGS="tests/local -k timeout"
ARGS ?=

PY := .venv/bin/python
export PORT CLOUD_PORT

.PHONY: setup run trace test test-browser test-long reliability test-fake test-clients test-live test-s \
  test-bundle mutants coverage check bundle deploy template bench load fuzz picture lock audit clean

setup: .venv/installed node_modules/installed

# Stamps: nothing is installed again until a lock file changes.
.venv/installed: requirements-dev.txt fakealiyun/pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || \
	  { echo "vodpass needs Python 3.10 or later; name one: make PYTHON=python3.11 ..." >&2; \
	    echo "vodpass 需要 Python 3.10 或更高版本；请指定一个：make PYTHON=python3.11 ..." >&2; exit 1; }
	@test -x $(PY) || $(PYTHON) -m venv .venv || \
	  { echo "python -m venv failed; on Debian and Ubuntu: apt install python3-venv" >&2; \
	    echo "python -m venv 失败；在 Debian 和 Ubuntu 上请执行：apt install python3-venv" >&2; exit 1; }
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e fakealiyun
	@touch $@

node_modules/installed: package-lock.json
	@node -e 'process.exit(parseInt(process.versions.node) < 18 ? 1 : 0)' || \
	  { echo "vodpass needs Node 18 or later, with npm" >&2; \
	    echo "vodpass 需要 Node 18 或更高版本，以及 npm" >&2; exit 1; }
	npm ci --silent
	@touch $@

run: setup
	@exec $(PY) -m local

# One request through the code: make trace, make trace ARGS="play --as bob".
trace: setup
	@$(PY) -m local.trace $(ARGS)

test: setup
	$(PY) -m pytest -n $(WORKERS) $(ARGS)

# In Chromium: the page three times in a row, then the clients.
test-browser: setup
	for run in 1 2 3; do \
	  $(PY) -m pytest -n 2 -m 'not long' tests/browser $(ARGS) || exit 1; done
	$(PY) -m pytest -n 2 -m '(browser or smoke) and not long' tests/clients $(ARGS)

# What takes long: rehearsals of whole deployments, each command of the guides, load on the limits,
# ten reloads of the page, 300 MB.
test-long: setup
	$(PY) -m pytest -n 2 -m long $(ARGS)

# With the code as it is deployed, RUNTIME=3.10 or 3.12: the tests that serve the functions, and
# those that look at a bundle, deploy it or measure it.
BUNDLE_TESTS := tests/functions tests/attacks tests/docs/openapi tests/local/test_stack.py \
  tests/ops/bundle tests/ops/deploy/test_whole.py tests/local/deployed/test_rehearsal.py \
  tests/benchmarks/test_benchmarks.py
test-bundle: setup
	$(PY) -m pytest -n 2 -m 'not (long or browser)' --bundle $(RUNTIME) $(or $(ARGS),$(BUNDLE_TESTS))

# Every fault of every upstream call, compared with docs/reliability.md. WRITE=1 writes the page.
reliability: setup
	$(if $(WRITE),$(PY) -m tests.reliability.page,$(PY) -m pytest -n 2 --every-cell tests/reliability $(ARGS))

# The tests of the fake cloud alone.
test-fake: setup
	cd fakealiyun && ../$(PY) -m pytest -n 2 $(ARGS)

# The vendor's own clients against the fake cloud. They are installed into a folder of their own.
CLIENTS := fakealiyun/clients
test-clients: setup .clients/python/installed .clients/node/installed
	cd fakealiyun && ../$(PY) -m pytest $(or $(ARGS),clients)

.clients/python/installed: $(CLIENTS)/requirements.txt
	rm -rf .clients/python
	$(PY) -m venv .clients/python
	.clients/python/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes \
	  -r $(CLIENTS)/requirements.txt
	@touch $@

.clients/node/installed: $(CLIENTS)/package-lock.json
	mkdir -p .clients/node
	cp $(CLIENTS)/package.json $(CLIENTS)/package-lock.json .clients/node
	npm ci --silent --prefix .clients/node
	@touch $@

# The spine against a deployment in a real account. Without LIVE_CONSENT it only says what it
# would do, and what that costs.
test-live: setup
	$(PY) -m pytest -W ignore::DeprecationWarning -p no:cacheprovider --tb=short \
	  -o python_files='live_*.py' tests/live $(ARGS)

# s.yaml and s.prod.yaml through the real `s` and its component fc3, against the fake cloud. If the
# component is not in the cache of `s`, it says how to get it and ends with 2.
test-s: setup
	@$(PY) -m ops.rehearse --with-s $(ARGS)

check: setup
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy .
	cd fakealiyun && ../$(PY) -m mypy .

# Checks, builds, deploys, examines and tries: make deploy, make deploy ENV=prod for s.prod.yaml.
# Not from the environment: some shells have a variable of that name.
ENV :=
deploy: setup
	@$(PY) -m ops.deploy --env "$(ENV)" $(ARGS)

# The application template of Serverless Devs, in build/template.
template: setup
	$(PY) -m ops.template

bundle: setup
	$(PY) -m ops.bundle --python $(RUNTIME) --out build

# Cold starts, warm calls and a sustained run, as ratios to named contenders; a few minutes.
bench: setup
	$(PY) -m benchmarks

# Photographs the page for the two READMEs.
picture: setup
	$(PY) -m tests.browser.picture

# Known vulnerabilities of every locked package. Where the registries answer no audits, it says so
# and ends with 2: nothing is taken for clean that nobody looked up.
audit: setup .audit/installed
	$(PY) -m ops.audit $(ARGS)

.audit/installed: requirements-audit.txt
	rm -rf .audit
	$(PY) -m venv .audit
	.audit/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes \
	  -r requirements-audit.txt
	@touch $@

# Throughput, throttling and fairness of the whole deployment on loopback; eight minutes.
load: setup
	$(PY) -m benchmarks.load
	$(PY) -m benchmarks.load.fairness
	$(PY) -m benchmarks.load.simulation

# Fuzzes every parser for so many seconds in all. atheris has no build for every machine.
SECONDS ?= 120
fuzz: setup
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes \
	  --only-binary=:all: -r requirements-fuzz.txt || echo "fuzz: atheris does not install here"
	$(PY) -m tests.fuzz --seconds $(SECONDS)

# Changes the deployed code, one line at a time: a test must notice each change of the critical
# modules, and 90 % of the others'. ARGS="shared/web" runs a part.
mutants: setup
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes \
	  -r requirements-mutants.txt
	rm -rf mutants
	$(PY) -m tests.mutation $(ARGS)

# The branches of the deployed code that the tests run, in every instance too; some seven minutes.
coverage: setup
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes \
	  -r requirements-mutants.txt
	$(PY) -m tests.branches $(ARGS)

# Resolve the lock files anew. uv is needed for this alone.
LOCK := uv pip compile --python-version 3.10 --generate-hashes --custom-compile-command "make lock"
lock:
	$(LOCK) --python-platform x86_64-manylinux2014 --only-binary :all: \
	  requirements.in -o requirements.txt
	$(LOCK) --universal requirements-dev.in -o requirements-dev.txt
	$(LOCK) --universal requirements-audit.in -o requirements-audit.txt
	$(LOCK) --universal requirements-fuzz.in -o requirements-fuzz.txt
	$(LOCK) --universal requirements-mutants.in -o requirements-mutants.txt
	$(LOCK) --universal $(CLIENTS)/requirements.in -o $(CLIENTS)/requirements.txt

# Keeps .local/keys.json: tokens and marks of earlier runs stay valid.
clean:
	rm -rf build mutants .local/python-* .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -not -path './.venv/*' -not -path './node_modules/*' \
	  -prune -exec rm -rf {} +
