#!/usr/bin/env bash
# Everything that test.sh checks, then the slice in a real browser, and the counterparts that
# nobody here wrote: a mail server, an identity provider.
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/lib.sh"

browser_test() {
    RENTEZY_BIN="$(realpath "$(target_dir)/debug/rentezy")" npm --prefix web run e2e
}

phase "set-up for the browser" scripts/setup.sh browser
phase "fast tests" scripts/test.sh
phase "server for the mail server" cargo build
phase "letters at a mail server" scripts/mail-server.sh
phase "S3 store" scripts/s3-tests.sh --lib --test it
if has_web; then
    phase "server for the browser" cargo build
    phase "browser test" browser_test
    phase "identity provider" scripts/test-oidc.sh
fi
