#!/usr/bin/env bash
# Everything that test.sh checks, then whatever the API's document allows, and the slice in a
# real browser.
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/lib.sh"

browser_test() {
    RENTEZY_BIN="$(realpath "$(target_dir)/debug/rentezy")" npm --prefix web run e2e
}

phase "set-up for the browser" scripts/setup.sh browser
phase "fast tests" scripts/test.sh
phase "server" cargo build
phase "API by its document" scripts/schemathesis.sh
if has_web; then
    phase "browser test" browser_test
fi
