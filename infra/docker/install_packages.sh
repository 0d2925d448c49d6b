#!/bin/sh
# Makes /app/.venv with the locked packages of others that any of ours needs (rowlock-setup needs all of ours).
#
# Exported and installed in two steps: `uv sync` downloads from the addresses in uv.lock whatever the index is, this
# asks the index (UV_DEFAULT_INDEX) and takes only what has the locked hash.
set -eu

python3 -m venv --without-pip .venv
/uv/bin/uv export --quiet --frozen --no-dev --no-emit-workspace --package rowlock-setup --output-file /tmp/locked.txt
/uv/bin/uv pip install --quiet --no-cache --no-deps --require-hashes --compile-bytecode \
    --python .venv/bin/python --requirements /tmp/locked.txt
