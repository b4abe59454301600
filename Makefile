# Headwater. `make` or `make help` lists the targets; .ci/run runs the checks in order.
SHELL       := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS   += --no-print-directory

GO       ?= go
BIN      := bin
VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS  := -s -w -X main.version=$(VERSION)

# Checks and generators, pinned outside go.mod: tools.mod for the code, deploy/tools.mod for
# the manifests. (The Kubernetes libraries do not compile in one graph with the linters.)
TOOL        := $(GO) tool -modfile=tools.mod
DEPLOY_TOOL := $(GO) tool -modfile=deploy/tools.mod

TEST_TIMEOUT ?= 15m
TEST_FLAGS   ?=
# The packages that start goroutines; the rest is pure functions.
RACE_PKGS    ?= ./cmd/headwater $(shell git grep -lE '^[[:space:]]+go [[:alpha:]]|[.]Go[^[:alnum:]]' -- '*.go' ':!*_test.go' ':!*/_*' | xargs -n1 dirname | sort -u | sed 's|^|./|')
# Tests that hold much arithmetic and no concurrency of their own: minutes under the detector.
RACE_SKIP    ?= HoldsTheTable$$|StandOutAsStated$$|LookLikeCustomers$$|HoldOut$$|RowByRow$$|TestWriteManyGroups$$|TestRunIsTheSame|TestCorrupt|TestFuzz|TestBadInput$$
RACE_TIMEOUT ?= 30m
FUZZTIME     ?= 20s
FUZZ_PKGS    ?= .
BENCH_PKGS   ?= ./kernels/... ./worker/... ./coordinator/search ./coordinator/merge
BENCH_FLAGS  ?= -benchtime=200ms -count=1
KUBERNETES   ?= 1.30

##@ Use

.PHONY: build
build: ## Build bin/headwater: static, reproducible, version from git
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o $(BIN)/headwater ./cmd/headwater

.PHONY: demo
demo: build ## Generate a million customers and run the whole job on them, into out/demo
	@mkdir -p out/demo
	$(BIN)/headwater gen --rows 1m --features 20 --seed 1 --out out/demo/customers.parquet
	$(BIN)/headwater run --input out/demo/customers.parquet --metric responded=yes --metric revenue --out out/demo/result --force

.PHONY: image
image: ## Build the container image headwater:VERSION
	docker build -f deploy/docker/Dockerfile --build-arg VERSION=$(VERSION) -t headwater:$(VERSION) -t headwater:dev .

##@ Check

.PHONY: test
test: ## go vet and the tests; -short leaves whole jobs on large tables to make e2e
	$(GO) vet ./...
	$(GO) test -short -timeout $(TEST_TIMEOUT) $(TEST_FLAGS) ./...

.PHONY: race
race: ## The concurrent packages under the race detector, less RACE_SKIP
	CGO_ENABLED=1 $(GO) test -race -short -skip '$(RACE_SKIP)' -timeout $(RACE_TIMEOUT) $(TEST_FLAGS) $(RACE_PKGS)

.PHONY: trust
trust: ## What findings and differences promise, on 200 seeds of each kind: noise, planted groups, coverage
	HEADWATER_TRUST=200 $(GO) test -count=1 -timeout 60m -v -run 'Nothing|Planted|Cover|Leads' ./coordinator/evidence ./coordinator/contrast

ROWS ?= 10m
.PHONY: planted
planted: ## Both roads on gen's planted segments and clusters, ROWS (10m) customers: adjusted Rand index of at least 0.95
	HEADWATER_PLANTED=$(ROWS) $(GO) test -count=1 -timeout 60m -v -run '^TestRoadsFindWhatWasPlanted$$' ./cmd/headwater

.PHONY: purego
purego: ## Build and test without assembly, and build for arm64
	$(GO) build -tags purego ./...
	$(GO) test -tags purego -timeout $(TEST_TIMEOUT) $(TEST_FLAGS) ./kernels/... ./worker/ops/... ./worker/shard/...
	CGO_ENABLED=0 GOARCH=arm64 $(GO) build ./...

.PHONY: qemu
qemu: ## Test the kernels and the golden results as arm64 under qemu-aarch64-static (package qemu-user-static)
	CGO_ENABLED=0 GOARCH=arm64 $(GO) vet ./kernels/...
	CGO_ENABLED=0 GOARCH=arm64 $(GO) test -count=1 -exec qemu-aarch64-static ./kernels/...
	CGO_ENABLED=0 GOARCH=arm64 $(GO) test -count=1 -timeout 30m -exec qemu-aarch64-static -run TestSearchEqualsDuckDB -skip /external ./cmd/headwater

.PHONY: imports
imports: ## Which package may import which (design rules)
	$(GO) test -count=1 -run '^TestImport' -v .

