#!/usr/bin/env bash
# Everything that test.sh checks, then the slice in a real browser.
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/lib.sh"

browser_test() {
    RENTEZY_BIN="$(realpath "$(target_dir)/debug/rentezy")" npm --prefix web run "$1"
}

phase "set-up for the browser" scripts/setup.sh browser
phase "fast tests" scripts/test.sh
if has_web; then
    phase "server for the browser" cargo build
    phase "browser test" browser_test e2e
    phase "browser test of accounts" browser_test e2e:accounts
    phase "browser test of landlords" browser_test e2e:landlord
fi
