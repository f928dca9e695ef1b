#!/usr/bin/env bash
# Finds what this machine lacks to build and run RentEzy. Installs it with apt as root or with
# a sudo that asks for nothing; else prints the one line to run and stops. Looks at everything
# before it installs anything.
#
# setup.sh         what running and testing need
# setup.sh browser what the browser test and the tests with an S3 server need as well
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/lib.sh"

packages=() # to be installed with apt
by_hand=()  # lines for what apt cannot give

# at_least 20.19 20.20.2: whether the second version is the first or newer.
at_least() { [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]; }

has_compiler() {
    local cc
    cc=$(command -v cc || command -v gcc || command -v clang) || return 1
    echo 'int main(void) { return 0; }' | "$cc" -x c -o /dev/null - 2>/dev/null
}

has_rust() {
    local version
    version=$(cargo --version 2>/dev/null) || return 1
    at_least 1.92 "$(cut -d ' ' -f 2 <<<"$version")"
}

# initdb and postgres 15 or newer in one folder: the places where the server itself looks.
has_postgres() {
    local folder linked version
    [ -z "${RENTEZY_DATABASE_URL:-}" ] || return 0
    local -a folders=("${RENTEZY_DATABASE_BINARIES:-}")
    while IFS= read -r folder; do
        linked=$(readlink -f "$folder/postgres" 2>/dev/null || true)
        folders+=("$folder" "${linked%/*}")
    done < <(tr ':' '\n' <<<"$PATH")
    folders+=(/usr/lib/postgresql/*/bin /usr/pgsql-*/bin /usr/libexec/postgresql* /usr/local/pgsql/bin)
    for folder in "${folders[@]}"; do
        if [ ! -x "$folder/initdb" ] || [ ! -x "$folder/postgres" ]; then continue; fi
        version=$("$folder/postgres" --version | grep -oE '[0-9]+' | head -n 1)
        if [ "$version" -ge 15 ]; then return 0; fi
    done
    return 1
}

has_node() {
    local version
    version=$(node --version 2>/dev/null) && command -v npm >/dev/null &&
        at_least 20.19 "${version#v}"
}

has_browser() {
    command -v chromium >/dev/null || command -v chromium-browser >/dev/null ||
        command -v google-chrome >/dev/null
}

# What the S3 server of the tests is installed into.
has_venv() { python3 -c 'import ensurepip, venv' 2>/dev/null; }

# The version that apt would install, empty when it has none.
candidate() { apt-cache policy "$1" 2>/dev/null | sed -n 's/^ *Candidate: \([0-9:]*[0-9.]*\).*/\1/p'; }

# offered PACKAGE VERSION: whether apt has it in this version or newer.
offered() {
    local version
    version=$(candidate "$1")
    [ -n "$version" ] && at_least "$2" "${version#*:}"
}

if [ "$(id -u)" = 0 ]; then
    as_root=(env)
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    as_root=(sudo -n env)
else
    as_root=()
fi

can_install() { [ ${#as_root[@]} -gt 0 ] && command -v apt-get >/dev/null; }

# Fresh lists, once: a container comes without any.
lists_are_fresh=no
refresh_lists() {
    if [ $lists_are_fresh = no ] && can_install; then
        "${as_root[@]}" apt-get update -qq >&2 || say "apt-get update failed, going on"
        lists_are_fresh=yes
    fi
}

look() {
    packages=() by_hand=()
    has_compiler || packages+=(gcc libc6-dev)
    has_rust || by_hand+=("Rust 1.92 or newer:
    curl -sSf https://sh.rustup.rs | sh -s -- -y")
    if ! has_postgres; then
        refresh_lists
        if offered postgresql 15 || ! can_install; then
            packages+=(postgresql)
        else
            by_hand+=("Postgres 15 or newer, which apt has not here (or set RENTEZY_DATABASE_URL):
    sudo apt-get install -y postgresql-common && sudo /usr/share/postgresql-common/pgdg/apt.postgresql.org.sh -y && sudo apt-get install -y postgresql")
        fi
    fi
    if has_web && ! has_node; then
        refresh_lists
        if offered nodejs 20.19; then
            packages+=(nodejs)
            # NodeSource's package has npm in it, and Debian's npm does not go with it.
            apt-cache policy nodejs | grep -q 'Candidate.*nodesource' || packages+=(npm)
        else
            by_hand+=("Node 20.19 or newer, which apt has not here (or set WEB=no to go without pages):
    curl -fsSL https://deb.nodesource.com/setup_22.x | sudo bash - && sudo apt-get install -y nodejs")
        fi
    fi
    if [ "${1:-}" = browser ] && ! has_venv; then packages+=(python3-venv); fi
    if [ "${1:-}" = browser ] && has_web && ! has_browser; then packages+=(chromium); fi
}

look "$@"
if [ ${#packages[@]} -eq 0 ] && [ ${#by_hand[@]} -eq 0 ]; then
    exit 0
fi
if [ ${#by_hand[@]} -gt 0 ]; then
    say "RentEzy needs what must be installed by hand:"
    printf '  %s\n' "${by_hand[@]}" >&2
fi
if [ ${#packages[@]} -gt 0 ]; then
    install=(apt-get install -y --no-install-recommends "${packages[@]}")
    if [ ${#by_hand[@]} -gt 0 ] || ! can_install; then
        say "RentEzy needs packages; run:"
        say "  sudo apt-get update && sudo ${install[*]}"
    else
        say "installing: ${packages[*]}"
        refresh_lists
        # The cluster that Debian makes of its own accord is not used.
        "${as_root[@]}" DEBIAN_FRONTEND=noninteractive "${install[@]}" >&2
        look "$@"
        if [ ${#packages[@]} -eq 0 ]; then exit 0; fi
        say "still missing after the installation: ${packages[*]}"
    fi
fi
say "nothing was built"
exit 1
