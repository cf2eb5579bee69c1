# What there is to do here. `./dev RECIPE` brings the tools first.

target := env("CARGO_TARGET_DIR", "target")
data := "data"
# What is left out of a plain build for want of tools that few need.
whole := "--features synesthesie/kafka"
fuzz := "target/tools/fuzz/bin/python -B apps/api/fuzz/run.py --binary " + target + "/debug/synesthesie"

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
    cargo nextest run --locked --workspace {{ whole }} --no-run
    {{ target }}/debug/with-servers cargo nextest run --locked --workspace {{ whole }} {{ ARGUMENTS }}
    @{{ if ARGUMENTS == "" { target + "/debug/with-servers " + fuzz + " --short" } else { "true" } }}

# Make requests up from the served document, as everybody, and look whether it knows every answer
fuzz *ARGUMENTS: build
    {{ fuzz }} {{ ARGUMENTS }}

# Load a release build beside pgbench, its media beside other programs, then what runs the house, and print a table of each
bench *ARGUMENTS:
    #!/bin/sh
    set -eu
    set -- {{ ARGUMENTS }}
    case "${1:-}" in
    '') which='load media run' ;;
    load | media | run) which=$1 && shift ;;
    *) [ "$*" = --quick ] && which='load media run' || which=load ;;
    esac
    for bench in $which; do
        cargo bench --locked --package synesthesie --bench "$bench" -- "$@"
    done

# Formatting, lints, licences, bans and sources
lint:
    cargo fmt --all --check
    cargo clippy --locked --workspace --all-targets {{ whole }} -- -D warnings
    cargo deny --locked --log-level warn check licenses bans sources

# Format everything
fmt:
    cargo fmt --all

# Write docs/openapi.json and docs/events.schema.json from the code
openapi: build
    mkdir -p docs
    {{ target }}/debug/synesthesie openapi >docs/openapi.json
    {{ target }}/debug/synesthesie events-schema >docs/events.schema.json

# Give calls that have none yet an example, out of what tests are answered
examples:
    #!/bin/sh
    set -eu
    kept=$(mktemp -d)
    SYNESTHESIE_EXAMPLES=$kept {{ target }}/debug/with-servers cargo nextest run --locked --package synesthesie --test it
    node docs/examples.mjs "$kept"
    rm -r "$kept"

# Build the documentation of the code; warnings are errors
doc *ARGUMENTS:
    RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps --document-private-items {{ ARGUMENTS }}

# Build the server for this machine
build:
    cargo build --locked --package synesthesie --bin synesthesie

