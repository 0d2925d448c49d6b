#!/bin/sh
# manifests.sh CHECKOUT TARGET: copies uv.lock, every pyproject.toml of the workspace and the scripts that install from
# them. Each package gets an empty module and README: enough to install it as editable.
set -eu
checkout=$1 target=$2

cd "$checkout"
mkdir -p "$target/infra/docker"
cp uv.lock "$target/"
# Without what comes after: settings of linters and tests.
sed '/^\[tool\.ruff\]/,$d' pyproject.toml >"$target/pyproject.toml"
cp infra/docker/install_packages.sh "$target/infra/docker/"
for manifest in libs/*/pyproject.toml services/*/pyproject.toml infra/*/pyproject.toml; do
    folder=$(dirname "$manifest")
    module=$(sed -n 's/^module-name = "\(.*\)"$/\1/p' "$manifest")
    mkdir -p "$target/$folder/src/$module"
    cp "$manifest" "$target/$folder/"
    : >"$target/$folder/README.md"
    : >"$target/$folder/src/$module/__init__.py"
done