.PHONY: fmt
fmt: ## Format the code
	$(TOOL) golangci-lint fmt ./...

.PHONY: fmt-check
fmt-check: ## Fail when gofmt would change a file
	@files=$$(git ls-files -z --cached --others --exclude-standard '*.go' | xargs -0 -r gofmt -l); \
	if [ -n "$$files" ]; then echo "not formatted (make fmt):"; echo "$$files"; exit 1; fi

.PHONY: tidy-check
tidy-check: ## Fail when go.mod or go.sum differ from what the code imports
	$(GO) mod tidy -diff

.PHONY: lint
lint: ## golangci-lint, the version pinned in tools.mod
	$(TOOL) golangci-lint run ./...

.PHONY: vuln
vuln: ## Known vulnerabilities in reach; VULNDB=file:///path to a copy of the Go database
	@if [ -z "$(VULNDB)" ]; then \
		echo "vuln: skipped: no database given; VULNDB=https://vuln.go.dev, or file:///path for a local copy"; \
	else $(TOOL) govulncheck -db "$(VULNDB)" ./...; fi

.PHONY: fuzz
fuzz: ## Run every fuzz test for FUZZTIME (20s); FUZZ_PKGS=folder narrows
	@{ grep -rnoE --include='*_test.go' '^func Fuzz[A-Za-z0-9_]*' $(FUZZ_PKGS) || echo 'no fuzz tests in $(FUZZ_PKGS)' >&2; } | sort | \
	while IFS=: read -r file _ decl; do \
		name=$${decl#func }; dir=$$(dirname "$$file"); \
		echo "fuzz $$dir $$name $(FUZZTIME)"; \
		$(GO) test -run '^$$' -fuzz "^$$name$$" -fuzztime $(FUZZTIME) "./$${dir#./}" </dev/null; \
	done

.PHONY: manifests
manifests: ## Check the Kubernetes manifests against the API schemas that the checker embeds
	$(GO) test -count=1 ./deploy/...
	$(DEPLOY_TOOL) kubectl-validate --version $(KUBERNETES) $(filter-out %/kustomization.yaml,$(wildcard deploy/kubernetes/*.yaml))

.PHONY: e2e
e2e: ## The command on real tables in ../shared/data, with what make test leaves out
	$(GO) test -count=1 -timeout 20m $(TEST_FLAGS) ./cmd/...

.PHONY: browser
browser: ## report.html in a real browser (chromium), which make test leaves out
	$(GO) test -count=1 -run InABrowser $(TEST_FLAGS) ./coordinator/report

.PHONY: bench
bench: ## Build bin/bench and run it: make bench ARGS='kernels --match AndCounts'; see bench --help
	$(GO) build -trimpath -o $(BIN)/bench ./bench
	$(BIN)/bench $(ARGS)

.PHONY: bench-smoke
bench-smoke: ## Every subcommand of bench on tiny sizes: are the results right?
	$(GO) test -count=1 ./bench/...

.PHONY: bench-go
bench-go: ## Go benchmarks, as benchstat reads them: make bench-go | tee new.txt; make benchstat OLD=old.txt NEW=new.txt
	$(GO) test -run '^$$' -bench . $(BENCH_FLAGS) $(BENCH_PKGS)

.PHONY: bench-merge
bench-merge: ## Merge 10^5 and 10^6 cells once each, for the clock and /usr/bin/time's memory (minutes)
	$(GO) test -run '^$$' -bench 'WardCells/cells=(100000|1000000)$$/' -benchtime 1x -timeout 30m -v ./coordinator/merge

.PHONY: benchcmp
benchcmp: ## Go benchmarks of this tree against those of a commit: make benchcmp BASE=HEAD~1
	@GO='$(GO)' TOOL='$(TOOL)' FLAGS='$(BENCH_FLAGS)' PKGS='$(BENCH_PKGS)' bash bench/compare.sh "$(BASE)"

.PHONY: benchstat
benchstat: ## Compare two benchmark outputs, OLD and NEW
	$(TOOL) benchstat $(OLD) $(NEW)

.PHONY: ci
ci: ## All the checks, as the CI runs them
	bash .ci/run

##@ Other

.PHONY: generate
generate: ## Generate the kernels' assembly: kernels/_gen, a module of its own
	@for k in bitset distance encode hist probe; do \
		echo "kernels/$$k/kernels_amd64.s"; \
		(cd kernels/_gen && $(GO) run ./$$k -pkg $$k -out ../$$k/kernels_amd64.s -stubs ../$$k/kernels_amd64.go) || exit; \
	done

.PHONY: clean
clean: ## Remove bin/ and out/
	rm -rf $(BIN) out

.PHONY: help
help: ## This list
	@awk 'BEGIN {FS = ":.*## "} \
		/^##@/ {printf "\n%s\n", substr($$0, 5)} \
		/^[a-z0-9-]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))
