#!/bin/sh
# Before a Redis starts: heal-aof.sh DATA_DIR [COMMAND ...]
#
# After a power cut, Redis (7.0 to 8.2 tried) cuts its append-only file behind the last whole command, inside an open
# MULTI, and executes that half of a transaction at the start after next. redis-check-aof cuts before the MULTI, but only
# if it comes first. Never in the way of a start: what it cannot mend, the server judges. Runs COMMAND afterwards, if any.
set -u
dir=${1:?the folder in which Redis keeps its data}
shift
manifest=$dir/appendonlydir/appendonly.aof.manifest
check=$(command -v redis-check-aof || command -v valkey-check-aof) || check=
if [ -n "$check" ] && [ -f "$manifest" ]; then
    # It asks before it cuts.
    echo y | "$check" --fix "$manifest" | grep -E 'truncated|not the last' || true
fi
[ $# -eq 0 ] || exec "$@"
