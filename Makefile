# What a developer and CI call. Each target says what it does while it does it; the work is in scripts/.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.NOTPARALLEL:
.DEFAULT_GOAL := help

# GO is the go command. The others are those of scripts/soak.sh.
GO ?= go
export GO RUNS FUZZTIME TARGETS DURATION DESIGNS PARTS FRESH EXAMPLES

.PHONY: help deps build fmt test soak bench

help: ## what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-6s %s\n", $$1, $$2}' Makefile

deps: ## what build and tests need: Go, its modules, and (on Debian, as root) the real servers of scripts/packages.txt
	@scripts/deps.sh

build: ## the program, in bin/siteswap: one file that needs no library of the machine that it runs on
	@PACKAGES=no scripts/deps.sh
	@mkdir -p bin
	CGO_ENABLED=0 $(GO) build -trimpath -o bin/siteswap ./cmd/siteswap

fmt: ## gofmt over everything
	@$(GO) fmt ./...

test: deps ## what CI runs: formats, vet, modules, one drill, a taste of fuzzing, all tests with the race detector, rehearsals
	@scripts/test.sh

soak: deps ## every long check, figures into docs/soak.md (RUNS=20 FUZZTIME=10m DURATION=10m PARTS="drills sites scenarios peers um mutants designs fuzz" FRESH=1)
	@scripts/soak.sh

bench: deps ## ratios and curves: compile, model, commit, overhead per step, the UM redirector against Kamailio
	@scripts/bench.sh
