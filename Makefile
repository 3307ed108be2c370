# Every target works alone on a fresh machine: it makes .venv and installs what it needs, once.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

MODEL ?= ppocr
OUT ?= artifacts
VENV ?= .venv
PY := $(VENV)/bin/python
STAMP := $(VENV)/.installed

# The folder that the converter writes: artifacts/ppocr, artifacts/easyocr; for networks of one's own NAME, or a name out
# of those of the files, which the converter knows.
comma := ,
MODEL_DIR ?= $(if $(NAME),$(OUT)/$(NAME),$(if $(findstring :,$(MODEL)),$(shell \
	$(PY) -m converters '$(MODEL)' --out $(OUT) --print-folder),$(OUT)/$(MODEL)))
# A photo of a printed page; see tests/golden/SOURCES.md.
IMAGE ?= tests/golden/page.png
CONVERT_OPTIONS = --out $(OUT) $(if $(PRECISION),--precision $(PRECISION)) $(if $(LANGS),--langs $(LANGS)) \
	$(if $(NAME),--name $(NAME)) $(if $(REPLACE),--replace) $(if $(FORMAT),--format $(FORMAT)) $(if $(WEIGHTS),--weights $(WEIGHTS)) \
	$(if $(CALIBRATION),--calibration $(CALIBRATION)) $(if $(PRUNE),--prune $(PRUNE)) \
	$(if $(PATTERN),--prune-pattern $(PATTERN)) $(if $(CHANNELS),--channels $(CHANNELS)) \
	$(if $(SEARCH),--search $(SEARCH) --data $(DATA))
# A list of precisions is for converting; one is for reading too.
READ_OPTIONS = --model $(MODEL_DIR) $(if $(findstring $(comma),$(PRECISION)),,$(if $(PRECISION),--precision $(PRECISION)))

# Debian packages: as root, or with a sudo that asks for no password.
as_root = $(if $(filter 0,$(shell id -u)),,sudo -n)
# Training: folders of labelled real images, each with a labels.jsonl (lines and words; full pages).
REAL_LINES ?=
REAL_PAGES ?=
TRAIN_OUT ?= out/train
FINETUNE_OUT ?= out/finetune
# See web_folder in synthetic/letters/glyphs.py.
WEB_FONTS := $(or $(XDG_DATA_HOME),$(HOME)/.local/share)/tflite-ocr/fonts
TRAIN_THREADS ?= $(shell nproc 2>/dev/null || echo 2)

DATA ?=
QUICK ?=
# Of the film: a video of a minute or more to read instead of the rendered clip.
VIDEO ?=
# Of test-arm: qemu's processors, and how many per cent of the lines may differ.
CPUS ?=
DIFFER ?= 3
ARM_PYTHON ?= $(or $(wildcard $(PY)),python3)
REPORTS = $(OUT)/report/report.json $(OUT)/demo/report/report.json
# Where a report has figures of MODEL; the film gets a report of its own where that in OUT is of other models.
MEASURED = '"model": "$(notdir $(MODEL_DIR))"'
FILM_PACKAGES := espeak-ng fonts-inter fonts-jetbrains-mono libegl1 libgl1

.PHONY: help setup convert read benchmark demo fonts train finetune train-preview test test-fast test-arm coverage fuzz lint clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo
	@echo "Variables: MODEL=ppocr|easyocr|onnx:DET.onnx,REC.onnx|torch:MODULE:CLASS  NAME=name of its folder  REPLACE=1"
	@echo "           PRECISION=float32,float16,dynamic,int8  LANGS=en  FORMAT=tflite,onnx,openvino"
	@echo "           PRUNE=share of zeros  PATTERN=single|block|2:4  CHANNELS=share of channels to remove"
	@echo "           SEARCH=points that may be lost on DATA=\"labelled folders\": the fastest pruning and precision of every layer"
	@echo "           QUICK=1  DATA=\"labelled folders\"  WEIGHTS=folder of checkpoints, or A.pth,B.pth for torch:  CALIBRATION=folder of images  OUT=artifacts  IMAGE=photo"
	@echo "           of finetune: STEPS=2000  RATE=1e-4  CASE=labels|picture  REPLAY=0.3  ANYWAY=1: also what reads less than before  DETECTOR=1: finds better too"

setup: $(STAMP) ## make .venv and install everything that converting and testing need

