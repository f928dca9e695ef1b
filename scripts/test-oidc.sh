#!/usr/bin/env bash
# Sign-in by another provider, against one that nobody here wrote.
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/lib.sh"

folder=tests/counterparts/oidc
if [ ! -f "$folder/node_modules/.package-lock.json" ] ||
    [ "$folder/package-lock.json" -nt "$folder/node_modules/.package-lock.json" ]; then
    npm --prefix "$folder" ci --no-audit --no-fund
    touch "$folder/node_modules/.package-lock.json"
fi
RENTEZY_BIN="$(realpath "$(target_dir)/debug/rentezy")" node "$folder/oidc.mjs"
