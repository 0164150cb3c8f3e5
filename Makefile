# Everything a person does here. Python packages go into .venv and nowhere else.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

.PHONY: demo test test-fast test-slow check house docs format wheel results release device-install attack attack-servers audit fuzz arm clean help

help:  ## show this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(READY): pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "edgedigits needs Python 3.11 or newer; name one with PYTHON=python3.11")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

demo: $(READY)  ## train the reference CNN, export, verify, benchmark, read a page
	$(BIN)/edgedigits pipeline --model reference --out runs/demo

test: $(READY)  ## every test
	$(BIN)/python -m pytest

test-fast: $(READY)  ## the tests that take seconds
	$(BIN)/python -m pytest -m "not slow"

house: $(READY)  ## print the structure: modules per folder, import levels, circles, words, a walk through read
	$(BIN)/python scripts/house.py --walk

SLOW := tests/apps/photos tests/apps/webcam/test_csv_log.py tests/apps/webcam/test_mqtt.py tests/apps/webcam/test_on_change.py
test-slow: $(READY)  ## the slow tests that continuous integration runs
	$(BIN)/python -m pytest -m slow $(SLOW)

check: $(READY)  ## lint, format and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(READY)  ## mend what can be mended by itself
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(READY)  ## build the site into dist/site
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[docs]'
	$(BIN)/mkdocs build --strict

wheel: $(READY)  ## build the wheel and the sdist into dist/
	$(BIN)/python -m build --outdir dist .

release: $(READY)  ## build and try sdist and wheel, hashes and a bill of materials into dist/
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[release]'
	$(BIN)/python scripts/release.py --out dist

PYTHONS ?= $(BIN)/python
device-install: $(READY)  ## what the device install costs and where it works; PYTHONS="python3.11 python3.12" for several
	$(BIN)/python scripts/device_install.py $(foreach python,$(PYTHONS),--python $(python)) \
	  --out docs/research/results/device-install.json --page docs/research/devices.md

audit: $(READY)  ## bandit over the packages, pip-audit over what is installed (needs PyPI); docs/reference/security.md explains
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[release]'
	$(BIN)/bandit --quiet --configfile pyproject.toml --recursive data train export runtime benchmarks apps scripts
	$(BIN)/pip freeze --all --exclude-editable | $(BIN)/pip-audit --strict --no-deps --disable-pip --requirement /dev/stdin

attack: $(READY)  ## attack servers, files and faults as docs/reference/security.md lists them; ONLY=WORD for some
	$(BIN)/python scripts/attack.py --only "$(ONLY)"

DOOR ?=
attack-servers: $(READY)  ## load real servers on loopback as strangers do: time, memory and what held; DOOR=web for one
	$(BIN)/python -m scripts.attack_servers $(DOOR)

MINUTES ?= 30
fuzz: $(READY)  ## MINUTES of damaged files for everything that reads files
	set -e; for target in idx manifest npz onnx picture result tflite video; do \
	    $(BIN)/python tests/resilience/fuzz.py $$target --minutes $(MINUTES) --seed $$(date +%s); done

ARM ?= runs/arm
arm: $(READY)  ## compare with an emulated ARM computer, kept in ARM=FOLDER; needs root, qemu-system-arm, debootstrap, cpio
	$(BIN)/python scripts/arm.py --work $(ARM) --out docs/research/results/arm.json --page docs/research/devices.md

# Takes about ten minutes for each bundle on a machine that does nothing else, as it should.
results: $(READY)  ## measure the bundles that ship; writes benchmarks/results/ and the tables made from them
	mkdir -p benchmarks/results
	for name in edge nano; do \
	  $(BIN)/edgedigits bench $$name --peers --profile --json --html benchmarks/results/$$name.html > $$name.json.new && \
	  mv $$name.json.new benchmarks/results/$$name.json || { rm -f $$name.json.new; exit 1; }; \
	done
	$(BIN)/python -m edgedigits_bench.report.markdown docs/research/benchmarking.md

clean:  ## remove everything that was made, but not .venv
	rm -rf runs dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis
