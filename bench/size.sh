#!/bin/sh
# Every kind of export at three sizes: time from request to file and the worker's peak memory, beside what it takes to read
# the same rows with Python's sqlite3 module or PostgreSQL's COPY.
#
#     bench/size.sh [DETECTIONS ...]       100000 and 1000000 unless told otherwise; 10000000 takes hours and 12 GB of disk
#
# ROUNDS=3           runs of each; medians are printed
# POSTGRES=URL       a PostgreSQL server (postgres://user@host) where databases may be made: measured too
# KINDS="pdf reid"   only these
# WORK=DIR           where databases and files are made, and kept for the next run (default: target/size)
#
# Needs cargo (a release build), redis-server, python3, and psql for PostgreSQL.
set -eu
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-target}
[ -n "${NO_BUILD:-}" ] || cargo build --quiet --release --locked --workspace --bins # one feature set
[ $# -gt 0 ] || set -- 100000 1000000
mkdir -p "${WORK:=$target/size}"
exec python3 bench/size.py "$target/release/deertrack" "$WORK" "$@"
