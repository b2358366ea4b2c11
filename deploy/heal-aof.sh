#!/bin/sh
# Before a Redis starts: heal-aof.sh DATA_DIR [COMMAND ...]
#
# After a power cut, Redis (7.0 to 8.2 tried) cuts its append-only file behind the last whole command, inside an open
# MULTI, and executes that half of a transaction at the start after next. redis-check-aof cuts before the MULTI, but only
# if it comes first; and where whole transactions stand behind an earlier half it would throw all of them away, so then it
# is not let. Never in the way of a start: what is not mended here, the server judges. Runs COMMAND afterwards, if any.
set -u
dir=${1:?the folder in which Redis keeps its data}
shift
folder=$dir/appendonlydir
manifest=$folder/appendonly.aof.manifest
check=$(command -v redis-check-aof || command -v valkey-check-aof) || check=
if [ -n "$check" ] && [ -f "$manifest" ]; then
    # AOF analyzed: filename=appendonly.aof.1.incr.aof, size=361, ok_up_to=222, ok_up_to_line=76, diff=139
    half=$("$check" "$manifest" </dev/null 2>/dev/null |
        sed -n 's/^AOF analyzed: filename=\([^,/]*\.incr\.aof\), size=[0-9]*, ok_up_to=\([0-9]*\),.*diff=[1-9].*/\1 \2/p' |
        head -n 1)
    if [ -n "$half" ]; then
        file=$folder/${half% *}
        if tail -c "+$((${half#* } + 1))" "$file" | grep -aqi "^EXEC$(printf '\r')$"; then
            echo "$file: half a transaction of an earlier power cut, with whole ones behind it, is left to Redis"
        else
            # It asks before it cuts.
            echo y | "$check" --fix "$manifest" | grep -E 'truncated|not the last'
        fi
    fi
fi
[ $# -eq 0 ] || exec "$@"
