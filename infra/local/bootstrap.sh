#!/bin/sh
# Makes .venv with the locked dependencies. Needs a Python with venv, or root on Debian to install that; takes a moment
# when nothing has changed. Settings of pip and uv in the environment (PIP_…, UV_…) are honoured.
set -eu

UV_VERSION=0.13.9
PYTHON=${PYTHON:-python3}
VENV=.venv
MARKER=$VENV/rowlock-installed

say() { printf '%s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

# Everything that decides what is installed.
fingerprint() {
    { echo "uv $UV_VERSION"; "$VENV/bin/python" -V; cat uv.lock pyproject.toml ./*/*/pyproject.toml; } 2>/dev/null | cksum
}

up_to_date() {
    [ -f "$MARKER" ] && [ "$(cat "$MARKER")" = "$(fingerprint)" ]
}

require_python() {
    command -v "$PYTHON" >/dev/null || fail "There is no $PYTHON: install Python 3.11 or newer, or name one, as in: make up PYTHON=python3.12"
    "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
        fail "$PYTHON is $("$PYTHON" -V 2>&1), Rowlock needs 3.11 or newer: name one, as in: make up PYTHON=python3.12"
}

# Debian ships venv apart from Python.
require_venv() {
    "$PYTHON" -c 'import ensurepip, venv' 2>/dev/null && return
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        fail "$PYTHON cannot make virtual environments: run \`sudo apt-get install python3-venv\` and try again."
    fi
    say "Installing python3-venv …"
    { apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -q install --yes --no-install-recommends python3-venv; } >&2 ||
        fail "apt-get could not install python3-venv: install it by hand and try again."
    "$PYTHON" -c 'import ensurepip, venv' || fail "$PYTHON still cannot make virtual environments: name Debian's own, as in: make up PYTHON=/usr/bin/python3"
}

make_venv() {
    [ -x "$VENV/bin/python" ] && "$VENV/bin/python" -c '' 2>/dev/null && return
    require_venv
    say "Making $VENV …"
    "$PYTHON" -m venv --clear --prompt rowlock "$VENV" || fail "The virtual environment $VENV could not be made: see above."
}

install_uv() {
    [ "$("$VENV/bin/uv" --version 2>/dev/null | cut -d' ' -f2)" = "$UV_VERSION" ] && return
    say "Installing uv $UV_VERSION …"
    "$VENV/bin/python" -m pip --version >/dev/null 2>&1 || "$VENV/bin/python" -m ensurepip >/dev/null
    "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check "uv==$UV_VERSION" >&2 ||
        fail "pip could not install uv $UV_VERSION: see above; PIP_INDEX_URL names another package index."
}

install_locked() {
    say "Installing the locked dependencies …"
    # --inexact: uv itself lives in this environment and is in no lock. --compile-bytecode: a dozen processes start at once.
    VIRTUAL_ENV=$PWD/$VENV "$VENV/bin/uv" sync --frozen --all-packages --inexact --compile-bytecode --quiet \
        --python "$VENV/bin/python" ||
        fail "uv could not install the locked dependencies: see above; UV_DEFAULT_INDEX names another package index."
}

require_python
if ! up_to_date; then
    make_venv
    install_uv
    install_locked
    fingerprint >"$MARKER"
fi
