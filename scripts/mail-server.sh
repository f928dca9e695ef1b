#!/usr/bin/env bash
# Letters at a mail server that nobody here wrote: aiosmtpd from PyPI, in an environment of
# its own under target/. It refuses and hangs up at times; every letter has to come once, and
# Python's own reader of mail has to understand it.
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/lib.sh"

version=1.4.6
environment="$(target_dir)/aiosmtpd-$version"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if [ ! -x "$environment/bin/aiosmtpd" ]; then
    python3 -m venv "$environment"
    "$environment/bin/pip" install --quiet --disable-pip-version-check "aiosmtpd==$version"
fi
# The private Postgres may run as another user, who has to get in.
chmod 755 "$work"
timeout 300 "$environment/bin/python" scripts/mail-server.py \
    "$(realpath "$(target_dir)/debug/rentezy")" "$work"
