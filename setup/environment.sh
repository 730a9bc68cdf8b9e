# SPDX-License-Identifier: Apache-2.0
# Sourced by ./run and ./test: makes .venv from a hashed lock, and asks Debian for what is missing.
# After the first time it costs one file comparison.

say() { printf '%s\n' "$*" >&2; }
stop() { say "$*"; exit 1; }

find_python() {
    for candidate in "${PARAPH_PYTHON:-}" python3 python3.13 python3.12 python3.11; do
        [ -n "$candidate" ] || continue
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            printf '%s\n' "$candidate"; return 0
        fi
    done
    stop "Paraph needs Python 3.11 or newer. On Debian 12 or newer: apt-get install python3 python3-venv"
}

# need_debian NAME...: installs the Debian packages that are missing, or prints the one line to type.
need_debian() {
    missing=""
    for name in "$@"; do
        dpkg-query -W -f='${Status}' "$name" 2>/dev/null | grep -q 'ok installed' || missing="$missing $name"
    done
    [ -z "$missing" ] && return 0
    command -v apt-get >/dev/null 2>&1 || stop "Please install:$missing"
    if [ "$(id -u)" = 0 ]; then
        say "Installing Debian packages:$missing"
        export DEBIAN_FRONTEND=noninteractive
        # shellcheck disable=SC2086
        { apt-get update -qq && apt-get install -y -qq --no-install-recommends $missing; } >/dev/null \
            || stop "apt-get could not install:$missing"
    else
        stop "Some Debian packages are missing. Type: sudo apt-get install -y$missing"
    fi
}

# make_environment LOCK: .venv holds exactly what LOCK says, and finds the packages of this workspace.
make_environment() {
    lock=$1
    python=$(find_python) || exit 1
    [ "$(df -Pk . | awk 'NR==2 {print $4}')" -gt 1500000 ] || [ -d .venv ] \
        || stop "The disk has less than 1.5 GB free: free some space, then start again."
    stamp=.venv/.$(basename "$lock").stamp
    wanted=$(cat "$lock" setup/environment.sh | cksum) # both decide what .venv must hold
    if [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && .venv/bin/python -c '' 2>/dev/null; then return 0; fi
    if [ ! -x .venv/bin/python ] || ! .venv/bin/python -c '' 2>/dev/null; then
        "$python" -c 'import ensurepip, venv' 2>/dev/null || need_debian python3-venv
        say "Making the Python environment (.venv) …"
        rm -rf .venv
        "$python" -m venv .venv || stop "python3 -m venv failed: see the lines above."
    fi
    say "Installing the libraries of $lock (about a minute the first time) …"
    if command -v uv >/dev/null 2>&1 \
        && VIRTUAL_ENV=$PWD/.venv uv pip install -q --require-hashes --only-binary :all: -r "$lock"; then :
    else
        .venv/bin/python -m pip install -q --disable-pip-version-check --require-hashes --only-binary :all: -r "$lock" \
            || stop "The libraries could not be installed: see the lines above."
    fi
    site=$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
    printf '%s\n' "$PWD/server/src" "$PWD/faces/src" "$PWD/testkit/src" "$PWD/guichet/src" >"$site/paraph-workspace.pth"
    command_for paraph paraph.config.main
    command_for paraph-token testkit.simulators.token
    command_for paraph-scan testkit.simulators.scan
    printf '%s\n' "$wanted" >"$stamp"
}

# make_judges FOLDER: its node_modules hold exactly what its package-lock.json says. They judge in tests only.
make_judges() {
    for command in node npm; do
        # From wherever it came: Debian's package of this name, or one that brings both.
        command -v "$command" >/dev/null 2>&1 || need_debian "$(echo "$command" | sed 's/^node$/nodejs/')"
    done
    cmp -s "$1/package-lock.json" "$1/node_modules/.lock-of-ours" && return 0
    say "Installing the judges in JavaScript …"
    (cd "$1" && npm ci --silent --ignore-scripts --no-audit --no-fund) \
        || stop "The judges in JavaScript could not be installed: see the lines above."
    cp "$1/package-lock.json" "$1/node_modules/.lock-of-ours"
}

# command_for NAME MODULE: .venv/bin/NAME runs MODULE.main()
command_for() {
    cat >".venv/bin/$1" <<SCRIPT
#!$PWD/.venv/bin/python
import sys
from $2 import main
sys.exit(main())
SCRIPT
    chmod +x ".venv/bin/$1"
}
