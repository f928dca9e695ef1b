#!/usr/bin/env bash
# Every fast check: format, lints, documentation, Rust tests, web tests.
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/lib.sh"

rust_tests() {
    if cargo nextest --version >/dev/null 2>&1; then
        cargo nextest run --no-fail-fast
    else
        cargo test --no-fail-fast --lib --bins --test it --test sim
    fi
    cargo test --doc
}

rust_docs() {
    RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --document-private-items
}

phase "set-up" scripts/setup.sh
phase "format" cargo fmt --check
phase "lints" cargo clippy --all-targets -- -D warnings
phase "documentation" rust_docs
if has_web; then
    phase "web packages" web_install
    phase "web types" npm --prefix web run typecheck
    phase "web tests" npm --prefix web test
    phase "web build" npm --prefix web run build
fi
phase "Rust tests" rust_tests
