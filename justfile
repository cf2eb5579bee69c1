# What there is to do here. `./dev RECIPE` brings the tools first.

target := env("CARGO_TARGET_DIR", "target")
data := "data"

# List the recipes
default:
    @just --list --unsorted

# Build and serve, with demo data when there is none yet
start *ARGUMENTS: build
    #!/bin/sh
    set -eu
    logins={{ data }}/demo-logins.txt
    # Only the embedded default in its usual place is filled: never a store that someone configured.
    if [ -z "${SYNESTHESIE__STORE__URL:-}" ] && [ -z "$(ls -A {{ data }} 2>/dev/null)" ]; then
        umask 077
        said=$({{ target }}/debug/synesthesie demo)
        mkdir -p {{ data }}
        printf '%s\n' "$said" >"$logins"
    fi
    if [ -z "${SYNESTHESIE__STORE__URL:-}" ] && [ -f "$logins" ]; then
        cat "$logins"
    fi
    exec {{ target }}/debug/synesthesie serve {{ ARGUMENTS }}

# Everything that must hold: style, lints, licences, and every test with its servers
test *ARGUMENTS: lint
    @test -d "${SYNESTHESIE_SPECS:-../shared/specs}" || echo 'WARNING: the providers'"'"' documents are not here: NOTHING IS CHECKED AGAINST THEM' >&2
    cargo nextest run --locked --workspace --no-run
    {{ target }}/debug/with-servers cargo nextest run --locked --workspace {{ ARGUMENTS }}

# Load a release build on PostgreSQL beside pgbench and print a table
bench *ARGUMENTS:
    cargo bench --locked --package synesthesie --bench load -- {{ ARGUMENTS }}

# Formatting, lints, licences, bans and sources
lint:
    cargo fmt --all --check
    cargo clippy --locked --workspace --all-targets -- -D warnings
    cargo deny --locked --log-level warn check licenses bans sources

# Format everything
fmt:
    cargo fmt --all

# Write docs/openapi.json from the code
openapi: build
    mkdir -p docs
    {{ target }}/debug/synesthesie openapi >docs/openapi.json

# Build the documentation of the code; warnings are errors
doc *ARGUMENTS:
    RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps --document-private-items {{ ARGUMENTS }}

# Build the server for this machine
build:
    cargo build --locked --package synesthesie --bin synesthesie

# Rehearse large on-sales with every fault on both stores, then twenty smaller ones with different seeds
rehearse: build
    cargo build --locked --package testkit --bin with-servers
    {{ target }}/debug/with-servers sh -c 'set -eu; program={{ target }}/debug/synesthesie; \
        export SYNESTHESIE__REDIS__URL="$TEST_REDIS_URL"; \
        "$program" rehearse --seats 500 --buyers 5000; \
        "$program" rehearse --seats 500 --buyers 5000 --store "$TEST_POSTGRES_URL"; \
        for seed in $(seq 20); do "$program" rehearse --seats 100 --buyers 400 --seed "$seed"; done'