# Both builds of OpenCV share one folder; where the system has no libGL, the headless one goes on top.
$(STAMP): setup.cfg pyproject.toml | $(VENV)/bin/pip
	@echo "installing into $(VENV): about 4.5 GB of disk and, by the network, 5 to 15 minutes, once;" \
		"$$(df -Ph . | awk 'NR == 2 {print $$4}') are free"
	$(PY) -m pip install --disable-pip-version-check -e '.[convert,bench,demo,dev]'
	@$(PY) -c 'import cv2' 2>/dev/null || { \
		echo "opencv-python does not load here (no libGL?): putting its headless build on top"; \
		$(PY) -m pip install --disable-pip-version-check --force-reinstall --no-deps opencv-python-headless==4.11.0.86; \
		$(PY) -c 'import cv2'; }
	@touch $@

# The converters need Python 3.10 to 3.12.
$(VENV)/bin/pip:
	@set -e; found=; \
	for python in $${PYTHON:-python3.11 python3.12 python3.10 python3}; do \
		if $$python -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 12))' 2>/dev/null; then \
			found=$$python; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
		echo "error: expected Python 3.10, 3.11 or 3.12, found none; install one and name it: make PYTHON=..." >&2; exit 1; \
	fi; \
	if ! $$found -c 'import ensurepip' 2>/dev/null; then \
		if [ "$$(id -u)" = 0 ]; then as_root=; else as_root="sudo -n"; fi; \
		package=python$$($$found -c 'import sys; print("%d.%d" % sys.version_info[:2])')-venv; \
		echo "$$found cannot make virtual environments: installing the Debian package $$package"; \
		{ $$as_root apt-get update && $$as_root apt-get install -y $$package; } \
			|| { echo "error: install $$package (or a Python with venv) first" >&2; exit 1; }; \
	fi; \
	echo "making $(VENV) with $$found"; \
	$$found -m venv $(VENV)

convert: $(STAMP) ## convert MODEL to .tflite and read IMAGE with the result
	@echo "converting $(MODEL): 2 to 10 minutes and up to 1 GB of disk the first time; what is made already is kept"
	$(PY) -m converters $(MODEL) $(CONVERT_OPTIONS)
	@echo "Reading $(IMAGE):"
	@$(PY) -m tflite_ocr read $(IMAGE) $(READ_OPTIONS)

read: $(STAMP) ## read IMAGE with the converted MODEL
	@test -f $(MODEL_DIR)/manifest.json || $(PY) -m converters $(MODEL) $(CONVERT_OPTIONS)
	@$(PY) -m tflite_ocr read $(IMAGE) $(READ_OPTIONS)

benchmark: $(STAMP) ## compare MODEL with every engine: artifacts/report (QUICK=1, DATA="folders")
	@command -v tesseract > /dev/null || { echo "installing tesseract-ocr"; \
		$(as_root) apt-get update -q > /dev/null && $(as_root) apt-get install -q -y tesseract-ocr > /dev/null; } \
		|| echo "tesseract-ocr cannot be installed here: the report will do without"
	@test -f $(MODEL_DIR)/manifest.json || $(PY) -m converters $(MODEL) $(CONVERT_OPTIONS)
	$(PY) -m benchmarks $(MODEL_DIR) --out $(OUT)/report $(if $(QUICK),--quick) $(if $(DATA),--data $(DATA)) \
		$(if $(WEIGHTS),--weights $(WEIGHTS))

demo: $(STAMP) ## build the film: artifacts/demo/demo.mp4 (QUICK=1 small, VIDEO=a video to read)
	@for package in $(FILM_PACKAGES); do \
		dpkg-query -W -f '$${Status}' $$package 2>/dev/null | grep -q 'install ok' || missing="$$missing $$package"; \
	done; \
	if [ -n "$$missing" ]; then \
		echo "installing$$missing"; \
		{ $(as_root) apt-get update -q && $(as_root) apt-get install -q -y --no-install-recommends $$missing; } \
			> /dev/null || echo "not to be had here:$$missing; the film does without"; \
	fi
	@test -f $(MODEL_DIR)/manifest.json || $(PY) -m converters $(MODEL) $(CONVERT_OPTIONS)
	@test -f $(OUT)/report/report.json || $(PY) -m benchmarks $(MODEL_DIR) --out $(OUT)/report --quick
	@grep -qs $(MEASURED) $(REPORTS) || $(PY) -m benchmarks $(MODEL_DIR) --out $(OUT)/demo/report --quick
	$(PY) -m demo --model $(MODEL_DIR) --report $$(grep -ls $(MEASURED) $(REPORTS) | head -n 1) --out $(OUT)/demo \
		$(if $(QUICK),--quick) $(if $(VIDEO),--video $(VIDEO))

