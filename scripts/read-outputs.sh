#!/usr/bin/env bash
# Reads an artifact of every kind with pandas, openpyxl and frictionless; a warning is an error. See read_outputs.py.
# Usage: read-outputs.sh SCHEMAS [CAMTRAP_DP_PACKAGE FIRST_DAY LAST_DAY TIME_ZONE]
# SCHEMAS: the folder of the table schemas of Camtrap DP 1.0.2; the rest as for artifact-hashes.sh.
set -euo pipefail
cd "$(dirname "$0")/.."
schemas=${1:?give the folder of the table schemas of Camtrap DP}
shift
python=${DEERTRACK_PYTHON:-}
if [ -z "$python" ]; then
    venv="${CARGO_TARGET_DIR:-target}/readers-venv"
    python="$venv/bin/python"
    "$python" -c 'import frictionless, openpyxl, pandas' 2>/dev/null || {
        python3 -m venv "$venv"
        "$python" -m pip install --quiet 'frictionless>=5.13,<6' 'openpyxl>=3.1,<4' 'pandas>=2.2,<4'
    }
fi
files=$(mktemp -d)
trap 'rm -rf "$files"' EXIT
KEEP="$files" scripts/artifact-hashes.sh "$@" >/dev/null
"$python" scripts/read_outputs.py "$files" "$schemas"
