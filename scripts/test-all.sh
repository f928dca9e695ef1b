#!/usr/bin/env bash
# Everything that test.sh checks, then servers under faults, the counterparts that nobody here
# wrote (a mail server, an S3 store, an identity provider), whatever the API's document allows,
# and a real browser.
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/lib.sh"

browser_test() {
    RENTEZY_BIN="$(realpath "$(target_dir)/debug/rentezy")" npm --prefix web run "$1"
}

phase "set-up for the browser" scripts/setup.sh browser
phase "fast tests" scripts/test.sh
phase "server" cargo build
phase "cluster under faults" cargo test --test cluster -- --test-threads 1 --nocapture
phase "letters at a mail server" scripts/mail-server.sh
phase "S3 store" scripts/s3-tests.sh --lib --test it
phase "API by its document" scripts/schemathesis.sh
if has_web; then
    phase "browser test" browser_test e2e
    phase "browser test of the search" browser_test e2e:search
    phase "browser test of bookings" browser_test e2e:bookings
    phase "browser test of favourites and saved searches" browser_test e2e:watched
    phase "browser test of accounts" browser_test e2e:accounts
    phase "browser test of landlords" browser_test e2e:landlord
    phase "browser test of operators" browser_test e2e:operator
    phase "identity provider" scripts/test-oidc.sh
fi
