# Runs a private PostgreSQL in a directory of its own until standard input closes, then removes both.
#
# $1  where the server's programs are
# $2  an empty directory, removed at the end
# $3  the user to run the server as; empty for the caller (the server refuses to run as root)
#
# Says "ready" on standard output when the server answers on the socket in $2; anything else is why it does not.
set -u
programs=$1 dir=$2 user=$3

as_user() {
    if [ -n "$user" ]; then runuser -u "$user" -- "$@"; else "$@"; fi
}

finish() {
    as_user "$programs/pg_ctl" --pgdata "$dir/data" --silent --mode immediate stop >/dev/null 2>&1
    rm -rf "$dir"
}

trap finish EXIT
trap '' INT HUP # a ctrl-c reaches the whole process group; the test process ends, which closes our input
cd "$dir" || exit 1
if [ -n "$user" ]; then chown "$user" "$dir" || exit 1; fi

as_user "$programs/initdb" --pgdata data --username postgres --auth trust --encoding UTF8 --locale C.UTF-8 \
    --no-sync --no-instructions >"$dir/initdb.log" 2>&1 || { cat "$dir/initdb.log"; exit 1; }
as_user "$programs/pg_ctl" --pgdata data --silent --wait --log "$dir/server.log" --options \
    "-c listen_addresses='' -c unix_socket_directories='$dir' -c fsync=off -c full_page_writes=off -c shared_buffers=64MB" \
    start >"$dir/start.log" 2>&1 || { cat "$dir/start.log" "$dir/server.log"; exit 1; }
echo ready
cat >/dev/null
