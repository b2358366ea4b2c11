#!/usr/bin/env bash
# SHA-256 of an artifact of every kind, to show that a change changed none: run it before and after, and diff.
# Usage: artifact-hashes.sh [CAMTRAP_DP_PACKAGE FIRST_DAY LAST_DAY TIME_ZONE]
# Without a package: two simulated seasons, seed 7, with their photographs. With one: the same from it, too.
# KEEP=folder keeps the files. Needs no Redis.
set -euo pipefail
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-target}
cargo build --locked --quiet --workspace --bins --example artifacts
# Rows hold the paths of photographs, and so do some artifacts: the folder has one name, whoever runs this where.
base=${TMPDIR:-/tmp}/deertrack-artifact-hashes
mkdir "$base" || { echo "another run, or what it left: remove $base" >&2; exit 1; }
trap 'rm -rf "$base"' EXIT

# hashes NAME DATABASE FIRST_DAY LAST_DAY TIME_ZONE
hashes() {
    local files=${KEEP:-$base/files}/$1
    mkdir -p "$files"
    "$target/debug/examples/artifacts" "$2" "$3" "$4" "$5" "$files"
    (cd "$files" && sha256sum -- *) | sed "s|  |  $1/|"
}

simulated="sqlite://$base/simulated.db"
"$target/debug/deertrack" simulate --database "$simulated" --seed 7 --end 2025-12-31 --days 490 --per-day 12 >&2
# Reports compare the times of rows and files.
find "$base/frames" -type f -exec touch -d 2026-01-01T00:00:00Z {} +
(cd "$base" && sha256sum frames/* | sha256sum | sed 's/-$/simulated\/frames/')
hashes simulated "$simulated" 2025-09-03 2025-12-31 America/Chicago

if [ $# -ge 4 ]; then
    "$target/debug/deertrack" import camtrap-dp "$1" --database "sqlite://$base/package.db" >&2
    hashes package "sqlite://$base/package.db" "$2" "$3" "$4"
fi
