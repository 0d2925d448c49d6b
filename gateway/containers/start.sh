#!/bin/sh
# Runs Traefik in its container. Its static file reads no environment: what a container needs otherwise is put in here,
# as the local launcher does (infra/local, parts/gateway.py).
set -eu

files=/etc/rowlock/gateway-static
static=/tmp/traefik.yaml

sed -e "s/ROWLOCK_PROJECT/${COMPOSE_PROJECT_NAME:-}/" \
    -e "s,unix:///var/run/docker.sock,${GATEWAY_DOCKER_ENDPOINT:-unix:///var/run/docker.sock}," "$files/containers/provider.yaml" >/tmp/provider.yaml
sed "/^providers:/r /tmp/provider.yaml" "$files/traefik.yaml" >"$static"
if [ "${GATEWAY_TRUSTED_PROXIES:-0}" != 0 ]; then
    sed -i 's/insecure: false/insecure: true/' "$static"
fi
if [ -n "${OTEL_EXPORTER_OTLP_ENDPOINT:-}" ]; then
    sed -e "s,http://127.0.0.1:4318,${OTEL_EXPORTER_OTLP_ENDPOINT%/}," \
        -e "s,sampleRate: 1.0,sampleRate: ${TRACES_SAMPLE_RATIO:-1.0}," "$files/tracing.yaml" >>"$static"
fi
exec traefik --configFile="$static"
