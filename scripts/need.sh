#!/usr/bin/env bash
# Installs what is missing, and says so: need.sh redis-server postgresql ...
# Debian and Ubuntu only; elsewhere it names what to install and fails.
set -euo pipefail

present() {
    case "$1" in
        redis-server) command -v redis-server || command -v valkey-server ;;
        postgresql) command -v initdb || ls /usr/lib/postgresql/*/bin/initdb ;;
        chromium-driver) command -v chromedriver ;;
        python3-venv) python3 -c 'import ensurepip, venv' ;;
        *) command -v "$1" ;;
    esac >/dev/null 2>&1
}

missing=()
for tool in "$@"; do present "$tool" || missing+=("$tool"); done
[ ${#missing[@]} -eq 0 ] && exit 0

if ! command -v apt-get >/dev/null 2>&1; then
    echo "missing: ${missing[*]}. Install them with the package manager of this system (macOS: brew install redis postgresql)." >&2
    exit 1
fi
sudo=()
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null 2>&1 || { echo "missing: ${missing[*]}. As root: apt-get install ${missing[*]}" >&2; exit 1; }
    sudo=(sudo)
fi
echo "missing: ${missing[*]}; installing with ${sudo[*]:+sudo }apt-get"
"${sudo[@]}" apt-get update -qq
# The packages' own services stay off: tests and demo start private servers.
"${sudo[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq "${missing[@]}" >/dev/null
for tool in "${missing[@]}"; do
    present "$tool" || { echo "$tool is still missing after its installation" >&2; exit 1; }
done
