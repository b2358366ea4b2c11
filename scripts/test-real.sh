#!/usr/bin/env bash
# Checks on real data that is not part of the project. Usage: test-real.sh DATA_FOLDER
# The targets named `real...` are built with the rest of the tests but run only here, with the folder as their argument.
set -euo pipefail
cd "$(dirname "$0")/.."
data=${1:?give the folder with the real data}
[ -d "$data" ] || { echo "no such folder: $data" >&2; exit 1; }
# Packages are checked by other people's validator.
python=${DEERTRACK_PYTHON:-}
if [ -z "$python" ]; then
    venv="${CARGO_TARGET_DIR:-target}/real-venv"
    python="$(mkdir -p "$venv" && cd "$venv" && pwd)/bin/python"
    "$python" -c 'import frictionless, jsonschema' 2>/dev/null || {
        python3 -m venv "$venv"
        "$python" -m pip install --quiet 'frictionless>=5.13,<6' 'jsonschema>=4,<5'
    }
fi
export DEERTRACK_PYTHON=$python
cargo test --locked --workspace --test 'real*' -- "$data"
