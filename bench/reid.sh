#!/bin/sh
# Runs the best-match kernel and numpy in turn, and prints their medians side by side.
#
#     bench/reid.sh [ROUNDS]        3 rounds unless told otherwise
#
# Needs cargo and python3 with venv; numpy is installed into target/bench-venv. The two settings of OpenBLAS are
# removed for this run: a machine may carry them to make numpy slower or faster than it is elsewhere.
set -eu
cd "$(dirname "$0")/.."
venv=${BENCH_VENV:-target/bench-venv}
lines=$(mktemp)
trap 'rm -f "$lines"' EXIT

[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check "numpy>=2.2"

round=0
while [ "$round" -lt "${1:-3}" ]; do
    round=$((round + 1))
    echo "round $round" >&2
    cargo bench --quiet -p deertrack-reid --bench kernel -- --lines >>"$lines"
    env -u OPENBLAS_CORETYPE -u OPENBLAS_L2_SIZE "$venv/bin/python" bench/reid_numpy.py measure >>"$lines"
done
"$venv/bin/python" bench/reid_numpy.py table <"$lines"
