#!/usr/bin/env bash
# Checks on real data that is not part of the project. Usage: test-real.sh DATA_FOLDER
# The targets named `real...` are built with the rest of the tests but run only here, with the folder as their argument.
set -euo pipefail
cd "$(dirname "$0")/.."
data=${1:?give the folder with the real data}
[ -d "$data" ] || { echo "no such folder: $data" >&2; exit 1; }
cargo test --locked --workspace --test 'real*' -- "$data"
