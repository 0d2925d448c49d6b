#!/bin/sh
# install_own.sh SERVICE TARGET: puts into TARGET what the image of the service has besides the packages of others: our
# packages that it needs, compiled (the root file system is read-only when they run), and what starts them.
#
# They are "editable": the environment names the folder of their code, beside which migrations/ and alembic.ini lie.
set -eu
service=$1 target=$2

touch /tmp/before
/uv/bin/uv export --quiet --frozen --no-dev --package "rowlock-$service" | sed -n 's/^-e //p' >/tmp/ours.txt
/uv/bin/uv pip install --quiet --no-cache --no-deps --python .venv/bin/python $(sed 's/^/--editable /' /tmp/ours.txt)

mkdir -p "$target/app/infra/docker"
find .venv -newer /tmp/before -type f -print0 | tar -c --null -T - | tar -x -C "$target/app"
cp /checkout/infra/docker/start.py /checkout/infra/docker/healthy.py "$target/app/infra/docker/"
while read -r folder; do
    mkdir -p "$target/app/$folder"
    cp -R "/checkout/$folder/." "$target/app/$folder/"
done </tmp/ours.txt
.venv/bin/python -m compileall -q -s "$target" --invalidation-mode unchecked-hash "$target/app"
