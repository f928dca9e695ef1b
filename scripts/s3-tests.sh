#!/usr/bin/env bash
# The tests that need an S3 server, with moto from PyPI in an environment of its own under
# target/. Arguments go to cargo test.
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/lib.sh"

environment="$(target_dir)/s3-server"
log="$environment/server.log"

install_server() {
    [ -x "$environment/bin/moto_server" ] && return
    python3 -m venv "$environment"
    "$environment/bin/pip" install --quiet --disable-pip-version-check 'moto[s3,server]==5.*'
}

# Starts the server on a port that the system chooses, and waits until it says which.
start_server() {
    "$environment/bin/moto_server" --host 127.0.0.1 --port 0 >"$log" 2>&1 &
    server=$!
    trap 'kill "$server" 2>/dev/null || true' EXIT
    local tries=0
    until url=$(grep -om 1 'http://127\.0\.0\.1:[0-9]*' "$log"); do
        tries=$((tries + 1))
        if [ $tries -gt 300 ] || ! kill -0 "$server" 2>/dev/null; then
            cat "$log" >&2
            say "the S3 server does not start"
            exit 1
        fi
        sleep 0.1
    done
    say "S3 server at $url"
}

install_server
start_server
RENTEZY_TEST_S3=$url cargo test "$@" s3
