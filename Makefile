# The two commands of a newcomer: `make demo` and `make test`. `make help` lists the rest.
# Everything is built with one profile and one feature set: a second one would cost another 6 minutes.

CARGO    ?= cargo
DEERTRACK = target/debug/deertrack
DATA     ?= ../shared/data
DURATION ?= 600
RUNS     ?= 50
SECONDS_EACH ?= 60

.PHONY: help demo up build test test-real chaos chaos-short chaos-bytes fuzz lint bench deny clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "%-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## build everything
	$(CARGO) build --locked --workspace --bins

demo: ## a report of a simulated season in ./demo-output, over HTTP, Redis, SQLite and Typst
	@scripts/need.sh redis-server
	@$(MAKE) --no-print-directory build
	$(DEERTRACK) demo --output demo-output

up: ## the same, and leave it running: http://127.0.0.1:8080
	@scripts/need.sh redis-server
	@$(MAKE) --no-print-directory build
	$(DEERTRACK) up --data-dir demo-output/data --simulate

test: ## all tests, against private Redis and PostgreSQL servers that they start themselves
	@scripts/need.sh redis-server postgresql python3 python3-venv openssl chromium chromium-driver
	$(CARGO) test --locked --workspace

test-real: ## checks on real camera-trap data; DATA=folder
	@scripts/need.sh redis-server postgresql python3
	scripts/test-real.sh $(abspath $(DATA))

CHAOS = $(if $(TOPOLOGY),--topology $(TOPOLOGY)) $(if $(REPLICATED),--replicated) $(if $(SEED),--seed $(SEED)) $(if $(FSYNC),--fsync $(FSYNC)) $(if $(BUSY_DISK),--busy-disk)

chaos: ## kill, stop, cut and flush a running system and check its promises; DURATION=seconds SEED=number FSYNC=always BUSY_DISK=1 TOPOLOGY=sentinel|cluster REPLICATED=1
	@scripts/need.sh redis-server
	@$(MAKE) --no-print-directory build
	target/debug/deertrack-chaos run --duration $(DURATION) $(CHAOS)

chaos-short: ## many short runs of it in a row, a line for each; RUNS=number, and SEED, FSYNC, BUSY_DISK, TOPOLOGY, REPLICATED as above
	@scripts/need.sh redis-server
	@$(MAKE) --no-print-directory build
	target/debug/deertrack-chaos repeat --quick --runs $(RUNS) $(CHAOS)

chaos-bytes: ## the append-only file of every move, cut at each of its bytes; an hour or so
	@scripts/need.sh redis-server
	EVERY_BYTE=1 $(CARGO) test --locked -p deertrack-chaos --test every_byte wherever

fuzz: ## bytes that nobody would write on purpose, a minute for each target (nightly Rust, cargo install cargo-fuzz)
	cd fuzz && for target in envelope status body; do \
	    mkdir -p corpus/$$target && cargo +nightly fuzz run $$target corpus/$$target seeds/$$target -- \
	        -max_total_time=$(SECONDS_EACH) -max_len=4096 || exit 1; \
	done

lint: ## format, clippy, docs and the rules of the house
	$(CARGO) fmt --all --check
	$(CARGO) clippy --locked --workspace --all-targets -- -D warnings
	$(CARGO) clippy --locked --workspace --all-targets --no-default-features -- -D warnings
	$(CARGO) check --locked --workspace --test 'real*' # only `make test-real` builds them
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked --workspace --no-deps --document-private-items --quiet
	$(CARGO) test --locked --workspace --test tidy

bench: ## jobs per second, reports per second, similarity kernel; a release build, 12 minutes on 2 cores
	$(CARGO) bench --locked --workspace

deny: ## licences and sources of all dependencies (cargo install cargo-deny)
	$(CARGO) deny check licenses bans sources

clean: ## remove what was built and demonstrated
	$(CARGO) clean
	rm -rf demo-output
