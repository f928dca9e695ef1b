# shellcheck shell=bash
# What the scripts share. Sourced, not run: sets strict mode and goes to the top folder.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# rustup puts cargo here, and a shell that was open before does not know it yet.
if ! command -v cargo >/dev/null && [ -x "${CARGO_HOME:-$HOME/.cargo}/bin/cargo" ]; then
    PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"
fi

say() { printf '%s\n' "$*" >&2; }

# The folder cargo builds into.
target_dir() { printf '%s' "${CARGO_TARGET_DIR:-target}"; }

# Whether there is a web application to build, and it was not declined with WEB=no.
has_web() { [ -f web/package.json ] && [ "${WEB:-yes}" != no ]; }

current_phase=""
trap '[ -z "$current_phase" ] || say "== $current_phase: FAILED after $((SECONDS - phase_began)) s"' EXIT

# phase NAME COMMAND...: runs a command and says how long it took. A failure ends the script.
phase() {
    local name=$1
    shift
    current_phase=$name phase_began=$SECONDS
    say "== $name"
    "$@"
    current_phase=""
    say "== $name: $((SECONDS - phase_began)) s"
}

# npm ci, unless what is installed is what the lock file says.
web_install() {
    local installed=web/node_modules/.package-lock.json
    if [ ! -f "$installed" ] || [ web/package-lock.json -nt "$installed" ]; then
        npm --prefix web ci --no-audit --no-fund
        touch "$installed"
    fi
}

# The web application, built again when any of its sources is newer than what was built.
web_build() {
    local built=web/dist/index.html
    if [ -f "$built" ] && [ -z "$(newer_web_sources "$built")" ]; then
        say "web/dist is up to date"
        return
    fi
    web_install
    npm --prefix web run build
    # The pages are embedded by this file; files that are new are not noticed by themselves.
    touch src/http/assets.rs
}

newer_web_sources() {
    find web \( -name node_modules -o -name dist -o -name test-results \) -prune \
        -o -type f -newer "$1" -print -quit
}
