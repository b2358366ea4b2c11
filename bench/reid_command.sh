#!/bin/sh
# The whole command `deertrack reid analyze` from PostgreSQL, beside the script of the platform in Python: wall time and
# peak memory of each, on 11,570 detections and 165 deer of 512 dimensions.
#
#     bench/reid_command.sh DATABASE_URL [ROUNDS]     an empty PostgreSQL database that may be filled; 3 rounds
#
# Needs cargo (a release build), python3 with venv and GNU time; numpy, pandas, scikit-learn, seaborn and psycopg are
# installed into target/bench-venv.
set -eu
cd "$(dirname "$0")/.."
database=$1
rounds=${2:-3}
target=${CARGO_TARGET_DIR:-target}
venv=${BENCH_VENV:-$target/bench-venv}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cargo build --quiet --release --locked --workspace --bins # one feature set: nothing is built twice
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check numpy pandas scikit-learn seaborn "psycopg[binary]"

"$venv/bin/python" bench/reid_command.py make "$work"
"$target/release/deertrack" import embeddings "$work/herd.f32" --labels "$work/labels.csv" \
    --gallery-rows "$(cat "$work/gallery")" --database "$database"

round=0
while [ "$round" -lt "$rounds" ]; do
    round=$((round + 1))
    /usr/bin/time -f "deertrack %e s %M KB" \
        "$target/release/deertrack" reid analyze --database "$database" --output "$work/out" >/dev/null
    /usr/bin/time -f "python    %e s %M KB" \
        "$venv/bin/python" bench/reid_command.py script "$database" "$work/python.png" >/dev/null
done