fonts: ## install the fonts, word lists and photographs that training draws with (Debian and npm packages)
	$(as_root) apt-get update -q
	@for package in $$(sed 's/#.*//' synthetic/packages/fonts.txt synthetic/packages/words.txt synthetic/packages/backgrounds.txt); do \
		$(as_root) apt-get install -q -y --no-install-recommends $$package > /dev/null \
			&& echo "installed $$package" || echo "not available here: $$package"; \
	done
	@if command -v npm > /dev/null; then \
		sed 's/#.*//' synthetic/packages/webfonts.txt | xargs -n 10 sh -c \
			'npm install --prefix $(WEB_FONTS) --no-package-lock --ignore-scripts "$$@" > /dev/null \
				&& echo "installed $$*" || echo "not available here: one of $$*"' npm; \
	else \
		echo "not available here: npm, which fetches the web fonts of synthetic/packages/webfonts.txt"; \
	fi

train: $(STAMP) ## train the edge model (hours; resumes an interrupted run) and convert it
	$(PY) -m training scenes --out $(TRAIN_OUT)/scenes --threads $(TRAIN_THREADS) \
		--pages $(REAL_PAGES) --words $(REAL_LINES)
	$(PY) -m training detector --store $(TRAIN_OUT)/scenes --out $(TRAIN_OUT)/detector --threads $(TRAIN_THREADS)
	$(PY) -m training recognizer --real $(REAL_LINES) $(REAL_PAGES) --out $(TRAIN_OUT)/recognizer --threads $(TRAIN_THREADS)
	mkdir -p $(OUT)/edge
	cp $(TRAIN_OUT)/detector/weights.pt $(OUT)/edge/detector.pt
	cp $(TRAIN_OUT)/recognizer/weights.pt $(OUT)/edge/recognizer.pt
	$(PY) -m converters edge --out $(OUT)

finetune: $(STAMP) ## let the edge recogniser (MODEL=easyocr: that one) learn from DATA, your labelled images: out/finetune
	@test -n "$(DATA)" || { echo "error: expected a folder of labelled images: make finetune DATA=folder" >&2; exit 2; }
	$(PY) -m training finetune --data $(DATA) --out $(FINETUNE_OUT) --threads $(TRAIN_THREADS) \
		--model $(if $(filter easyocr,$(MODEL)),easyocr,edge) $(if $(WEIGHTS),--weights $(WEIGHTS)) \
		$(if $(LANGS),--langs $(LANGS)) $(if $(STEPS),--steps $(STEPS)) $(if $(RATE),--rate $(RATE)) \
		$(if $(CASE),--case $(CASE)) $(if $(REPLAY),--replay $(REPLAY)) $(if $(ANYWAY),--accept-worse) \
		$(if $(DETECTOR),--detector)

train-preview: $(STAMP) ## contact sheets of the text that training draws, in out/
	$(PY) -m training preview --out out

# A process of its own for each core; files of tests stay whole, as their tests share models that are made once.
PARALLEL := -n logical --maxprocesses 4 --dist loadfile

test: $(STAMP) ## run the tests
	$(PY) -m pytest $(PARALLEL)

test-fast: $(STAMP) ## run the tests that are not marked slow: about a minute
	$(PY) -m pytest $(PARALLEL) -m "not slow"

coverage: $(STAMP) ## run the tests of the runtime, and fail below the least coverage of setup.cfg
	$(PY) -m pytest tests/tflite_ocr --cov=tflite_ocr --cov-report=term-missing:skip-covered

# Needs no .venv: the wheel is built and installed in environments of its own, below ~/.cache/tflite-ocr/arm.
test-arm: ## read IMAGE on emulated 64-bit Arm (CPUS="cortex-a72 cortex-a76") and compare with x86-64 (DIFFER=3 per cent)
	$(ARM_PYTHON) -m tests.arm $(if $(filter command,$(origin IMAGE)),$(IMAGE)) $(if $(CPUS),--cpus "$(CPUS)") \
		$(if $(DIFFER),--differ $(DIFFER)) $(if $(filter command,$(origin MODEL_DIR)),--model $(MODEL_DIR)) \
		$(if $(PRECISION),--precision $(PRECISION))

fuzz: $(STAMP) ## give damaged files to all that reads files, SECONDS=60 for each kind (TARGETS="image model")
	$(PY) -m tests.fuzz $(TARGETS) --seconds $(or $(SECONDS),60)

lint: $(STAMP) ## check style, names, the order of imports, and the format
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy

clean: ## remove .venv, build products and converted models that are not committed
	rm -rf $(VENV) build dist *.egg-info .pytest_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
	if [ -d $(OUT) ]; then git clean -fdXq $(OUT); fi