# Play the tests of the release before on the schema of this one, as its instances go on beside ours
upgrade:
    #!/bin/sh
    set -eu
    before=$(cat migrations/PREVIOUS)
    if ! git cat-file -e "$before^{commit}" 2>/dev/null; then
        echo "The release before, $before (migrations/PREVIOUS), is not in this clone." >&2
        echo "Fetch it first: git fetch --unshallow, or git fetch origin $before" >&2
        exit 1
    fi
    cargo build --locked --package synesthesie --bin synesthesie
    cargo build --locked --package testkit --bin with-servers
    mkdir -p {{ target }}/upgrade
    built=$(cd {{ target }} && pwd)
    # Apart, as the release before has programs of the same names.
    cp {{ target }}/debug/synesthesie {{ target }}/debug/with-servers "$built/upgrade"

    tree=$built/upgrade/tree
    rm -rf "$tree"
    mkdir "$tree"
    git archive --format=tar "$before" | tar -x -C "$tree"
    # Crates of others are taken as they are compiled already. Its own have the names, versions and paths of ours, by which
    # alone cargo tells crates apart, so it would take ours for them, and afterwards its own for ours.
    apart=+$(printf %.12s "$before")
    sed -i "0,/^version = /s/^version = \"[^\"]*/&$apart/" "$tree/Cargo.toml"
    grep -q "^version = .*$apart\"" "$tree/Cargo.toml"
    awk -v apart="$apart" 'BEGIN { RS = ""; ORS = "\n\n" }
        !/\nsource = / { sub(/\nversion = "[^"]*/, "&" apart) } { print }' "$tree/Cargo.lock" >"$built/upgrade/Cargo.lock"
    mv "$built/upgrade/Cargo.lock" "$tree/Cargo.lock"
    export CARGO_TARGET_DIR="$built"
    (cd "$tree" && cargo nextest run --locked --package adapter-postgres --package synesthesie --no-run)

    # What its tests copy a database of their own from: it has the name of the steps that they know, and is taken as it is
    # where it is there. Here it has the steps of this release.
    template=synesthesie_template_$(cat "$tree"/migrations/*/up.sql | sha256sum | cut -c 1-16)
    # A release that knows no floors goes on while steps come that it does not know, but opens no database anew that has such
    # steps, and tests open theirs anew. So it is shown what an instance that runs already sees: tables as they are now,
    # and nothing of who made them so. One that knows floors is shown everything, and has to bear it.
    forget=
    if ! grep -rqs 'Ahead(' "$tree"/crates/adapters/postgres/src/migrations*; then
        known=$(ls "$tree"/migrations | sed -n "/_/ { s/_.*//; s/-//g; s/.*/'&'/p }" | paste -sd ,)
        forget="DELETE FROM __diesel_schema_migrations WHERE version NOT IN ($known)"
    fi

    # All that it does on PostgreSQL, but for what is about the schema itself:
    # - migrations, ahead: they take steps back and put others on top, and know those of their own release alone;
    # - plans: by which index a statement goes, and that each has one, follows from all the indexes that there are;
    # - the_pool_heals: it stops a server of its own, on which the template is made by the old steps.
    tests='package(adapter-postgres) - test(/^(migrations|ahead)::/) - test(/^plans::/) - test(the_pool_heals)'
    tests="($tests) + (package(synesthesie) & test(on_postgres))"

    exec env tree="$tree" template="$template" forget="$forget" tests="$tests" upgrade="$built/upgrade" \
        "$built/upgrade/with-servers" sh -euc '
        say() { psql -X -q -v ON_ERROR_STOP=1 -d "$1" -c "$2"; }
        database=${TEST_POSTGRES_URL%/*}/$template
        say "$TEST_POSTGRES_URL" "CREATE DATABASE $template"
        SYNESTHESIE__STORE__URL=$database "$upgrade/synesthesie" migrate
        [ -z "$forget" ] || say "$database" "$forget"
        cd "$tree"
        exec cargo nextest run --locked --package adapter-postgres --package synesthesie -E "$tests"'

# Rehearse large on-sales with every fault on both stores and on several processes, then twenty smaller ones
rehearse: build
    #!/bin/sh
    set -eu
    cargo build --locked --package testkit --bin with-servers
    exec env program={{ target }}/debug/synesthesie {{ target }}/debug/with-servers sh -euc '
        export SYNESTHESIE__REDIS__URL="$TEST_REDIS_URL"
        "$program" rehearse --seats 500 --buyers 5000
        "$program" rehearse --seats 500 --buyers 5000 --store "$TEST_POSTGRES_URL"
        "$program" rehearse --seats 500 --buyers 5000 --store "$TEST_POSTGRES_URL" --instances 2 --workers 2
        for seed in $(seq 20); do
            "$program" rehearse --seats 100 --buyers 500 --seed "$seed"
            "$program" rehearse --seats 100 --buyers 500 --seed "$seed" --store "$TEST_POSTGRES_URL"
        done'

# Take a guard out of the server, three times, and rehearse: each has to be caught on both stores
sabotage:
    #!/bin/sh
    set -eu
    cargo build --locked --package testkit --bin with-servers
    tree=$(mktemp -d)
    trap 'rm -rf "$tree"' EXIT
    for patch in "$PWD"/apps/api/tests/sabotage/*.patch; do
        find "$tree" -mindepth 1 -maxdepth 1 ! -name target -exec rm -rf {} + && git ls-files -z | xargs -0 cp --parents -t "$tree"
        # Outside of any repository: inside one, git would look for the files from its root.
        (cd "$tree" && GIT_CEILING_DIRECTORIES="$tree" git apply "$patch")
        (cd "$tree" && cargo build --locked --quiet --package synesthesie --bin synesthesie --target-dir "$PWD/target")
        env name="$(basename "$patch" .patch)" program="$tree/target/debug/synesthesie" \
            {{ target }}/debug/with-servers sh -uc '
            export SYNESTHESIE__REDIS__URL="$TEST_REDIS_URL"
            for store in "" "--store $TEST_POSTGRES_URL"; do
                said=$("$program" rehearse --seats 60 --buyers 300 $store) && { echo "$name was not caught"; exit 1; }
                echo "$said" | sed -n "s/^Rehearsal BROKEN/$name was caught/p"
            done'
    done
