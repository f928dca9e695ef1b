#!/usr/bin/env bash
# Builds RentEzy and runs it with demo data. Arguments go to `rentezy serve`.
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/lib.sh"

phase "set-up" scripts/setup.sh
if has_web; then phase "web build" web_build; fi
phase "build" cargo build --release
exec "$(target_dir)/release/rentezy" serve --demo "$@"
