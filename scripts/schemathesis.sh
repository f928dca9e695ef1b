#!/usr/bin/env bash
# Asks a running server everything that its own document allows, and what it does not allow,
# with Schemathesis (https://schemathesis.readthedocs.io). Takes a Python 3.10 or newer with
# venv; without one it says so and passes. Some minutes at most, the same requests each time.
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/lib.sh"

version=4.32.5
seconds=600
examples=${SCHEMATHESIS_EXAMPLES:-50}
venv="$(target_dir)/schemathesis-$version"
work=$(mktemp -d)
server=""

finish() {
    [ -z "$server" ] || { kill "$server" 2>/dev/null && wait "$server" 2>/dev/null; } || true
    rm -rf "$work"
}
trap finish EXIT

install_tool() {
    if [ -x "$venv/bin/schemathesis" ]; then return; fi
    python3 -m venv "$venv"
    if ! "$venv/bin/pip" install --quiet --disable-pip-version-check "schemathesis==$version"; then
        rm -rf "$venv"
        return 1
    fi
}

start_server() {
    # The private Postgres may run as another user, who has to get in.
    chmod 755 "$work"
    RENTEZY_SERVER_LISTEN=127.0.0.1:0 RENTEZY_OPERATOR_LISTEN=127.0.0.1:0 \
        RENTEZY_SERVER_DATA_DIR="$work/data" \
        RENTEZY_LIMITS_ADDRESS_RATE=0 RENTEZY_LIMITS_USER_RATE=0 \
        RENTEZY_LIMITS_SIGN_IN_FAILURES=0 RENTEZY_ACCOUNTS_ACCESS_TOKEN_MINUTES=60 \
        RENTEZY_ACCOUNTS_EMAIL_VERIFICATION=optional \
        "$(target_dir)/debug/rentezy" serve >"$work/out" 2>"$work/log" &
    server=$!
    for _ in $(seq 600); do
        url=$(sed -n 's/^RentEzy is at //p' "$work/out")
        if [ -n "$url" ]; then return; fi
        kill -0 "$server" || break
        sleep 0.1
    done
    tail -n 20 "$work/log" >&2
    return 1
}

# ask PATH BODY [HEADER...]: posts JSON.
ask() {
    local path=$1 body=$2
    shift 2
    curl --silent --show-error --fail-with-body "$url/api/v1/$path" \
        --header 'content-type: application/json' "$@" --data "$body"
}

# A token of somebody who may do what most may do.
sign_in() {
    local account='"email":"prober@example.org","password":"correct horse battery"'
    ask auth/register "{$account,\"name\":\"Prober\"}" >/dev/null
    token=$(ask auth/login "{$account}" | field access_token)
    token=$(ask me/landlord-application '{}' --header "authorization: Bearer $token" |
        field access_token)
}

field() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }

# One seed, so that a failure can be seen again. Left out is what would end the session of the
# token, and the demand that whatever the schemas allow is accepted: rules between fields, such
# as the order of two dates, stand in no schema.
probe() {
    timeout "$seconds" "$venv/bin/schemathesis" run "$url/openapi.json" \
        --header "Authorization: Bearer $token" --seed 1 --max-examples "$examples" \
        --phases examples,coverage,fuzzing,stateful --generation-database none \
        --exclude-checks positive_data_acceptance \
        --exclude-path-regex '/auth/(logout-all|password|sessions)' \
        --request-timeout 30 --continue-on-failure --warnings off
}

if ! command -v python3 >/dev/null || ! python3 -c 'import venv, ensurepip' 2>/dev/null; then
    say "schemathesis needs python3 with venv: passed over"
    exit 0
fi
install_tool
start_server
sign_in
probe
if grep -E 'panicked|actor failed|entity failed' "$work/log" >&2; then
    say "the server's log tells of faults"
    exit 1
fi
